"""Decompress a request's body, never to more than it may have."""

from __future__ import annotations

import zlib

import zstandard

from recorder.capture.otlp.items import MalformedError
from recorder.capture.otlp.limits import TooLargeError

__all__ = ["ENCODINGS", "decompressed"]

ENCODINGS = ("identity", "gzip", "x-gzip", "deflate", "zstd")
MAX_WINDOW = 8 * 1024 * 1024
"""Bytes that a zstd frame may make the decoder remember (RFC 8878 asks for at least this)."""
MAX_MEMBERS = 64
"""Most compressed pieces (gzip members, zstd frames) of one body. Clients send one; the rest of the
body is copied for each, so many small ones would hold everybody up."""
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


def decompressed(body: bytes, encoding: str, limit: int) -> bytes:
    """Return a body as it was before its content encoding.

    Args:
        body: as it was sent.
        encoding: one of `ENCODINGS`.
        limit: bytes that it may have.

    Raises:
        TooLargeError: it has more.
        MalformedError: it is not encoded so.
    """
    try:
        if encoding == "zstd":
            content = _unzstd(body, limit)
        elif encoding == "identity":
            content = body
        else:
            content = _inflated(body, limit)
    except (zlib.error, zstandard.ZstdError) as error:
        raise MalformedError(f"the body is not encoded as {encoding}") from error
    if len(content) > limit:
        raise TooLargeError
    return content


def _unzstd(body: bytes, limit: int) -> bytes:
    decompressor = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW)
    content = decompressor.stream_reader(body, read_across_frames=True).read(limit + 1)
    if len(content) > limit:
        return content
    # The reader stops without a word where a frame is cut off. It is known by now to be small.
    for _ in range(MAX_MEMBERS):
        if not body:
            return content
        frame = decompressor.decompressobj()
        frame.decompress(body)
        if not frame.eof:
            raise zstandard.ZstdError("cut off")
        body = frame.unused_data
    return _all_of(content, body)


def _inflated(body: bytes, limit: int) -> bytes:
    pieces: list[bytes] = []
    total = 0
    for _ in range(MAX_MEMBERS):
        if not body or total > limit:
            return b"".join(pieces)
        # `deflate` is zlib's format by RFC 9110, and bare deflate from some clients.
        is_wrapped = body[:2] == b"\x1f\x8b" or body[0] & 0x0F == 8
        inflate = zlib.decompressobj(_GZIP_OR_ZLIB if is_wrapped else -zlib.MAX_WBITS)
        piece = inflate.decompress(body, limit + 1 - total)
        if not inflate.eof and total + len(piece) <= limit:
            raise zlib.error("cut off")
        pieces.append(piece)
        total += len(piece)
        body = inflate.unused_data
    return _all_of(b"".join(pieces), body)


def _all_of(content: bytes, rest: bytes) -> bytes:
    if rest:
        raise MalformedError("the body is encoded in too many pieces")
    return content
