"""Bodies as they pass: counted and digested whole, kept in part, turned into text for sealing.

Holds at most `KEPT_BYTES` of a body and never delays or changes a byte of it. What is kept becomes
text in which the sealing can find secrets; what the sealing could not look into is not kept.
"""

from __future__ import annotations

import codecs
import hashlib
import hmac
import io
import re
import zlib
from dataclasses import dataclass

__all__ = [
    "ESCAPED",
    "KEPT_BYTES",
    "BodyTap",
    "BodyText",
    "decoded",
    "keyed_digest",
    "without_half_word",
]

KEPT_BYTES = 1024 * 1024
"""Bytes of a body, and of its decoded content, that a record keeps."""
MAX_MEMBERS = 64
"""Most compressed pieces of one body that are undone: the rest of it is copied for each."""
ESCAPED = "escaped"
"""Encoding of what is no text: `\\xNN` for a byte that is no UTF-8, `\\\\` for a backslash."""

_COMPRESSED_FILES = (b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ\x00")
# Only charsets that web servers send: Python's own list holds codecs of quadratic cost.
_CHARSET = re.compile(
    r"charset\s*=\s*\"?((?:iso-8859|windows-125|utf-16|utf-32|shift_jis|euc-|gb|big5|koi8)[\w-]{0,20})",
    re.IGNORECASE,
)
_LAST_WORD = re.compile(rb"[A-Za-z0-9+/=_.~%:-]{1,8192}\Z")
_LAST_WORD_WINDOW = 8192


@dataclass(frozen=True, slots=True)
class BodyText:
    """What a record says of a body."""

    text: str | None
    """None where nothing could be kept: a compressed file, or a coding that nobody here reads."""
    encoding: str
    """`ESCAPED`, or empty for plain text."""
    cut: int
    """Bytes that are not in `text`; zero when it is the whole body."""


class BodyTap:
    """Stands in a body's way, takes note of each chunk, and hands it on unchanged."""

    def __init__(self) -> None:
        self.size = 0
        """Bytes so far, as sent (before any content coding is undone)."""
        self._head = bytearray()
        self._digest = hashlib.sha256()

    def feed(self, chunk: bytes) -> bytes:
        """Take note of a chunk and return it."""
        self.size += len(chunk)
        self._digest.update(chunk)
        self._head += chunk[: KEPT_BYTES - len(self._head)]
        return chunk

    def digest(self) -> bytes:
        """Return the SHA-256 of all bytes so far (of the body as sent)."""
        return self._digest.digest()

    def read(self, content_type: str = "", content_coding: str = "") -> BodyText:
        """Return the kept beginning as text.

        Args:
            content_type: the `Content-Type` header; its charset is used where the bytes are in it.
            content_coding: the `Content-Encoding` header; `gzip`, `deflate`, `br` and `zstd` are
                undone, bounded by `KEPT_BYTES`.
        """
        if not self.size:
            return BodyText("", "", 0)
        try:
            content, unread = decoded(bytes(self._head), content_coding.strip().lower())
        # Whatever a decoder raises on hostile bytes: a body that cannot be read is only counted.
        except Exception:
            return BodyText(None, "", self.size)
        if content.startswith(_COMPRESSED_FILES):
            return BodyText(None, "", self.size)
        cut = self.size - len(self._head) + unread
        if cut:
            whole = len(content)
            content = without_half_word(content)
            cut += whole - len(content)
        text, encoding = _text(content, content_type, is_whole=not cut)
        return BodyText(text, encoding, cut)


def keyed_digest(key: bytes, sha256: bytes) -> str:
    """Return HMAC-SHA-256 under `key` of `body`, a zero byte, and a body's SHA-256; hexadecimal."""
    return hmac.new(key, b"body\0" + sha256, hashlib.sha256).hexdigest()


def decoded(data: bytes, coding: str) -> tuple[bytes, int]:
    """Return the content (at most KEPT_BYTES) and how many bytes were left unread (at least 1)."""
    if coding in {"", "identity"}:
        return data, 0
    if coding in {"gzip", "x-gzip", "deflate"}:
        return _inflated(data, coding)
    if coding == "zstd":
        content = _unzstd(data)
    elif coding == "br":
        content = _unbrotli(data)
    else:
        raise ValueError("a content coding that is not read here")
    return content[:KEPT_BYTES], int(len(content) > KEPT_BYTES)


def _inflated(data: bytes, coding: str) -> tuple[bytes, int]:
    # Servers send `deflate` with and without the zlib header that the RFC asks for.
    windows = (47,) if coding != "deflate" else (zlib.MAX_WBITS, -zlib.MAX_WBITS)
    for window in windows:
        try:
            return _members(data, window)
        except zlib.error:
            if window is windows[-1]:
                raise
    return b"", len(data)


def _members(data: bytes, window: int) -> tuple[bytes, int]:
    """Undo one member after another: a client reads them all, and nothing may hide in the second.

    Raises:
        zlib.error: not even the first one is one.
    """
    content = b""
    for number in range(MAX_MEMBERS):
        inflater = zlib.decompressobj(window)
        try:
            content += inflater.decompress(data, KEPT_BYTES - len(content))
        except zlib.error:
            if not number:
                raise
            break
        data = inflater.unconsumed_tail + inflater.unused_data
        if not data or len(content) >= KEPT_BYTES:
            break
    return content, len(data)


def _unzstd(data: bytes) -> bytes:
    import zstandard  # noqa: PLC0415

    reader = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data), read_across_frames=True)
    return reader.read(KEPT_BYTES + 1)


def _unbrotli(data: bytes) -> bytes:
    import brotli  # type: ignore[import-untyped]  # noqa: PLC0415

    content: bytes = brotli.Decompressor().process(data, output_buffer_limit=KEPT_BYTES + 1)
    return content


def without_half_word(content: bytes) -> bytes:
    """Drop the word at the end: half a secret is recognised by nobody and would stay readable."""
    window = content[-_LAST_WORD_WINDOW:]
    match = _LAST_WORD.search(window)
    return content if match is None else content[: len(content) - len(match[0])]


def _text(content: bytes, content_type: str, *, is_whole: bool) -> tuple[str, str]:
    declared = _CHARSET.search(content_type)
    for charset in ("utf-8", *([declared[1]] if declared else [])):
        try:
            return codecs.getincrementaldecoder(charset)("strict").decode(content, is_whole), ""
        except (LookupError, ValueError, TypeError):
            continue
    # Not base64: in it the sealing would miss a token that stands readable among binary bytes.
    return content.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace"), ESCAPED
