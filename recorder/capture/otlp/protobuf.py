"""Read OTLP protobuf requests, one span or log record at a time.

The outer messages are walked on the wire and each span is parsed alone (upb), so that a request of
many million tiny messages never stands in memory as a whole: two bytes of input may become a
hundred in a parsed message. What is large is counted before it is parsed, for the same reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2

from recorder.capture.otlp.items import (
    LogItem,
    MalformedError,
    Rejected,
    Source,
    SpanItem,
    identity_of,
    source_of,
)
from recorder.capture.otlp.pairs import MAX_DEPTH, in_pairs, of_messages, of_wire, value_of
from recorder.model import Json

__all__ = ["logs", "metric_count", "spans"]

MAX_ENTRIES = 100_000
"""Resources, scopes, spans or log records in one request; more is refused."""
MAX_PARTS = 20_000
"""Messages (attributes, values, events) inside one span or log record; more is refused."""
UNCOUNTED = 32 * 1024
"""Bytes; a smaller message is parsed without counting: it cannot become large."""

_Span = in_pairs(trace_pb2.DESCRIPTOR, "Span")
_LogRecord = in_pairs(logs_pb2.DESCRIPTOR, "LogRecord")

type _Slice = tuple[int, int]
type _Shape = dict[int, _Shape]

# Which fields of a message are messages themselves (opentelemetry-proto 1.x).
_ANY: _Shape = {}
_KEY_VALUE: _Shape = {2: _ANY}
_ANY.update({5: {1: _ANY}, 6: {1: _KEY_VALUE}})
_SPAN: _Shape = {9: _KEY_VALUE, 11: {3: _KEY_VALUE}, 13: {4: _KEY_VALUE}, 15: {}}
_LOG: _Shape = {5: _ANY, 6: _KEY_VALUE}
_RESOURCE: _Shape = {1: _KEY_VALUE}
_SCOPE: _Shape = {3: _KEY_VALUE}


def spans(body: bytes) -> Iterator[SpanItem | Rejected]:
    """Yield the spans of an `ExportTraceServiceRequest`.

    Raises:
        MalformedError: the body is no such message.
    """
    return _items(body, _span, _SPAN)


def logs(body: bytes) -> Iterator[LogItem | Rejected]:
    """Yield the log records of an `ExportLogsServiceRequest`.

    Raises:
        MalformedError: the body is no such message.
    """
    return _items(body, _log, _LOG)


def metric_count(body: bytes) -> int:
    """Return how many metrics an `ExportMetricsServiceRequest` holds.

    Raises:
        MalformedError: the body is no such message.
    """
    budget = _Budget(MAX_ENTRIES)
    return sum(
        1
        for resource in _messages(body, (0, len(body)), 1, budget)
        for scope in _messages(body, resource, 2, budget)
        for _ in _messages(body, scope, 2, budget)
    )


class _Budget:
    """How many more messages may be read."""

    def __init__(self, left: int) -> None:
        self._left = left

    def spend(self) -> None:
        """Count one message.

        Raises:
            MalformedError: there are too many.
        """
        self._left -= 1
        if self._left < 0:
            raise MalformedError("the request holds too many messages; send smaller batches")


def _items[T](
    body: bytes, read: Callable[[bytes, Source], T], shape: _Shape
) -> Iterator[T | Rejected]:
    budget = _Budget(MAX_ENTRIES)
    for entry in _messages(body, (0, len(body)), 1, budget):
        resource = _resource(body, entry, budget)
        for scope_entry in _messages(body, entry, 2, budget):
            source = _source(body, scope_entry, resource, budget)
            for place in _messages(body, scope_entry, 2, budget):
                yield _read(body, place, source, read, shape)


def _read[T](
    body: bytes, place: _Slice, source: Source, read: Callable[[bytes, Source], T], shape: _Shape
) -> T | Rejected:
    start, end = place
    if end - start > UNCOUNTED:
        try:
            _count(body, place, shape, _Budget(MAX_PARTS))
        except MalformedError:
            return Rejected("it holds too many attributes or values, or is not well formed")
    try:
        return read(body[start:end], source)
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return Rejected("it is not well formed")


def _resource(body: bytes, entry: _Slice, budget: _Budget) -> dict[str, Json]:
    raw = _joined(body, _messages(body, entry, 1, budget), _RESOURCE)
    try:
        return of_messages(Resource.FromString(raw).attributes)
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError("a resource is not well formed") from error


def _source(body: bytes, entry: _Slice, resource: dict[str, Json], budget: _Budget) -> Source:
    raw = _joined(body, _messages(body, entry, 1, budget), _SCOPE)
    try:
        scope = InstrumentationScope.FromString(raw)
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError("an instrumentation scope is not well formed") from error
    return source_of(resource, scope.name, scope.version)


def _joined(body: bytes, places: Iterable[_Slice], shape: _Shape) -> bytes:
    """Return messages one after the other, which is how protobuf merges them."""
    found = list(places)
    for place in found:
        if place[1] - place[0] > UNCOUNTED:
            _count(body, place, shape, _Budget(MAX_PARTS))
    return b"".join(body[start:end] for start, end in found)


def _messages(body: bytes, place: _Slice, number: int, budget: _Budget) -> Iterator[_Slice]:
    for field, start, end in _fields(body, place):
        if field == number and start >= 0:
            budget.spend()
            yield start, end


def _fields(body: bytes, place: _Slice) -> Iterator[tuple[int, int, int]]:
    """Yield (number, start, end) of each field; start is -1 where it has no length.

    Raises:
        MalformedError: the bytes are no message.
    """
    at, end = place
    while at < end:
        tag = body[at]
        at += 1
        if tag >= 0x80:
            tag, at = _varint(body, at - 1, end)
        wire = tag & 7
        if wire == 2:
            size, at = _varint(body, at, end)
            if size > end - at:
                raise MalformedError("the body is cut off or is no protobuf message")
            yield tag >> 3, at, at + size
            at += size
        elif wire == 0:
            _, at = _varint(body, at, end)
        elif wire in {1, 5}:
            at += 8 if wire == 1 else 4
            if at > end:
                raise MalformedError("the body is cut off or is no protobuf message")
        else:
            raise MalformedError("the body is no protobuf message")


def _varint(body: bytes, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 70:
        byte = body[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise MalformedError("the body is cut off or is no protobuf message")


def _count(body: bytes, place: _Slice, shape: _Shape, budget: _Budget, depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        raise MalformedError("values are nested too deeply")
    for number, start, end in _fields(body, place):
        budget.spend()
        if start >= 0 and number in shape:
            _count(body, (start, end), shape[number], budget, depth + 1)


def _span(raw: bytes, source: Source) -> SpanItem:
    span = _Span.FromString(raw)
    return SpanItem(
        source,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.name,
        span.kind,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.status.code,
        span.status.message,
        _extras(span, of_wire(span.attributes)),
        [(e.name, e.time_unix_nano, of_messages(e.attributes)) for e in span.events],
        len(raw),
        identity_of(source, raw),
    )


def _extras(span: Any, attributes: dict[str, Json]) -> dict[str, Json]:
    """Add what a span says outside its attributes and only rarely."""
    if span.trace_state:
        attributes.setdefault("w3c.tracestate", span.trace_state)
    if span.dropped_attributes_count:
        attributes.setdefault("otel.dropped_attributes_count", span.dropped_attributes_count)
    if span.dropped_events_count:
        attributes.setdefault("otel.dropped_events_count", span.dropped_events_count)
    if span.links:
        attributes.setdefault(
            "flightlog.span.links", [f"{k.trace_id.hex()}-{k.span_id.hex()}" for k in span.links]
        )
    return attributes


def _log(raw: bytes, source: Source) -> LogItem:
    log = _LogRecord.FromString(raw)
    return LogItem(
        source,
        log.trace_id.hex(),
        log.span_id.hex(),
        log.time_unix_nano,
        log.observed_time_unix_nano,
        log.severity_text,
        log.event_name,
        value_of(log.body) if log.HasField("body") else None,
        of_wire(log.attributes),
        len(raw),
        identity_of(source, raw),
    )
