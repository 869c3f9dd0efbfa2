"""Zip archives whose list of files is lost: the members before the cut, by their own headers."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from recorder.transcripts.packed import Breakage, inflated, stored

__all__ = ["CutMember", "opened", "unlisted"]

HEADER = struct.Struct("<4sHHHHHIIIHH")
MAGIC = b"PK\x03\x04"
ENCRYPTED, SIZES_BEHIND, UTF8 = 1, 8, 1 << 11
STORED, DEFLATED = 0, 8
UNKNOWN_SIZE = 0xFFFFFFFF
PIECE = 1 << 16
BEHIND = 28
"""Bytes behind a member in which the next one's header begins, where the sizes stand there."""


@dataclass(frozen=True, slots=True)
class CutMember:
    """A member as its own header tells it."""

    name: str
    start: int
    """Byte of the archive that its content begins at."""
    size: int | None
    """Compressed bytes; None where only its end tells."""
    method: int


def unlisted(packed: Path | bytes) -> Iterator[CutMember]:
    """Yield the members of an archive, one after the other, as far as their headers lead."""
    with _open(packed) as stream:
        place = 0
        while True:
            stream.seek(place)
            header = stream.read(HEADER.size)
            if len(header) < HEADER.size or not header.startswith(MAGIC):
                return
            fields = HEADER.unpack(header)
            flags, method, size = fields[2], fields[3], fields[7]
            name = stream.read(fields[9])
            start = place + HEADER.size + fields[9] + fields[10]
            is_told = not flags & SIZES_BEHIND and size != UNKNOWN_SIZE
            is_read = method == DEFLATED or (method == STORED and is_told)
            if is_read and not flags & ENCRYPTED and not name.endswith(b"/"):
                told = name.decode("utf-8" if flags & UTF8 else "cp437", "replace")
                yield CutMember(told, start, size if is_told else None, method)
            if is_told:
                place = start + size
            elif method != DEFLATED or (end := _end(stream, start)) is None:
                return
            else:
                stream.seek(end)
                place = end + max(0, stream.read(BEHIND).find(MAGIC))


def opened(packed: Path | bytes, member: CutMember, breakage: Breakage) -> BinaryIO:
    """Open a member; where the archive ends within it, the breakage says so."""
    stream = _open(packed)
    stream.seek(member.start)
    if member.method == DEFLATED:
        return inflated(stream, breakage)
    return stored(stream, member.size or 0, breakage)


def _open(packed: Path | bytes) -> BinaryIO:
    return io.BytesIO(packed) if isinstance(packed, bytes) else packed.open("rb")


def _end(stream: BinaryIO, start: int) -> int | None:
    """Return where a deflated content ends; None where the archive ends, or breaks, before."""
    stream.seek(start)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    taken = start
    for piece in iter(partial(stream.read, PIECE), b""):
        left = piece
        try:
            while left and not inflater.eof:
                inflater.decompress(left, PIECE)
                left = inflater.unconsumed_tail
        except zlib.error:
            return None
        taken += len(piece)
        if inflater.eof:
            return taken - len(inflater.unused_data)
    return None
