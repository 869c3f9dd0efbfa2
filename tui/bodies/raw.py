"""The recorded bytes of an action's values, as rows that are made when they are seen.

A body may have 50 MB, in a million lines or in one: here it is cut into rows by offsets alone, and
only the rows on the screen are ever decoded. What the rows hold passes the gate like all text.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import overload

from analyzer.model import Action
from recorder.model import Json
from recorder.utf8 import utf8
from tui.body import FIRST
from tui.glyphs import Glyphs
from tui.line import Line, Piece, Tone, line

__all__ = ["Part", "RawRows", "parts_of", "row_starts"]

LONGEST = 1_500
"""Bytes of a line that are shown where lines do not wrap; wrapped, all of it can be seen."""
WIDE, NARROW = 16, 8
"""Bytes in a row of hex digits."""
WIDE_CELLS = 78
FUTURE = "future, still open"
"""Said of what an action has only when it ends."""
type BlobReader = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Part:
    """One value of an action."""

    heading: str
    data: bytes
    note: str = ""
    """What a reader must know of it, such as that only its beginning is there."""


def parts_of(action: Action, blob: BlobReader, known: Action | None = None) -> tuple[Part, ...]:
    """Return the values of an action, whole, those that people look for first.

    Args:
        action: whose.
        blob: reads a large value by its digest; slow.
        known: the action as it is known at the moment that is shown; the other values say that
            they are of the future.
    """
    later = set() if known is None else action.attributes.keys() - known.attributes.keys()
    long = sorted(name for name in action.blob_of if name not in FIRST)
    names = [*(name for name in FIRST if name in action.attributes), *long]
    if not names:
        kept = {name: action.attributes[name] for name in sorted(action.attributes)}
        return (Part("recorded attributes", _bytes(kept)),) if kept else ()
    parts = ((name, _part(action, name, blob)) for name in names)
    return tuple(
        replace(part, note=f"{FUTURE} {part.note}".strip()) if name in later else part
        for name, part in parts
    )


def _part(action: Action, name: str, blob: BlobReader) -> Part:
    digest = action.blob_of.get(name)
    beginning = _bytes(action.attributes.get(name, ""))
    heading = FIRST.get(name, name).partition(" (")[0]
    if digest is None:
        return Part(heading, beginning)
    data = blob(digest)
    if data is None:
        return Part(heading, beginning, "beginning only, rest removed")
    return Part(heading, data, f"blob {digest[:12]}")


def _bytes(value: Json) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return utf8(text)


def row_starts(data: bytes, columns: int | None) -> array[int]:
    """Return the offset at which each row begins: after each line feed, and after so many bytes."""
    starts = array("Q")
    begin = 0
    while begin < len(data):
        end = data.find(b"\n", begin)
        end = len(data) if end < 0 else end
        if columns is None:
            starts.append(begin)
        else:
            starts.extend(range(begin, max(end, begin + 1), columns))
        begin = end + 1
    return starts


class RawRows(Sequence[Line]):
    """The rows of some values; it holds offsets, never rows."""

    def __init__(
        self,
        parts: Sequence[Part],
        columns: int,
        glyphs: Glyphs,
        *,
        has_wrap: bool = True,
        as_hex: bool = False,
    ) -> None:
        """Cut the values into rows; slow for large ones.

        Args:
            parts: the values.
            columns: cells of a row.
            glyphs: the signs to write with.
            has_wrap: go on in the next row where a line is longer than a row.
            as_hex: show hex digits beside the text.
        """
        # One cell is for the sign that says where a line ends.
        width = max(columns - 1, 1) if has_wrap else None
        self._glyphs = glyphs
        self._per_row = (WIDE if columns >= WIDE_CELLS else NARROW) if as_hex else None
        self._parts: list[_Cut] = []
        self._firsts: list[int] = []
        count = 0
        for part in parts:
            cut = _Cut(part, array("Q") if as_hex else row_starts(part.data, width))
            self._parts.append(cut)
            self._firsts.append(count)
            count += 2 + self._rows_of(cut)
        self._count = count

    def _rows_of(self, cut: _Cut) -> int:
        if self._per_row is None:
            return len(cut.starts)
        return -(-len(cut.part.data) // self._per_row)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Line]: ...
    def __getitem__(self, index: int | slice) -> Line | Sequence[Line]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(self._count))]
        if not 0 <= index < self._count:
            raise IndexError(index)
        place = bisect_right(self._firsts, index) - 1
        cut, row = self._parts[place], index - self._firsts[place] - 1
        if row < 0:
            return cut.heading(self._glyphs)
        if row == self._rows_of(cut):
            return ()
        if self._per_row is not None:
            return _hex_row(cut.part.data, row * self._per_row, self._per_row)
        return cut.text_row(row, self._glyphs)

    def __iter__(self) -> Iterator[Line]:
        return (self[number] for number in range(self._count))


@dataclass(frozen=True, slots=True)
class _Cut:
    """A value and where its rows begin."""

    part: Part
    starts: array[int]

    def heading(self, glyphs: Glyphs) -> Line:
        part = self.part
        return line(
            Piece(f"{glyphs.rule * 2} {part.heading}  ", Tone.STRONG),
            Piece(f"{len(part.data):,} bytes  {part.note}", Tone.DIM),
        )

    def text_row(self, row: int, glyphs: Glyphs) -> Line:
        data = self.part.data
        start = _boundary(data, self.starts[row])
        is_last = row + 1 == len(self.starts)
        end = len(data) if is_last else _boundary(data, self.starts[row + 1])
        has_feed = data[end - 1 : end] == b"\n"
        cut = max(0, end - start - LONGEST)
        shown = data[start : end - has_feed] if not cut else data[start : start + LONGEST]
        pieces = [Piece(shown.decode("utf-8", "backslashreplace"))]
        if cut:
            pieces.append(Piece(f" {glyphs.cut} {cut:,} bytes more, w wraps", Tone.ACCENT))
        elif has_feed:
            pieces.append(Piece("$" if glyphs.ascii else "⏎", Tone.DIM))
        return tuple(pieces)


def _boundary(data: bytes, offset: int) -> int:
    """Return the offset of the character that an offset lies in."""
    for back in range(4):
        if offset - back <= 0 or offset >= len(data) or data[offset - back] & 0xC0 != 0x80:
            return max(offset - back, 0)
    return offset


def _hex_row(data: bytes, offset: int, per_row: int) -> Line:
    chunk = data[offset : offset + per_row]
    digits = chunk.hex(" ")
    text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in chunk)
    return line(
        Piece(f"{offset:08x}  ", Tone.DIM), f"{digits:<{per_row * 3}}", Piece(text, Tone.DIM)
    )
