"""HTTP requests that somebody else's proxy, browser or test kept, as records.

What the wire showed, so the witness is `proxy`, as in a recording of our own; the wire knows no
agent, so each file is filed under a session of its own and the analyzer joins its requests to the
calls that made them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from recorder import semconv
from recorder.digests import digest_id
from recorder.model import Json, Kind, Phase, Record, Status, Witness

__all__ = ["Exchange", "message_of", "record_of"]

MAX_NAME = 200
"""Characters of a record's name; the whole path stands in its attribute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request with its answer, as a file tells them."""

    tool: str
    """What kept it: `har`, `http log`."""
    session: str
    key: str
    """Where it stands in its file."""
    method: str
    url: str
    start_ns: int | None
    end_ns: int | None = None
    status: int | None = None
    """None where no answer came."""
    request_headers: Mapping[str, list[str]] = field(default_factory=dict)
    """Lower-case name -> values."""
    response_headers: Mapping[str, list[str]] = field(default_factory=dict)
    request_body: str = ""
    response_body: str = ""
    error: str = ""
    more: Mapping[str, Json] = field(default_factory=dict)


def record_of(exchange: Exchange) -> Record:
    """Return the record of an exchange: the whole of it in one."""
    path = _path(exchange.url)
    failed = bool(exchange.error) or (exchange.status or 0) >= 400
    unanswered = exchange.status is None
    attributes: dict[str, Json] = {
        semconv.HTTP_METHOD: exchange.method.upper(),
        **_target(exchange.tool, exchange.key, exchange.url),
        semconv.HTTP_STATUS: exchange.status,
        semconv.REQUEST_BODY: exchange.request_body,
        semconv.RESPONSE_BODY: exchange.response_body,
        semconv.EXCEPTION_MESSAGE: exchange.error,
        semconv.ERROR_TYPE: "_OTHER" if exchange.error else "",
        semconv.END_NS: exchange.end_ns,
        **_headers(semconv.HTTP_REQUEST_HEADER, exchange.request_headers),
        **_headers(semconv.HTTP_RESPONSE_HEADER, exchange.response_headers),
        **exchange.more,
    }
    return Record(
        witness=Witness.PROXY,
        # A request without an answer stays open: what became of it, nobody knows.
        phase=Phase.START if unanswered and not exchange.error else Phase.WHOLE,
        kind=Kind.API_REQUEST,
        name=f"{exchange.method.upper()} {path}"[:MAX_NAME],
        session=exchange.session,
        ref=exchange.key,
        t_ns=exchange.start_ns,
        observed_ns=time.time_ns(),
        status=Status.ERROR if failed else Status.UNSET if unanswered else Status.OK,
        attributes=_told(attributes),
        id=_id(exchange, exchange.key),
    )


def message_of(
    exchange: Exchange, number: int, t_ns: int | None, text: str, *, sent: bool, unread: int | None
) -> Record:
    """Return one WebSocket message of a connection, sent by the client or received by it."""
    key = f"{exchange.key} message {number}"
    attributes: dict[str, Json] = {
        **_target(exchange.tool, key, exchange.url),
        "network.protocol.name": "websocket",
        semconv.REQUEST_BODY if sent else semconv.RESPONSE_BODY: text,
        "flightlog.http.body.unread": unread,
    }
    return Record(
        witness=Witness.PROXY,
        phase=Phase.POINT,
        kind=Kind.API_REQUEST,
        name=f"WEBSOCKET {_path(exchange.url)}"[:MAX_NAME],
        session=exchange.session,
        ref=key,
        t_ns=t_ns,
        observed_ns=time.time_ns(),
        attributes=_told(attributes),
        id=_id(exchange, key),
    )


def _target(tool: str, key: str, url: str) -> dict[str, Json]:
    return {
        semconv.GEN_AI_AGENT_NAME: tool,
        semconv.SOURCE_PLACE: key,
        semconv.URL_FULL: url,
        semconv.URL_PATH: _path(url),
        semconv.SERVER_ADDRESS: urlsplit(url).hostname or "",
        semconv.SERVER_PORT: _port(url),
    }


def _path(url: str) -> str:
    return urlsplit(url).path or "/"


def _id(exchange: Exchange, key: str) -> str:
    return digest_id(f"{exchange.tool}\0{exchange.session}\0{key}")


def _told(attributes: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in attributes.items() if value not in ("", None)}


def _headers(prefix: str, headers: Mapping[str, list[str]]) -> dict[str, Json]:
    return {f"{prefix}{name}": values for name, values in headers.items()}


def _port(url: str) -> int | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    return port or {"http": 80, "https": 443}.get(parts.scheme)
