"""What an OpenTelemetry span says, as records: its start and its end share the span's id.

Follows the GenAI and HTTP semantic conventions; a span that none of them covers is kept as a
lifecycle record under its own name, so that nothing is dropped. Runs on the agent's own thread, so
it copies and names, and leaves sealing and storing to the recorder.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import SpanKind, StatusCode

from recorder import semconv
from recorder.capture import genai
from recorder.model import Json, Kind, Phase, Status, Witness
from recorder.process import fresh_id, here

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.trace import SpanContext

__all__ = ["Told", "end_fields", "start_fields", "told_by", "trace_of"]

type Told = tuple[Kind, str, dict[str, Json]]
"""What a span says at one moment: its kind, its name and its attributes, in the words of the
semantic conventions. A plain tuple: to make a named one takes six times longer.
"""

_BY_NAME = {
    "execute_tool": Kind.TOOL_CALL,
    "chat": Kind.MODEL_CALL,
    "text_completion": Kind.MODEL_CALL,
    "generate_content": Kind.MODEL_CALL,
}
"""Span names begin with these by convention; some libraries set the attributes that say the same
only after the span has begun, when its start is told already."""


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
    return kind, name, said


def trace_of(context: SpanContext) -> str:
    """Return the id of the trace that a span stands in, in hexadecimal."""
    return context.trace_id.to_bytes(16).hex()


def start_fields(
    span: ReadableSpan, context: SpanContext, told: Told, session: str, run: str
) -> dict[str, Any]:
    """Return the fields (`recorder.wire.record_fields`) of the record of a span's start.

    Args:
        span: the span, begun.
        context: its own context.
        told: what it says now.
        session: the session that it belongs to.
        run: id of the launch.
    """
    kind, name, attributes = told
    parent, span_id = span.parent, context.span_id.to_bytes(8).hex()
    return {
        "witness": Witness.SDK,
        "phase": Phase.START,
        "kind": kind,
        "name": name,
        "session": session,
        "run": run,
        "ref": span_id,
        "t": span.start_time,
        "observed": time.time_ns(),
        "status": Status.UNSET,
        "trace_id": trace_of(context),
        "span_id": span_id,
        "parent_span_id": parent.span_id.to_bytes(8).hex() if parent else "",
        "pid": here.pid,
        "attributes": attributes,
        "id": fresh_id(),
    }


def end_fields(span: ReadableSpan, start: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of the record of a span's end: what its start did not tell already.

    Args:
        span: the span, ended.
        start: the fields of its start.
    """
    kind, name, before = start["kind"], start["name"], start["attributes"]
    attributes = _beyond(before, _snapshot(span))
    if genai.tells_more(attributes, before) or span.name != before.get(semconv.SPAN_NAME, name):
        kind, name, said = told_by(span)
        attributes = _beyond(before, said)
    # The SDK's own list is one look; `events` makes a tuple of it, most often of nothing.
    if getattr(span, "_events", True):
        attributes |= _of_events(span.events)
    status = span.status
    if status.description:
        attributes.setdefault(semconv.EXCEPTION_MESSAGE, status.description)
    return {
        **start,
        "phase": Phase.END,
        "kind": kind,
        "name": name,
        "t": span.end_time,
        "observed": time.time_ns(),
        "status": _status(status.status_code),
        "pid": here.pid,
        "attributes": attributes,
        "id": fresh_id(),
    }


def _beyond(before: Mapping[str, Json], said: Mapping[str, Json]) -> dict[str, Json]:
    """Return what is said that was not said before."""
    return {
        name: value for name, value in said.items() if name not in before or before[name] != value
    }


def _snapshot(span: ReadableSpan) -> dict[str, Json]:
    """Return a shallow copy of a span's attributes: they hold no value that can change."""
    # The SDK's own copy is one step; `attributes` puts a view around it, which takes three.
    copy = getattr(getattr(span, "_attributes", None), "copy", None)
    return copy() if copy else dict(span.attributes or {})


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
