"""A TLS handshake that is let go of halfway: the server asks for a certificate that only the client
has. The client has had no answer yet, so its own handshake can still go to the server unread.
"""

from __future__ import annotations

from collections.abc import Callable

from mitmproxy.connection import Client, Server
from mitmproxy.proxy import commands, events, layer, layers
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http._upstream_proxy import HttpUpstreamProxy
from mitmproxy.proxy.tunnel import LayerStack

__all__ = ["LettingClientTls", "tls_layers"]

_NOBODY = ("let-through", 0)


class _AsksForCertificateError(Exception):
    """The server asked the proxy for a certificate."""


class LettingClientTls(layers.ClientTLSLayer):
    """mitmproxy's, which passes a client on to a server that asks for its certificate."""

    def __init__(self, context: Context, asks: Callable[[Context], bool]) -> None:
        """Begin.

        Args:
            context: the connection.
            asks: tells, after the handshake with the server, whether it asked for a certificate.
        """
        super().__init__(context)
        self._asks = asks
        self._left: Server | None = None

    def receive_handshake_data(
        self, data: bytes
    ) -> layer.CommandGenerator[tuple[bool, str | None]]:
        """Go on with the handshake."""
        try:
            return (yield from super().receive_handshake_data(data))
        except _AsksForCertificateError:
            yield from self._let_through()
            return True, None

    def start_server_tls(self) -> layer.CommandGenerator[str | None]:
        """Do the handshake with the server.

        Raises:
            _AsksForCertificateError: it can only be the client's.
        """
        error = yield from super().start_server_tls()
        if self._asks(self.context):
            raise _AsksForCertificateError
        return error

    def event_to_child(self, event: events.Event) -> layer.CommandGenerator[None]:
        """Pass on what happens, but for the connection that was let go of."""
        if not (isinstance(event, events.ConnectionEvent) and event.connection is self._left):
            yield from super().event_to_child(event)

    def _let_through(self) -> layer.CommandGenerator[None]:
        """Open another connection to the server, and stand between them as a wire."""
        self._left = left = self.context.server
        if left.connected:
            yield commands.CloseConnection(left)
        # As mitmproxy does for connections that it ignores: both TLS layers lose what they are of.
        self.conn = self.tunnel_connection = Client(peername=_NOBODY, sockname=_NOBODY)
        above = self.context.layers[self.context.layers.index(self) - 1]
        if isinstance(above, layers.ServerTLSLayer):
            above.conn = above.tunnel_connection = Server(address=None)
        self.context.server = Server(address=left.address)
        self.context.server.via = left.via
        stack = LayerStack()
        if left.via:
            stack /= HttpUpstreamProxy.make(self.context, send_connect=True)
        stack /= layers.TCPLayer(self.context)
        self.child_layer = stack[0]
        hello = events.DataReceived(self.context.client, bytes(self.recv_buffer))
        yield from self.event_to_child(hello)
        self.recv_buffer.clear()


def tls_layers(context: Context, asks: Callable[[Context], bool]) -> layer.Layer:
    """Return the layers for a client that speaks TLS through a tunnel."""
    outer = layers.ServerTLSLayer(context)
    outer.child_layer = LettingClientTls(context, asks)
    return outer
