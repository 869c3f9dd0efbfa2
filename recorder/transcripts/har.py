"""HTTP Archives (HAR 1.1 and 1.2): mitmproxy, browsers, Charles, Insomnia.

http://www.softwareishard.com/blog/har-12-spec/ . A status of 0 means that no answer came. Bodies
may be base64; what is no text after that is counted, not kept. Messages of a WebSocket stand beside
the request that opened it. Entries are known also where the `log` around them is lost.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from recorder.model import Json
from recorder.transcripts.clocks import iso_ns, seconds_ns
from recorder.transcripts.documents import read_document
from recorder.transcripts.exchanges import Exchange, message_of, record_of
from recorder.transcripts.format import Damage, Format, Item
from recorder.transcripts.one_by_one import Told, objects, one_by_one
from recorder.transcripts.source import Source
from recorder.transcripts.telling import as_text, made_session

__all__ = ["AGENT", "FORMAT", "recognises", "tell"]

AGENT = "har"
BINARY = 2
"""Opcode of a WebSocket message that is no text."""
LOOKED_AT = 3
"""Entries of which one is an archive's, where they are of one at all."""
LONGEST_MS = 1e11
"""What takes longer was not measured: some write a number without end."""


def recognises(document: Any) -> bool:
    """Tell whether a document is an HTTP archive."""
    if isinstance(document, Mapping) and isinstance(log := document.get("log"), Mapping):
        return isinstance(log.get("entries"), list)
    entries = _log_of(document).get("entries")
    return isinstance(entries, list) and any(map(_is_entry, entries[:LOOKED_AT]))


def tell(document: Any) -> Iterator[Told]:
    """Yield a record for each entry."""
    log = _log_of(document)
    # Without entries it is damaged: the error says so.
    entries = log["entries"]
    session = made_session(AGENT, log.get("creator"), entries[:1])
    yield from one_by_one(entries, "entry", lambda entry, at: _entry(entry, session, at))


def _log_of(document: Any) -> Mapping[str, Any]:
    """Return what holds the entries: the log, an object without one around it, or a list."""
    if isinstance(document, list):
        return {"entries": document}
    return _mapping(_mapping(document).get("log", document))


def _is_entry(value: Any) -> bool:
    return {"startedDateTime", "request", "response"} <= _mapping(value).keys()


def _entry(entry: Mapping[str, Any], session: str, at: str) -> Iterator[Told]:
    exchange = _exchange(entry, session, at)
    yield record_of(exchange)
    messages = entry.get("_webSocketMessages")
    for number, (_, message) in enumerate(objects(messages, f"{at} message"), 1):
        if isinstance(message, Damage):
            yield message
            continue
        encoding = "base64" if message.get("opcode") == BINARY else ""
        text, unread = _content({"text": message.get("data"), "encoding": encoding})
        t_ns, sent = seconds_ns(message.get("time")), message.get("type") == "send"
        yield message_of(exchange, number, t_ns, text, sent=sent, unread=unread)


def _exchange(entry: Mapping[str, Any], session: str, key: str) -> Exchange:
    request, response = _mapping(entry.get("request")), _mapping(entry.get("response"))
    status, took = response.get("status"), entry.get("time")
    start_ns = iso_ns(entry.get("startedDateTime"))
    ends = isinstance(took, int | float) and not isinstance(took, bool) and 0 <= took < LONGEST_MS
    posted, content = _mapping(request.get("postData")), _mapping(response.get("content"))
    body, undecoded = _content(content)
    more: dict[str, Json] = {
        "flightlog.http.body.unread": undecoded,
        "network.protocol.version": str(request.get("httpVersion") or "").rpartition("/")[2],
        "network.peer.address": str(entry.get("serverIPAddress") or ""),
    }
    return Exchange(
        tool=AGENT,
        session=session,
        key=key,
        method=str(request.get("method") or "?"),
        url=str(request.get("url") or ""),
        start_ns=start_ns,
        end_ns=start_ns + int(took * 1e6) if start_ns is not None and ends and took else None,
        status=status if isinstance(status, int) and status > 0 else None,
        request_headers=_headers(request.get("headers")),
        response_headers=_headers(response.get("headers")),
        request_body=as_text(posted.get("text") or posted.get("params") or ""),
        response_body=body,
        error=str(response.get("_error") or ""),
        more=more,
    )


def _content(content: Mapping[str, Any]) -> tuple[str, int | None]:
    """Return a body's text, and how many bytes could not be read as text."""
    text = content.get("text")
    if not isinstance(text, str):
        return "", None
    if content.get("encoding") != "base64":
        return text, None
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text, None
    try:
        return raw.decode(), None
    except UnicodeDecodeError:
        return "", len(raw)


def _headers(listed: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for header in listed if isinstance(listed, list) else []:
        if isinstance(header, Mapping) and isinstance(header.get("name"), str):
            found.setdefault(header["name"].lower(), []).append(str(header.get("value") or ""))
    return found


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _read(source: Source) -> Iterator[Item]:
    return read_document(source, tell)


FORMAT = Format(
    name="har",
    title="HTTP archive (HAR)",
    tested=("1.2 of mitmproxy 11 and 12",),
    recognises=lambda source: any(recognises(value) for value in source.sample),
    read=_read,
)
