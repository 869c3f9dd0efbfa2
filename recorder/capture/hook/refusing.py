"""The answer of a hook whose guard enforces and cannot be asked: it denies, where it can."""

from __future__ import annotations

import json
import os
from pathlib import Path

from recorder.capture.hook.agents import AGENTS
from recorder.capture.hook.payload import HookPayload, decode_payload
from recorder.guarding.ask import PATIENCE_SECONDS, exchange
from recorder.guarding.hold import Hold, cannot_decide
from recorder.guarding.place import guard_socket
from recorder.guarding.starting import start_guard

__all__ = ["answer_for", "ask_again", "event_of"]


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
    """Return the event's name as the agent says it; as the settings do where that is unreadable."""
    agent = AGENTS.get(payload.agent)
    try:
        data = json.loads(payload.raw)
    except (ValueError, RecursionError):
        data = None
    if agent is None or not isinstance(data, dict):
        return payload.event
    return agent.event_of(data, payload.event)
