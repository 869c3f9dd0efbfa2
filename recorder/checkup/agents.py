"""Which coding agents are on this machine, and which witnesses there would be of each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recorder.capture.hook.agents import AGENTS
from recorder.capture.hook.settings.changes import Place
from recorder.capture.hook.settings.documents import SettingsError, parse
from recorder.capture.hook.settings.merge import value_at
from recorder.capture.hook.settings.switches import hooks_off, telemetry_off
from recorder.capture.hook.settings.table import SETTINGS, AgentSettings, Wiring
from recorder.capture.hook.settings.wired import WrittenHook, written_hooks
from recorder.checkup.check import Check, Verdict

__all__ = ["HOOKS_ALONE", "check_agents", "endpoint_of", "endpoints", "named_outside"]

type _Where = Callable[[Path], Path]


def _home_or(variable: str, name: str, below: str) -> _Where:
    def where(home: Path) -> Path:
        return Path(os.environ.get(variable) or home / name) / below

    return where


_TRANSCRIPTS: Mapping[str, _Where] = {
    "claude-code": _home_or("CLAUDE_CONFIG_DIR", ".claude", "projects"),
    "codex": _home_or("CODEX_HOME", ".codex", "sessions"),
    "gemini": lambda home: home / ".gemini" / "tmp",
    "copilot": _home_or("COPILOT_HOME", ".copilot", "session-state"),
    "cursor": lambda home: home / ".cursor" / "projects",
    "opencode": _home_or("XDG_DATA_HOME", ".local/share", "opencode/opencode.db"),
}
"""Where each agent keeps its own transcripts."""
_IN_ENVIRONMENT = frozenset({"copilot", "opencode"})
"""Agents that take the address for telemetry from their environment alone."""
HOOKS_ALONE = "cursor"
"""Sends no telemetry to this machine."""


@dataclass(frozen=True, slots=True)
class _Agent:
    """What was found of one agent."""

    settings: AgentSettings
    program: str | None
    hooks: tuple[WrittenHook, ...]
    endpoint: str
    """Where its settings send telemetry; empty where they send none."""
    transcripts: bool
    no_hooks: str
    """The setting of the user's by which it runs none; empty where it does."""
    no_telemetry: str
    """The setting of the user's by which it sends none; empty where it does."""


def check_agents(home: Path, project: Path | None) -> list[Check]:
    """Return one line for each agent that is on this machine or has settings here.

    Args:
        home: whose settings.
        project: a project whose own settings count too, if there is one.
    """
    return [check for name in SETTINGS for check in _check(name, home, project)]


def endpoints(home: Path) -> list[str]:
    """Return the addresses that agents' settings send telemetry to; unreadable files are left out,
    `check_agents` names them.
    """
    found = []
    for settings in SETTINGS.values():
        try:
            found.append(endpoint_of(settings, Place(home)))
        except SettingsError:
            continue
    return sorted({address for address in found if address})


def _check(name: str, home: Path, project: Path | None) -> Iterator[Check]:
    settings, title = SETTINGS[name], AGENTS[name].title
    try:
        agent = _look(settings, home, project)
    except SettingsError as error:
        yield Check("agent", title, Verdict.MEND, str(error), "mend that file by hand")
        return
    if agent.program is None and not agent.hooks:
        return
    yield _judge(agent, title)


def _look(settings: AgentSettings, home: Path, project: Path | None) -> _Agent:
    places = dict.fromkeys((Place(home), Place(home, project)))
    hooks = tuple(hook for place in places for hook in written_hooks(settings, place))
    where = _TRANSCRIPTS[settings.agent](home)
    return _Agent(
        settings,
        shutil.which(settings.program),
        hooks,
        endpoint_of(settings, Place(home)),
        where.exists(),
        hooks_off(settings, places),
        telemetry_off(settings, places),
    )


def _judge(agent: _Agent, title: str) -> Check:
    name = agent.settings.agent
    seen = _witnesses(agent)
    found = f"witnesses: {', '.join(seen)}" if seen else "no witness"
    if agent.program is None:
        found += "; the agent itself is not on the PATH"
    switched_off = [*filter(None, (agent.no_hooks, agent.no_telemetry))]
    if switched_off:
        off = {"hooks": agent.no_hooks, "telemetry": agent.no_telemetry}
        what = " and ".join(name for name, setting in off.items() if setting)
        return Check(
            "agent", title, Verdict.MEND, f"{found}; switched off: {what}",
            f"by hand: {' and '.join(switched_off)}", "hooks and telemetry, both switched on",
        )  # fmt: skip
    missing = _missing(agent)
    if missing:
        return Check(
            "agent", title, Verdict.MEND, f"{found}; missing: {', '.join(missing)}",
            f"flightlog install {name}", "hooks for every event, all alive, and telemetry",
        )  # fmt: skip
    if name == "codex" and not _are_trusted(agent.hooks):
        note = f"{found}; Codex runs no hook that its user has not trusted yet"
        return Check("agent", title, Verdict.NOTE, note, "codex, then /hooks")
    if named_outside(name) == "":
        note = f"{found}; telemetry only where its environment names the address"
        return Check("agent", title, Verdict.NOTE, note, f"flightlog run -- {_program(agent)}")
    return Check("agent", title, Verdict.WELL, found)


def _are_trusted(hooks: tuple[WrittenHook, ...]) -> bool:
    """Return whether Codex's user has trusted hooks of the files that ours stand in."""
    for path in {hook.path for hook in hooks}:
        state = value_at(parse(path, path.read_bytes()), ("hooks", "state"))
        keys = state if isinstance(state, Mapping) else {}
        if not any(str(key).startswith(f"{path}:") for key in keys):
            return False
    return True


def _witnesses(agent: _Agent) -> list[str]:
    seen = []
    if any(hook.is_alive for hook in agent.hooks) and not agent.no_hooks:
        recordings = sorted({str(hook.recording) for hook in agent.hooks if hook.is_alive})
        seen.append(f"hook (into {', '.join(recordings)})")
    if agent.endpoint and not agent.no_telemetry:
        seen.append(f"otlp (to {agent.endpoint})")
    elif named_outside(agent.settings.agent):
        seen.append("otlp (by the environment)")
    if agent.transcripts:
        seen.append("its own transcripts")
    return seen


def _missing(agent: _Agent) -> list[str]:
    missing = []
    if not agent.hooks:
        missing.append("hooks")
    elif any(not hook.is_alive for hook in agent.hooks):
        missing.append("the program that its hooks name")
    else:
        wired = {hook.event for hook in agent.hooks}
        expected = {event for file in agent.settings.files for event in file.events}
        lacking = sorted(expected - wired)
        if lacking:
            missing.append(f"hooks for {', '.join(lacking)}")
    if not agent.endpoint and agent.settings.agent not in {*_IN_ENVIRONMENT, HOOKS_ALONE}:
        missing.append("telemetry")
    return missing


def endpoint_of(settings: AgentSettings, place: Place) -> str:
    """Return where an agent's settings send telemetry; empty where they send none.

    Raises:
        SettingsError: a file cannot be parsed.
    """
    for file in settings.files:
        path = place.of(file)
        expected = file.values(Wiring(Path("/")))
        addresses = [keys for keys, value in expected.items() if _address(value)]
        if not addresses or not path.exists():
            continue
        document: Any = parse(path, path.read_bytes())
        for keys in addresses:
            found = _address(value_at(document, keys))
            if found:
                return found
    return ""


def named_outside(agent: str) -> str | None:
    """Return where this environment sends the telemetry of an agent that asks no settings for it;
    empty where it names no address, None for an agent whose settings say.
    """
    if agent not in _IN_ENVIRONMENT:
        return None
    return os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")


def _address(value: Any) -> str:
    """Return the first address in a value."""
    if isinstance(value, str):
        return str(value) if value.startswith(("http://", "https://")) else ""
    if isinstance(value, Mapping):
        return next((found for inner in value.values() if (found := _address(inner))), "")
    return ""


def _program(agent: _Agent) -> str:
    return agent.settings.program
