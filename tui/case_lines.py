"""What the case file says, as lines for the screens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.casefile import Entry
from tui.line import Line, Piece, Tone, line
from tui.words import when

__all__ = ["case_lines"]


def case_lines(entries: Iterable[Entry]) -> Iterator[Line]:
    """Yield one line for each entry: what was said, by whom, when."""
    for entry in entries:
        what = f"{entry.sort.value} {entry.rule}".strip()
        yield line(
            Piece(what, Tone.ACCENT),
            f"  {entry.text}" if entry.text else "",
            Piece(f"  {entry.who}, {when(entry.at_ns)}", Tone.DIM),
        )
