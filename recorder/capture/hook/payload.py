"""What a hook process hands over: the agent's own bytes, and the little that only it knows.

As a frame of the recorder's socket: `HOOK`, the fields and the bytes, with a NUL after each field
(neither an argument nor an environment variable can hold one), so that the client needs no JSON.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MAGIC", "HookPayload", "decode_payload"]

MAGIC = b"HOOK\0"
"""A frame of records is a JSON object and begins with a brace."""
FIELDS = 8


@dataclass(frozen=True, slots=True)
class HookPayload:
    """One call of a hook, unparsed. It may hold secrets: never write it anywhere."""

    id: str
    """32 hexadecimal digits; the same when the payload is handed over a second time."""
    agent: str
    event: str
    """The event as the settings name it, for agents whose payloads do not; else empty."""
    run: str
    pid: int | None
    """The process that ran the hook: the agent."""
    traceparent: str
    """W3C trace context of the hook's environment; empty without one."""
    received_ns: int
    """ns since the Unix epoch (UTC)."""
    cut: int
    """Bytes that were read and not kept, because there were too many."""
    raw: bytes


def decode_payload(frame: bytes) -> HookPayload:
    """Return the payload that a frame holds.

    Raises:
        ValueError: it is no such frame.
    """
    parts = frame.removeprefix(MAGIC).split(b"\0", FIELDS)
    if not frame.startswith(MAGIC) or len(parts) != FIELDS + 1:
        raise ValueError("not a hook's frame")
    *fields, raw = parts
    key, agent, event, run, pid, traceparent, received, cut = (
        field.decode("utf-8", "surrogateescape") for field in fields
    )
    return HookPayload(
        id=key,
        agent=agent,
        event=event,
        run=run,
        pid=int(pid) if pid else None,
        traceparent=traceparent,
        received_ns=int(received),
        cut=int(cut),
        raw=raw,
    )
