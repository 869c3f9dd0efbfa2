"""What HTTP/1.1 may say around a message's body, which mitmproxy has no words for: it passes, too.

mitmproxy takes an informational answer (RFC 9110 §15.2), which the real one follows, for the real
one, and the client waits forever. At trailers (RFC 9110 §6.5) it gives the message up half way. It
refuses an answer that says its length twice, or says that it comes in chunks as well: that has only
one meaning (RFC 9112 §6.3), and clients accept it.
"""

from __future__ import annotations

import re

from h11 import Data, EndOfMessage
from h11._readers import ChunkedReader
from h11._receivebuffer import ReceiveBuffer
from mitmproxy import http
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layers import http as layers
from mitmproxy.proxy.layers.http import _http1
from mitmproxy.proxy.layers.http._base import HttpEvent, ReceiveHttp
from mitmproxy.proxy.layers.http._events import (
    RequestEndOfMessage,
    RequestTrailers,
    ResponseEndOfMessage,
    ResponseTrailers,
)

__all__ = ["pass_all_of_http1"]

_INFORMATIONAL = re.compile(rb"HTTP/1\.\d 1(?!01)\d\d\b")
"""Begins an answer that another one follows. 101 is the last of its kind."""
_LENGTH = re.compile(rb"\r?\ncontent-length:[ \t]*([^\r\n]*?)[ \t]*(?=\r?\n)", re.IGNORECASE)
_CODING = re.compile(rb"\r?\ntransfer-encoding:[^\r\n]*chunked[ \t]*\r?\n", re.IGNORECASE)
_HEAD_ENDS = re.compile(rb"\n\r?\n")


class TrailingReader(ChunkedReader):
    """h11's reader of chunks, which keeps the trailers."""

    def __init__(self) -> None:
        super().__init__()
        self.trailers = http.Headers()

    def __call__(self, buf: ReceiveBuffer) -> Data | EndOfMessage | None:
        """Return what comes next: data, the end, or None while it is not there."""
        found = super().__call__(buf)
        if isinstance(found, EndOfMessage) and found.headers:
            self.trailers = http.Headers(found.headers.raw_items())
            return EndOfMessage()
        return found


class _Trailing(_http1.Http1Connection):
    """A connection on which trailers come and go."""

    has_sent_trailers = False

    def read_body(self, event: events.Event) -> layer.CommandGenerator[None]:
        """Read on; tell of the trailers before the end."""
        for command in super().read_body(event):
            if isinstance(command, ReceiveHttp) and (told := self._told(command.event)):
                yield ReceiveHttp(told)
            yield command

    def _told(self, event: HttpEvent) -> HttpEvent | None:
        trailers = getattr(self.body_reader, "trailers", None)
        if not trailers:
            return None
        match event:
            case RequestEndOfMessage():
                return RequestTrailers(event.stream_id, trailers)
            case ResponseEndOfMessage():
                return ResponseTrailers(event.stream_id, trailers)
        return None

    def trailing(self, message: http.Message | None, trailers: http.Headers) -> bytes:
        """Return the end of a chunked body; of another one, which has no room for them, nothing."""
        coding = "" if message is None else message.headers.get("transfer-encoding", "")
        if "chunked" not in coding.lower():
            return b""
        self.has_sent_trailers = True
        return b"0\r\n%s\r\n" % bytes(trailers)


def _without_end(
    sent: layer.CommandGenerator[None],
) -> layer.CommandGenerator[None]:
    """Send what is to be sent, but for the end of the chunks."""
    for command in sent:
        if not (isinstance(command, commands.SendData) and command.data == b"0\r\n\r\n"):
            yield command


class Http1Client(_Trailing, _http1.Http1Client):
    """The side of a server."""

    _looked_at = 0
    """Bytes of what is read in which no head ends."""

    def send(self, event: HttpEvent) -> layer.CommandGenerator[None]:
        """Send a part of a request."""
        if isinstance(event, RequestTrailers):
            if raw := self.trailing(self.request, event.trailers):
                yield commands.SendData(self.conn, raw)
        elif isinstance(event, RequestEndOfMessage) and self.has_sent_trailers:
            self.has_sent_trailers = False
            yield from _without_end(super().send(event))
        else:
            yield from super().send(event)

    def read_headers(self, event: events.ConnectionEvent) -> layer.CommandGenerator[None]:
        """Read the head of an answer, past those that only say that it will come."""
        if isinstance(event, events.DataReceived) and self.request:
            while _INFORMATIONAL.match(self._unread()):
                lines = self.buf.maybe_extract_lines()
                if lines is None:
                    return
                yield from self._informed([bytes(line) for line in lines])
            self._mend()
        yield from super().read_headers(event)

    def _informed(self, lines: list[bytes]) -> layer.CommandGenerator[None]:
        """Tell the client, where it speaks HTTP/1.1 itself and was not told by us already."""
        client = self.context.client
        if lines[0][9:12] != b"100" and client.alpn not in {b"h2", b"h3"}:
            yield commands.SendData(client, b"".join(line + b"\r\n" for line in [*lines, b""]))

    def _unread(self) -> bytearray:
        return self.buf._data  # a copy for each piece that comes would be many

    def _mend(self) -> None:
        """Leave one word on the length of an answer, where several say the same."""
        end = _HEAD_ENDS.search(self._unread(), self._looked_at)
        self._looked_at = 0 if end else max(0, len(self.buf) - 2)
        if end is None:
            return
        head, rest = self._unread()[: end.start() + 1], self._unread()[end.start() + 1 :]
        lengths = _LENGTH.findall(head)
        is_chunked = bool(lengths) and _CODING.search(head) is not None
        if is_chunked or (len(lengths) > 1 and len(set(lengths)) == 1):
            surplus = len(lengths) - (not is_chunked)
            self.buf = ReceiveBuffer()
            self.buf += _LENGTH.sub(b"", head, count=surplus) + rest


class Http1Server(_Trailing, _http1.Http1Server):
    """The side of a client."""

    def send(self, event: HttpEvent) -> layer.CommandGenerator[None]:
        """Send a part of an answer."""
        if isinstance(event, ResponseTrailers):
            if raw := self.trailing(self.response, event.trailers):
                yield commands.SendData(self.conn, raw)
        elif isinstance(event, ResponseEndOfMessage) and self._has_ended():
            self.has_sent_trailers = False
            yield from _without_end(super().send(event))
        else:
            yield from super().send(event)

    def _has_ended(self) -> bool:
        """Tell whether the chunks have ended, or there are none for all that a header says."""
        is_empty = self.response is not None and self.response.status_code in {204, 304}
        return self.has_sent_trailers or is_empty


def pass_all_of_http1() -> None:
    """Let mitmproxy make its connections of our kind; it has no option for that."""
    layers.Http1Client = Http1Client  # type: ignore[attr-defined]
    layers.Http1Server = Http1Server  # type: ignore[attr-defined]
    made = _http1.make_body_reader

    def reader(expected_size: int | None) -> _http1.TBodyReader:
        return TrailingReader() if expected_size is None else made(expected_size)

    _http1.make_body_reader = reader
