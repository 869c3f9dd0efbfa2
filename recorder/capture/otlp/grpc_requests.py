"""Whom each request on a gRPC client's connection is for, read along while its bytes pass.

Of HTTP/2 only frames of headers are looked into (RFC 9113 §6.2, §6.10); messages pass by their
length. Headers are compressed by those before them (RFC 7541), so all of a connection are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hpack import Decoder, Encoder
from hpack.exceptions import HPACKError
from hyperframe.exceptions import HyperframeError
from hyperframe.frame import ContinuationFrame, Frame, HeadersFrame, SettingsFrame

from recorder.capture.otlp.relay import PREFACE

__all__ = ["Requests"]

FRAME_HEAD = 9
OF_HEADERS = frozenset({HeadersFrame.type, ContinuationFrame.type})
MAX_HEADERS = 64 * 1024
"""Bytes of one request's headers, and of all that may come before the first of them."""
PERMISSION_DENIED = "7"


class Requests:
    """Reads along on one connection, and tells what may not pass."""

    def __init__(self, is_meant: Callable[[str], bool]) -> None:
        """Begin before the connection's first byte.

        Args:
            is_meant: tells whether an `:authority` may name us.
        """
        self._is_meant = is_meant
        self._decoder = Decoder()
        self._preface = PREFACE
        self._rest = b""
        self._to_skip = 0
        self._begun: bytearray | None = None
        self._before_first = MAX_HEADERS

    def refusal(self, piece: bytes) -> bytes | None:
        """Return what a client is answered whose next bytes are not passed on; None for others.

        What it is answered is empty where the server behind has spoken to it already: what that
        says may be in the middle of a frame.
        """
        is_first = self._before_first > 0
        try:
            for stream, block in self._blocks(piece):
                named = self._named(block)
                if named is None:
                    continue
                if not all(map(self._is_meant, named)):
                    return _denied(stream) if is_first else b""
                self._before_first = 0
        except (HPACKError, HyperframeError):
            return b""
        if self._before_first:
            self._before_first = max(0, self._before_first - len(piece))
            return None if self._before_first else b""
        return None

    def _named(self, block: bytes) -> list[str] | None:
        """Return whom a request is for, as often as it says so; None for a call's trailers."""
        # As bytes: metadata whose name ends in `-bin` is no text once both sides have said that
        # they take it so, which those made of gRPC's core do.
        said = [
            (bytes(name), bytes(value)) for name, value in self._decoder.decode(block, raw=True)
        ]
        if not any(name.startswith(b":") for name, _ in said):
            return None
        named = [value for name, value in said if name == b":authority"]
        named = named or [value for name, value in said if name == b"host"] or [b""]
        return [value.decode("latin-1") for value in named]

    def _blocks(self, piece: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the headers that are complete with a piece: their stream, and they as compressed.

        Raises:
            HyperframeError: this is no HTTP/2, or too much of it.
        """
        for frame in self._frames(piece):
            if isinstance(frame, HeadersFrame) != (self._begun is None):
                raise HyperframeError("a request's headers do not follow each other")
            headers = bytearray() if self._begun is None else self._begun
            headers += frame.data
            if len(headers) > MAX_HEADERS:
                raise HyperframeError("too many headers")
            is_whole = "END_HEADERS" in frame.flags
            self._begun = None if is_whole else headers
            if is_whole:
                yield frame.stream_id, bytes(headers)

    def _frames(self, piece: bytes) -> Iterator[HeadersFrame | ContinuationFrame]:
        data = self._past_preface(self._rest + piece)
        at = min(self._to_skip, len(data))
        self._to_skip -= at
        while len(data) - at >= FRAME_HEAD:
            end = at + FRAME_HEAD + int.from_bytes(data[at : at + 3])
            if data[at + 3] in OF_HEADERS:
                if end - at > MAX_HEADERS:
                    raise HyperframeError("too many headers")
                if end > len(data):
                    break
                frame, _ = Frame.parse_frame_header(memoryview(data)[at : at + FRAME_HEAD])
                frame.parse_body(memoryview(data)[at + FRAME_HEAD : end])
                if isinstance(frame, HeadersFrame | ContinuationFrame):
                    yield frame
            at = min(end, len(data))
            self._to_skip = end - at
        self._rest = data[at:]

    def _past_preface(self, data: bytes) -> bytes:
        length = min(len(self._preface), len(data))
        if not data.startswith(self._preface[:length]):
            raise HyperframeError("this is no HTTP/2")
        self._preface = self._preface[length:]
        return data[length:]


def _denied(stream: int) -> bytes:
    said = [
        (":status", "200"),
        ("content-type", "application/grpc"),
        ("grpc-status", PERMISSION_DENIED),
        ("grpc-message", "only programs may speak here, not web pages"),
    ]
    answer = HeadersFrame(stream, Encoder().encode(said), flags=["END_HEADERS", "END_STREAM"])
    return SettingsFrame(0).serialize() + answer.serialize()
