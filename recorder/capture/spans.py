"""What an OpenTelemetry span says, as records: its start and its end share the span's id.

Follows the GenAI and HTTP semantic conventions; a span that none of them covers is kept as a
lifecycle record under its own name, so that nothing is dropped.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from opentelemetry.trace import SpanKind, StatusCode

from recorder import semconv
from recorder.capture import genai
from recorder.model import Json, Kind, Phase, Record, Status, Witness

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

__all__ = ["attributes_of", "end_record", "kind_of", "start_record"]

_STATUS = {StatusCode.OK: Status.OK, StatusCode.ERROR: Status.ERROR}


def kind_of(span: ReadableSpan) -> Kind:
    """Return what sort of action a span reports."""
    return genai.kind_of(span.attributes or {}, is_client=span.kind is SpanKind.CLIENT)


def start_record(span: ReadableSpan, session: str, run: str, pid: int) -> Record:
    """Return the record of a span's start."""
    return _record(span, Phase.START, session, run, pid, attributes_of(span), span.start_time)


def end_record(
    span: ReadableSpan, session: str, run: str, pid: int, told: Mapping[str, Json]
) -> Record:
    """Return the record of a span's end, without the attributes that its start told already."""
    attributes = {
        name: value
        for name, value in attributes_of(span).items()
        if name not in told or told[name] != value
    }
    for event in span.events:
        if event.name == "exception":
            attributes |= {name: _json(v) for name, v in (event.attributes or {}).items()}
    if span.status.description:
        attributes.setdefault(semconv.EXCEPTION_MESSAGE, span.status.description)
    return _record(span, Phase.END, session, run, pid, attributes, span.end_time)


def attributes_of(span: ReadableSpan) -> dict[str, Json]:
    """Return a copy of a span's attributes as JSON values."""
    return {name: _json(value) for name, value in (span.attributes or {}).items()}


def _record(
    span: ReadableSpan,
    phase: Phase,
    session: str,
    run: str,
    pid: int,
    attributes: dict[str, Json],
    t_ns: int | None,
) -> Record:
    context = span.get_span_context()
    if context is None:
        raise ValueError("a span without a context cannot be recorded")
    return Record(
        witness=Witness.SDK,
        phase=phase,
        kind=kind_of(span),
        name=_name(span),
        session=session,
        run=run,
        ref=f"{context.span_id:016x}",
        t_ns=t_ns,
        observed_ns=time.time_ns(),
        status=_STATUS.get(span.status.status_code, Status.UNSET),
        trace_id=f"{context.trace_id:032x}",
        span_id=f"{context.span_id:016x}",
        parent_span_id=f"{span.parent.span_id:016x}" if span.parent else "",
        pid=pid,
        attributes=attributes,
    )


def _name(span: ReadableSpan) -> str:
    attributes = span.attributes or {}
    if attributes.get(semconv.GEN_AI_OPERATION) == "invoke_agent":
        return "session"
    for name in (semconv.GEN_AI_TOOL_NAME, semconv.GEN_AI_MODEL):
        value = attributes.get(name)
        if isinstance(value, str):
            return value
    return span.name


def _json(value: object) -> Json:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case list() | tuple():
            return [_json(item) for item in value]
        case bytes():
            return value.decode("utf-8", "backslashreplace")
        case _:
            return str(value)
