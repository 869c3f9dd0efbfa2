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
from recorder.transcripts.cut_zip import opened, unlisted
from recorder.transcripts.held import Held
from recorder.transcripts.packed import Breakage, archive_of, member, ungzipped, unxz, unzstd
from recorder.transcripts.source import Source
from recorder.transcripts.tarred import HEADER, Broken, is_tar, members_of

__all__ = ["NoSourceError", "expand", "sources_of"]

STDIN = "-"
ZIP = b"PK\x03\x04"
UNPACKED = ((b"\x1f\x8b", ungzipped), (b"\x28\xb5\x2f\xfd", unzstd), (b"\xfd7zX", unxz))
"""What a compressed file begins with, and what opens it."""
BUFFER = 1 << 20
SMALL = 64 * 1024
"""Bytes of a file that is opened once and held while it is read."""
SIDE_FILES = ("-wal", "-shm", "-journal")
"""Ends of files that belong to a database, which is read with them."""
MAX_PIPED_ZIP = 128 * 1024 * 1024
"""Bytes of a zip archive that comes through a pipe: its list stands at its end, and what was not
sealed yet is kept nowhere but in memory."""
LARGE_ZIP = (
    f"a zip archive of more than {MAX_PIPED_ZIP >> 20} MiB cannot be read from a pipe: "
    "import it as a file, or pipe what is in it"
)
CUT_ZIP = (
    "a zip archive that is cut off or damaged (its list of files, which stands at the end, cannot "
    "be read): what stands before is read by itself; import a whole copy to add the rest"
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
    """Yield the sources of one file, folder or archive, of a pipe, or of the standard input (`-`).

    Raises:
        NoSourceError: there is nothing that can be read.
    """
    if path == STDIN:
        yield from _piped("<stdin>", sys.stdin.buffer)
        return
    if not os.path.isdir(path):
        yield from _named(Path(path))
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            if not name.endswith(SIDE_FILES):
                yield from _file_inside(Path(folder, name))


def _named(path: Path) -> Iterator[Source]:
    """Yield the sources of what was asked for by its name, which is not passed over in silence.

    Raises:
        NoSourceError: it cannot be read, or is nothing to read from.
    """
    if path.is_fifo():
        try:
            with path.open("rb") as stream:
                yield from _piped(str(path), stream)
        except OSError as error:
            raise NoSourceError(f"{path}: {error.strerror or error}") from error
    elif path.exists() and not path.is_file():
        raise NoSourceError(f"{path}: a device or a socket; name a file, a folder or a pipe")
    elif path.is_symlink() and not path.exists():
        raise NoSourceError(f"{path}: a link to {path.readlink()}, which is not there")
    else:
        yield from _file(path)


def _piped(name: str, stream: BinaryIO) -> Iterator[Source]:
    """Yield the sources of what can be read only once."""
    held = Held(stream)
    if not held.beginning.startswith(ZIP):
        yield from _opened(name, held.open, 0, None)
        return
    content = held.whole(MAX_PIPED_ZIP)
    if content is None:
        yield _nothing_of(name, LARGE_ZIP)
    else:
        yield from _members(name, content)


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
        beginning = stream.read(SMALL)
    breakage, magic = Breakage(), beginning[:4]
    unpacked = _unpacked(magic)
    if unpacked:
        opener, local = partial(unpacked, opener, breakage), None
        with opener() as stream:
            beginning = stream.read(HEADER)
    elif len(beginning) < SMALL:
        # All of it: of thousands of small files, to open each several times takes the most.
        opener = partial(io.BytesIO, beginning)
    if is_tar(beginning[:HEADER]):
        yield from _tarred(name, opener, breakage, local)
    elif unpacked:
        yield Source(name, opener, size, breakage=breakage)
    elif magic == ZIP and local is not None and zipfile.is_zipfile(local):
        yield from _members(name, local)
    elif magic == ZIP and local is not None:
        yield from _unlisted(name, local, size)
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


def _members(name: str, packed: Path | bytes) -> Iterator[Source]:
    try:
        archive = archive_of(packed)
    except zipfile.BadZipFile:
        yield from _unlisted(name, packed)
        return
    with archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        for info in sorted(members, key=lambda one: one.filename):
            opener = partial(member, archive, packed, info)
            yield from _member(f"{name}!{info.filename}", opener, info)


def _unlisted(name: str, packed: Path | bytes, size: int = 0) -> Iterator[Source]:
    """Yield what of an archive can be read without its list, and that the list is lost."""
    yield _nothing_of(name, CUT_ZIP, size)
    for one in unlisted(packed):
        breakage = Breakage()
        opener = partial(opened, packed, one, breakage)
        with opener() as stream:
            magic = stream.read(4)
        if unpacked := _unpacked(magic):
            opener = partial(unpacked, opener, breakage)
        yield Source(f"{name}!{one.name}", opener, one.size or 0, breakage=breakage)


def _member(
    name: str, opened_with: Callable[[Breakage], BinaryIO], info: zipfile.ZipInfo
) -> Iterator[Source]:
    """Yield the sources of a member; its breakage is told by whatever reads it."""
    breakage = Breakage()
    opener: Callable[[], BinaryIO] = partial(opened_with, breakage)
    try:
        with opener() as stream:
            beginning = stream.read(SMALL)
    except (RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        # Encrypted, compressed in a way that is not known, or not where the list says.
        reason = f"cannot be unpacked ({type(error).__name__}): unpack the archive by other means"
        yield _nothing_of(name, reason, info.compress_size)
        return
    if unpacked := _unpacked(beginning[:4]):
        opener = partial(unpacked, opener, breakage)
    elif len(beginning) < SMALL and not breakage.reason:
        opener = partial(io.BytesIO, beginning)
    yield Source(name, opener, info.compress_size, breakage=breakage)


def _unpacked(magic: bytes) -> Callable[[Callable[[], BinaryIO], Breakage], BinaryIO] | None:
    """Return what opens a file that begins so; None where it is not compressed."""
    return next((opened for begins, opened in UNPACKED if magic.startswith(begins)), None)


def _nothing_of(name: str, reason: str, size: int = 0) -> Source:
    """Return a source of which nothing can be read, and why."""
    return Source(name, io.BytesIO, size, breakage=Breakage(reason))
