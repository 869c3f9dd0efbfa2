"""WebSockets, where mitmproxy harms them: large messages, and the end of one that nobody closed."""

from __future__ import annotations

from typing import cast

from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layers import websocket

__all__ = ["mend_websockets"]


class _Frames(list[bytes]):
    """A message's frames, each of which grows in its place.

    As bytes, each piece of 64 KiB that comes would copy all before it: 64 MB took a minute, in
    which nobody else's traffic went on.
    """

    def append(self, frame: bytes) -> None:
        """Begin another frame."""
        super().append(cast("bytes", bytearray(frame)))


class WebsocketConnection(websocket.WebsocketConnection):
    """mitmproxy's, which gathers a message without copying it again and again."""

    @property
    def frame_buf(self) -> list[bytes]:
        """What has come of a message so far, frame by frame."""
        return self._frames

    @frame_buf.setter
    def frame_buf(self, frames: list[bytes]) -> None:
        self._frames = _Frames()
        for frame in frames:
            self._frames.append(frame)


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


def mend_websockets() -> None:
    """Let mitmproxy use the layer and the connection; it has no option for that."""
    websocket.WebsocketConnection = WebsocketConnection  # type: ignore[misc]
    websocket.WebsocketLayer = WebsocketLayer  # type: ignore[misc]
