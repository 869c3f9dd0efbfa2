"""Compressed files, read up to where they are damaged: what came out before that is kept."""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import zstandard

__all__ = [
    "Breakage", "archive_of", "inflated", "member", "stored", "ungzipped", "unxz", "unzstd",
]  # fmt: skip

BUFFER = 1 << 20
PIECE = 16 * 1024
"""Bytes that are taken at once: what a decompressor holds when it fails is lost."""
GZIP_WINDOW = 16 + zlib.MAX_WBITS
ZSTD_PIECE = 1024
"""Compressed bytes that are handed on at once; a run of one byte may make 30 MB of them."""
XZ_MEMORY = 128 * 1024 * 1024
"""Bytes that a stream of xz may ask for; `xz -9` makes ones that need 65 MiB."""
BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, zstandard.ZstdError, lzma.LZMAError)


@dataclass(slots=True)
class Breakage:
    """Where a compressed source cannot be read on; no reason where it can, or is not known yet."""

    reason: str = ""
    line: int = 0
    """Line of the decompressed content that it ends in, from 1; 0 where nothing came out."""
    offset: int = 0
    """Bytes that came out before."""


class _Raw(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Closable(Protocol):
    def close(self) -> None: ...


class _UpToDamage(io.RawIOBase):
    """A decompressor's output, which ends where it fails; the breakage says so."""

    def __init__(self, raw: _Raw, breakage: Breakage) -> None:
        self._raw = raw
        self._breakage = breakage
        self._lines = self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what io hands over
        try:
            piece = self._raw.read(min(len(buffer), PIECE))
        except BROKEN as error:
            self._breakage.reason = _reason(error)
            self._breakage.line = self._lines + 1 if self._read else 0
            self._breakage.offset = self._read
            return 0
        self._lines += piece.count(b"\n")
        self._read += len(piece)
        buffer[: len(piece)] = piece
        return len(piece)


class _Closing(io.BufferedReader):
    """A stream that is made from another one, or from an archive, and closes that with itself."""

    def __init__(self, raw: _Raw, breakage: Breakage, beneath: _Closable) -> None:
        super().__init__(_UpToDamage(raw, breakage), BUFFER)
        self._beneath = beneath

    def close(self) -> None:
        super().close()
        self._beneath.close()


class _Gzip:
    """Members of a gzip file one after the other. `gzip`'s own reader lets go of what came out
    before the damage.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._member = zlib.decompressobj(GZIP_WINDOW)
        self._begun = False
        self._left = b""

    def read(self, size: int) -> bytes:
        while True:
            packed = self._left or self._stream.read(PIECE)
            if not self._begun:
                # Zeros after the last member fill up a tape's block.
                packed = packed.lstrip(b"\x00")
            if not packed:
                if self._begun:
                    raise EOFError
                return b""
            self._begun = True
            piece = self._member.decompress(packed, size)
            self._left = self._member.unconsumed_tail
            if self._member.eof:
                self._left = self._member.unused_data
                self._member, self._begun = zlib.decompressobj(GZIP_WINDOW), False
            if piece:
                return piece


class _Deflated:
    """A member of a zip archive whose list of files is lost: its end is in its content."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self._left = b""

    def read(self, size: int) -> bytes:
        while not self._inflater.eof:
            packed = self._left or self._stream.read(PIECE)
            if not packed:
                raise EOFError
            piece = self._inflater.decompress(packed, size)
            self._left = self._inflater.unconsumed_tail
            if piece:
                return piece
        return b""


class _Stored:
    """So many bytes of an archive, as they stand."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self, size: int) -> bytes:
        piece = self._stream.read(min(size, self._left))
        if not piece and self._left:
            raise EOFError
        self._left -= len(piece)
        return piece


class _Zstd:
    """Frames of zstandard one after the other. Its own reader does not tell a frame cut off."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._left = b""
        self._out = io.BytesIO()

    def read(self, size: int) -> bytes:
        while not (piece := self._out.read(size)):
            packed = self._left or self._stream.read(ZSTD_PIECE)
            self._left = b""
            if not packed:
                if self._frame is not None:
                    raise EOFError
                return b""
            frame = self._frame or zstandard.ZstdDecompressor().decompressobj()
            self._out = io.BytesIO(frame.decompress(packed))
            self._frame = None if frame.eof else frame
            self._left = frame.unused_data if frame.eof else b""
        return piece


class _Xz:
    """Streams of xz one after the other. `lzma`'s own reader lets go of what came out before the
    damage.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._packed: lzma.LZMADecompressor | None = None
        self._left = b""

    def read(self, size: int) -> bytes:
        while True:
            packed = self._packed
            if packed is None:
                read = self._left or self._stream.read(PIECE)
                # Zeros may stand between streams and behind the last.
                self._left = read.lstrip(b"\x00")
                if not self._left:
                    if not read:
                        return b""
                    continue
                packed = self._packed = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)
            if packed.needs_input and not self._left:
                self._left = self._stream.read(PIECE)
                if not self._left:
                    raise EOFError
            piece = packed.decompress(self._left, size)
            self._left = b""
            if packed.eof:
                self._left, self._packed = packed.unused_data, None
            if piece:
                return piece


def ungzipped(opener: Callable[[], BinaryIO], breakage: Breakage) -> BinaryIO:
    """Open what was compressed with gzip."""
    stream = opener()
    return _Closing(_Gzip(stream), breakage, stream)


def unzstd(opener: Callable[[], BinaryIO], breakage: Breakage) -> BinaryIO:
    """Open what was compressed with zstandard."""
    stream = opener()
    return _Closing(_Zstd(stream), breakage, stream)


def unxz(opener: Callable[[], BinaryIO], breakage: Breakage) -> BinaryIO:
    """Open what was compressed with xz."""
    stream = opener()
    return _Closing(_Xz(stream), breakage, stream)


def inflated(stream: BinaryIO, breakage: Breakage) -> BinaryIO:
    """Return what a deflated member says that begins where a stream stands."""
    return _Closing(_Deflated(stream), breakage, stream)


def stored(stream: BinaryIO, size: int, breakage: Breakage) -> BinaryIO:
    """Return so many bytes from where a stream stands."""
    return _Closing(_Stored(stream, size), breakage, stream)


def archive_of(packed: Path | bytes) -> zipfile.ZipFile:
    """Open a zip archive that is a file, or is held in memory.

    Raises:
        BadZipFile: it is none, or cut off.
    """
    return zipfile.ZipFile(io.BytesIO(packed) if isinstance(packed, bytes) else packed)


def member(
    archive: zipfile.ZipFile, packed: Path | bytes, info: zipfile.ZipInfo, breakage: Breakage
) -> BinaryIO:
    """Open a member of a zip archive.

    Args:
        archive: the archive, whose list takes long to read where it is long; it may be closed.
        packed: what it is read from.
        info: the member.
        breakage: where the member cannot be read on.

    Raises:
        BadZipFile: the archive has no such member where it says.
        RuntimeError: the member is encrypted, or compressed in a way that is not known.
    """
    if archive.fp is not None:
        stream = archive.open(info)
        return _Closing(stream, breakage, stream)
    again = archive_of(packed)
    try:
        return _Closing(again.open(info), breakage, again)
    except BaseException:
        again.close()
        raise


def _reason(error: Exception) -> str:
    if isinstance(error, EOFError):
        return "the compressed file is cut off here: import a whole copy to add the rest"
    kind = type(error).__name__
    return f"the compressed data is damaged here ({kind}): import a whole copy to add the rest"
