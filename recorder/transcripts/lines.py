"""The lines of a source, one after the other: numbered, placed, and parsed where they hold JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from recorder.model import Record
from recorder.transcripts.carried import bare
from recorder.transcripts.format import Damage, Entry, Item
from recorder.transcripts.json_text import CHUNK, NotJsonError, Trimmer, parse, written
from recorder.transcripts.laid_out import documents_in
from recorder.transcripts.mending import mended
from recorder.transcripts.one_by_one import ODD, Told, placed
from recorder.transcripts.source import Source
from recorder.transcripts.torn import pieces_of

__all__ = ["MAX_LINE", "Line", "json_lines", "lines", "read_json_lines"]

WHOLE_LINE = 8 * 1024 * 1024
"""Bytes of a line that is taken as it stands; in a longer one, long strings are cut first."""
MAX_LINE = 32 * 1024 * 1024
"""Bytes of a line without its long strings; of what is longer only the beginning is read."""
BEGINNING = 1024 * 1024
"""Bytes of such a line that are read, up to the last whole value in them."""

LEAST_HOLE = 4
"""NUL bytes at the beginning of a line that are no part of its text."""
TIMES = 4
MAX_TOLD = 32 * 1024 * 1024
"""What a line may tell beside so many times its size, in characters."""
FEW = 3
"""Records that a line tells in any case."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a source, without its end."""

    number: int
    """From 1."""
    offset: int
    """Bytes before it in the (decompressed) source."""
    data: bytes
    is_last_open: bool = False
    """The source ends in it without a line end: it may still be being written."""
    place: str = ""
    """Where it stands, if it is an entry of a list and no line."""

    @property
    def text(self) -> str:
        """The line as text; bytes that are no UTF-8 stay as they are (`surrogateescape`)."""
        return self.data.decode("utf-8", "surrogateescape")


def lines(source: Source) -> Iterator[Line | Damage]:
    """Yield every line of a source that is not empty; memory does not grow with it.

    Of a row of documents that are laid out over many lines, each is one here.
    """
    if source.is_laid_out:
        yield from _laid_out(source)
        return
    with source.open() as stream:
        number = offset = 0
        while data := stream.readline(WHOLE_LINE):
            number += 1
            begun, length = offset, len(data)
            kept: bytes | None = data
            if length == WHOLE_LINE and not data.endswith(b"\n"):
                kept, more = _rest_of_long(stream, data)
                length += more
            offset += length
            if kept is None:
                left_out = f"what stands after its first {BEGINNING >> 20} MiB is left out"
                yield Damage(f"a line of {length >> 20} MiB: {left_out}", number, begun)
                if (beginning := mended(data[:BEGINNING])) is not None:
                    yield Line(number, begun, json.dumps(beginning).encode())
            elif (line := kept.rstrip(b"\r\n")).strip(b" \t\r\n"):
                hole = len(line) - len(line.lstrip(b"\x00"))
                if LEAST_HOLE <= hole < len(line):
                    # A crash left it in the place of what was written last; what follows is sound.
                    yield Damage(f"{hole} NUL bytes before what stands there", number, begun)
                    line = line[hole:]
                yield Line(number, begun, line, not kept.endswith(b"\n"))


def _laid_out(source: Source) -> Iterator[Line | Damage]:
    with source.open() as stream:
        for number, offset, text in documents_in(stream, MAX_LINE):
            if isinstance(text, int):
                yield Damage(f"a document of {text >> 20} MiB is left out", number, offset)
            else:
                yield Line(
                    number, offset, text, not text.rstrip(b"\r\n \x00").endswith((b"}", b"]"))
                )


def json_lines(source: Source) -> Iterator[tuple[Line, Any] | Damage]:
    """Yield every line with the JSON value that it holds, or what is wrong with it.

    What would be lines may stand in a list, or one of them laid out over many.
    """
    if source.is_gathered:
        yield from _gathered(source)
        return
    is_carried = source.is_carried
    for line in lines(source):
        if isinstance(line, Damage):
            yield line
            continue
        if is_carried:
            if not (data := bare(line.data)):
                continue
            line = replace(line, data=data)  # noqa: PLW2901  # the same line, without its carrier
        try:
            value = parse(line.data)
        except NotJsonError as error:
            cut = source.breakage.reason or "the last line is cut off"
            reason = cut if line.is_last_open else str(error)
            yield from _torn(line, reason)
        else:
            yield line, value


def _gathered(source: Source) -> Iterator[tuple[Line, Any] | Damage]:
    document = source.document
    if source.damage:
        yield Damage(source.damage)
    if document is None:
        return
    source.forget()
    for number, value in enumerate(document if isinstance(document, list) else [document], 1):
        yield Line(0, 0, written(value), place=f"entry {number}: "), value


def _torn(line: Line, reason: str) -> Iterator[tuple[Line, Any] | Damage]:
    """Yield what is whole of a line that is no JSON value, and what is wrong with it."""
    pieces = pieces_of(line.data)
    if not pieces:
        yield Damage(reason, line.number, line.offset)
    for piece in pieces:
        part = Line(line.number, line.offset + piece.start, piece.text)
        if piece.is_whole:
            yield part, parse(piece.text)
        else:
            yield Damage(reason, part.number, part.offset)


def read_json_lines(
    source: Source, tell: Callable[[Line, Mapping[str, Any]], Iterable[Told]]
) -> Iterator[Item]:
    """Yield the entries of a source whose lines are JSON objects.

    Args:
        source: what to read.
        tell: yields what a line tells. What it raises over a line that is not shaped as it
            expects becomes damage of that line, and the next one is read.
    """
    for found in _spread(json_lines(source)):
        if isinstance(found, Damage):
            yield found
            continue
        line, value = found
        if not isinstance(value, Mapping):
            why = f"{line.place}not a JSON object"
            yield Damage(why, line.number, line.offset, line.text)
            continue
        try:
            told = list(_bounded(tell(line, value), len(line.data)))
        except ODD as error:
            reason = f"an entry of an unknown shape ({type(error).__name__})"
            if isinstance(error, _TellsTooMuchError):
                reason = "an entry that tells the same again and again"
            yield Damage(line.place + reason, line.number, line.offset, line.text)
        else:
            records = [one for one in told if isinstance(one, Record)]
            yield Entry(records, line.number, line.offset)
            if len(records) < len(told):
                damage = (one for one in told if isinstance(one, Damage))
                yield from (placed(one, line.number, line.offset) for one in damage)


def _spread(
    found: Iterable[tuple[Line, Any] | Damage],
) -> Iterator[tuple[Line, Any] | Damage]:
    """Yield each entry of a list in a line as a line by itself."""
    for one in found:
        if isinstance(one, Damage) or not isinstance(one[1], list):
            yield one
            continue
        line, values = one
        if not any(isinstance(value, Mapping) for value in values):
            yield one
            continue
        for number, value in enumerate(values, 1):
            place = f"{line.place}entry {number}: "
            yield Line(line.number, line.offset, written(value), place=place), value


class _TellsTooMuchError(ValueError):
    pass


def _bounded(told: Iterable[Told], size: int) -> Iterator[Told]:
    """Yield what a line of a size tells.

    Raises:
        _TellsTooMuchError: it is far more than stands in it: the same with each of many blocks.
    """
    room = MAX_TOLD + TIMES * size
    for number, one in enumerate(told, 1):
        yield one
        if number > FEW:
            room -= _size_of(one)
            if room < 0:
                raise _TellsTooMuchError


def _size_of(told: Told) -> int:
    if isinstance(told, Damage):
        return len(told.kept)
    return sum(len(value) for value in told.attributes.values() if isinstance(value, str))


def _rest_of_long(stream: BinaryIO, begun: bytes) -> tuple[bytes | None, int]:
    """Return a long line, long strings cut (None: too long even so), and its other bytes."""
    trimmer, kept, more = Trimmer(), bytearray(), 0
    for at in range(0, len(begun), CHUNK):
        # Bit by bit: of many short strings each would be in memory by itself.
        kept += trimmer.feed(begun[at : at + CHUNK])
    ended = False
    while not ended:
        piece = stream.readline(CHUNK)
        more += len(piece)
        ended = not piece or piece.endswith(b"\n")
        if len(kept) <= MAX_LINE:
            # The line's end stands outside of every string, unless the line is cut off.
            kept += trimmer.feed(piece)
    return (bytes(kept) if len(kept) <= MAX_LINE else None), more
