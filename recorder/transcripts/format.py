"""What a format of transcripts is to the importer: a name, how to know it, and how to read it.

A format's module ends in one `FORMAT`, which the table in `recorder.transcripts.table` names. It is
known by content alone: files are renamed, and the same name means different things over the years.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from recorder.model import Record
from recorder.transcripts.source import Source

__all__ = ["Damage", "Entry", "Format", "Item"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a transcript, in the order of the source, with what it tells."""

    records: Sequence[Record]
    """Ids must follow from session and content or place, so that a second import adds nothing."""
    line: int = 0
    """Line in the source, from 1; 0 where the format has no lines."""
    offset: int = 0
    """Byte of the (decompressed) source that the entry begins at."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A part of a source that could not be read; the rest was."""

    reason: str
    """What is wrong, without quoting the content."""
    line: int = 0
    offset: int = 0
    kept: str = ""
    """The part as it stands, where it is sound and only its meaning is not known."""


type Item = Entry | Damage


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format of transcripts."""

    name: str
    """As on the command line: `--format NAME`."""
    title: str
    """As people call it."""
    tested: tuple[str, ...]
    """Versions of the product, or of the format, that the reader was tested on."""
    recognises: Callable[[Source], bool]
    """Tells by content whether a source is of this format; `Source.sample` has the beginning."""
    read: Callable[[Source], Iterator[Item]]
    """Yields what a source tells, bit by bit: memory must not grow with the source."""
    places: tuple[str, ...] = ()
    """Globs of where the product keeps its transcripts; `~` and `$VARIABLES` are expanded, and a
    place whose variable is not set is left out."""
