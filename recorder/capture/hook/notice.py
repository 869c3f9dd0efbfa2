"""What of a hook's payload may stand in the spool before it is sealed: nothing that anybody wrote.

Sealing takes ten times longer than all else that a hook does without a recorder, so it is done
behind the hook. Until then, and for good where that fails, a notice stands for the records: which
event of which agent it was, when, how long, and names and ids only where they look like nothing
else. It holds no digest: what was said in few words could be guessed from one.

Imported by a bare interpreter, for which every millisecond counts: nothing of ours but names.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any

from recorder import semconv

__all__ = ["AGENT_NAMES", "CALL_ENDS", "CALL_STARTS", "OTHERS", "no_recording", "notice_of"]

AGENT_NAMES = {
    "claude-code": "claude-code",
    "cursor": "cursor",
    "codex": "codex",
    "gemini": "gemini-cli",
    "copilot": "github-copilot",
    "opencode": "opencode",
}
"""As on the hook's command line -> `gen_ai.agent.name` in recordings."""
CALL_STARTS = frozenset({
    "PreToolUse", "preToolUse", "BeforeTool", "tool.execute.before", "beforeShellExecution",
    "beforeMCPExecution", "PreSkillShellCommand",
})  # fmt: skip
CALL_ENDS = frozenset({
    "PostToolUse", "postToolUse", "PostToolUseFailure", "postToolUseFailure", "AfterTool",
    "tool.execute.after", "afterShellExecution", "afterMCPExecution",
})  # fmt: skip
OTHERS = frozenset({
    "SessionStart", "sessionStart", "session.created", "UserPromptSubmit", "userPromptSubmitted",
    "userPromptSubmit", "beforeSubmitPrompt", "BeforeAgent", "chat.message", "BeforeModel",
    "AfterModel", "PostToolBatch", "PermissionRequest", "permissionRequest", "PermissionDenied",
    "permission.asked", "permission.replied", "Notification", "notification", "SubagentStart",
    "subagentStart", "SubagentStop", "subagentStop", "beforeReadFile", "afterFileEdit",
    "beforeTabFileRead", "afterTabFileEdit", "PreCompact", "preCompact", "PreCompress",
})  # fmt: skip
"""What ends a turn or a session is not among them: whatever the agent runs in may end with it, and
nobody waits behind it.
"""

EVENT = "flightlog.hook.event"
EVENT_NAMES = ("hook_event_name", "hookName", "event_type", "hookEventName")
SESSIONS = ("session_id", "sessionId", "conversation_id", "sessionID", "conversationId")
TOOLS = ("tool_name", "toolName", "tool")
CALLS = ("tool_use_id", "toolCallId", "callID", "call_id", "tool_call_id")
SHELL = {"beforeShellExecution": "Shell", "afterShellExecution": "Shell"}
"""Events of one tool, which their payloads do not name."""

TOOL_SHAPE = re.compile(r"[A-Za-z]{1,24}[0-9]{0,2}(?:[_.-]{1,2}[A-Za-z]{1,24}[0-9]{0,2}){0,7}")
"""Words, as tools are called: an issuer's token has digits among its letters, or longer words."""
ID_SHAPE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # a UUID
    r"|(?:toolu|tooluse|call|ses|fc)_[0-9A-Za-z_]{6,64}"  # what models and agents call theirs
)
MAX_LENGTH = 70


def notice_of(frame: bytes) -> bytes:
    """Return the lines that may stand for a frame in its spool file; empty where none may.

    Raises:
        ValueError: it is no frame, or its payload no JSON.
        RecursionError: its payload is nested too deep.
    """
    _, key, agent, given, _, pid, _, received, _, raw = frame.split(b"\0", 9)
    data = json.loads(raw)
    name = AGENT_NAMES.get(agent.decode("utf-8", "replace"))
    if name is None or not isinstance(data, dict):
        return b""
    event = _first(data, EVENT_NAMES) or given.decode("utf-8", "replace")
    if event not in CALL_STARTS | CALL_ENDS | OTHERS:
        return b""
    about = {
        **_told(event, data),
        "id": key.decode("ascii"),
        "witness": "hook",
        "pid": int(pid),
    }
    about["attributes"] |= {
        EVENT: event,
        semconv.GEN_AI_AGENT_NAME: name,
        semconv.NOT_KEPT: len(raw),
    }
    time = received.decode("ascii")
    return _line(about, time) + _line(_gap(event), time)


def no_recording(recording: bytes) -> bytes:
    """Return what a person should know of a file that is no recording; empty where it is one, or
    not there yet. What waits beside it, no recorder will take in.
    """
    try:
        with open(recording, "rb") as file:
            begins = file.read(16)
    except IsADirectoryError:
        begins = b"a folder"
    except OSError:
        return b""
    if not begins or begins == b"SQLite format 3\0":
        return b""
    return (
        b"flightlog: %s is no recording; hooks wait beside it, in %s.spool, until another one is "
        b"named with --recording\n" % (recording, recording)
    )


def _told(event: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return what tells the action and the session of an event."""
    is_start, is_call = event in CALL_STARTS, event in CALL_STARTS | CALL_ENDS
    tool = SHELL.get(event) or _shaped(_first(data, TOOLS), TOOL_SHAPE)
    call = _shaped(_first(data, CALLS), ID_SHAPE) if is_call else ""
    session = _shaped(_first(data, SESSIONS), ID_SHAPE)
    attributes = {
        semconv.GEN_AI_CONVERSATION: session,
        semconv.GEN_AI_TOOL_NAME: tool if is_call else "",
        semconv.GEN_AI_TOOL_CALL_ID: call,
    }
    return {
        # That a call has ended is no word of how: what was not kept would have told that.
        "phase": "start" if is_start else "point",
        "kind": "tool_call" if is_start else "lifecycle",
        "name": (tool or "tool") if is_start else event,
        "session": session,
        "ref": call,
        "attributes": {name: text for name, text in attributes.items() if text},
    }


def _gap(event: str) -> dict[str, Any]:
    if event in CALL_STARTS | CALL_ENDS:
        what = f"the {'input' if event in CALL_STARTS else 'result'} of a call"
    else:
        what = f"what a hook told ({event})"
    reason = f"{what} was not kept: the process that sealed it ended before it was done"
    return {
        "id": os.urandom(16).hex(),
        "witness": "recorder",
        "phase": "point",
        "kind": "lifecycle",
        "name": "gap",
        "session": "",
        "ref": "",
        "pid": None,
        "attributes": {semconv.COUNT: 1, semconv.REASON: reason},
    }


def _first(data: dict[str, Any], names: tuple[str, ...]) -> str:
    value = next((data[name] for name in names if data.get(name) is not None), "")
    return value if isinstance(value, str) else ""


def _shaped(text: str, shape: re.Pattern[str]) -> str:
    """Return a text that has a shape; empty for any other."""
    return text if len(text) <= MAX_LENGTH and shape.fullmatch(text) else ""


def _line(fields: dict[str, Any], time: str) -> bytes:
    """Return a line of the spool that counts while no other record stands in its file."""
    whole = {
        **fields,
        "run": "",
        "t": time,
        "observed": time,
        "status": "unset",
        "trace_id": "",
        "span_id": "",
        "parent_span_id": "",
        "blobs": {},
        "seals": [],
    }
    return json.dumps({"notice": True, "fields": whole, "blobs": {}}).encode() + b"\n"
