"""JSON out of files that may be damaged, however long their lines are.

Strings over `MAX_STRING` are cut while the text is read, before anything is parsed, so that memory
does not grow with them; the value ends in a mark that says how many bytes were left out.
"""

from __future__ import annotations

import json
import re
from typing import Any, BinaryIO

import orjson

__all__ = ["CHUNK", "MAX_STRING", "NotJsonError", "Trimmer", "parse", "parse_trimmed"]

MAX_STRING = 4 * 1024 * 1024
"""Bytes of one string, as written; the rest is counted and left out."""
CHUNK = 256 * 1024
LONGEST_ESCAPE = 12
"""Bytes of a surrogate pair written as two escapes."""
_STRING_BODY = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_CUT = "…[%d bytes were left out]"


class NotJsonError(ValueError):
    """A text is no JSON; the message says why without quoting it."""


def parse(text: bytes) -> Any:
    """Return the value that a text holds, as tolerant as can be without guessing.

    NUL bytes around the value are passed over, control characters in strings kept; bytes that are
    no UTF-8 stay as they are (`surrogateescape`).

    Raises:
        NotJsonError: it holds none.
    """
    try:
        return orjson.loads(text)
    except ValueError:
        pass
    stripped = text.strip(b" \t\r\n\x00")
    if not stripped:
        raise NotJsonError("nothing but NUL bytes" if b"\x00" in text else "empty")
    try:
        return json.loads(stripped.decode("utf-8", "surrogateescape"), strict=False)
    except RecursionError as error:
        raise NotJsonError("nested too deeply") from error
    except json.JSONDecodeError as error:
        where = "at its end" if error.pos >= len(error.doc) - 1 else f"at character {error.pos + 1}"
        raise NotJsonError(f"not valid JSON ({error.msg} {where})") from None
    except ValueError as error:
        raise NotJsonError(f"not valid JSON ({type(error).__name__})") from None


def parse_trimmed(stream: BinaryIO, limit: int) -> Any:
    """Return the value that a whole stream holds, long strings cut.

    Raises:
        NotJsonError: it holds none, or more than `limit` bytes without its long strings.
    """
    text, trimmer = bytearray(), Trimmer()
    while piece := stream.read(CHUNK):
        text += trimmer.feed(piece)
        if len(text) > limit:
            raise NotJsonError(f"a JSON document of over {limit >> 20} MiB")
    return parse(bytes(text))


class Trimmer:
    """Takes a JSON text piece by piece and gives it back with its long strings cut."""

    def __init__(self) -> None:
        self._inside = False
        self._pending = b""
        """A backslash at the end of a piece, whose character comes with the next."""
        self._kept = 0
        self._left_out = 0

    def feed(self, piece: bytes) -> bytes:
        """Return the next piece of the text."""
        piece = self._pending + piece
        self._pending = b""
        out: list[bytes] = []
        at = 0
        while at < len(piece):
            if not self._inside:
                quote = piece.find(b'"', at)
                end = quote + 1 or len(piece)
                out.append(piece[at:end])
                self._inside, self._kept, self._left_out = quote >= 0, 0, 0
            else:
                end = _body_end(piece, at)
                self._string(piece[at:end], out)
                if piece[end : end + 1] == b'"':
                    out.append((_CUT % self._left_out).encode() if self._left_out else b"")
                    out.append(b'"')
                    self._inside = False
                    end += 1
                elif end < len(piece):
                    self._pending = piece[end:]
                    end = len(piece)
            at = end
        return b"".join(out)

    def _string(self, body: bytes, out: list[bytes]) -> None:
        room = MAX_STRING - self._kept
        cut = len(body) if len(body) <= room and not self._left_out else _safe_cut(body, room)
        if self._left_out:
            cut = 0
        out.append(body[:cut])
        self._kept += cut
        self._left_out += len(body) - cut


def _body_end(piece: bytes, at: int) -> int:
    found = _STRING_BODY.match(piece, at)
    return found.end() if found else at


def _safe_cut(body: bytes, room: int) -> int:
    """Return where to cut so that neither an escape nor a character is cut in two."""
    cut = max(0, room)
    window = max(0, cut - LONGEST_ESCAPE)
    backslash = body.find(b"\\", window, cut)
    if backslash >= 0:
        cut = backslash
        while cut and body[cut - 1 : cut] == b"\\":
            cut -= 1
    while cut and cut < len(body) and body[cut] & 0xC0 == 0x80:
        cut -= 1
    return cut
