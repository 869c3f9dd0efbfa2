"""Which files each agent reads its settings from, and what recording needs in them."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recorder.capture.hook import client

__all__ = ["SETTINGS", "AgentSettings", "Off", "SettingsFile", "Wiring"]

DEFAULT_ENDPOINT = "http://127.0.0.1:4318"
SECONDS = 10
"""How long an agent may wait for a hook of ours; it takes milliseconds."""

_SUPPORT = Path("/Library/Application Support")
_IS_MAC = sys.platform == "darwin"
CLAUDE_OF_MACHINE = _SUPPORT / "ClaudeCode" if _IS_MAC else Path("/etc/claude-code")
GEMINI_OF_MACHINE = _SUPPORT / "GeminiCli" if _IS_MAC else Path("/etc/gemini-cli")

type Off = tuple[tuple[str, ...], bool]
"""A path of keys, and the value that switches off; a list that names hooks counts where it names
ours."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """Where what the agents say shall go."""

    recording: Path
    endpoint: str = DEFAULT_ENDPOINT
    """Base URL of `flightlog serve`."""

    def words(self, agent: str, event: str = "") -> list[str]:
        """Return the command of an agent's hook as a list of words."""
        named = [event] if event else []
        program = [sys.executable, "-I", "-S", str(Path(client.__file__).resolve())]
        return [*program, agent, *named, "--recording", str(self.recording)]

    def command(self, agent: str, event: str = "") -> str:
        """Return the command of an agent's hook as a line for a POSIX shell."""
        return shlex.join(self.words(agent, event))


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """One file and what belongs into it."""

    user: Callable[[Path], Path]
    """Home folder -> the user's own file."""
    project: str
    """The project's file, relative to its folder."""
    events: tuple[str, ...] = ()
    entry: Callable[[Wiring, str], dict[str, Any]] | None = None
    """(wiring, event) -> what stands in the list under `hooks.EVENT`."""
    values: Callable[[Wiring], Mapping[tuple[str, ...], Any]] = lambda _: {}
    """OpenTelemetry settings: path of keys -> value; only set where the user has set nothing."""
    guard: tuple[str, ...] = ()
    """Where the user's own exporter would stand: then none of `values` is set."""
    newer: frozenset[str] = frozenset()
    """Of `events`, those that versions in use do not know yet: they leave out a plugin's hooks
    altogether where one of them stands among them."""
    version: int | None = None
    script: str = ""
    """The file is this script of our package, not a settings file."""

    def script_text(self, wiring: Wiring, agent: str) -> str:
        """Return the script with an agent's command in it."""
        text = Path(__file__).with_name(self.script).read_text(encoding="utf-8")
        command = json.dumps(wiring.words(agent), ensure_ascii=False)
        return text.replace('["FLIGHTLOG_COMMAND"]', command)


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """One agent's files."""

    agent: str
    program: str
    """Its executable, by which it is found on this machine."""
    files: tuple[SettingsFile, ...]
    notes: tuple[str, ...] = field(default=())
    """What a person still has to do or know."""
    no_hooks: tuple[Off, ...] = ()
    """Settings of the user's by which it runs no hook."""
    no_telemetry: tuple[Off, ...] = ()
    """Settings of the user's by which it sends no telemetry."""
    read_too: Callable[[Path | None], tuple[Path, ...]] = lambda _: ()
    """Project, or none -> further files that it reads, in which nothing of ours is written: a
    project's that all share, the machine's own."""


def _folder(variable: str, name: str) -> Callable[[Path], Path]:
    def where(home: Path) -> Path:
        moved = os.environ.get(variable)
        return Path(moved) if moved else home / name

    return where


def _of_claude(project: Path | None) -> tuple[Path, ...]:
    shared = [project / ".claude/settings.json"] if project else []
    return *shared, CLAUDE_OF_MACHINE / "managed-settings.json"


def _of_gemini(_: Path | None) -> tuple[Path, ...]:
    moved = os.environ.get("GEMINI_CLI_SYSTEM_SETTINGS_PATH")
    return (Path(moved) if moved else GEMINI_OF_MACHINE / "settings.json",)


def _in(folder: Callable[[Path], Path], name: str) -> Callable[[Path], Path]:
    return lambda home: folder(home) / name


def _claude_entry(wiring: Wiring, event: str) -> dict[str, Any]:
    handler = {"type": "command", "command": wiring.command("claude-code"), "timeout": SECONDS}
    group: dict[str, Any] = {"hooks": [handler]}
    return {"matcher": "*", **group} if "Tool" in event or "Permission" in event else group


def _claude_values(wiring: Wiring) -> Mapping[tuple[str, ...], Any]:
    return {
        ("env", name): value
        for name, value in {
            "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
            "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA": "1",
            "OTEL_LOGS_EXPORTER": "otlp",
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_ENDPOINT": wiring.endpoint,
            "OTEL_LOG_USER_PROMPTS": "1",
            "OTEL_LOG_TOOL_DETAILS": "1",
            "OTEL_LOG_TOOL_CONTENT": "1",
            "OTEL_LOGS_EXPORT_INTERVAL": "1000",
        }.items()
    }


def _codex_entry(wiring: Wiring, event: str) -> dict[str, Any]:
    del event
    handler = {"type": "command", "command": wiring.command("codex"), "timeout": SECONDS}
    return {"hooks": [handler]}


def _codex_values(wiring: Wiring) -> Mapping[tuple[str, ...], Any]:
    target = {"endpoint": f"{wiring.endpoint}/v1/logs", "protocol": "binary"}
    return {("otel", "log_user_prompt"): True, ("otel", "exporter"): {"otlp-http": target}}


def _gemini_entry(wiring: Wiring, event: str) -> dict[str, Any]:
    handler = {
        "type": "command",
        "command": wiring.command("gemini"),
        "timeout": SECONDS * 1000,
    }
    group: dict[str, Any] = {"hooks": [handler]}
    return {"matcher": ".*", **group} if event.endswith("Tool") else group


def _gemini_values(wiring: Wiring) -> Mapping[tuple[str, ...], Any]:
    return {
        ("telemetry", name): value
        for name, value in {
            "enabled": True,
            "traces": True,
            "target": "local",
            "otlpEndpoint": wiring.endpoint,
            "otlpProtocol": "http",
            "logPrompts": True,
        }.items()
    }


def _copilot_entry(wiring: Wiring, event: str) -> dict[str, Any]:
    return {"type": "command", "bash": wiring.command("copilot", event), "timeoutSec": SECONDS}


def _cursor_entry(wiring: Wiring, event: str) -> dict[str, Any]:
    return {"command": wiring.command("cursor", event), "timeout": SECONDS}


def _opencode_folder(home: Path) -> Path:
    configured = os.environ.get("XDG_CONFIG_HOME")
    return (Path(configured) if configured else home / ".config") / "opencode"


_CLAUDE = AgentSettings(
    "claude-code",
    "claude",
    (
        SettingsFile(
            _in(_folder("CLAUDE_CONFIG_DIR", ".claude"), "settings.json"),
            ".claude/settings.local.json",
            (
                "SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolUse",
                "PostToolUseFailure", "PostToolBatch", "PermissionRequest", "PermissionDenied",
                "Notification", "SubagentStart", "SubagentStop", "PreCompact", "Stop", "SessionEnd",
                "PreSkillShellCommand",
            ),
            _claude_entry,
            _claude_values,
            ("env", "OTEL_EXPORTER_OTLP_ENDPOINT"),
            frozenset({"PreSkillShellCommand"}),
        ),
    ),
    no_hooks=((("disableAllHooks",), True), (("allowManagedHooksOnly",), True)),
    no_telemetry=((("env", "CLAUDE_CODE_ENABLE_TELEMETRY"), False),),
    read_too=_of_claude,
)  # fmt: skip
_CURSOR = AgentSettings(
    "cursor",
    "cursor-agent",
    (
        SettingsFile(
            _in(lambda home: home / ".cursor", "hooks.json"),
            ".cursor/hooks.json",
            (
                "sessionStart", "beforeSubmitPrompt", "preToolUse", "postToolUse",
                "postToolUseFailure", "beforeShellExecution", "afterShellExecution",
                "beforeMCPExecution", "afterMCPExecution", "beforeReadFile", "afterFileEdit",
                "subagentStart", "subagentStop", "afterAgentResponse", "preCompact", "stop",
                "sessionEnd",
            ),
            _cursor_entry,
            version=1,
        ),
    ),
    ("Cursor has no OpenTelemetry that reaches this machine: hooks are its only witness here.",),
)  # fmt: skip
_CODEX = AgentSettings(
    "codex",
    "codex",
    (
        SettingsFile(
            _in(_folder("CODEX_HOME", ".codex"), "config.toml"),
            ".codex/config.toml",
            (
                "SessionStart", "UserPromptSubmit", "PreToolUse", "PermissionRequest",
                "PostToolUse", "PreCompact", "SubagentStart", "SubagentStop", "Stop",
            ),
            _codex_entry,
            _codex_values,
            ("otel", "exporter"),
        ),
    ),
    (
        "Codex runs new hooks only after you trusted them once in its own screen (/hooks); "
        "'codex exec' never asks and needs --dangerously-bypass-hook-trust.",
    ),
    no_hooks=((("features", "hooks"), False), (("features", "codex_hooks"), False)),
    no_telemetry=((("otel", "exporter"), False),),
)  # fmt: skip
_GEMINI = AgentSettings(
    "gemini",
    "gemini",
    (
        SettingsFile(
            _in(lambda home: home / ".gemini", "settings.json"),
            ".gemini/settings.json",
            (
                "SessionStart", "BeforeAgent", "BeforeTool", "AfterTool", "Notification",
                "PreCompress", "AfterAgent", "SessionEnd",
            ),
            _gemini_entry,
            _gemini_values,
            ("telemetry", "otlpEndpoint"),
        ),
    ),
    no_hooks=((("hooksConfig", "enabled"), False), (("hooksConfig", "disabled"), True)),
    no_telemetry=((("telemetry", "enabled"), False),),
    read_too=_of_gemini,
)  # fmt: skip
_COPILOT = AgentSettings(
    "copilot",
    "copilot",
    (
        SettingsFile(
            _in(_folder("COPILOT_HOME", ".copilot"), "hooks/flightlog.json"),
            ".github/hooks/flightlog.json",
            (
                "sessionStart", "sessionEnd", "userPromptSubmitted", "preToolUse", "postToolUse",
                "postToolUseFailure", "permissionRequest", "agentStop", "subagentStart",
                "subagentStop", "errorOccurred", "preCompact", "notification",
            ),
            _copilot_entry,
            version=1,
        ),
    ),
    (
        "Copilot CLI takes OpenTelemetry from its environment alone: start it with "
        "OTEL_EXPORTER_OTLP_ENDPOINT={endpoint} and "
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true, or under 'flightlog run'.",
    ),
)  # fmt: skip
_OPENCODE = AgentSettings(
    "opencode",
    "opencode",
    (
        SettingsFile(
            _in(_opencode_folder, "plugin/flightlog.js"),
            ".opencode/plugin/flightlog.js",
            script="opencode.js",
        ),
        SettingsFile(
            _in(_opencode_folder, "opencode.json"),
            "opencode.json",
            values=lambda _: {("experimental", "openTelemetry"): True},
        ),
    ),
    (
        "opencode takes the address for OpenTelemetry from its environment alone, and ends without "
        "waiting for what is not sent: start it with OTEL_EXPORTER_OTLP_ENDPOINT={endpoint} and "
        "OTEL_BSP_SCHEDULE_DELAY=100, or under 'flightlog run'.",
    ),
)

SETTINGS: dict[str, AgentSettings] = {
    settings.agent: settings
    for settings in (_CLAUDE, _CURSOR, _CODEX, _GEMINI, _COPILOT, _OPENCODE)
}
"""Name on the command line -> its files."""
