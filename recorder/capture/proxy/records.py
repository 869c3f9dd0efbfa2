"""What a record says of a request: mitmproxy's flow in, OpenTelemetry's attribute names out.

Pure: reads a flow and changes nothing. Values are unsealed; sealing is the pipeline's part.
"""

from __future__ import annotations

import errno
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from mitmproxy import connection, http

from recorder import semconv
from recorder.capture.proxy.bodies import BodyTap, keyed_digest
from recorder.capture.proxy.peer import Peer
from recorder.capture.proxy.websockets import PassingMessage
from recorder.guarding.hold import Hold
from recorder.model import Json, Kind, Phase, Record, Status, Witness

__all__ = ["Exchange", "Scribe", "Tunnel", "client_attributes", "error_type", "readable"]

DENIED = "denied"
"""`error.type` of a request that a guard did not let go upstream."""
_ERRNO = re.compile(r"\[Errno (-?\d+)\]")
_ERROR_TYPES = {
    errno.ECONNREFUSED: "connection_refused",
    errno.ECONNRESET: "connection_reset",
    errno.ETIMEDOUT: "timeout",
    errno.EHOSTUNREACH: "host_unreachable",
    errno.ENETUNREACH: "network_unreachable",
}
_ERROR_WORDS = (
    ("refused http connect request", "refused_by_upstream_proxy"),
    ("recording proxy was stopped", "proxy_stopped"),
    ("certificate verify failed", "certificate_verify_failed"),
    ("connect call failed", "connection_refused"),
    ("client disconnected", "client_disconnected"),
    ("tls", "tls_failed"),
    ("timed out", "timeout"),
    ("closed", "connection_closed"),
    ("disconnect", "connection_closed"),
)


@dataclass(slots=True)
class Exchange:
    """One request and its answer, while they pass."""

    request: BodyTap = field(default_factory=BodyTap)
    response: BodyTap = field(default_factory=BodyTap)
    started: bool = False
    """The start record has been handed over."""
    hold: Hold | None = None
    """Why a guard did not let it go upstream."""
    ends: dict[str, Json] = field(default_factory=dict)
    """What every record of it says of its two ends; empty until the first one is written."""


@dataclass(frozen=True, slots=True)
class Tunnel:
    """The two ends of a connection whose content the proxy cannot see."""

    client: connection.Client
    server: tuple[str, int]
    """Host and port."""
    peer: Peer | None


class Scribe:
    """Writes the proxy's records: all of one run, none of any session (the wire knows none)."""

    def __init__(self, run: str, digest_key: bytes | None = None) -> None:
        """Begin for one run.

        Args:
            run: the launch's id (`FLIGHTLOG_RUN`), or empty.
            digest_key: keys the digests of cut bodies; without it they are left out, because a
                bare digest of a short secret lets anyone test guesses.
        """
        self._run = run
        self._digest_key = digest_key

    def start(self, flow: http.HTTPFlow, exchange: Exchange, peer: Peer | None) -> Record:
        """Return the start of a request; its body as far as it has been seen."""
        body = {} if flow.request.stream else self.request_body(flow, exchange)
        attributes = {
            **_ends(flow, exchange, peer),
            **_headers(semconv.HTTP_REQUEST_HEADER, flow.request.headers),
            **body,
        }
        return self._of_flow(flow, Phase.START, attributes, _ns(flow.request.timestamp_start))

    def sent(self, flow: http.HTTPFlow, exchange: Exchange, peer: Peer | None) -> Record:
        """Return the body of a request that was streamed, so came after its start record."""
        attributes = {**_ends(flow, exchange, peer), **self.request_body(flow, exchange)}
        return self._of_flow(flow, Phase.POINT, attributes, _ns(flow.request.timestamp_end))

    def end(self, flow: http.HTTPFlow, exchange: Exchange, peer: Peer | None) -> Record:
        """Return the end of a request: its answer, or the error that it ended with."""
        attributes = dict(_ends(flow, exchange, peer))
        if flow.request.stream:
            # The start record came before the body; whoever joins the two finds it here.
            attributes |= self.request_body(flow, exchange)
        response, error, t_ns = flow.response, flow.error, time.time_ns()
        status = Status.ERROR
        if exchange.hold is not None:
            # It never went upstream: what the client was answered is no word of the server's.
            attributes[semconv.ERROR_TYPE] = DENIED
            attributes[semconv.REASON] = exchange.hold.denial
            return self._of_flow(flow, Phase.END, attributes, t_ns, status)
        if response is not None:
            attributes[semconv.HTTP_STATUS] = response.status_code
            attributes |= _headers(semconv.HTTP_RESPONSE_HEADER, response.headers)
            attributes |= self._body(exchange.response, response, request=False)
            status = Status.OK if response.status_code < 400 else Status.ERROR
            t_ns = _ns(response.timestamp_end) or t_ns
        if error is not None:
            attributes[semconv.ERROR_TYPE] = error_type(error.msg)
            attributes[semconv.EXCEPTION_MESSAGE] = readable(error.msg)
            status, t_ns = Status.ERROR, _ns(error.timestamp) or t_ns
        return self._of_flow(flow, Phase.END, attributes, t_ns, status)

    def message(
        self,
        flow: http.HTTPFlow,
        message: PassingMessage,
        peer: Peer | None,
        *,
        sent: bool,
        phase: Phase = Phase.POINT,
        is_cut: bool = False,
    ) -> Record:
        """Return one WebSocket message, sent by the client or received by it; of one that passes in
        pieces the start, with its beginning, or the end, with its size.

        A thing of its own, with a ref of its own and no method: the connection's `GET` says nothing
        of what a message does. The client's port and the URL lead to the connection.
        """
        target = _target(flow)
        del target[semconv.HTTP_METHOD]
        body = self._body(message.tap, None, request=sent)
        if phase is Phase.END:
            body.pop(semconv.REQUEST_BODY if sent else semconv.RESPONSE_BODY, None)
        if is_cut:
            body[semconv.ERROR_TYPE] = "cut_off"
        ended = Status.ERROR if is_cut else Status.OK
        return Record(
            witness=Witness.PROXY,
            phase=phase,
            kind=Kind.API_REQUEST,
            name=f"WEBSOCKET {_path(flow.request)}",
            run=self._run,
            ref=message.ref,
            t_ns=time.time_ns(),
            status=ended if phase is Phase.END else Status.UNSET,
            attributes={
                **target,
                **client_attributes(flow.client_conn, peer),
                "network.protocol.name": "websocket",
                **body,
            },
        )

    def opaque(
        self, phase: Phase, tunnel: Tunnel, attributes: Mapping[str, Json], *, ref: str
    ) -> Record:
        """Return a record of a connection whose content the proxy cannot see."""
        host, port = tunnel.server
        return Record(
            witness=Witness.PROXY,
            phase=phase,
            kind=Kind.API_REQUEST,
            name=f"opaque {readable(host)}:{port}",
            run=self._run,
            ref=ref,
            t_ns=time.time_ns(),
            status=Status.ERROR if semconv.ERROR_TYPE in attributes else Status.UNSET,
            attributes={
                semconv.SERVER_ADDRESS: readable(host),
                semconv.SERVER_PORT: port,
                **client_attributes(tunnel.client, tunnel.peer),
                **attributes,
            },
        )

    def request_body(self, flow: http.HTTPFlow, exchange: Exchange) -> dict[str, Json]:
        """Return the attributes of a request's body."""
        return self._body(exchange.request, flow.request, request=True)

    def _body(
        self, tap: BodyTap, message: http.Message | None, *, request: bool
    ) -> dict[str, Json]:
        headers = http.Headers() if message is None else message.headers
        body = tap.read(headers.get("content-type", ""), headers.get("content-encoding", ""))
        name = semconv.REQUEST_BODY if request else semconv.RESPONSE_BODY
        attributes: dict[str, Json] = {
            semconv.HTTP_REQUEST_SIZE if request else semconv.HTTP_RESPONSE_SIZE: tap.size
        }
        if body.text:
            attributes[name] = body.text
        if body.encoding:
            attributes[semconv.BODY_ENCODING] = body.encoding
        if body.cut:
            attributes[semconv.BODY_CUT] = body.cut
            if self._digest_key is not None:
                name = semconv.REQUEST_DIGEST if request else semconv.RESPONSE_DIGEST
                attributes[name] = keyed_digest(self._digest_key, tap.digest())
        return attributes

    def _of_flow(
        self,
        flow: http.HTTPFlow,
        phase: Phase,
        attributes: Mapping[str, Json],
        t_ns: int | None,
        status: Status = Status.UNSET,
    ) -> Record:
        return Record(
            witness=Witness.PROXY,
            phase=phase,
            kind=Kind.API_REQUEST,
            name=f"{readable(flow.request.method)} {_path(flow.request)}",
            run=self._run,
            ref=flow.id,
            t_ns=t_ns,
            status=status,
            attributes=attributes,
        )


def error_type(message: str) -> str:
    """Return a short fixed word for mitmproxy's account of why a request failed."""
    if match := _ERRNO.search(message):
        number = int(match[1])
        # The resolver's own numbers are negative on Linux and small on macOS; both say "name".
        if number < 0 or "nodename" in message or "Name or service" in message:
            return "name_resolution_failed"
        if number in _ERROR_TYPES:
            return _ERROR_TYPES[number]
    lowered = message.lower()
    return next((name for words, name in _ERROR_WORDS if words in lowered), "_OTHER")


def readable(value: str | bytes) -> str:
    """Return a value from the wire as text that UTF-8 can hold, with odd bytes escaped."""
    if isinstance(value, str):
        if value.isascii():
            return value
        value = value.encode("utf-8", "surrogateescape")
    return value.decode("utf-8", "backslashreplace")


def _ends(flow: http.HTTPFlow, exchange: Exchange, peer: Peer | None) -> dict[str, Json]:
    if not exchange.ends:
        exchange.ends = {**_target(flow), **client_attributes(flow.client_conn, peer)}
    return exchange.ends


def _target(flow: http.HTTPFlow) -> dict[str, Json]:
    request = flow.request
    return {
        semconv.HTTP_METHOD: readable(request.method),
        semconv.URL_FULL: readable(request.url),
        semconv.URL_PATH: _path(request),
        semconv.SERVER_ADDRESS: readable(request.host),
        semconv.SERVER_PORT: request.port,
    }


def client_attributes(client: connection.Client, peer: Peer | None) -> dict[str, Json]:
    """Return what records say of the client's end of a connection."""
    attributes: dict[str, Json] = {semconv.CLIENT_PORT: client.peername[1]}
    if peer is not None:
        attributes[semconv.PEER_PID] = peer.pid
        attributes[semconv.PEER_ANCESTORS] = list(peer.ancestors)
        if peer.executable:
            attributes[semconv.PEER_NAME] = readable(peer.executable)
        if peer.traceparent:
            attributes[semconv.PEER_TRACEPARENT] = peer.traceparent
    return attributes


def _headers(prefix: str, headers: http.Headers) -> dict[str, Json]:
    collected: dict[str, list[str]] = {}
    for name, value in headers.fields:
        collected.setdefault(prefix + readable(name).lower(), []).append(readable(value))
    return dict(collected)


def _path(request: http.Request) -> str:
    return readable(request.path).partition("?")[0]


def _ns(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * 1_000_000_000)
