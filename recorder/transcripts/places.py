"""Find the sources that paths stand for: files, folders, globs, archives, the standard input.

Compression is told by content. Folders and archives are gone through in the order of names, so that
a second import meets the same sources in the same order.
"""

from __future__ import annotations

import glob
import io
import os
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from recorder.errors import FlightlogError
from recorder.transcripts.packed import Breakage, member, ungzipped, unxz, unzstd
from recorder.transcripts.source import Source
from recorder.transcripts.tarred import HEADER, Broken, is_tar, members_of

__all__ = ["NoSourceError", "expand", "sources_of"]

STDIN = "-"
ZIP = b"PK\x03\x04"
UNPACKED = ((b"\x1f\x8b", ungzipped), (b"\x28\xb5\x2f\xfd", unzstd), (b"\xfd7zX", unxz))
"""What a compressed file begins with, and what opens it."""
BUFFER = 1 << 20
SIDE_FILES = ("-wal", "-shm", "-journal")
"""Ends of files that belong to a database, which is read with them."""
STDIN_HELD = 8 * 1024 * 1024
"""Bytes of the standard input that can be looked at more than once."""
CUT_ZIP = (
    "a zip archive that is cut off or damaged (its list of files, which stands at the end, cannot "
    "be read): copy it again, or mend it with `zip -FF` and import what that writes"
)


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
                yield from _file_inside(Path(folder, name))


def _file_inside(path: Path) -> Iterator[Source]:
    """Yield the sources of a file in a folder; one that cannot be read does not hide the rest."""
    try:
        yield from _file(path)
    except NoSourceError as error:
        reason = f"cannot be read ({type(error.__cause__).__name__})"
        yield _nothing_of(str(path), reason)


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
    breakage = Breakage()
    unpacked = _unpacked(magic)
    if unpacked:
        opener, local = partial(unpacked, opener, breakage), None
    with opener() as stream:
        beginning = stream.read(HEADER)
    if is_tar(beginning):
        yield from _tarred(name, opener, breakage, local)
    elif unpacked:
        yield Source(name, opener, size, breakage=breakage)
    elif magic == ZIP and local is not None and zipfile.is_zipfile(local):
        yield from _members(name, local)
    elif magic == ZIP and local is not None:
        yield _nothing_of(name, CUT_ZIP, size)
    else:
        yield Source(name, opener, size, local)


def _tarred(
    name: str, opener: Callable[[], BinaryIO], breakage: Breakage, local: Path | None
) -> Iterator[Source]:
    """Yield the sources of the members of a tar archive, each while it is at hand."""
    for one in members_of(opener, local):
        path = f"{name}!{one.name}" if one.name else name
        if isinstance(one, Broken):
            yield _nothing_of(path, breakage.reason or one.reason)
            continue
        with one.opener() as stream:
            unpacked = _unpacked(stream.read(4))
        inner = Breakage()
        content = partial(unpacked, one.opener, inner) if unpacked else one.opener
        yield Source(path, content, one.size, breakage=inner)


def _members(name: str, path: Path) -> Iterator[Source]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted(
                (info for info in archive.infolist() if not info.is_dir()), key=lambda i: i.filename
            )
    except zipfile.BadZipFile:
        yield _nothing_of(name, CUT_ZIP)
        return
    for info in members:
        yield from _member(f"{name}!{info.filename}", path, info)


def _member(name: str, path: Path, info: zipfile.ZipInfo) -> Iterator[Source]:
    """Yield the sources of a member; its breakage is told by whatever reads it."""
    breakage = Breakage()
    try:
        with member(str(path), info.filename, breakage) as stream:
            magic = stream.read(4)
    except (RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        # Encrypted, compressed in a way that is not known, or not where the list says.
        reason = f"cannot be unpacked ({type(error).__name__}): unpack the archive by other means"
        yield _nothing_of(name, reason, info.compress_size)
        return
    opener = partial(member, str(path), info.filename, breakage)
    if unpacked := _unpacked(magic):
        opener = partial(unpacked, opener, breakage)
    yield Source(name, opener, info.compress_size, breakage=breakage)


def _unpacked(magic: bytes) -> Callable[[Callable[[], BinaryIO], Breakage], BinaryIO] | None:
    """Return what opens a file that begins so; None where it is not compressed."""
    return next((opened for begins, opened in UNPACKED if magic.startswith(begins)), None)


def _nothing_of(name: str, reason: str, size: int = 0) -> Source:
    """Return a source of which nothing can be read, and why."""
    return Source(name, io.BytesIO, size, breakage=Breakage(reason))


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
