"""The end of a WebSocket that nobody closed: mitmproxy tells the other side that all went well."""

from __future__ import annotations

from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layers import websocket

__all__ = ["cut_off_what_was_cut_off"]


class WebsocketLayer(websocket.WebsocketLayer):
    """mitmproxy's, but for a connection that breaks off.

    It would become a close frame with code 1000. Without one the other side sees what it would see
    without a proxy (1006 in its own words, RFC 6455 §7.1.5), and a client connects again.
    """

    def relay_messages(self, event: events.Event) -> layer.CommandGenerator[None]:
        """Pass on what comes; of a connection that is gone, that it is gone."""
        is_gone = isinstance(event, events.ConnectionClosed)
        for command in super().relay_messages(event):
            if not (is_gone and isinstance(command, commands.SendData)):
                yield command


def cut_off_what_was_cut_off() -> None:
    """Let mitmproxy use the layer; it has no option for that."""
    websocket.WebsocketLayer = WebsocketLayer  # type: ignore[misc]
