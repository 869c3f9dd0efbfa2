"""The answer of a hook whose guard enforces and cannot be asked: it denies, where it can."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from recorder.capture.hook.agents import AGENTS
from recorder.capture.hook.payload import HookPayload, decode_payload
from recorder.guarding.ask import PATIENCE_SECONDS, exchange
from recorder.guarding.hold import DENY, Hold, cannot_decide
from recorder.guarding.place import guard_socket
from recorder.guarding.starting import start_guard

__all__ = ["answer_for", "ask_again", "event_of", "is_readable"]

ASKING_EVENTS = (
    "PreToolUse", "BeforeTool", "preToolUse", "beforeShellExecution", "beforeMCPExecution",
    "beforeReadFile", "tool.execute.before", "PreSkillShellCommand",
)  # fmt: skip
"""Events of all agents at which one of them can be held."""
_EVENT = re.compile(rb'"hook_event_name"\s*:\s*"([\w.]{1,80})"')


def ask_again(frame: bytes, recording: bytes) -> bytes:
    """Start a guard, ask it, and return what the hook is to print; a denial where that fails."""
    path = Path(os.fsdecode(recording))
    try:
        start_guard(path)
        return exchange(guard_socket(path), frame, PATIENCE_SECONDS)
    except (OSError, ValueError) as error:
        return answer_for(decode_payload(frame), cannot_decide(type(error).__name__))


def answer_for(payload: HookPayload, hold: Hold) -> bytes:
    """Return what a hook prints to hold a call; empty where its agent asks nothing there."""
    agent = AGENTS.get(payload.agent)
    return agent.holding(event_of(payload), hold) if agent is not None else b""


def event_of(payload: HookPayload) -> str:
    """Return the event's name as the agent says it.

    Of a payload that cannot be read: as the settings do, else by the words in it, else the event
    at which the agent can be held, for what cannot be read may be any call.
    """
    agent = AGENTS.get(payload.agent)
    data = _read(payload)
    if agent is not None and data is not None:
        return agent.event_of(data, payload.event)
    if agent is None or payload.event:
        return payload.event
    asking = [name for name in ASKING_EVENTS if agent.holding(name, Hold(DENY, ""))]
    said = next((name for name in asking if name.encode() in payload.raw), "")
    named = _EVENT.search(payload.raw)
    return said or (named[1].decode() if named else next(iter(asking), ""))


def is_readable(payload: HookPayload) -> bool:
    """Tell whether a payload is whole and a JSON object."""
    return not payload.cut and _read(payload) is not None


def _read(payload: HookPayload) -> dict[str, Any] | None:
    try:
        data = json.loads(payload.raw)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None
