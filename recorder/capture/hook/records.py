"""Turn hook payloads into records, whatever they hold: never raises, never drops.

Several agents give their calls no id. While one reader sees both ends (it lives in the recorder),
a start and the end with the same tool and arguments get an id of ours; else the analyzer joins.
A payload that an agent hands over twice, because it has two hooks of ours, is recorded once.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict, deque
from dataclasses import replace
from typing import Any

from recorder import semconv
from recorder.capture.hook.agents import AGENTS
from recorder.capture.hook.agents.base import EVENT_NAMES
from recorder.capture.hook.event import PREFIX, TIME, Event
from recorder.capture.hook.payload import HookPayload
from recorder.capture.hook.steps import CALL
from recorder.digests import digest_id
from recorder.model import Kind, Phase, Record, new_id

__all__ = ["HookReader"]

PAYLOAD = PREFIX + "payload"
"""The payload itself, of an event that nothing is known of."""
MATCHED = PREFIX + "matched"
"""Why a record without the agent's id bears the id of a call."""
CUT = PREFIX + "cut"
"""Bytes of the payload that were not kept."""
BASIS = "open call of the same tool with the same arguments"
MAX_OPEN = 10_000

type _Key = tuple[str, str, int]


class HookReader:
    """Reads payloads; safe to share between threads."""

    def __init__(self, *, pairs: bool = True) -> None:
        """Begin with no call open.

        Args:
            pairs: give calls without an id one of ours. Not for a reader of a single payload.
        """
        self._pairs = pairs
        self._told: OrderedDict[str, None] = OrderedDict()
        self._open: OrderedDict[_Key, deque[str]] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, payload: HookPayload) -> tuple[Record, ...]:
        """Return a payload's records: none for one that was read before, else at least one."""
        try:
            records = _records(payload)
        except (ValueError, TypeError, RecursionError) as error:
            return (_opaque(payload, f"the payload could not be read ({type(error).__name__})"),)
        if self._was_told(records[0].id):
            return ()
        return tuple(map(self._paired, records)) if self._pairs else tuple(records)

    def _was_told(self, key: str) -> bool:
        """Return whether a record of that id was read before, and remember it."""
        with self._lock:
            known = key in self._told
            self._told[key] = None
            if len(self._told) > MAX_OPEN:
                self._told.popitem(last=False)
            return known

    def _paired(self, record: Record) -> Record:
        if record.kind is Kind.APPROVAL and not record.ref:
            return self._with_ref(record, self._newest_open(record))
        if record.kind is not Kind.TOOL_CALL:
            return record
        if record.phase is Phase.START:
            ref = record.ref or new_id()[:16]
            self._opened(record, ref)
            return replace(record, ref=ref)
        return self._with_ref(record, self._closed(record))

    def _with_ref(self, record: Record, ref: str) -> Record:
        if record.ref or not ref:
            return record
        return replace(record, ref=ref, attributes={**record.attributes, MATCHED: BASIS})

    def _opened(self, record: Record, ref: str) -> None:
        with self._lock:
            self._open.setdefault(_key(record), deque()).append(ref)
            if len(self._open) > MAX_OPEN:
                self._open.popitem(last=False)

    def _closed(self, record: Record) -> str:
        """Return the id of the call that this record ends, and forget the call."""
        key = _key(record)
        with self._lock:
            waiting = self._open.get(key)
            if not waiting:
                return ""
            if record.ref in waiting:
                waiting.remove(record.ref)
                ref = record.ref
            else:
                ref = "" if record.ref else waiting.popleft()
            if not waiting:
                del self._open[key]
            return ref

    def _newest_open(self, record: Record) -> str:
        with self._lock:
            waiting = self._open.get(_key(record))
            return waiting[-1] if waiting else ""


def _records(payload: HookPayload) -> list[Record]:
    text = payload.raw.decode("utf-8", "surrogateescape")
    agent = AGENTS.get(payload.agent)
    if agent is None:
        return [_opaque(payload, "there is no agent of that name")]
    if payload.cut:
        return [_opaque(payload, "the payload was too large and is not whole")]
    data: Any = json.loads(text)
    if not isinstance(data, dict):
        return [_opaque(payload, "the payload is no JSON object")]
    if any(name in data for name in (*CALL, *TIME)):
        payload = replace(payload, id=_id_of(payload))
    name = agent.event_of(data, payload.event) or "hook"
    event = Event(agent.recorded_as, name, data, payload)
    event.take(*EVENT_NAMES)
    step = agent.events.get(name)
    if step is not None:
        return step(event)
    return [_opaque(payload, "nothing is known of this event", event)]


def _opaque(payload: HookPayload, reason: str, event: Event | None = None) -> Record:
    """Return the record of something that is not understood: as text, with the reason."""
    agent = AGENTS.get(payload.agent)
    name = agent.recorded_as if agent else payload.agent
    if event is None:
        event = Event(name, payload.event or "hook", {}, payload)
    else:
        # The session and the like are known; the rest stands in the text.
        known = ("session_id", "sessionId", "conversation_id", "sessionID", "cwd", "timestamp")
        data = {key: event.data[key] for key in known if key in event.data}
        event = Event(event.agent, event.name, data, payload)
    text = payload.raw.decode("utf-8", "surrogateescape")
    said = {PAYLOAD: text, semconv.REASON: reason, CUT: payload.cut or None}
    return event.record(Kind.LIFECYCLE, event.name, Phase.POINT, said)


def _id_of(payload: HookPayload) -> str:
    """Return an id that follows from what was said: an agent with our hooks in two of its settings
    says everything twice, of one call or moment, in the same bytes.
    """
    said = f"{payload.agent}\0{payload.event}\0{payload.run}\0".encode("utf-8", "surrogateescape")
    return digest_id(said + payload.raw)


def _key(record: Record) -> _Key:
    """Return what the two ends of a call have in common where there is no id."""
    attributes = record.attributes
    arguments = attributes.get(semconv.GEN_AI_TOOL_ARGUMENTS) or attributes.get(
        semconv.APPROVAL_SUBJECT, ""
    )
    text = str(arguments)
    tool = str(attributes.get(semconv.GEN_AI_TOOL_NAME, record.name))
    if record.kind is Kind.APPROVAL:
        text = text.removeprefix(tool).lstrip()
    return record.session, tool, hash(_essence(text))


def _essence(text: str) -> str:
    """Return the command of a shell call, or all arguments in one order: descriptions come and go
    between the events of one call.
    """
    try:
        value = json.loads(text)
        if isinstance(value, dict) and isinstance(value.get("command"), str):
            return str(value["command"])
        return json.dumps(value, sort_keys=True)
    except (ValueError, RecursionError):
        return text
