"""How each agent's hook says that a call is held: by its own protocol, and by nothing more.

A hold is only ever said where the agent asks before it acts. To let a call be, a hook says nothing:
an explicit allow would skip the agent's own question to its user.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from recorder.guarding.hold import ASK, Hold

__all__ = ["Holding", "by_permission", "cursor", "deny_only", "gemini", "opencode", "plain"]

type Holding = Callable[[str, Hold], bytes]
"""(event, hold) -> what the hook prints; empty where the agent cannot be held there."""


def by_permission(event: str, hold: Hold) -> bytes:
    """Claude Code: https://code.claude.com/docs/en/hooks, PreToolUse. A skill's own command waits
    for nobody: what asks would be a denial without a word of why.
    """
    if event == "PreSkillShellCommand":
        return _inside(event, "deny", hold.denial)
    if event != "PreToolUse":
        return b""
    return _inside(event, hold.answer, hold.words)


def deny_only(event: str, hold: Hold) -> bytes:
    """Codex: only a denial has an effect; what asks would be let run."""
    return _inside(event, "deny", hold.denial) if event == "PreToolUse" else b""


def gemini(event: str, hold: Hold) -> bytes:
    """Gemini CLI: https://geminicli.com/docs/hooks/reference/, BeforeTool. It cannot ask."""
    if event != "BeforeTool":
        return b""
    return _line({"decision": "deny", "reason": hold.denial})


def plain(event: str, hold: Hold) -> bytes:
    """Copilot CLI: https://docs.github.com/copilot/reference/hooks-configuration, preToolUse."""
    if event != "preToolUse":
        return b""
    return _line({"permissionDecision": hold.answer, "permissionDecisionReason": hold.words})


def cursor(event: str, hold: Hold) -> bytes:
    """Cursor: https://cursor.com/docs/agent/hooks. Not every event can ask."""
    asks = event in {"beforeShellExecution", "beforeMCPExecution"}
    if not asks and event not in {"preToolUse", "beforeReadFile"}:
        return b""
    is_asked = asks and hold.answer == ASK
    words = hold.words if is_asked else hold.denial
    answer = {
        "permission": "ask" if is_asked else "deny",
        "user_message": words,
        "agent_message": words,
    }
    return _line(answer)


def opencode(event: str, hold: Hold) -> bytes:
    """Our own plugin for opencode, which throws where it reads a denial: it cannot ask."""
    if event != "tool.execute.before":
        return b""
    return _line({"decision": "deny", "reason": hold.denial})


def _inside(event: str, decision: str, reason: str) -> bytes:
    return _line({
        "hookSpecificOutput": {
            "hookEventName": event,
            "permissionDecision": decision,
            "permissionDecisionReason": reason,
        }
    })  # fmt: skip


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value).encode() + b"\n"
