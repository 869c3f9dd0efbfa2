"""JSON documents that are laid out over many lines and stand one after the other in a source.

Programs that write with indentation append so. Within a document no bracket opens right behind one
that closes, so where one does, at the beginning of a line, the next document begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

__all__ = ["documents_in", "is_several", "may_be_several"]

LOOKED_AT = 4 * 1024 * 1024
"""Bytes in which the end of the first document is looked for."""
CHUNK = 256 * 1024
REACH = 64
"""Bytes around two brackets that must be seen together."""
_NEXT = re.compile(rb"^[}\]][ \t\r\n\x00]*[{\[]", re.MULTILINE)
_BEGINS = re.compile(rb"\A[\x00 \t\r\n]*[{\[][ \t]*\r?\n")


def may_be_several(beginning: bytes) -> bool:
    """Tell whether a text that begins so may be such a row of documents."""
    return _BEGINS.match(beginning) is not None


def is_several(stream: BinaryIO) -> bool:
    """Tell whether a text that may be such a row of documents is one."""
    seen, left = b"", LOOKED_AT
    while left > 0 and (piece := stream.read(min(CHUNK, left))):
        left -= len(piece)
        seen = seen[-REACH:] + piece
        if _NEXT.search(seen):
            return True
    return False


def documents_in(stream: BinaryIO, limit: int) -> Iterator[tuple[int, int, bytes | int]]:
    """Yield each document: the line that it begins on, the bytes before it, and its text.

    Args:
        stream: the text.
        limit: bytes of a document; of a longer one its length is yielded in place of its text.
    """
    held, length, closes = bytearray(), 0, False
    begun = (1, 0)
    number = offset = 0
    while data := stream.readline(limit):
        number += 1
        joined = data[:2] in {b"}{", b"}[", b"]{", b"]["}
        if joined:
            held += data[:1]
            length += 1
        if joined or (closes and data[:1] in {b"{", b"["}):
            yield *begun, length if length > limit else bytes(held)
            held.clear()
            begun, length = (number, offset + joined), 0
        rest = data[joined:]
        if rest.strip(b" \t\r\n\x00"):
            closes = rest.rstrip(b" \t\r\n\x00") in {b"}", b"]"}
        length += len(rest)
        if length <= limit:
            held += rest
        offset += len(data)
    if held.strip(b" \t\r\n\x00") or length > limit:
        yield *begun, length if length > limit else bytes(held)
