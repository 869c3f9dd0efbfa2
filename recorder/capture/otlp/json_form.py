"""Read OTLP JSON requests: hexadecimal ids, 64-bit numbers as strings or numbers.

OTLP 1.x, "JSON Protobuf Encoding". Tolerated beyond it because clients send it: base64 ids, enums
by name, null where something is left out. Nothing is validated by `json_format`, which costs ten
times as much.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any

import orjson

from recorder.capture.otlp.items import (
    LogItem,
    MalformedError,
    Rejected,
    Source,
    SpanItem,
    identity_of,
    source_of,
)
from recorder.model import Json

__all__ = ["logs", "metric_count", "spans"]

MAX_CONTAINERS = 300_000
"""Objects, arrays, and brackets in texts of one body; parsed, each takes up to 200 bytes."""
MAX_VALUES = 1_500_000
MAX_DEPTH = 24
USUAL_SIZE = 100
"""Bytes of an attribute, about: what a parsed document took on the wire is no longer known."""
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})*")
_KINDS = {
    "SPAN_KIND_INTERNAL": 1,
    "SPAN_KIND_SERVER": 2,
    "SPAN_KIND_CLIENT": 3,
    "SPAN_KIND_PRODUCER": 4,
    "SPAN_KIND_CONSUMER": 5,
    "STATUS_CODE_OK": 1,
    "STATUS_CODE_ERROR": 2,
}


def spans(body: bytes) -> Iterator[SpanItem | Rejected]:
    """Yield the spans of an `ExportTraceServiceRequest` in JSON.

    Raises:
        MalformedError: the body is no such document.
    """
    return _items(body, ("resourceSpans", "scopeSpans", "spans"), _span)


def logs(body: bytes) -> Iterator[LogItem | Rejected]:
    """Yield the log records of an `ExportLogsServiceRequest` in JSON.

    Raises:
        MalformedError: the body is no such document.
    """
    return _items(body, ("resourceLogs", "scopeLogs", "logRecords"), _log)


def metric_count(body: bytes) -> int:
    """Return how many metrics an `ExportMetricsServiceRequest` in JSON holds.

    Raises:
        MalformedError: the body is no such document.
    """
    return sum(
        len(_list(scope, "metrics"))
        for resource in _list(_parsed(body), "resourceMetrics")
        for scope in _list(resource, "scopeMetrics")
    )


def _items[T](
    body: bytes, names: tuple[str, str, str], read: Callable[[dict[str, Any], Source], T]
) -> Iterator[T | Rejected]:
    for entry in _list(_parsed(body), names[0]):
        for scope_entry in _list(entry, names[1]):
            source = _source(entry, scope_entry)
            for item in _list(scope_entry, names[2]):
                try:
                    yield read(item, source)
                except (ValueError, TypeError, AttributeError, OverflowError):
                    yield Rejected("it is not well formed")


def _source(entry: dict[str, Any], scope_entry: dict[str, Any]) -> Source:
    try:
        resource = _attributes(_object(entry, "resource").get("attributes"))
        scope = _object(scope_entry, "scope")
        return source_of(resource, _text(scope.get("name")), _text(scope.get("version")))
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise MalformedError("a resource or a scope is not well formed") from error


def _parsed(body: bytes) -> dict[str, Any]:
    containers = body.count(b"{") + body.count(b"[")
    if containers > MAX_CONTAINERS or body.count(b",") > MAX_VALUES:
        raise MalformedError("the request holds too many values; send smaller batches")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = _with_halves(body)
    if not isinstance(document, dict):
        raise MalformedError("the body is no JSON object")
    return document


def _with_halves(body: bytes) -> object:
    """Return a document in which an agent cut a text within a surrogate pair: JavaScript does."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedError("the body is no JSON document") from error


def _list(value: object, name: str) -> list[Any]:
    found = value.get(name) if isinstance(value, dict) else None
    if found is None and isinstance(value, dict):
        return []
    if not isinstance(found, list):
        raise MalformedError("the document has not the structure of an OTLP request")
    return found


def _object(value: object, name: str) -> dict[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    if found is None and isinstance(value, dict):
        return {}
    if not isinstance(found, dict):
        raise MalformedError("the document has not the structure of an OTLP request")
    return found


def _span(item: dict[str, Any], source: Source) -> SpanItem:
    status = item.get("status") or {}
    attributes = _attributes(item.get("attributes"))
    if item.get("traceState"):
        attributes.setdefault("w3c.tracestate", str(item["traceState"]))
    for dropped, name in (
        ("droppedAttributesCount", "otel.dropped_attributes_count"),
        ("droppedEventsCount", "otel.dropped_events_count"),
    ):
        if item.get(dropped):
            attributes.setdefault(name, _integer(item[dropped]))
    if item.get("links"):
        attributes.setdefault(
            "flightlog.span.links",
            [f"{_id(k.get('traceId'))}-{_id(k.get('spanId'))}" for k in item["links"]],
        )
    return SpanItem(
        source,
        _id(item.get("traceId")),
        _id(item.get("spanId")),
        _id(item.get("parentSpanId")),
        _text(item.get("name")),
        _enum(item.get("kind")),
        _integer(item.get("startTimeUnixNano")),
        _integer(item.get("endTimeUnixNano")),
        _enum(status.get("code")),
        _text(status.get("message")),
        attributes,
        [
            (
                _text(event.get("name")),
                _integer(event.get("timeUnixNano")),
                _attributes(event.get("attributes")),
            )
            for event in item.get("events") or ()
        ],
        USUAL_SIZE * (1 + len(attributes)),
        _identity(item, source),
    )  # fmt: skip


def _log(item: dict[str, Any], source: Source) -> LogItem:
    attributes = _attributes(item.get("attributes"))
    return LogItem(
        source,
        _id(item.get("traceId")),
        _id(item.get("spanId")),
        _integer(item.get("timeUnixNano")),
        _integer(item.get("observedTimeUnixNano")),
        _text(item.get("severityText")),
        _text(item.get("eventName")),
        _value(item.get("body")),
        attributes,
        USUAL_SIZE * (1 + len(attributes)),
        _identity(item, source),
    )


def _identity(item: dict[str, Any], source: Source) -> str:
    """Return the id of what an item becomes; empty where it is nested too deeply to be compared."""
    try:
        return identity_of(source, _dumped(item))
    except RecursionError:
        return ""


def _dumped(value: object) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # half a surrogate pair, or nested too deeply
        return json.dumps(value).encode()


def _attributes(pairs: object) -> dict[str, Json]:
    found: dict[str, Json] = {}
    if pairs is None:
        return found
    if not isinstance(pairs, list):
        raise MalformedError("the document has not the structure of an OTLP request")
    for pair in pairs:
        if not isinstance(pair, dict):
            raise MalformedError("an attribute is no object")
        key = _text(pair.get("key"))
        if key in found:
            # The protocol forbids it; nothing may hide behind a name that comes twice.
            key = f"{key}#{len(found)}"
        found[key] = _value(pair.get("value"))
    return found


def _value(value: object, depth: int = 0) -> Json:  # noqa: PLR0911 - one for each form
    if not isinstance(value, dict) or not value:
        return None if value is None or value == {} else _opaque(value)
    if depth > MAX_DEPTH:
        return "… (nested too deeply)"
    form, inner = next(iter(value.items()))
    match form:
        case "stringValue":
            return _text(inner)
        case "intValue":
            return _integer(inner)
        case "boolValue" if isinstance(inner, bool):
            return inner
        case "doubleValue":
            number = float(inner)
            return number if isfinite(number) else str(number)
        case "arrayValue":
            return [_value(item, depth + 1) for item in _list(inner, "values")]
        case "kvlistValue":
            return {
                _text(p.get("key")): _value(p.get("value"), depth + 1)
                for p in _list(inner, "values")
            }
        case "bytesValue":
            return _bytes(_text(inner))
    return _opaque(value)


def _opaque(value: object) -> str:
    """Return what is no value of the protocol as the JSON that it came as."""
    return _dumped(value).decode()


def _bytes(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "backslashreplace")
    except binascii.Error:
        return text


def _id(value: object) -> str:
    text = _text(value)
    if _HEX.fullmatch(text) and len(text) in {0, 16, 32}:
        return text.lower()
    try:
        return base64.b64decode(text, validate=True).hex()
    except binascii.Error as error:
        raise ValueError("an id is neither hexadecimal nor base64") from error


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError("text was expected")
    return value


def _integer(value: object) -> int:
    if value is None or value == "":
        return 0
    if isinstance(value, str) and len(value) > 20:
        raise ValueError("a number is out of range")
    if isinstance(value, int | str | float):
        return int(value)
    raise TypeError("a number was expected")


def _enum(value: object) -> int:
    return _KINDS.get(value, 0) if isinstance(value, str) else _integer(value)
