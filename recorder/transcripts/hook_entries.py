"""The payload in an entry of a hook log: agents name its event, people's own hooks name it anew.

A payload stands as it was handed over, inside of an envelope, or as a person's hook wrote it out:
under `event` instead of `hook_event_name`, with `ts` beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recorder.capture.hook.agents import AGENTS
from recorder.capture.hook.agents.base import EVENT_NAMES

__all__ = ["entries_in", "is_payload", "payload_of", "time_of"]

ENVELOPES = (
    "stdin", "payload", "data", "input", "hook_input", "hook_data", "event_data", "raw_input",
    "raw", "body", "event",
)  # fmt: skip
LISTS = ("entries", "events", "hooks", "logs")
SESSIONS = ("session_id", "sessionId", "conversation_id")
RENAMED = ("event", "event_name", "hook_event", "hook", "hook_type", "hook_name", "type", "name")
"""What people's hooks call the event."""
RECEIVED = ("received_at", "received", "recorded_at", "logged_at", "ts", "timestamp", "time")
EVENTS = frozenset({*(event for agent in AGENTS.values() for event in agent.events), "Stop",
                    "SubagentStop", "Notification", "PreCompact", "SessionEnd"})  # fmt: skip


def entries_in(value: Any) -> list[Any]:
    """Return the entries of a document: those of a list, or of an object around one."""
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping) and not payload_of(value):
        for name in LISTS:
            held = value.get(name)
            if isinstance(held, list) and any(map(is_payload, held[:3])):
                return held
    return [value]


def is_payload(entry: Any) -> bool:
    """Tell whether an entry holds an agent's payload."""
    payload = payload_of(entry)
    return bool(payload) and (
        any(isinstance(payload.get(name), str) for name in EVENT_NAMES)
        or ("sessionId" in payload and "timestamp" in payload and "cwd" in payload)
    )


def payload_of(entry: Any) -> Mapping[str, Any]:
    """Return the payload in an entry, its event under the name that agents give it."""
    if not isinstance(entry, Mapping):
        return {}
    for name in ENVELOPES:
        inner = entry.get(name)
        if isinstance(inner, Mapping) and _has(inner, (*EVENT_NAMES, *SESSIONS)):
            return _named(inner, entry)
    return _named(entry, entry) if _has(entry, (*EVENT_NAMES, *SESSIONS)) else {}


def time_of(entry: Mapping[str, Any]) -> Any:
    """Return when an entry was written, as it stands; None where it does not say."""
    return next((entry[name] for name in RECEIVED if entry.get(name)), None)


def _named(payload: Mapping[str, Any], around: Mapping[str, Any]) -> Mapping[str, Any]:
    if _has(payload, EVENT_NAMES):
        return payload
    return next(({**payload, EVENT_NAMES[0]: name} for name in _renamed(payload, around)), payload)


def _renamed(payload: Mapping[str, Any], around: Mapping[str, Any]) -> Iterator[str]:
    for holder in (payload, around):
        for name in RENAMED:
            if isinstance(said := holder.get(name), str) and said in EVENTS:
                yield said


def _has(value: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    return any(name in value for name in names)
