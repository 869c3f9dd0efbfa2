"""Hooks for one run: given to the agent on its command line or in its environment.

No file of the user's is touched: what an agent wants as a file lies in a folder of this run. Each
mechanism was seen at work on the versions named in docs/agents.md.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from recorder.capture.hook.settings.changes import Place
from recorder.capture.hook.settings.documents import SettingsError
from recorder.capture.hook.settings.switches import hooks_off
from recorder.capture.hook.settings.table import SETTINGS, SettingsFile, Wiring
from recorder.capture.hook.settings.wired import written_hooks
from recorder.current_folder import current_folder

__all__ = ["RunHooks", "hooks_for"]

_GEMINI_DEFAULTS = "GEMINI_CLI_SYSTEM_DEFAULTS_PATH"
_OPENCODE_CONFIG = "OPENCODE_CONFIG_CONTENT"
_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL"
_SWITCHED_OFF = "{}'s hooks (you switched them off: {})"
_NOT_ITS_HOOKS = "{}'s hooks ({}; 'flightlog install {}' wires them for good)"


@dataclass(frozen=True, slots=True)
class RunHooks:
    """What one launch adds so that the agent's hooks are recorded."""

    arguments: tuple[str, ...] = ()
    """To put before the user's own."""
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    """The files that they name; to be removed when the run ends."""
    blind: str = ""
    """Why this agent's hooks are not recorded; empty where they are, or where there are none."""

    def remove(self) -> None:
        """Remove the folder."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def hooks_for(executable: str, given: Mapping[str, str], recording: Path) -> RunHooks:
    """Return what to add for a program; nothing for one that is no known agent.

    An agent that is wired for good has its hooks already: its settings name the recorder, and the
    environment of the run leads it to this recording. Never raises: the agent runs in any case.

    Args:
        executable: path or name of the program.
        given: the environment that it would get.
        recording: where its hooks shall record to.
    """
    program = Path(executable).name
    agent = next((name for name, known in SETTINGS.items() if known.program == program), "")
    if not agent:
        return RunHooks()
    try:
        off = hooks_off(SETTINGS[agent], _places())
        # Codex runs no hook that its user has not trusted: whether one is wired says too little.
        # Where both run, both hand over the same payload, which is recorded once.
        if agent != "codex" and _is_wired(agent):
            hooks = _own_telemetry(given) if agent == "claude-code" else RunHooks()
        else:
            hooks = _MECHANISMS[agent](SETTINGS[agent].files[0], Wiring(recording), given)
        return replace(hooks, blind=_SWITCHED_OFF.format(agent, off)) if off else hooks
    except (OSError, SettingsError, ValueError) as error:
        return RunHooks(blind=_NOT_ITS_HOOKS.format(agent, type(error).__name__, agent))


def _places() -> tuple[Place, Place]:
    return Place(Path.home()), Place(Path.home(), current_folder())


def _is_wired(agent: str) -> bool:
    written = [hook for place in _places() for hook in written_hooks(SETTINGS[agent], place)]
    return any(hook.is_alive for hook in written)


def _own_telemetry(given: Mapping[str, str]) -> RunHooks:
    """Lead Claude Code's telemetry to this run: the address in its settings, which `flightlog
    install` wrote, counts before the environment's; one on the command line before both.
    """
    told = {name: given[name] for name in (_ENDPOINT, _PROTOCOL) if given.get(name)}
    if _ENDPOINT not in told:
        return RunHooks()
    return RunHooks(("--settings", json.dumps({"env": told})))


def _claude(file: SettingsFile, wiring: Wiring, given: Mapping[str, str]) -> RunHooks:
    del given
    folder = _folder()
    arguments: list[str] = []
    entries = _entries(file, wiring)
    # A version that does not know an event leaves out the plugin it stands in, and no other.
    for name, newer in ("flightlog", False), ("flightlog-newer", True):
        plugin = folder / name
        about = json.dumps({"name": name, "version": "1.0.0", "description": "Records."})
        hooks = {event: entry for event, entry in entries.items() if (event in file.newer) is newer}
        _write(plugin / ".claude-plugin" / "plugin.json", about)
        _write(plugin / "hooks" / "hooks.json", json.dumps({"hooks": hooks}))
        arguments += ["--plugin-dir", str(plugin)]
    return RunHooks(tuple(arguments), folder=folder)


def _copilot(file: SettingsFile, wiring: Wiring, given: Mapping[str, str]) -> RunHooks:
    del given
    folder = _folder()
    about = json.dumps({"name": "flightlog", "version": "1.0.0", "description": "Records."})
    _write(folder / "plugin.json", about)
    hooks = {"version": file.version, "hooks": _entries(file, wiring)}
    _write(folder / "hooks" / "hooks.json", json.dumps(hooks))
    return RunHooks(("--plugin-dir", str(folder)), folder=folder)


def _codex(file: SettingsFile, wiring: Wiring, given: Mapping[str, str]) -> RunHooks:
    """Codex runs a hook only where its digest is among those that the user trusts: for this run,
    and for these hooks alone, the same command line says so.
    """
    del given
    arguments: list[str] = []
    trusted: dict[str, dict[str, str]] = {}
    for event, entries in _entries(file, wiring).items():
        arguments += ["-c", f"hooks.{event}={_toml(entries)}"]
        snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in event).lstrip("_")
        key = f"/<session-flags>/config.toml:{snake}:0:0"
        trusted[key] = {"trusted_hash": _codex_digest(snake, entries[0])}
    return RunHooks((*arguments, "-c", f"hooks.state={_toml(trusted)}"))


def _codex_digest(event: str, entry: Mapping[str, Any]) -> str:
    handlers = [{"async": False, **handler} for handler in entry["hooks"]]
    identity = json.dumps(
        {"event_name": event, "hooks": handlers},
        sort_keys=True, separators=(",", ":"), ensure_ascii=False,
    )  # fmt: skip
    return f"sha256:{hashlib.sha256(identity.encode()).hexdigest()}"


def _gemini(file: SettingsFile, wiring: Wiring, given: Mapping[str, str]) -> RunHooks:
    """Gemini CLI adds the hooks of its system's defaults to the user's own. It reads that file
    only where nobody but root can have written it, so this is for containers and the like.
    """
    place = _place_of_root()
    if not place:
        reason = "for one run it takes them from folders of root alone"
        return RunHooks(blind=_NOT_ITS_HOOKS.format("gemini", reason, "gemini"))
    defaults = Path(given.get(_GEMINI_DEFAULTS) or _system_defaults())
    document = json.loads(defaults.read_bytes()) if defaults.exists() else {}
    hooks = document.setdefault("hooks", {})
    for event, entries in _entries(file, wiring).items():
        hooks[event] = [*hooks.get(event, []), *entries]
    folder = _folder(place)
    path = folder / "system-defaults.json"
    _write(path, json.dumps(document))
    return RunHooks(environment={_GEMINI_DEFAULTS: str(path)}, folder=folder)


def _system_defaults() -> str:
    if sys.platform == "darwin":
        return "/Library/Application Support/GeminiCli/system-defaults.json"
    return "/etc/gemini-cli/system-defaults.json"


def _opencode(file: SettingsFile, wiring: Wiring, given: Mapping[str, str]) -> RunHooks:
    document = json.loads(given.get(_OPENCODE_CONFIG) or "{}")
    folder = _folder()
    script = folder / "flightlog.js"
    _write(script, file.script_text(wiring, "opencode"))
    document["plugin"] = [*document.get("plugin", []), script.as_uri()]
    content = json.dumps(document)
    return RunHooks(environment={_OPENCODE_CONFIG: content}, folder=folder)


def _cursor(file: SettingsFile, wiring: Wiring, given: Mapping[str, str]) -> RunHooks:
    del file, wiring, given
    reason = "it takes none for one run, and sends no telemetry"
    return RunHooks(blind=_NOT_ITS_HOOKS.format("cursor-agent", reason, "cursor"))


def _entries(file: SettingsFile, wiring: Wiring) -> dict[str, list[dict[str, Any]]]:
    if file.entry is None:
        raise ValueError("a file without hooks")
    return {event: [file.entry(wiring, event)] for event in file.events}


def _toml(value: Any) -> str:
    """Return a value as TOML in one line; every string as a basic string, which JSON's is."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{json.dumps(key)} = {_toml(item)}" for key, item in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _folder(place: str | None = None) -> Path:
    """Return a new folder of this user alone.

    Raises:
        OSError: it cannot be made.
    """
    return Path(tempfile.mkdtemp(prefix="flightlog-run-", dir=place))


def _place_of_root() -> str:
    """Return a folder for temporary files in which only root can write; empty without one."""
    places = [tempfile.gettempdir(), "/run"] if os.geteuid() == 0 else []
    return next((place for place in places if _is_roots(Path(place))), "")


def _is_roots(folder: Path) -> bool:
    """Return whether only root can write a folder and every one above it."""
    if not folder.is_dir():
        return False
    real = folder.resolve()
    states = [path.stat() for path in (real, *real.parents)]
    return all(s.st_uid == 0 and not s.st_mode & (stat.S_IWGRP | stat.S_IWOTH) for s in states)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


_MECHANISMS: Mapping[str, Callable[[SettingsFile, Wiring, Mapping[str, str]], RunHooks]] = {
    "claude-code": _claude,
    "codex": _codex,
    "copilot": _copilot,
    "cursor": _cursor,
    "gemini": _gemini,
    "opencode": _opencode,
}
