"""WebSockets, where mitmproxy harms them: large messages, and the end of one that nobody closed."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import Any, cast

import wsproto.events
from mitmproxy import http
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layers import websocket

from recorder.capture.proxy.bodies import BodyTap
from recorder.model import new_id

__all__ = ["HELD_BYTES", "PassingMessage", "goes_on", "mend_websockets", "passing"]

HELD_BYTES = 8 * 1024 * 1024
"""A message passes whole up to here. A larger one passes in pieces of this size, each a frame of
its own: some servers want messages in one frame, and few of those take larger ones."""
_GOES_ON, _PASSING = "flightlog.websocket.goes_on", "flightlog.websocket.passing"


@dataclass(slots=True)
class PassingMessage:
    """A message as far as it has passed."""

    tap: BodyTap = field(default_factory=BodyTap)
    ref: str = field(default_factory=new_id)


def goes_on(flow: http.HTTPFlow) -> bool:
    """Tell whether what just came is a piece of a message, and more of it is to come."""
    return bool(flow.metadata.get(_GOES_ON, False))


def passing(flow: http.HTTPFlow) -> dict[bool, PassingMessage]:
    """Return the messages that are passing in pieces, by whether the client sends them."""
    return cast("dict[bool, PassingMessage]", flow.metadata.setdefault(_PASSING, {}))


class _Frames(list[bytes]):
    """A message's frames, each of which grows in its place.

    As bytes, each piece of 64 KiB that comes would copy all before it: 64 MB took a minute, in
    which nobody else's traffic went on.
    """

    def append(self, frame: bytes) -> None:
        """Begin another frame."""
        super().append(cast("bytes", bytearray(frame)))


class WebsocketConnection(websocket.WebsocketConnection):
    """mitmproxy's, which gathers a message without copying it again and again, and no more of it
    than may be held.
    """

    source: WebsocketConnection | None = None
    """The side whose messages are sent here."""
    goes_on = False
    """Whether the message that is handed out is a piece of one."""
    _held = 0

    def events(self) -> Generator[wsproto.events.Event, None, None]:
        """Yield what came; a message that grows too large as several, of which all but the last
        go on.
        """
        for event in super().events():
            if isinstance(event, wsproto.events.Message):
                self._held += len(event.data)
                self.goes_on = not event.message_finished and self._held >= HELD_BYTES
                if self.goes_on or event.message_finished:
                    self._held = 0
                yield replace(event, message_finished=True) if self.goes_on else event
            else:
                yield event

    def send2(self, event: wsproto.events.Event) -> commands.SendData:
        """Send an event; the end of a piece is not the end of its message."""
        if isinstance(event, wsproto.events.Message) and self.source and self.source.goes_on:
            event = replace(event, message_finished=False)
        return super().send2(event)

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
    """mitmproxy's, but for large messages, and for a connection that breaks off.

    That would become a close frame with code 1000. Without one the other side sees what it would
    see without a proxy (1006 in its own words, RFC 6455 §7.1.5), and a client connects again.
    """

    client_ws: WebsocketConnection
    server_ws: WebsocketConnection

    def start(self, event: Any) -> layer.CommandGenerator[None]:
        """Begin, and tell each side of the other."""
        yield from super().start(event)
        self.client_ws.source, self.server_ws.source = self.server_ws, self.client_ws

    _handle_event = start

    def relay_messages(self, event: events.Event) -> layer.CommandGenerator[None]:
        """Pass on what comes; of a connection that is gone, that it is gone."""
        is_gone = isinstance(event, events.ConnectionClosed)
        for command in super().relay_messages(event):
            if isinstance(command, websocket.WebsocketMessageHook) and self.flow.websocket:
                is_clients = self.flow.websocket.messages[-1].from_client
                side = self.client_ws if is_clients else self.server_ws
                self.flow.metadata[_GOES_ON] = side.goes_on
            if not (is_gone and isinstance(command, commands.SendData)):
                yield command


def mend_websockets() -> None:
    """Let mitmproxy use the layer and the connection; it has no option for that."""
    websocket.WebsocketConnection = WebsocketConnection  # type: ignore[misc]
    websocket.WebsocketLayer = WebsocketLayer  # type: ignore[misc]
