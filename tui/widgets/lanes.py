"""The lanes: one row per kind within a window of time, with a ruler above."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from functools import cache

from analyzer.lanes import (
    SHOWN_LANES,
    WINDOW_NS,
    Cell,
    LaneRow,
    Shape,
    Window,
    lane_rows,
    window_around,
)
from analyzer.timeline import (
    SECOND,
    Mark,
    column_of,
    format_length,
    format_offset,
    time_of_column,
)
from tui.glyphs import Glyphs
from tui.line import Line, Piece, Tone, line, mark_tone, merged
from tui.playhead import Playhead
from tui.scene import Scene
from tui.widgets.drawn import Drawn, glyphs_of

__all__ = ["Lanes"]

LABEL = 7
WHOLE_NS = 10**18
"""Longer than any session."""
ZOOMS = (5 * SECOND, 15 * SECOND, WINDOW_NS, 300 * SECOND, 1_800 * SECOND, WHOLE_NS)
"""How much of the session the lanes can show, in ns."""
MOST = 20_000
"""Actions that are drawn at once; more would hold every step up."""
TICK = 20
"""Columns between two times of the ruler."""


class Lanes(Drawn):
    """What went on side by side around the playhead."""

    DEFAULT_CSS = f"Lanes {{ height: {len(SHOWN_LANES) + 1}; }}"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._scene: Scene | None = None
        self._playhead: Playhead | None = None
        self._drawn: tuple[Window, int] | None = None
        self._rows: tuple[LaneRow, ...] = ()
        self._zoom = ZOOMS.index(WINDOW_NS)

    def zoom(self, by: int) -> str:
        """Show less (1) or more (-1) of the session at once; return how much, or why not."""
        target = self._zoom - by
        if self._playhead is None or not 0 <= target < len(ZOOMS):
            return f"the lanes show no {'less' if by > 0 else 'more'} than {self._shown()}"
        window = window_around(self._playhead.timeline, self._playhead.t_ns, ZOOMS[target])
        starts = self._playhead.timeline.starts
        held = bisect_right(starts, window.end_ns) - bisect_left(starts, window.start_ns)
        if held > MOST:
            return f"{held:,} actions do not fit into the lanes; they show {self._shown()}"
        self._zoom = target
        self.refresh()
        return f"the lanes show {self._shown()}"

    def _shown(self) -> str:
        length = ZOOMS[self._zoom]
        return "the whole session" if length == WHOLE_NS else format_length(length)

    def open(self, scene: Scene, playhead: Playhead) -> None:
        """Show a session."""
        self._scene, self._playhead, self._drawn = scene, playhead, None
        self.refresh()

    def follow(self, playhead: Playhead) -> None:
        """Move along; draws only when the playhead comes into another column."""
        before, self._playhead = self._playhead, playhead
        if self.display and (before is None or self._place(before) != self._place(playhead)):
            self.refresh()

    def _place(self, playhead: Playhead) -> tuple[Window, int]:
        window = window_around(playhead.timeline, playhead.t_ns, ZOOMS[self._zoom])
        cells = max(self.size.width - LABEL, 1)
        return window, column_of(playhead.t_ns, window.start_ns, window.end_ns, cells)

    def draw(self, y: int) -> Line:
        """Return the ruler or a lane."""
        width, glyphs = self.size.width, glyphs_of(self)
        pieces: Line = ()
        if self._scene is not None and self._playhead is not None and width > LABEL + 1:
            window, now = self._place(self._playhead)
            self._prepare(window, width - LABEL)
            start = self._scene.timeline.start_ns
            if y == 0:
                is_timed = self._scene.analysis.session.timed
                pieces = _ruler(window, start, width - LABEL) if is_timed else _UNTIMED
            elif y <= len(self._rows):
                pieces = _lane(self._rows[y - 1], now, glyphs)
        return pieces

    def _prepare(self, window: Window, cells: int) -> None:
        if self._scene is not None and self._drawn != (window, cells):
            scene = self._scene
            self._rows = lane_rows(scene.analysis, scene.timeline, scene.marks, window, cells)
            self._drawn = (window, cells)


_UNTIMED = line(f"{'lanes':<{LABEL}}in order: nobody recorded when", tone=Tone.DIM)


def _ruler(window: Window, start_ns: int, cells: int) -> Line:
    ticks = []
    for column in range(0, cells, TICK):
        t_ns = time_of_column(column, window.start_ns, window.end_ns, cells)
        ticks.append(f"{format_offset(t_ns - start_ns):<{TICK}}")
    return line(f"{'lanes':<{LABEL}}{''.join(ticks)[:cells]}", tone=Tone.DIM)


def _lane(row: LaneRow, now: int, glyphs: Glyphs) -> Line:
    pieces = [Piece(f"{row.lane.value:<{LABEL}}", Tone.DIM)]
    for column, cell in enumerate(row.cells):
        piece = _cell(cell, glyphs)
        if column == now and cell.shape is Shape.EMPTY:
            piece = Piece(glyphs.side, Tone.STRONG)
        elif column > now and cell.mark <= Mark.FAILED:
            piece = Piece(piece.text, Tone.DIM)
        pieces.append(piece)
    return merged(pieces)


def _cell(cell: Cell, glyphs: Glyphs) -> Piece:
    if cell.mark > Mark.FAILED:
        return Piece(cell.mark.letter, mark_tone(cell.mark))
    return _signs(glyphs)[cell.shape]


@cache
def _signs(glyphs: Glyphs) -> Mapping[Shape, Piece]:
    return {
        Shape.DONE: Piece(glyphs.bar, Tone.GOOD),
        Shape.OPEN: Piece(glyphs.opened, Tone.ACCENT),
        Shape.FAILED: Piece("x", Tone.BAD),
        Shape.EXPOSED: Piece("e", Tone.ACCENT),
        Shape.USED: Piece("U", Tone.HIGH),
        Shape.EMPTY: Piece(" "),
    }
