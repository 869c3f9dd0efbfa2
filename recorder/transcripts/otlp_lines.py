"""OTLP JSON as files: the collector's file exporter, and what agents write in its place.

One document a line, or pretty printed and concatenated: whoever reads the file hands over one
document after the other. Decoded and translated by the same code as what a receiver takes in.
Copilot CLI's own file exporter writes spans in another shape, with times as [seconds, nanoseconds].
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from recorder.capture.otlp.items import LogItem, MalformedError, Rejected, SpanItem, source_of
from recorder.capture.otlp.json_form import logs, metric_count, spans
from recorder.capture.otlp.records import Translator
from recorder.digests import digest_id
from recorder.model import Json, Kind, Record
from recorder.transcripts.documents import read_values
from recorder.transcripts.format import Damage, Format, Item
from recorder.transcripts.json_text import written
from recorder.transcripts.one_by_one import Told, objects, odd, one_by_one
from recorder.transcripts.source import Source

__all__ = ["FORMAT", "LinesReader", "MalformedError", "recognises"]

SIGNALS = ("resourceSpans", "resourceLogs", "resourceMetrics")
_STATUS = {"OK": 1, "ERROR": 2}


def recognises(document: Any) -> bool:
    """Tell whether a document is an OTLP request, or a span of Copilot's file exporter."""
    if not isinstance(document, Mapping):
        return False
    if any(isinstance(document.get(name), list) for name in SIGNALS):
        return True
    return document.get("type") in {"span", "metric"} and (
        "startTime" in document or "dataPoints" in document or "traceId" in document
    )


class LinesReader:
    """Tells the documents of one file, remembering which session a trace belongs to."""

    def __init__(self) -> None:
        self._translator = Translator()
        self.metrics = 0
        """Metrics seen; they measure, and no record is made of them."""

    def document(self, document: Any) -> Iterator[Told]:
        """Yield the records of a document, or of a list of them, and what is not well formed.

        Raises:
            MalformedError: it has not the structure of an OTLP request.
        """
        if isinstance(document, list):
            yield from one_by_one(document, "entry", lambda one, _place: self.document(one))
            return
        if document.get("type") == "span":
            yield from self._made([_copilot_span(document)])
            return
        if document.get("type") == "metric":
            self.metrics += 1
            return
        if not any(signal in document for signal in SIGNALS):
            yield odd(document, "an entry", "no document of OTLP")
            return
        items: list[SpanItem | LogItem] = []
        damage: list[Damage] = []
        for signal in filter(document.__contains__, SIGNALS[:2]):
            for found in _items(document, signal):
                if isinstance(found, Damage):
                    damage.append(found)
                else:
                    items.append(found)
        if "resourceMetrics" in document:
            self.metrics += metric_count(_body(document))
        yield from self._made(items)
        yield from damage

    def _made(self, items: Sequence[SpanItem | LogItem]) -> list[Record]:
        return [_settled(record) for record in self._translator.records(items)]


def _body(document: Mapping[str, Any]) -> bytes:
    # Bytes of the file that were no UTF-8 stand in it as lone surrogates.
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")


def _items(document: Mapping[str, Any], signal: str) -> Iterator[SpanItem | LogItem | Damage]:
    """Yield what a document holds of a signal; where that is odd somewhere, one by one."""
    read = spans if signal == "resourceSpans" else logs
    try:
        found = list(read(_body({signal: document[signal]})))
    except MalformedError:
        found = [Rejected("")]
    if not any(isinstance(one, Rejected) for one in found):
        yield from _sound(found)
        return
    scopes, items = ("scopeSpans", "spans") if read is spans else ("scopeLogs", "logRecords")
    for n, resource in objects(document[signal], signal):
        if isinstance(resource, Damage):
            yield resource
            continue
        for m, scope in objects(resource.get(scopes), f"{signal} {n} {scopes}"):
            at = f"{signal} {n} {scopes} {m}"
            if isinstance(scope, Damage):
                yield scope
                continue
            around = {**resource, scopes: [{**scope, items: []}]}
            is_odd = _is_odd(read, {signal: [around]})
            if is_odd:
                yield odd(around, at, "told without its resource and scope, which are odd")
            for k, item in objects(scope.get(items), f"{at} {items}"):
                alone: dict[str, Any] = {scopes: [{items: [item]}]}
                if not is_odd:
                    alone = {**resource, scopes: [{**scope, items: [item]}]}
                if isinstance(item, Damage):
                    yield item
                elif _is_odd(read, {signal: [alone]}):
                    yield odd(item, f"{at} {items} {k}", "not well formed")
                else:
                    yield from _sound(read(_body({signal: [alone]})))


def _sound(found: Iterable[SpanItem | LogItem | Rejected]) -> Iterator[SpanItem | LogItem]:
    return (one for one in found if not isinstance(one, Rejected))


def _is_odd(
    read: Callable[[bytes], Iterator[SpanItem | LogItem | Rejected]], document: Mapping[str, Any]
) -> bool:
    try:
        return any(isinstance(one, Rejected) for one in read(_body(document)))
    except MalformedError:
        return True


def _settled(record: Record) -> Record:
    """Return a record with an id that follows from its content, so that it comes in only once."""
    is_resource = record.kind is Kind.LIFECYCLE and record.name == "resource"
    # A resource is noted when it is first met, which is no time of the transcript's.
    t_ns = None if is_resource else record.t_ns
    content = written(
        [
            record.kind, record.phase, record.name, record.session, record.ref, t_ns,
            record.trace_id, record.span_id, dict(record.attributes),
        ],
        by_name=True,
    )  # fmt: skip
    return replace(record, t_ns=t_ns, id=digest_id(content))


def _copilot_span(document: Mapping[str, Any]) -> SpanItem:
    try:
        resource = _mapping(_mapping(document.get("resource")).get("attributes"))
        scope = _mapping(document.get("instrumentationScope") or document.get("scope"))
        status = _mapping(document.get("status"))
        code = status.get("code")
        return SpanItem(
            source_of(dict(resource), _text(scope.get("name")), _text(scope.get("version"))),
            _text(document.get("traceId")),
            _text(document.get("spanId")),
            _text(document.get("parentSpanId")),
            _text(document.get("name")),
            # The JavaScript SDK counts kinds from 0, OTLP from 1.
            int(document.get("kind") or 0) + 1,
            _pair_ns(document.get("startTime")),
            _pair_ns(document.get("endTime")),
            code if isinstance(code, int) else _STATUS.get(_text(code).upper(), 0),
            _text(status.get("message")),
            dict(_mapping(document.get("attributes"))),
            [
                (_text(e.get("name")), _pair_ns(e.get("time")), dict(_mapping(e.get("attributes"))))
                for e in _events(document.get("events"))
            ],
            0,
        )
    except (ValueError, TypeError, OverflowError) as error:
        raise MalformedError("a span is not well formed") from error


def _events(value: Any) -> Iterator[Mapping[str, Json]]:
    return (e for e in (value if isinstance(value, list) else []) if isinstance(e, Mapping))


def _pair_ns(pair: Any) -> int:
    """Return a time of `[seconds, nanoseconds]` in ns; 0 where there is none."""
    if isinstance(pair, list) and len(pair) == 2 and all(type(n) is int for n in pair):
        return int(pair[0]) * 1_000_000_000 + int(pair[1])
    return 0


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _read(source: Source) -> Iterator[Item]:
    reader = LinesReader()
    return read_values(source, lambda document, _place: reader.document(document))


FORMAT = Format(
    name="otlp",
    title="OTLP JSON (file exporter)",
    tested=("OTLP 1.x of eleven exporters", "Copilot CLI 1.0.102's own span file"),
    recognises=lambda source: any(recognises(value) for value in source.entries),
    read=_read,
)
