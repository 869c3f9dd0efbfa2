"""One event of an agent's hook, read tolerantly: by shape, under any name that agents use for it.

What no reader takes stays in the record under `flightlog.hook.NAME`, so that nothing is dropped.
"""

from __future__ import annotations

import json
import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from recorder import semconv
from recorder.capture.hook.payload import HookPayload
from recorder.digests import derived
from recorder.model import Json, Kind, Phase, Record, Status, Witness

__all__ = ["EVENT", "PREFIX", "Event", "as_text"]

PREFIX = "flightlog.hook."
EVENT = PREFIX + "event"
"""Name of the event, as the agent calls it."""
REST = PREFIX + "rest"
"""Fields over `MAX_FIELDS`, as one JSON text."""
MAX_FIELDS = 64
MAX_NAME = 200
"""Characters of a name or an id; the whole of it stays in its attribute."""

SESSION = ("session_id", "sessionId", "conversation_id", "sessionID", "conversationId")
CWD = ("cwd", "working_dir", "workingDirectory", "directory")
MODEL = ("model",)
TIME = ("timestamp",)


@dataclass(slots=True)
class Event:
    """An event that is being turned into records."""

    agent: str
    """The agent's name in recordings."""
    name: str
    data: Mapping[str, Any]
    payload: HookPayload
    _taken: set[str] = field(default_factory=set)
    _made: int = 0

    def take(self, *names: str) -> Any:
        """Return the first field of these that is there, and count it as read; else None."""
        for name in names:
            value = self.data.get(name)
            if value is not None:
                self._taken.add(name)
                return value
        return None

    def text(self, *names: str) -> str:
        """Return the first field of these as text; empty where there is none."""
        value = self.take(*names)
        return "" if value is None else as_text(value)

    def record(
        self,
        kind: Kind,
        name: str,
        phase: Phase,
        attributes: Mapping[str, Json],
        *,
        ref: str = "",
        status: Status = Status.UNSET,
    ) -> Record:
        """Return a record of this event; what was not taken from it until now goes along."""
        session = self.text(*SESSION)
        about = self._about(session)
        trace_id, parent = _trace_context(self.text("traceparent") or self.payload.traceparent)
        return Record(
            id=self._next_id(),
            witness=Witness.HOOK,
            phase=phase,
            kind=kind,
            name=name[:MAX_NAME],
            session=session[:MAX_NAME],
            run=self.payload.run,
            ref=ref[:MAX_NAME],
            t_ns=_time_ns(self.take(*TIME)) or self.payload.received_ns,
            observed_ns=self.payload.received_ns,
            status=status,
            trace_id=trace_id,
            parent_span_id=parent,
            pid=self.payload.pid,
            attributes={**about, **self._rest(), **_without_empty(attributes)},
        )

    def _about(self, session: str) -> dict[str, Json]:
        return _without_empty({
            EVENT: self.name,
            semconv.GEN_AI_AGENT_NAME: self.agent,
            semconv.GEN_AI_CONVERSATION: session,
            semconv.GEN_AI_MODEL: self.text(*MODEL),
            semconv.PROCESS_CWD: self.text(*CWD),
            **_machine(),
        })  # fmt: skip

    def _rest(self) -> dict[str, Json]:
        left = [(str(k), v) for k, v in self.data.items() if k not in self._taken]
        kept: dict[str, Json] = {
            f"{PREFIX}{name[:MAX_NAME]}": _plain(value) for name, value in left[:MAX_FIELDS]
        }
        if len(left) > MAX_FIELDS:
            kept[REST] = as_text(dict(left[MAX_FIELDS:]))
        return kept

    def _next_id(self) -> str:
        """Return the payload's id for its first record and ids that follow from it for others."""
        number, self._made = self._made, self._made + 1
        if not number:
            return self.payload.id
        return derived(self.payload.id, "-", number)


def as_text(value: Any) -> str:
    """Return a value as text: strings as they are, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _plain(value: Any) -> Json:
    return value if isinstance(value, str | bool | int | float) else as_text(value)


def _without_empty(attributes: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in attributes.items() if value not in ("", None)}


def _trace_context(traceparent: str) -> tuple[str, str]:
    """Return (trace id, span id) of a W3C traceparent (https://www.w3.org/TR/trace-context/)."""
    parts = traceparent.split("-")
    if len(parts) < 4 or len(parts[1]) != 32 or len(parts[2]) != 16:
        return "", ""
    digits = parts[1] + parts[2]
    return (parts[1], parts[2]) if all(c in "0123456789abcdef" for c in digits) else ("", "")


def _time_ns(value: Any) -> int | None:
    """Return a time in ns since the epoch from ISO 8601 or milliseconds; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float) and 0 < value < 1e13:
        return int(value * 1_000_000)
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - datetime.fromtimestamp(0, UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000


@cache
def _machine() -> dict[str, Json]:
    """Return what a session's row says of machine and user: a hook runs where the recorder does."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        # A container's user may have no name.
        user = str(os.getuid())
    return {semconv.HOST_NAME: os.uname().nodename, semconv.USER_NAME: user}
