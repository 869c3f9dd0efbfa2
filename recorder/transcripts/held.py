"""What can be read only once (a pipe), held so that its beginning can be looked at."""

from __future__ import annotations

import io
from typing import BinaryIO

__all__ = ["Held"]

HELD = 8 * 1024 * 1024
"""Bytes of a stream that can be looked at more than once."""
BUFFER = 1 << 20


class Held:
    """A stream whose beginning is kept."""

    def __init__(self, stream: BinaryIO) -> None:
        """Read the beginning."""
        self._stream = stream
        self.beginning = stream.read(HELD)
        self._is_all = len(self.beginning) < HELD

    def open(self) -> BinaryIO:
        """Return the content from its beginning; again only while no more than that was read."""
        if self._is_all:
            return io.BytesIO(self.beginning)
        return io.BufferedReader(_Chained(self.beginning, self._stream), BUFFER)

    def whole(self, most: int) -> bytes | None:
        """Return all of the content; None where it is of more than so many bytes."""
        content = self.beginning
        if not self._is_all:
            content += self._stream.read(max(0, most + 1 - len(content)))
        return content if len(content) <= most else None


class _Chained(io.RawIOBase):
    """What was read of a stream, then the rest of it."""

    def __init__(self, beginning: bytes, rest: BinaryIO) -> None:
        self._beginning = memoryview(beginning)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what io hands over
        piece = self._beginning[: len(buffer)] or self._rest.read1(len(buffer))  # type: ignore[attr-defined]  # what is handed over is buffered
        self._beginning = self._beginning[len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)
