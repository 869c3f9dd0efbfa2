"""JSON out of files that may be damaged, however long their lines are.

Strings over `MAX_STRING` are cut while the text is read, before anything is parsed, so that memory
does not grow with them; the value ends in a mark that says how many bytes were left out.
"""

from __future__ import annotations

import json
import re
from typing import Any, BinaryIO

import orjson

__all__ = [
    "CHUNK",
    "MAX_STRING",
    "NotJsonError",
    "TooLargeError",
    "Trimmer",
    "parse",
    "trimmed",
    "written",
]

MAX_STRING = 4 * 1024 * 1024
"""Bytes of one string, as written; the rest is counted and left out."""
_HALF = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD]")
"""A surrogate pair, of which the second escape begins where a cut would be."""
CHUNK = 256 * 1024
LONGEST_ESCAPE = 12
"""Bytes of a surrogate pair written as two escapes."""
_STRING_BODY = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_QUOTE = re.compile(rb'(?<!\\)"')
"""A quote that surely is none inside of a string."""
_CUT = "…[%d bytes were left out]"


class NotJsonError(ValueError):
    """A text is no JSON; the message says why without quoting it."""


class TooLargeError(NotJsonError):
    """A text is longer than is read."""


def written(value: Any, *, by_name: bool = False) -> bytes:
    """Return a value as JSON; half a surrogate pair and a long integer as the file had them.

    Args:
        value: what came out of JSON, and records made of it.
        by_name: the keys of each object in their order.
    """
    option = orjson.OPT_NON_STR_KEYS | (orjson.OPT_SORT_KEYS if by_name else 0)
    try:
        return orjson.dumps(value, option=option, default=str)
    except TypeError:
        return json.dumps(value, default=str, sort_keys=by_name).encode()


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


def trimmed(stream: BinaryIO, limit: int) -> bytearray:
    """Return the JSON text that a whole stream holds, long strings cut.

    Raises:
        TooLargeError: it is longer than `limit` bytes even so.
    """
    text = bytearray()
    # A longer string than is kept fills such a block: where a quote stands in each, none is cut,
    # and to look at each string would take longer than to parse them.
    size = max(1, MAX_STRING // 2)
    while block := _block(stream, size):
        text += block
        if len(block) == size and not _QUOTE.search(block, 1):
            return _trimmed_on(text, stream, limit)
        _within(text, limit)
    return text


def _block(stream: BinaryIO, size: int) -> bytes:
    pieces: list[bytes] = []
    while size and (piece := stream.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _trimmed_on(begun: bytearray, stream: BinaryIO, limit: int) -> bytearray:
    """Return the text whose beginning was read, long strings cut; takes the beginning apart."""
    text, trimmer = bytearray(), Trimmer()
    while piece := bytes(begun[:CHUNK]) + _block(stream, CHUNK - min(CHUNK, len(begun))):
        del begun[:CHUNK]
        text += trimmer.feed(piece)
        _within(text, limit)
    return text


def _within(text: bytearray, limit: int) -> None:
    if len(text) > limit:
        raise TooLargeError(f"a JSON document of over {limit >> 20} MiB, which is not read")


class Trimmer:
    """Takes a JSON text piece by piece and gives it back with its long strings cut."""

    def __init__(self) -> None:
        self._inside = False
        self._pending = b""
        """The end of a piece inside a string, which may be half an escape or character."""
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
                if piece[end : end + 1] == b'"':
                    self._string(piece[at:end], out)
                    out.append((_CUT % self._left_out).encode() if self._left_out else b"")
                    out.append(b'"')
                    self._inside = False
                    end += 1
                else:
                    # What may go on in the next piece waits for it.
                    whole = _safe_cut(piece[at:end], end - at)
                    self._string(piece[at : at + whole], out)
                    self._pending = piece[at + whole :]
                    end = len(piece)
            at = end
        return b"".join(out)

    def _string(self, body: bytes, out: list[bytes]) -> None:
        room = 0 if self._left_out else MAX_STRING - self._kept
        cut = len(body) if len(body) <= room else _safe_cut(body, room)
        out.append(body[:cut])
        self._kept += cut
        self._left_out += len(body) - cut


def _body_end(piece: bytes, at: int) -> int:
    found = _STRING_BODY.match(piece, at)
    return found.end() if found else at


def _safe_cut(body: bytes, room: int) -> int:
    """Return where to cut, at most at `room`, so that no escape and no character is cut in two."""
    cut = max(0, room)
    backslash = body.find(b"\\", max(0, cut - LONGEST_ESCAPE), cut)
    if backslash >= 0:
        run = backslash - len(body[:backslash].rstrip(b"\\"))
        # Backslashes before it escape each other, but for the last of an odd number.
        cut = backslash - run % 2
        return cut - 6 if cut >= 6 and _HALF.match(body, cut - 6) else cut
    begun = cut
    while begun and cut - begun < 3 and body[begun - 1] & 0xC0 == 0x80:
        begun -= 1
    lead = body[begun - 1] if begun else 0
    if lead >= 0xC0:
        needed = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
        if cut - begun + 1 < needed:
            return begun - 1
    return cut
