"""What each agent's hooks would say of the drill's steps, in the agent's own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

__all__ = ["DIALECTS", "Call", "Dialect"]

type Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One shell command of the incident."""

    id: str
    command: str
    output: str = ""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One agent's events and their payloads."""

    tool: str
    """What it calls its shell."""
    prompt: str
    start: str
    end: str
    last: str
    about: Callable[[str, str], Payload]
    """(event, session) -> what every payload holds."""
    called: Callable[[Call], Payload]
    came_back: Callable[[Call], Payload]


def _claude_like(event: str, session: str) -> Payload:
    return {"session_id": session, "hook_event_name": event}


def _gemini_about(event: str, session: str) -> Payload:
    moment = datetime.now(UTC).isoformat()
    return {"session_id": session, "hook_event_name": event, "timestamp": moment}


def _copilot_about(event: str, session: str) -> Payload:
    del event  # the settings name it
    return {"sessionId": session, "timestamp": int(datetime.now(UTC).timestamp() * 1000)}


def _cursor_about(event: str, session: str) -> Payload:
    return {"conversation_id": session, "hook_event_name": event}


def _opencode_about(event: str, session: str) -> Payload:
    return {"sessionID": session, "hook_event_name": event}


def _snake(tool: str, *, ids: bool) -> Callable[[Call], Payload]:
    def called(call: Call) -> Payload:
        said: Payload = {"tool_name": tool, "tool_input": {"command": call.command}}
        return {**said, "tool_use_id": call.id} if ids else said

    return called


def _copilot_called(call: Call) -> Payload:
    return {"toolName": "bash", "toolArgs": {"command": call.command}}


def _opencode_called(call: Call) -> Payload:
    return {"tool": "bash", "callID": call.id, "args": {"command": call.command}}


def _opencode_came_back(call: Call) -> Payload:
    return {**_opencode_called(call), "output": call.output, "metadata": {"exit": 0}}


_BASH = _snake("Bash", ids=True)
_GEMINI = _snake("run_shell_command", ids=False)
_CURSOR = _snake("Shell", ids=True)

DIALECTS: Mapping[str, Dialect] = {
    "claude-code": Dialect(
        "Bash", "UserPromptSubmit", "PreToolUse", "PostToolUse", "SessionEnd", _claude_like, _BASH,
        lambda call: {**_BASH(call), "tool_response": {"stdout": call.output}},
    ),
    "codex": Dialect(
        "Bash", "UserPromptSubmit", "PreToolUse", "PostToolUse", "Stop", _claude_like, _BASH,
        lambda call: {**_BASH(call), "tool_response": call.output},
    ),
    "gemini": Dialect(
        "run_shell_command", "BeforeAgent", "BeforeTool", "AfterTool", "SessionEnd",
        _gemini_about, _GEMINI,
        lambda call: {**_GEMINI(call), "tool_response": {"llmContent": call.output}},
    ),
    "copilot": Dialect(
        "bash", "userPromptSubmitted", "preToolUse", "postToolUse", "sessionEnd", _copilot_about,
        _copilot_called,
        lambda call: {
            **_copilot_called(call),
            "toolResult": {"resultType": "success", "textResultForLlm": call.output},
        },
    ),
    "cursor": Dialect(
        "Shell", "beforeSubmitPrompt", "preToolUse", "postToolUse", "sessionEnd",
        _cursor_about, _CURSOR,
        lambda call: {**_CURSOR(call), "tool_output": call.output},
    ),
    "opencode": Dialect(
        "bash", "chat.message", "tool.execute.before", "tool.execute.after", "session.idle",
        _opencode_about, _opencode_called, _opencode_came_back,
    ),
}  # fmt: skip
"""Agent, as `flightlog install` calls it -> how it speaks."""
