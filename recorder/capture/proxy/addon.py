"""The addon that turns mitmproxy's HTTP hooks into records. It changes no message, and holds none
back but what a guard denies that a person has set up.

A start record outlives a kill of the proxy and the recorder before the request goes upstream, so
that a deletion is on record before it happens: it is written ahead, or committed. mitmproxy goes on
with the traffic when a hook raises, so a fault in here costs a record and never a request; where a
guard enforces, what could not be recorded is denied.
"""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from mitmproxy import connection, http
from mitmproxy.flow import Error
from mitmproxy.net.http.http1 import expected_http_body_size

from recorder.capture.proxy.bodies import KEPT_BYTES
from recorder.capture.proxy.deliveries import Deliveries
from recorder.capture.proxy.gate import Gate, deny
from recorder.capture.proxy.peer import Peer, find_peer
from recorder.capture.proxy.records import Exchange, Scribe
from recorder.capture.proxy.websockets import PassingMessage, goes_on, passing
from recorder.guarding.hold import Hold
from recorder.guarding.place import Mode
from recorder.model import Phase

__all__ = ["EXCHANGE", "Peers", "RecordingAddon"]

BUFFERED_RESPONSE_BYTES = 64 * 1024
"""An answer of known length up to this is recorded before the client has it; others stream."""
PEER_SECONDS = 0.25
GRACE_SECONDS = 0.5
"""How long the proxy, asked to stop, waits for answers that are just arriving."""
STOPPED = "the recording proxy was stopped"
EXCHANGE = "flightlog.exchange"
"""Under this name a flow bears its `Exchange`."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that change nothing (RFC 9110, 9.2.1): they do not wait for a commit, also where they
cannot be written ahead."""
_BODILESS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS", "TRACE"})


class Peers:
    """Knows which process is behind each open connection; looked up once, when it connects."""

    def __init__(self) -> None:
        self._known: dict[str, Peer] = {}
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="flightlog-peer")

    async def client_connected(self, client: connection.Client) -> None:
        """Look the process up now: it waits for the proxy's answer, so it cannot have ended."""
        loop = asyncio.get_running_loop()
        ports = client.peername[1], client.sockname[1]
        task = loop.run_in_executor(self._threads, find_peer, *ports)
        done, _late = await asyncio.wait([task], timeout=PEER_SECONDS)
        for found in done:
            if (peer := found.result()) is not None:
                self._known[client.id] = peer

    def client_disconnected(self, client: connection.Client) -> None:
        """Forget a connection."""
        self._known.pop(client.id, None)

    def of(self, client: connection.Client) -> Peer | None:
        """Return the process behind a connection, or None where it was not found."""
        return self._known.get(client.id)


class RecordingAddon:
    """Records each HTTP request, and each large WebSocket message, as a start and an end, other
    messages as points.
    """

    def __init__(
        self, deliveries: Deliveries, scribe: Scribe, peers: Peers, gate: Gate | None = None
    ) -> None:
        self._deliveries = deliveries
        self._scribe = scribe
        self._peers = peers
        self._gate = gate
        self._open: dict[str, http.HTTPFlow] = {}
        self._all_ended = asyncio.Event()

    async def done(self) -> None:
        """Give answers under way a moment to end, then say of the others that we cut them off."""
        if self._open:
            self._all_ended.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._all_ended.wait(), GRACE_SECONDS)
        for flow in tuple(self._open.values()):
            flow.error = Error(STOPPED)
            self._end(flow, _exchange(flow))

    async def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Let a large or open-ended request stream, and record it before its first byte goes on."""
        exchange = _exchange(flow)
        if flow.error is None and self._streams(flow.request):
            flow.request.stream = exchange.request.feed
            await self._start(flow, exchange)

    def _streams(self, request: http.Request) -> bool:
        """Tell whether a request goes on before it is whole.

        A guard that enforces must see what it is asked about: what says no length is gathered.
        """
        if not _request_streams(request):
            return False
        gathers = self._gate is not None and self._gate.mode is Mode.ENFORCE
        return not gathers or (expected_http_body_size(request) or 0) > 0

    async def request(self, flow: http.HTTPFlow) -> None:
        """Record a request that is complete, before it goes upstream (a streamed one: its end)."""
        exchange = _exchange(flow)
        if not exchange.started:
            exchange.request.feed(flow.request.raw_content or b"")
            await self._start(flow, exchange)
        elif exchange.request.size:
            record = self._scribe.sent(flow, exchange, self._peers.of(flow.client_conn))
            await self._deliveries.before_going_on(record)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Let every answer stream that is not small and of known length."""
        if flow.response is not None and _response_streams(flow.request, flow.response):
            flow.response.stream = _exchange(flow).response.feed

    def response(self, flow: http.HTTPFlow) -> None:
        """Record the answer."""
        exchange = _exchange(flow)
        if flow.response is not None and not flow.response.stream:
            exchange.response.feed(flow.response.raw_content or b"")
        self._end(flow, exchange)

    async def error(self, flow: http.HTTPFlow) -> None:
        """Record why a request had no complete answer."""
        exchange = _exchange(flow)
        if not exchange.started:
            await self._start(flow, exchange)
        self._end(flow, exchange)

    async def websocket_message(self, flow: http.HTTPFlow) -> None:
        """Record a WebSocket message; one from the client before it goes upstream."""
        if flow.websocket is None:
            return
        message = flow.websocket.messages[-1]
        # mitmproxy keeps every message of a connection for as long as it lives; nobody reads them.
        flow.websocket.messages.clear()
        under_way, sent, more = passing(flow), message.from_client, goes_on(flow)
        begun = under_way.pop(sent, None)
        whole = begun or PassingMessage()
        whole.tap.feed(message.content)
        if more:
            under_way[sent] = whole
        if begun is not None and more:
            return
        phase = Phase.END if begun is not None else Phase.START if more else Phase.POINT
        peer = self._peers.of(flow.client_conn)
        record = self._scribe.message(flow, whole, peer, sent=sent, phase=phase)
        if sent and begun is None:
            await self._deliveries.before_going_on(record)
        else:
            self._deliveries.soon(record)

    def websocket_end(self, flow: http.HTTPFlow) -> None:
        """Record of a large message that broke off how far it came."""
        under_way, peer = passing(flow), self._peers.of(flow.client_conn)
        for sent, begun in under_way.items():
            record = self._scribe.message(
                flow, begun, peer, sent=sent, phase=Phase.END, is_cut=True
            )
            self._deliveries.soon(record)
        under_way.clear()

    async def _start(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        exchange.started = True
        self._open[flow.id] = flow
        try:
            exchange.hold = await self._recorded(flow, exchange)
        except Exception:
            exchange.hold = self._gate.in_doubt("it could not be recorded") if self._gate else None
            raise
        finally:
            if exchange.hold is not None:
                deny(flow, exchange.hold)

    async def _recorded(self, flow: http.HTTPFlow, exchange: Exchange) -> Hold | None:
        """Record the start of a request, and ask the guard; return what holds the request back."""
        record = self._scribe.start(flow, exchange, self._peers.of(flow.client_conn))
        guarded = self._gate is not None and self._gate.mode is not Mode.OFF
        if not guarded and flow.request.method in _SAFE:
            self._deliveries.soon(record)
        elif not guarded:
            await self._deliveries.before_going_on(record)
        else:
            # The guard reads the recording.
            await self._deliveries.commit(record)
        asks = self._gate is not None and guarded and flow.error is None
        return await self._gate.hold_of(record) if self._gate is not None and asks else None

    def _end(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        if self._open.pop(flow.id, None) is None:
            return
        if not self._open:
            self._all_ended.set()
        self._deliveries.soon(self._scribe.end(flow, exchange, self._peers.of(flow.client_conn)))


def _exchange(flow: http.HTTPFlow) -> Exchange:
    return cast("Exchange", flow.metadata.setdefault(EXCHANGE, Exchange()))


def _request_streams(request: http.Request) -> bool:
    if request.is_http2 and "content-length" not in request.headers:
        # HTTP/2 need not say a length; a call that streams both ways would wait for itself.
        return request.method not in _BODILESS
    size = expected_http_body_size(request)
    return size is None or not 0 <= size <= KEPT_BYTES


def _response_streams(request: http.Request, response: http.Response) -> bool:
    size = expected_http_body_size(request, response)
    return size is None or not 0 <= size <= BUFFERED_RESPONSE_BYTES
