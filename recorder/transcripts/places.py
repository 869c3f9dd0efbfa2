"""Find the sources that paths stand for: files, folders, globs, archives, the standard input.

Compression is told by content. Folders and archives are gone through in the order of names, so that
a second import meets the same sources in the same order.
"""

from __future__ import annotations

import glob
import gzip
import io
import os
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

import zstandard

from recorder.errors import FlightlogError
from recorder.transcripts.source import Source

__all__ = ["NoSourceError", "expand", "sources_of"]

STDIN = "-"
GZIP, ZSTD, ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
BUFFER = 1 << 20
SIDE_FILES = ("-wal", "-shm", "-journal")
"""Ends of files that belong to a database, which is read with them."""
STDIN_HELD = 8 * 1024 * 1024
"""Bytes of the standard input that can be looked at more than once."""


class NoSourceError(FlightlogError):
    """A path that was asked for is not there or cannot be read."""


def expand(paths: Iterable[str]) -> list[str]:
    """Return the files and folders that paths and globs stand for, each once.

    Raises:
        NoSourceError: there is nothing of that name.
    """
    found: dict[str, None] = {}
    for path in paths:
        whole = os.path.expanduser(path)
        if path == STDIN or os.path.exists(whole):
            found[whole if path != STDIN else STDIN] = None
            continue
        matches = sorted(glob.glob(whole, recursive=True, include_hidden=True))
        if not matches:
            raise NoSourceError(f"{path}: no such file or folder")
        found |= dict.fromkeys(matches)
    return list(found)


def sources_of(path: str) -> Iterator[Source]:
    """Yield the sources of one file, folder or archive, or of the standard input (`-`).

    Raises:
        NoSourceError: the file cannot be read.
    """
    if path == STDIN:
        yield from _opened("<stdin>", _stdin_opener(), 0, None)
        return
    if not os.path.isdir(path):
        yield from _file(Path(path))
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            if not name.endswith(SIDE_FILES):
                yield from _file(Path(folder, name))


def _file(path: Path) -> Iterator[Source]:
    try:
        if not path.is_file():
            # Sockets and pipes in a folder are no transcripts.
            return
        size = path.stat().st_size
        yield from _opened(str(path), lambda: open(path, "rb", BUFFER), size, path)  # noqa: SIM115
    except OSError as error:
        raise NoSourceError(f"{path}: {error.strerror or error}") from error


def _opened(
    name: str, opener: Callable[[], BinaryIO], size: int, local: Path | None
) -> Iterator[Source]:
    with opener() as stream:
        magic = stream.read(4)
    if magic.startswith(GZIP):
        yield Source(name, partial(_ungzipped, opener), size)
    elif magic == ZSTD:
        yield Source(name, partial(_unzstd, opener), size)
    elif magic == ZIP and local is not None and zipfile.is_zipfile(local):
        yield from _members(name, local)
    else:
        yield Source(name, opener, size, local)


def _members(name: str, path: Path) -> Iterator[Source]:
    with zipfile.ZipFile(path) as archive:
        members = sorted(
            (info for info in archive.infolist() if not info.is_dir()), key=lambda i: i.filename
        )
    for info in members:
        opener = partial(_member, path, info.filename)
        yield from _opened(f"{name}!{info.filename}", opener, info.compress_size, None)


def _member(path: Path, member: str) -> BinaryIO:
    archive = zipfile.ZipFile(path)
    return _Closing(archive.open(member), archive)


class _Closing(io.BufferedReader):
    """A stream that is made from another one, or from an archive, and closes that with itself."""

    def __init__(self, raw: object, beneath: BinaryIO | zipfile.ZipFile) -> None:
        super().__init__(raw, BUFFER)  # type: ignore[arg-type]  # decompressors read raw bytes
        self._beneath = beneath

    def close(self) -> None:
        super().close()
        self._beneath.close()


def _ungzipped(opener: Callable[[], BinaryIO]) -> BinaryIO:
    stream = opener()
    return _Closing(gzip.GzipFile(fileobj=stream), stream)


def _unzstd(opener: Callable[[], BinaryIO]) -> BinaryIO:
    stream = opener()
    reader = zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True)
    return _Closing(reader, stream)


def _stdin_opener() -> Callable[[], BinaryIO]:
    """Return an opener of the standard input: again and again while only its beginning is read."""
    held = io.BytesIO(sys.stdin.buffer.read(STDIN_HELD))
    beginning = held.getvalue()
    is_all = len(beginning) < STDIN_HELD

    def opened() -> BinaryIO:
        if is_all:
            return io.BytesIO(beginning)
        return io.BufferedReader(_Chained(beginning, sys.stdin.buffer), BUFFER)

    return opened


class _Chained(io.RawIOBase):
    """What was read of a stream, then the rest of it."""

    def __init__(self, beginning: bytes, rest: BinaryIO) -> None:
        self._beginning = memoryview(beginning)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what io hands over
        piece = self._beginning[: len(buffer)] or self._rest.read1(len(buffer))  # type: ignore[attr-defined]  # sys.stdin.buffer is buffered
        self._beginning = self._beginning[len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)
