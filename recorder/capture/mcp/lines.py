"""Lines out of a stream of bytes: each piece as it is passed on, and the line that ends with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["MAX_LINE", "Line", "Lines"]

MAX_LINE = 64 * 1024 * 1024
"""Bytes; of a longer line only the length is known."""
WHOLE_BYTES = 1024 * 1024
"""A beginning of a line that is longer is not tried for being a whole message without its end."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line, without its newline."""

    raw: bytes
    """Empty where it was too long."""
    size: int


class Lines:
    """Gathers lines; holds at most `MAX_LINE` bytes."""

    def __init__(self, *, eager: bool = False) -> None:
        """Begin.

        Args:
            eager: a whole JSON message counts as a line before its newline has come.
        """
        self._eager = eager
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[tuple[bytes, Line | None]]:
        """Yield the pieces of a chunk, in order and nothing left out, with the line each ends."""
        start = 0
        while (end := chunk.find(b"\n", start) + 1) > 0:
            piece = chunk[start:end]
            self._add(piece[:-1])
            yield piece, self.rest()
            start = end
        if start < len(chunk):
            piece = chunk[start:]
            self._add(piece)
            yield piece, self.rest() if self._eager and self._looks_whole(piece) else None

    def rest(self) -> Line:
        """Return what has gathered, as a line, and begin the next."""
        line = Line(b"".join(self._pieces), self._size)
        self._pieces, self._size = [], 0
        return line

    def _add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size <= MAX_LINE:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    def _looks_whole(self, piece: bytes) -> bool:
        """Tell whether a server that does not wait for the newline could act on what it has."""
        if self._size > WHOLE_BYTES or piece.rstrip()[-1:] not in {b"}", b"]"}:
            return False
        try:
            json.loads(b"".join(self._pieces))
        except (ValueError, RecursionError):
            return False
        return True
