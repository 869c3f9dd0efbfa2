"""What an OpenTelemetry span says, as records: its start and its end share the span's id.

Follows the GenAI and HTTP semantic conventions; a span that none of them covers is kept as a
lifecycle record under its own name, so that nothing is dropped. Runs on the agent's own thread, so
it copies and names, and leaves sealing and storing to the recorder.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from opentelemetry.trace import SpanKind, StatusCode

from recorder import semconv
from recorder.capture import genai
from recorder.model import Json, Kind, Phase, Status, Witness
from recorder.process import fresh_id, here

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.trace import SpanContext

__all__ = ["Ids", "Told", "end_fields", "ids_of", "start_fields", "told_by"]

_BY_NAME = {
    "execute_tool": Kind.TOOL_CALL,
    "chat": Kind.MODEL_CALL,
    "text_completion": Kind.MODEL_CALL,
    "generate_content": Kind.MODEL_CALL,
}
"""Span names begin with these by convention; some libraries set the attributes that say the same
only after the span has begun, when its start is told already."""


class Told(NamedTuple):
    """What a span says at one moment, in the words of the semantic conventions."""

    kind: Kind
    name: str
    attributes: dict[str, Json]


def told_by(span: ReadableSpan, known: Mapping[str, Json] | None = None) -> Told:
    """Return what a span says now. The attributes are a copy.

    Args:
        span: begun or ended.
        known: what is known of it besides; its own word counts first.
    """
    said, title, span_kind = _snapshot(span), span.name, span.kind
    if known:
        said = {**known, **said}
    genai.normalise(title, said)
    kind = genai.kind_of(said, is_client=span_kind is SpanKind.CLIENT)
    name = _name(title, said)
    if kind is Kind.LIFECYCLE and semconv.GEN_AI_OPERATION not in said:
        operation, _, subject = title.partition(" ")
        if subject and operation in _BY_NAME:
            kind, name = _BY_NAME[operation], subject
    if name != title:
        said.setdefault(semconv.SPAN_NAME, title)
    if span_kind is not SpanKind.INTERNAL:
        said[semconv.SPAN_KIND] = span_kind.name.lower()
    return Told(kind, name, said)


class Ids(NamedTuple):
    """A span's ids in hexadecimal; the parent's is empty without one."""

    trace: str
    span: str
    parent: str


def ids_of(span: ReadableSpan, context: SpanContext) -> Ids:
    """Return the ids of a span and its own context."""
    parent = span.parent
    return Ids(
        f"{context.trace_id:032x}",
        f"{context.span_id:016x}",
        f"{parent.span_id:016x}" if parent else "",
    )


def start_fields(
    span: ReadableSpan, ids: Ids, told: Told, session: str, run: str
) -> dict[str, Any]:
    """Return the fields (`recorder.wire.record_fields`) of the record of a span's start."""
    return _fields(span, ids, Phase.START, told, session, run, told.attributes, span.start_time)


def end_fields(
    span: ReadableSpan, ids: Ids, told: Told, session: str, run: str, before: Mapping[str, Json]
) -> dict[str, Any]:
    """Return the fields of the record of a span's end: what its start did not tell already.

    Args:
        span: the span, ended.
        ids: its ids.
        told: what it says now.
        session: the session that its start was recorded in.
        run: id of the launch.
        before: the attributes that its start told.
    """
    attributes = {
        name: value
        for name, value in told.attributes.items()
        if name not in before or before[name] != value
    }
    # The SDK's own list is one look; `events` makes a tuple of it, most often of nothing.
    if getattr(span, "_events", True):
        attributes |= _of_events(span.events)
    if span.status.description:
        attributes.setdefault(semconv.EXCEPTION_MESSAGE, span.status.description)
    return _fields(span, ids, Phase.END, told, session, run, attributes, span.end_time)


def _snapshot(span: ReadableSpan) -> dict[str, Json]:
    """Return a shallow copy of a span's attributes: OpenTelemetry keeps no value that can change.

    Bytes, the one kind of value that is not JSON's, become text.
    """
    said = span.attributes
    # The SDK's own copy is one step; going through the mapping is one for each attribute.
    copy = getattr(said, "copy", None)
    copied: dict[str, Json] = copy() if copy else dict(said or {})
    if bytes in map(type, copied.values()):
        for name, value in copied.items():
            if type(value) is bytes:
                copied[name] = value.decode("utf-8", "backslashreplace")
    return copied


def _of_events(events: Sequence[Event]) -> dict[str, Json]:
    """Return a span's events: an exception's attributes as the span's, all others as one text."""
    said: dict[str, Json] = {}
    others = []
    for event in events:
        inside = dict(event.attributes or {})
        if event.name == "exception":
            said |= {name: str(value) for name, value in inside.items()}
        else:
            others.append({"name": event.name, "t": str(event.timestamp), "attributes": inside})
    if others:
        # As text, so that a large event is stored as a large value is.
        said[semconv.SPAN_EVENTS] = json.dumps(others, ensure_ascii=False, default=str)
    return said


def _fields(
    span: ReadableSpan,
    ids: Ids,
    phase: Phase,
    told: Told,
    session: str,
    run: str,
    attributes: Mapping[str, Json],
    t_ns: int | None,
) -> dict[str, Any]:
    return {
        "witness": Witness.SDK,
        "phase": phase,
        "kind": told.kind,
        "name": told.name,
        "session": session,
        "run": run,
        "ref": ids.span,
        "t": t_ns,
        "observed": time.time_ns(),
        "status": _status(span.status.status_code),
        "trace_id": ids.trace,
        "span_id": ids.span,
        "parent_span_id": ids.parent,
        "pid": here.pid,
        "attributes": attributes,
        "id": fresh_id(),
    }


def _status(code: StatusCode) -> Status:
    # Not a table: the hash of an enumeration's member is computed in Python.
    if code is StatusCode.UNSET:
        return Status.UNSET
    return Status.OK if code is StatusCode.OK else Status.ERROR


def _name(title: str, said: Mapping[str, Json]) -> str:
    operation = said.get(semconv.GEN_AI_OPERATION)
    if operation == "invoke_agent":
        return "session"
    name = genai.text_of(said, semconv.GEN_AI_TOOL_NAME, semconv.GEN_AI_MODEL)
    if name or not isinstance(operation, str):
        return name or title
    return title.removeprefix(f"{operation} ") or title
