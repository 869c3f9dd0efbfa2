"""OTLP over HTTP/1.1: asyncio moves the bytes, h11 knows the protocol.

h11 because it is strict, small, has no server of its own to configure, and never waits: limits and
timeouts stay ours. `http.server` needs a thread for each connection and reads no chunked bodies.
https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import h11

from recorder.capture.otlp import answers
from recorder.capture.otlp.compression import ENCODINGS, decompressed
from recorder.capture.otlp.guard import Guard
from recorder.capture.otlp.items import MalformedError
from recorder.capture.otlp.limits import RETRY_SECONDS, OverloadedError, Ticket, TooLargeError
from recorder.capture.otlp.receiver import NotCommittedError, Receiver
from recorder.capture.otlp.relay import opening, passed_on
from recorder.capture.otlp.signals import HTTP_PATHS, Signal

__all__ = ["HttpFront"]

logger = logging.getLogger(__name__)

PATHS = {path: signal for signal, path in HTTP_PATHS.items()}
SERVER = ("server", "flightlog")
"""By this `flightlog doctor` knows its own among all that may answer at an address."""
PROTOBUF = "application/x-protobuf"
JSON = "application/json"
MAX_HEADERS = 32 * 1024
"""Bytes of a request's line and headers."""
READ_BYTES = 256 * 1024
LINGER_SECONDS = 1.0
"""How long what a refused client still sends is thrown away, so that it can read its answer."""
MAX_IGNORED = 64 * 1024 * 1024
MOST_TURNED_AWAY = 64
"""Clients at once that are told that there is no room; others are told nothing."""
_CODES = {
    HTTPStatus.FORBIDDEN: answers.PERMISSION_DENIED,
    HTTPStatus.UNAUTHORIZED: answers.UNAUTHENTICATED,
    HTTPStatus.NOT_FOUND: answers.UNIMPLEMENTED,
    HTTPStatus.METHOD_NOT_ALLOWED: answers.UNIMPLEMENTED,
    HTTPStatus.TOO_MANY_REQUESTS: answers.RESOURCE_EXHAUSTED,
    HTTPStatus.SERVICE_UNAVAILABLE: answers.UNAVAILABLE,
}
_RETRYABLE = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}

_REFUSALS: Mapping[type[Exception], tuple[HTTPStatus, str]] = {
    OverloadedError: (HTTPStatus.TOO_MANY_REQUESTS, "too much at once; come again"),
    NotCommittedError: (HTTPStatus.SERVICE_UNAVAILABLE, "the recording cannot be written now"),
    TooLargeError: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too large"),
    MalformedError: (HTTPStatus.BAD_REQUEST, ""),
}
"""Answers to what can become of a request; without a text the error's own."""


_FULL = (
    b"HTTP/1.1 429 Too Many Requests\r\nretry-after: %d\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n" % RETRY_SECONDS
)


class _RefusedError(Exception):
    """A request is answered with an error; the connection stays open where its body was read."""

    def __init__(self, status: HTTPStatus, message: str, *, body_read: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.body_read = body_read


@dataclass(frozen=True, slots=True)
class _Head:
    """What a request's line and headers say."""

    signal: Signal
    is_json: bool
    encoding: str
    announced: int
    """Bytes of its body; 0 where it does not say (chunked)."""
    headers: Mapping[str, str]
    """All of them, names in lower case."""


class HttpFront:
    """Serves connections of OTLP/HTTP clients."""

    def __init__(self, receiver: Receiver, guard: Guard, grpc_port: int = 0) -> None:
        """Serve for a receiver, under the rules of a guard.

        Args:
            receiver: takes the requests.
            guard: decides who may speak.
            grpc_port: where connections of gRPC clients are passed on to; 0 for nowhere.
        """
        self._receiver = receiver
        self._guard = guard
        self._limits = receiver.limits
        self._grpc_port = grpc_port
        self._connections: dict[asyncio.Task[None], _Connection | None] = {}
        """Those that are served; None for what is passed on, or has not said what it is."""
        self._turned_away = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends; never raises."""
        task = asyncio.current_task()
        if task is None or not self._has_room():
            await self._turn_away(reader, writer)
            return
        self._connections[task] = None
        try:
            async with asyncio.timeout(self._limits.header_seconds):
                first, is_grpc = await opening(reader)
            if is_grpc and self._grpc_port:
                await passed_on(first, reader, writer, (self._guard.host, self._grpc_port))
                return
            connection = _Connection(self._receiver, self._guard, reader, writer, first)
            self._connections[task] = connection
            await connection.run()
        except (OSError, TimeoutError, h11.LocalProtocolError):
            logger.debug("a client went away")
        except asyncio.CancelledError:
            logger.debug("a connection was ended with the receiver")
        except Exception as error:
            # The type only: its text could quote what was sent.
            logger.warning("a connection failed (%s)", type(error).__name__)
        finally:
            self._connections.pop(task, None)
            writer.close()

    def _has_room(self) -> bool:
        """Tell whether one more can be served; whoever has been silent for longest goes for it."""
        if len(self._connections) < self._limits.connections:
            return True
        served = self._connections.items()
        idle = [(one.idle_since, task) for task, one in served if one and one.idle_since]
        if not idle:
            return False
        _, longest = min(idle, key=lambda found: found[0])
        longest.cancel()
        del self._connections[longest]
        return True

    async def _turn_away(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Tell a client for whom there is no room to come again."""
        self._receiver.admission.refused += 1
        if self._turned_away < MOST_TURNED_AWAY:
            self._turned_away += 1
            try:
                writer.write(_FULL)
                await _linger(reader, writer)
            except (OSError, asyncio.CancelledError):
                logger.debug("a client that was turned away went away")
            finally:
                self._turned_away -= 1
        writer.close()

    async def close(self) -> None:
        """End all connections."""
        tasks = list(self._connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Connection:
    def __init__(
        self,
        receiver: Receiver,
        guard: Guard,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        first: bytes,
    ) -> None:
        self._receiver = receiver
        self._guard = guard
        self._limits = receiver.limits
        self._reader = reader
        self._writer = writer
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEADERS)
        self._h11.receive_data(first)
        self.idle_since = 0.0
        """When it began to wait for a further request; 0 otherwise."""

    async def run(self) -> None:
        """Answer requests until either side has had enough."""
        seconds = self._limits.header_seconds
        while True:
            try:
                async with asyncio.timeout(seconds):
                    request = await self._next()
            except h11.RemoteProtocolError as error:
                await self._refuse(HTTPStatus(error.error_status_hint), "this is no HTTP request")
                return
            self.idle_since = 0.0
            if not isinstance(request, h11.Request):
                return
            try:
                await self._answer(request)
            except _RefusedError as refused:
                await self._refuse(refused.status, str(refused), self._wants_json(request))
                if not refused.body_read:
                    await _linger(self._reader, self._writer)
                    return
            except h11.RemoteProtocolError as error:
                await self._refuse(HTTPStatus(error.error_status_hint), "the request is broken")
                return
            if self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE:
                return
            self._h11.start_next_cycle()
            seconds = self._limits.idle_seconds
            self.idle_since = asyncio.get_running_loop().time()

    async def _answer(self, request: h11.Request) -> None:
        head = self._head(request)
        try:
            with self._receiver.admission.enter() as ticket:
                body = await self._body(head, ticket)
                limit = self._limits.json_bytes if head.is_json else self._limits.body_bytes
                body = decompressed(body, head.encoding, limit)
                if head.encoding != "identity":
                    ticket.hold(len(body))
                received = await self._receiver.export(
                    head.signal, body, is_json=head.is_json, headers=head.headers
                )
        except tuple(_REFUSALS) as error:
            status, message = _REFUSALS[type(error)]
            read = self._h11.their_state is h11.DONE
            raise _RefusedError(status, message or str(error), body_read=read) from error
        answer = answers.response(head.signal, received, is_json=head.is_json)
        await self._send(HTTPStatus.OK, answer, JSON if head.is_json else PROTOBUF)

    def _head(self, request: h11.Request) -> _Head:
        headers = _headers(request)
        refusal = self._guard.refusal(headers)
        if refusal is not None:
            why = "only programs may speak here, not web pages"
            unknown = refusal is HTTPStatus.UNAUTHORIZED
            raise _RefusedError(refusal, "the token is missing or wrong" if unknown else why)
        authority, path = _parts(request.target.decode("ascii", "replace"))
        if authority and not self._guard.is_meant(authority):
            raise _RefusedError(HTTPStatus.FORBIDDEN, "that is another server's address")
        signal = PATHS.get(path)
        if signal is None:
            raise _RefusedError(HTTPStatus.NOT_FOUND, f"paths are {', '.join(PATHS)}")
        if request.method != b"POST":
            raise _RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, "the method is POST")
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in {PROTOBUF, JSON}:
            message = f"the content type is {PROTOBUF} or {JSON}"
            raise _RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message)
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ENCODINGS:
            message = f"content encodings are {', '.join(ENCODINGS)}"
            raise _RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message)
        # h11 has checked that it is a number.
        announced = int(headers.get("content-length", "0"))
        return _Head(signal, kind == JSON, encoding, announced, headers)

    async def _body(self, head: _Head, ticket: Ticket) -> bytes:
        """Read a request's body, counting what it holds before it is read."""
        if head.announced > self._limits.body_bytes:
            raise TooLargeError
        ticket.hold(head.announced)
        if self._h11.they_are_waiting_for_100_continue:
            go_on = h11.InformationalResponse(status_code=100, headers=[])
            self._writer.write(self._h11.send(go_on) or b"")
        pieces: list[bytes] = []
        total = 0
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                while isinstance(event := await self._next(), h11.Data):
                    total += len(event.data)
                    if total > self._limits.body_bytes:
                        raise TooLargeError
                    if total > head.announced:
                        ticket.hold(len(event.data))
                    pieces.append(bytes(event.data))
        except TimeoutError:
            raise _RefusedError(HTTPStatus.REQUEST_TIMEOUT, "the body came too slowly") from None
        if isinstance(event, h11.ConnectionClosed):
            raise ConnectionResetError
        return b"".join(pieces)

    async def _next(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        while True:
            event = self._h11.next_event()
            if event is not h11.NEED_DATA:
                return event
            self._h11.receive_data(await self._reader.read(READ_BYTES))

    async def _refuse(self, status: HTTPStatus, message: str, is_json: bool = False) -> None:
        if self._h11.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            return
        code = _CODES.get(status, answers.INVALID_ARGUMENT)
        body = answers.status(code, message, is_json=is_json)
        await self._send(status, body, JSON if is_json else PROTOBUF)

    async def _send(self, status: HTTPStatus, body: bytes, content_type: str) -> None:
        headers = [("content-type", content_type), ("content-length", str(len(body))), SERVER]
        if status in _RETRYABLE:
            headers.append(("retry-after", str(RETRY_SECONDS)))
        if status is HTTPStatus.UNAUTHORIZED:
            headers.append(("www-authenticate", "Bearer"))
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            headers.append(("allow", "POST"))
        if self._h11.their_state is not h11.DONE:
            headers.append(("connection", "close"))
        head = h11.Response(status_code=status, headers=headers, reason=status.phrase.encode())
        parts = (head, h11.Data(data=body), h11.EndOfMessage())
        self._writer.write(b"".join(self._h11.send(part) or b"" for part in parts))
        async with asyncio.timeout(self._limits.body_seconds):
            await self._writer.drain()

    def _wants_json(self, request: h11.Request) -> bool:
        return _headers(request).get("content-type", "").lower().startswith(JSON)


async def _linger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read and forget what is still coming: a reset would take the answer from the client."""
    if writer.can_write_eof():
        writer.write_eof()
    ignored = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while ignored < MAX_IGNORED and (piece := await reader.read(READ_BYTES)):
                ignored += len(piece)


def _parts(target: str) -> tuple[str, str]:
    """Return (authority, path) of a request's target; a server takes the absolute form, too, which
    is for proxies (RFC 9112, 3.2.2).
    """
    scheme, _, rest = target.partition("://")
    if scheme.lower() not in {"http", "https"}:
        return "", target.partition("?")[0]
    authority, slash, path = rest.partition("?")[0].partition("/")
    return authority.rpartition("@")[2], slash + path


def _headers(request: h11.Request) -> Mapping[str, str]:
    return {
        name.decode("ascii", "replace"): value.decode("latin-1") for name, value in request.headers
    }
