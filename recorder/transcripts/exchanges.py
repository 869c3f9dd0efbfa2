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

__all__ = ["Exchange", "record_of"]

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
    url = urlsplit(exchange.url)
    failed = bool(exchange.error) or (exchange.status or 0) >= 400
    unanswered = exchange.status is None
    attributes: dict[str, Json] = {
        semconv.GEN_AI_AGENT_NAME: exchange.tool,
        semconv.SOURCE_PLACE: exchange.key,
        semconv.HTTP_METHOD: exchange.method.upper(),
        semconv.URL_FULL: exchange.url,
        semconv.URL_PATH: url.path or "/",
        semconv.SERVER_ADDRESS: url.hostname or "",
        semconv.SERVER_PORT: _port(exchange.url),
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
    identity = f"{exchange.tool}\0{exchange.session}\0{exchange.key}"
    return Record(
        witness=Witness.PROXY,
        # A request without an answer stays open: what became of it, nobody knows.
        phase=Phase.START if unanswered and not exchange.error else Phase.WHOLE,
        kind=Kind.API_REQUEST,
        name=f"{exchange.method.upper()} {url.path or '/'}"[:MAX_NAME],
        session=exchange.session,
        ref=exchange.key,
        t_ns=exchange.start_ns,
        observed_ns=time.time_ns(),
        status=Status.ERROR if failed else Status.UNSET if unanswered else Status.OK,
        attributes={name: value for name, value in attributes.items() if value not in ("", None)},
        id=digest_id(identity),
    )


def _headers(prefix: str, headers: Mapping[str, list[str]]) -> dict[str, Json]:
    return {f"{prefix}{name}": values for name, values in headers.items()}


def _port(url: str) -> int | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    return port or {"http": 80, "https": 443}.get(parts.scheme)
