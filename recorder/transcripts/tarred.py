"""Tar archives as folders, compressed or not: read in their order, nothing is unpacked to disk.

A member is held in memory while it is read; one that is too large for that is read again from the
archive each time. What a header claims is not believed: names are only shown, sizes are bounds.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Self, cast

__all__ = ["HEADER", "Broken", "Member", "is_tar", "members_of"]

HEADER = 512
HELD = 32 * 1024 * 1024
"""Bytes of a member up to which it is held in memory."""
MOST_ABOUT = 1024 * 1024
"""Bytes of what stands in the archive about a member (a long name): tarfile reads it whole."""
_ABOUT = frozenset({
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
})  # fmt: skip
CUT = "a tar archive that is cut off or damaged here: import a whole copy to add the rest"


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive."""

    name: str
    size: int
    opener: Callable[[], BinaryIO]
    """Opens its content from its beginning."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The archive, or a member of it, cannot be read on."""

    name: str
    """Of the member; empty for the archive."""
    reason: str


def is_tar(beginning: bytes) -> bool:
    """Tell whether a content that begins so is a tar archive: its first header has a checksum."""
    try:
        tarfile.TarInfo.frombuf(beginning, tarfile.ENCODING, "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        return False
    return True


def members_of(opener: Callable[[], BinaryIO], local: Path | None) -> Iterator[Member | Broken]:
    """Yield the files of an archive in their order, one at a time; then what is wrong with it.

    Args:
        opener: opens the archive, decompressed.
        local: the archive itself, where it is a file that is not compressed.
    """
    try:
        for number, (archive, info) in enumerate(_walked(opener)):
            if not info.isreg() or info.issparse():
                continue
            if info.size <= HELD:
                content = _content(archive, info).read(HELD)
                yield Member(info.name, info.size, partial(io.BytesIO, content))
                if len(content) < info.size:
                    yield Broken(info.name, CUT)
            elif local is not None:
                yield Member(info.name, info.size, partial(_in_place, local, info))
            else:
                yield Member(info.name, info.size, partial(_again, opener, number))
    except (tarfile.TarError, OSError, EOFError, ValueError):
        yield Broken("", CUT)


class _Info(tarfile.TarInfo):
    """A header that is not believed beyond measure, and not passed over where it is damaged."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        try:
            info = super().frombuf(buf, encoding, errors)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # the end's mark
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(str(error)) from error
        if info.type in _ABOUT and info.size > MOST_ABOUT:
            raise tarfile.ReadError("a name of over 1 MiB")
        return info


def _walked(opener: Callable[[], BinaryIO]) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    with (
        closing(opener()) as stream,
        tarfile.open(fileobj=stream, mode="r|", tarinfo=_Info) as archive,
    ):
        while (info := archive.next()) is not None:
            # What tarfile remembers of every member would grow with the archive.
            archive.members.clear()  # type: ignore[attr-defined]
            yield archive, info


def _content(archive: tarfile.TarFile, info: tarfile.TarInfo) -> BinaryIO:
    return cast("BinaryIO", archive.extractfile(info))


def _in_place(path: Path, info: tarfile.TarInfo) -> BinaryIO:
    return _Part(_content(archive := tarfile.open(path, "r:"), info), archive)


def _again(opener: Callable[[], BinaryIO], number: int) -> BinaryIO:
    walked = _walked(opener)
    for at, (archive, info) in enumerate(walked):
        if at == number:
            return _Part(_content(archive, info), walked)
    raise EOFError


class _Part(io.BufferedReader):
    """A member's content, which closes with itself what it is read from."""

    def __init__(self, content: BinaryIO, beneath: tarfile.TarFile | Iterator[object]) -> None:
        super().__init__(cast("io.RawIOBase", content), 1 << 20)
        self._beneath = beneath

    def close(self) -> None:
        super().close()
        self._beneath.close()  # type: ignore[union-attr]  # a generator
