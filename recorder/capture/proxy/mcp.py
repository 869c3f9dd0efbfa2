"""The addon that reads MCP in what passes over HTTP, beside the records of the requests themselves.

Comes after `RecordingAddon`, whose taps it stands behind. It changes no message and delays no
stream: an answer is read in a thread, after it has gone on. Only a call waits, until it is on
record, as every request does.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import cast

from mitmproxy import http

from recorder import semconv
from recorder.capture.mcp.conversation import must_be_durable
from recorder.capture.mcp.denial import denials
from recorder.capture.mcp.events import EventStream
from recorder.capture.mcp.lines import MAX_LINE
from recorder.capture.proxy.addon import EXCHANGE, Peers
from recorder.capture.proxy.bodies import KEPT_BYTES, decoded
from recorder.capture.proxy.deliveries import Deliveries
from recorder.capture.proxy.gate import Gate, deny
from recorder.capture.proxy.mcp_talks import McpTalks, Place, Talk
from recorder.capture.proxy.records import (
    DENIED,
    Exchange,
    client_attributes,
    error_type,
    readable,
)
from recorder.guarding.place import Mode
from recorder.model import Record

__all__ = ["McpAddon"]

_STATE = "flightlog.mcp"
_EVENTS = "text/event-stream"
_JSON = "application/json"
_SESSION = "mcp-session-id"
_VERSION = "mcp-protocol-version"
_MARK = b'"jsonrpc"'

type _Tap = Callable[[bytes], Iterable[bytes] | bytes]


class _Gathered:
    """A body as it passes, up to a limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []
        self.size = 0

    def feed(self, chunk: bytes) -> None:
        """Take a piece."""
        self.size += len(chunk)
        if self.size <= self._limit:
            self._pieces.append(chunk)
        else:
            self._pieces.clear()

    def whole(self) -> bytes | None:
        """Return the body; None where it was too long."""
        return b"".join(self._pieces) if self.size <= self._limit else None


class _State:
    """What is known of one exchange."""

    def __init__(self, declared: bool, place: Callable[[], Place]) -> None:
        self.declared = declared
        self._place = place
        self.request = _Gathered(MAX_LINE if declared else KEPT_BYTES)
        self.response = _Gathered(MAX_LINE)
        self.is_mcp = False
        self.is_stream = False

    @cached_property
    def talk(self) -> Talk:
        """Where it belongs. Looked up when it turns out to be MCP, which few requests do."""
        return Talk(self._place())


@dataclass(slots=True)
class _Asked:
    """What was read in a request."""

    is_read: bool = False
    records: tuple[Record, ...] = ()


class McpAddon:
    """Reads MCP messages out of requests, answers and event streams."""

    def __init__(
        self, deliveries: Deliveries, talks: McpTalks, peers: Peers, gate: Gate | None = None
    ) -> None:
        self._gate = gate
        self._deliveries = deliveries
        self._talks = talks
        self._peers = peers

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Stand behind the tap of a request that streams, where it may be MCP."""
        if not _may_be_mcp(flow.request):
            return
        declared = _is_declared(flow.request.headers)
        state = _State(declared, partial(self._place, flow, declared))
        flow.metadata[_STATE] = state
        if callable(flow.request.stream):
            flow.request.stream = _behind(flow.request.stream, state.request.feed)

    async def request(self, flow: http.HTTPFlow) -> None:
        """Read a request that is complete, before (of a streamed one: before the end of) it goes
        upstream.
        """
        state = _state(flow)
        if state is None or flow.request.method != "POST":
            return
        if not flow.request.stream:
            state.request.feed(flow.request.raw_content or b"")
        coding = flow.request.headers.get("content-encoding", "")
        body = _read_body(state.request, coding)
        if body is None and state.declared:
            self._refuse(flow, "what it asks for could not be read")
        if body is None or (_MARK not in body and not state.declared):
            return
        state.is_mcp = True
        asked = _Asked()
        read = partial(_noting, partial(self._talks.posted, state.talk, body), asked)
        guarded = self._gate is not None and self._gate.mode is not Mode.OFF
        await self._deliveries.read_first(read, must_be_durable, commits=guarded)
        await self._hold(flow, state, asked, body)

    def _refuse(self, flow: http.HTTPFlow, why: str) -> None:
        """Let a request that nobody can be asked about not go on, where a guard enforces."""
        hold = self._gate.in_doubt(why) if self._gate is not None else None
        if hold is not None and flow.response is None:
            cast("Exchange", flow.metadata[EXCHANGE]).hold = hold
            deny(flow, hold)

    async def _hold(self, flow: http.HTTPFlow, state: _State, asked: _Asked, body: bytes) -> None:
        """Ask a guard about the calls in a request; answer in the server's place if it denies."""
        if self._gate is None or self._gate.mode is Mode.OFF or flow.response is not None:
            return
        hold = None if asked.is_read else self._gate.in_doubt("its calls could not be read in time")
        for record in filter(must_be_durable, asked.records):
            hold = hold or await self._gate.hold_of(record)
        if hold is None:
            return
        cast("Exchange", flow.metadata[EXCHANGE]).hold = hold
        deny(flow, hold)
        if flow.response is not None:
            flow.response = http.Response.make(200, denials(body, hold), {"content-type": _JSON})
        self._deliveries.read_soon(partial(self._talks.ended, state.talk, DENIED))

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Stand behind the tap of an answer that streams."""
        state, response = _state(flow), flow.response
        if state is None or response is None:
            return
        is_get = flow.request.method == "GET"
        if not state.is_mcp and not is_get:
            return
        state.is_stream = response.headers.get("content-type", "").startswith(_EVENTS)
        if is_get and not state.is_stream:
            return
        state.is_mcp = True
        if is_get:
            self._deliveries.read_soon(partial(_nothing, self._talks.follows, state.talk))
        if state.is_stream:
            session = response.headers.get(_SESSION, "")
            self._deliveries.read_soon(partial(self._talks.assigned, state.talk, session))
            feed = self._events(state, response.headers.get("content-encoding", ""))
        else:
            feed = state.response.feed
        if callable(response.stream):
            response.stream = _behind(response.stream, feed)

    def response(self, flow: http.HTTPFlow) -> None:
        """Read an answer that is one document."""
        state, response = _state(flow), flow.response
        if state is None or not state.is_mcp or response is None:
            return
        if cast("Exchange", flow.metadata[EXCHANGE]).hold is not None:
            return  # our own words, not the server's
        coding = response.headers.get("content-encoding", "")
        if not response.stream and response.raw_content:
            if state.is_stream:
                self._events(state, coding)(response.raw_content)
            else:
                state.response.feed(response.raw_content)
        talk = state.talk
        if state.response.size:
            body = _read_body(state.response, coding)
            session = response.headers.get(_SESSION, "")
            if body is None:
                self._deliveries.read_soon(
                    partial(self._talks.unreadable, talk, state.response.size)
                )
            elif _may_be_message(response, body):
                self._deliveries.read_soon(partial(self._talks.answered, talk, body, session))
        if response.status_code >= 400:
            self._deliveries.read_soon(partial(self._talks.ended, talk, str(response.status_code)))

    def error(self, flow: http.HTTPFlow) -> None:
        """Say of what was asked that no answer can come. One that had begun may be resumed."""
        state = _state(flow)
        if state is not None and state.is_mcp and flow.response is None:
            why = error_type(flow.error.msg if flow.error else "")
            self._deliveries.read_soon(partial(self._talks.ended, state.talk, why))

    def _place(self, flow: http.HTTPFlow, declared: bool) -> Place:
        request, client = flow.request, flow.client_conn
        peer = self._peers.of(client)
        return Place(
            url=readable(request.url),
            session=readable(request.headers.get(_SESSION, "")),
            declared=declared,
            ref=flow.id,
            client=("process", peer.pid) if peer else ("port", client.peername[1]),
            attributes={
                semconv.SERVER_ADDRESS: readable(request.host),
                semconv.SERVER_PORT: request.port,
                semconv.URL_FULL: readable(request.url),
                **client_attributes(client, peer),
            },
        )

    def _events(self, state: _State, coding: str) -> Callable[[bytes], None]:
        stream, talk, coding = EventStream(), state.talk, coding.strip().lower()
        if coding in {"", "identity"}:
            inflate: Callable[[bytes], bytes] | None = bytes
        elif coding in {"gzip", "x-gzip"}:
            inflater = zlib.decompressobj(47)
            inflate = partial(_inflated, inflater)
        else:
            inflate = None

        def read(chunk: bytes) -> list[Record]:
            if inflate is None:
                return self._talks.unreadable(talk, len(chunk))
            return self._talks.streamed(talk, stream.feed(inflate(chunk)))

        return lambda chunk: self._deliveries.read_soon(partial(read, chunk)) if chunk else None


def _may_be_mcp(request: http.Request) -> bool:
    if request.method == "POST":
        return str(request.headers.get("content-type", "")).startswith(_JSON)
    return request.method == "GET" and _EVENTS in request.headers.get("accept", "")


def _may_be_message(response: http.Response, body: bytes) -> bool:
    """Tell an answer from a word of HTTP's own: `Accepted`, or a page that says why not."""
    is_json = response.headers.get("content-type", "").startswith(_JSON)
    return is_json or body.lstrip()[:1] in {b"{", b"["}


def _is_declared(headers: http.Headers) -> bool:
    accepts = headers.get("accept", "")
    if _EVENTS in accepts and _JSON in accepts:
        return True
    return _SESSION in headers or _VERSION in headers


def _state(flow: http.HTTPFlow) -> _State | None:
    return cast("_State | None", flow.metadata.get(_STATE))


def _behind(first: _Tap, feed: Callable[[bytes], None]) -> _Tap:
    def tap(chunk: bytes) -> Iterable[bytes] | bytes:
        passed = first(chunk)
        feed(chunk)
        return passed

    return tap


def _read_body(gathered: _Gathered, coding: str) -> bytes | None:
    """Return a body with its content coding undone; None where it is too long or not readable."""
    body = gathered.whole()
    if body is None or coding in {"", "identity"}:
        return body
    try:
        content, unread = decoded(body, coding.strip().lower())
    # Whatever a decoder raises on hostile bytes: the request's own record has the body as it is.
    except Exception:
        return None
    return None if unread else content


def _inflated(inflater: zlib._Decompress, chunk: bytes) -> bytes:
    try:
        return inflater.decompress(chunk, MAX_LINE)
    except zlib.error:
        return b""


def _noting(read: Callable[[], list[Record]], asked: _Asked) -> list[Record]:
    records = read()
    asked.records = tuple(records)
    asked.is_read = True
    return records


def _nothing(act: Callable[[Talk], None], talk: Talk) -> list[Record]:
    act(talk)
    return []
