"""What each known agent needs beyond the common environment, as data; no user file is touched.

`{otlp}` stands for the receiver's base address. Variables and switches are the vendors' own, seen
at work on the versions of 2026-11 (Cursor's from its documentation).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["AGENTS", "Agent", "Switches", "switches_for"]


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent's switches."""

    environment: Mapping[str, str] = field(default_factory=dict)
    arguments: Sequence[Sequence[str]] = ()
    """Groups of arguments to put before the user's own."""
    blind: str = ""
    """What this agent does not tell anybody however it is switched; empty when nothing is known."""


@dataclass(frozen=True, slots=True)
class Switches:
    """What one launch adds."""

    environment: Mapping[str, str]
    arguments: tuple[str, ...]
    blind: str
    telemetry: bool
    """The agent was told to send its telemetry here."""
    says_more: bool = False
    """It was also told to say more than its user had asked for."""


_SAYS_NO_MORE = frozenset({
    "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORT_INTERVAL", "OTEL_BSP_SCHEDULE_DELAY",
})  # fmt: skip
"""Of the variables below, those that change only when something is sent."""

AGENTS: Mapping[str, Agent] = {
    "claude": Agent(
        {
            "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
            "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA": "1",
            # It has no default protocol: without this nothing is sent.
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "{otlp}",
            "OTEL_LOGS_EXPORTER": "otlp",
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_LOG_USER_PROMPTS": "1",
            "OTEL_LOG_ASSISTANT_RESPONSES": "1",
            "OTEL_LOG_TOOL_DETAILS": "1",
            "OTEL_LOG_TOOL_CONTENT": "1",
            "OTEL_LOGS_EXPORT_INTERVAL": "1000",
        },
    ),
    "codex": Agent(
        arguments=(
            (
                "-c",
                'otel.exporter={{otlp-http={{endpoint="{otlp}/v1/logs",protocol="binary"}}}}',
                "-c",
                "otel.log_user_prompt=true",
            ),
        ),
        blind="codex reports no decision on commands that its own policy rejects",
    ),
    "gemini": Agent(
        {
            "GEMINI_TELEMETRY_ENABLED": "true",
            "GEMINI_TELEMETRY_TARGET": "local",
            "GEMINI_TELEMETRY_OTLP_ENDPOINT": "{otlp}",
            "GEMINI_TELEMETRY_OTLP_PROTOCOL": "http",
            "GEMINI_TELEMETRY_LOG_PROMPTS": "true",
        },
        blind="gemini's decisions are unreliable: it says accept whatever the mode",
    ),
    "copilot": Agent(
        {
            "COPILOT_OTEL_ENABLED": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "{otlp}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true",
        },
    ),
    "opencode": Agent(
        {
            "OPENCODE_CONFIG_CONTENT": '{{"experimental":{{"openTelemetry":true}}}}',
            "OTEL_EXPORTER_OTLP_ENDPOINT": "{otlp}",
            # It ends without waiting for what is not sent yet.
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        },
        blind="opencode's permission decisions are on its own event bus only",
    ),
}
"""Executable name -> switches."""


def switches_for(executable: str, given: Mapping[str, str], otlp: str) -> Switches:
    """Return what to add for a program.

    Args:
        executable: path or name of the program.
        given: the environment that it would get; what a user set there is left as it is, but for
            where telemetry goes.
        otlp: base address of the receiver, empty where there is none.
    """
    agent = AGENTS.get(Path(executable).name)
    if agent is None:
        return Switches({}, (), "", telemetry=False)
    if not otlp:
        # Everything in the table is telemetry: without a receiver there is nobody to send it to.
        return Switches({}, (), agent.blind, telemetry=False)
    environment = {
        name: value.format(otlp=otlp)
        for name, value in agent.environment.items()
        if "OTLP" in name or name not in given
    }
    arguments = tuple(a.format(otlp=otlp) for group in agent.arguments for a in group)
    telemetry = bool(environment or arguments)
    says_more = bool(arguments) or any(
        "OTLP" not in name and name not in _SAYS_NO_MORE for name in environment
    )
    return Switches(environment, arguments, agent.blind, telemetry, says_more)
