"""HTTP/2's flow control from end to end: a body waits with its sender, not in the proxy's memory.

mitmproxy gives every stream a window of 2 GB and acknowledges what it gets at once, so what the
other side does not take yet gathers here. Here a stream's window is `WINDOW_BYTES`, and what comes
in is acknowledged once no more than `WAITING_BYTES` of the stream wait for the other side. Each
stream by itself: one that waits holds up no other one, and reading goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from h2.config import H2Configuration
from h2.events import Event, RequestReceived
from mitmproxy.connection import Connection
from mitmproxy.proxy import commands, events, layer, layers
from mitmproxy.proxy.layers.http import HttpClient, HTTPMode, _http2
from mitmproxy.proxy.layers.http._http_h2 import BufferedH2Connection

__all__ = ["BoundedHttp2", "bound_windows"]

WINDOW_BYTES = 4 * 1024 * 1024
"""What a sender may have under way: enough for 300 Mbit/s at 100 ms from end to end."""
WAITING_BYTES = 1024 * 1024


class BoundedH2Connection(BufferedH2Connection):
    """mitmproxy's, with a window that means something, and with no body behind the head of an
    answer to HEAD: where it answers by itself that a server is not reached, it sends a page.
    """

    def __init__(self, config: H2Configuration) -> None:
        super().__init__(config)
        self.local_settings.initial_window_size = WINDOW_BYTES
        self.local_settings.acknowledge()
        self.owed: Counter[int] = Counter()
        """Stream -> bytes that came in and are not acknowledged yet."""
        self.waiting: Callable[[int], int] = lambda stream_id: 0
        """Bytes of one of our streams that wait for the other side."""
        self._bodiless: set[int] = set()
        """Streams whose answer has no body."""

    def receive_data(self, data: bytes) -> list[Event]:
        """Take in what came, and note which requests are for the head alone."""
        found: list[Event] = super().receive_data(data)
        self._bodiless.update(
            event.stream_id
            for event in found
            if isinstance(event, RequestReceived) and (b":method", b"HEAD") in event.headers
        )
        return found

    def send_data(
        self,
        stream_id: int,
        data: bytes | memoryview[int],
        end_stream: bool = False,
        pad_length: Any = None,
    ) -> None:
        """Send a piece of a body, or no more than its end."""
        if stream_id in self._bodiless:
            if not end_stream:
                return
            self._bodiless.discard(stream_id)
            data = b""
        super().send_data(stream_id, bytes(data), end_stream, pad_length)

    def acknowledge_received_data(self, acknowledged_size: int, stream_id: int) -> None:
        """Acknowledge at once, or later where too much of the stream waits."""
        if self.waiting(stream_id) > WAITING_BYTES:
            self.owed[stream_id] += acknowledged_size
        else:
            super().acknowledge_received_data(acknowledged_size, stream_id)

    def pay(self) -> bytes:
        """Acknowledge what need not wait any more; return what is to be sent."""
        for stream_id in list(self.owed):
            if self.waiting(stream_id) <= WAITING_BYTES:
                super().acknowledge_received_data(self.owed.pop(stream_id), stream_id)
        return self.data_to_send()

    def waiting_bytes(self, stream_id: int) -> int:
        """Return how much of a stream waits here until the peer takes it."""
        return sum(len(piece.data) for piece in self.stream_buffers.get(stream_id, ()))


@dataclass(frozen=True, slots=True)
class _Server:
    """A connection to a server that speaks HTTP/2."""

    connection: Connection
    spoken: _http2.Http2Client
    is_direct: bool
    """What is sent on it from the layer itself needs nothing between, such as TLS of its own."""


class BoundedHttpLayer(layers.HttpLayer):
    """mitmproxy's, which lets the two sides of each stream know of each other."""

    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        yield from super()._handle_event(event)
        client = self.connections.get(self.context.client)
        if not isinstance(client, _http2.Http2Server):
            return
        servers = list(self._servers())
        _introduce(client, servers)
        direct = [(server.connection, server.spoken) for server in servers if server.is_direct]
        for connection, spoken in [(self.context.client, client), *direct]:
            bounded = _bounded(spoken)
            if bounded.owed and connection.connected and (sent := bounded.pay()):
                yield commands.SendData(connection, sent)

    def _servers(self) -> Iterator[_Server]:
        for connection, outermost in self.connections.items():
            found: layer.Layer | None = outermost
            while found is not None and not isinstance(found, _http2.Http2Client):
                found = getattr(found, "child_layer", None)
            if found is not None:
                is_direct = outermost is found or isinstance(outermost, HttpClient)
                yield _Server(connection, found, is_direct)


class BoundedHttp2:
    """Puts the layer where a client speaks HTTP/2. Must come before mitmproxy's `NextLayer`."""

    def next_layer(self, nextlayer: layer.NextLayer) -> None:
        """Take connections whose protocol is agreed on."""
        context = nextlayer.context
        if nextlayer.layer is None and context.client.alpn == b"h2" and context.server.address:
            nextlayer.layer = BoundedHttpLayer(context, HTTPMode.transparent)


def bound_windows() -> None:
    """Let mitmproxy make its connections of our kind; it has no option for that."""
    _http2.BufferedH2Connection = BoundedH2Connection  # type: ignore[attr-defined]


def _bounded(spoken: _http2.Http2Connection) -> BoundedH2Connection:
    return cast("BoundedH2Connection", spoken.h2_conn)


def _introduce(client: _http2.Http2Server, servers: Sequence[_Server]) -> None:
    """Let each side of the streams know how much of them waits on the other one."""

    def waiting_for_servers(stream_id: int) -> int:
        return sum(
            _bounded(server.spoken).waiting_bytes(server.spoken.our_stream_id[stream_id])
            for server in servers
            if stream_id in server.spoken.our_stream_id and server.connection.connected
        )

    ours = _bounded(client)
    ours.waiting = waiting_for_servers
    for server in servers:
        if server.is_direct:
            _bounded(server.spoken).waiting = _waiting_for_client(
                ours, server.spoken.their_stream_id
            )


def _waiting_for_client(
    client: BoundedH2Connection, their_stream_id: Mapping[int, int]
) -> Callable[[int], int]:
    return lambda stream_id: client.waiting_bytes(their_stream_id.get(stream_id, 0))
