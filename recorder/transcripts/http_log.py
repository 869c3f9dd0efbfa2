"""Logs of HTTP exchanges as JSON: nock's recordings, which test suites of agents keep.

https://github.com/nock/nock#recording . `scope` is the origin; there are no times. `rawHeaders` are
the answer's, as an object or a flat list; `reqheaders` the request's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recorder.model import Record
from recorder.transcripts.documents import read_document
from recorder.transcripts.exchanges import Exchange, record_of
from recorder.transcripts.format import Format, Item
from recorder.transcripts.mappings import Mappings
from recorder.transcripts.one_by_one import Told, one_by_one
from recorder.transcripts.source import Source
from recorder.transcripts.telling import as_text, made_session

__all__ = ["AGENT", "FORMAT", "recognises", "tell"]

AGENT = "http log"


def recognises(document: Any) -> bool:
    """Tell whether a document is such a log."""
    return isinstance(document, list) and any(
        {"scope", "method", "path", "status"} <= one.keys() for one in Mappings(document).first(2)
    )


def tell(document: Sequence[Any]) -> Iterator[Told]:
    """Yield a record for each exchange, in the order of the log."""
    session = made_session("http-log", Mappings(document).first(1))
    yield from one_by_one(document, "exchange", lambda item, at: [_exchange(item, session, at)])


def _exchange(item: Mapping[str, Any], session: str, key: str) -> Record:
    status, body = item.get("status"), item.get("response")
    # nock writes bodies that are no text as lists of hexadecimal pieces.
    is_binary = item.get("responseIsBinary") is True
    content_type = item.get("contentType")
    headers = _headers(item.get("rawHeaders"))
    if isinstance(content_type, str) and content_type:
        headers.setdefault("content-type", [content_type])
    return record_of(
        Exchange(
            tool=AGENT,
            session=session,
            key=key,
            method=str(item.get("method") or "?"),
            url=f"{item.get('scope') or ''}{item.get('path') or ''}",
            start_ns=None,
            status=status if isinstance(status, int) and status > 0 else None,
            request_headers=_headers(item.get("reqheaders")),
            response_headers=headers,
            request_body=as_text(item.get("body") or ""),
            response_body="" if is_binary or not body else as_text(body),
            more={"flightlog.source.clock": "none"},
        )
    )


def _headers(raw: Any) -> dict[str, list[str]]:
    if isinstance(raw, list):
        raw = dict(zip(raw[::2], raw[1::2], strict=False)) if _flat(raw) else {}
    if not isinstance(raw, Mapping):
        return {}
    return {
        str(name).lower(): [as_text(v) for v in (value if isinstance(value, list) else [value])]
        for name, value in raw.items()
    }


def _flat(raw: list[Any]) -> bool:
    return all(isinstance(item, str) for item in raw)


def _read(source: Source) -> Iterator[Item]:
    return read_document(source, tell)


FORMAT = Format(
    name="http-log",
    title="HTTP log (nock)",
    tested=("recordings of 2026",),
    recognises=lambda source: any(recognises(value) for value in source.sample),
    read=_read,
)
