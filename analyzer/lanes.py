"""The lanes of a session within a window of time: one row per kind, one cell per column.

Pure; it says what each cell holds, not how it is drawn.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from analyzer.model import Action, Analysis, Lane, Outcome
from analyzer.timeline import SECOND, Mark, Timeline, column_of
from recorder.model import Role

__all__ = ["WINDOW_NS", "Cell", "LaneRow", "Shape", "Window", "lane_rows", "window_around"]

WINDOW_NS = 60 * SECOND
SHOWN_LANES = (Lane.USER, Lane.MODEL, Lane.TOOL, Lane.API, Lane.CREDENTIAL)


class Shape(Enum):
    """What one cell of a lane shows."""

    EMPTY = "empty"
    DONE = "done"
    OPEN = "open"
    FAILED = "failed"
    EXPOSED = "exposed"
    """A credential was seen."""
    USED = "used"
    """A credential was used against something."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of a lane."""

    shape: Shape = Shape.EMPTY
    mark: Mark = Mark.NONE


@dataclass(frozen=True, slots=True)
class LaneRow:
    """One lane within a window."""

    lane: Lane
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of the session that the lanes show."""

    start_ns: int
    end_ns: int


def window_around(timeline: Timeline, t_ns: int, length_ns: int = WINDOW_NS) -> Window:
    """Return the window that holds a moment; it moves by half its length, never with each frame."""
    if timeline.length_ns <= length_ns:
        return Window(timeline.start_ns, max(timeline.end_ns, timeline.start_ns + 1))
    half = length_ns // 2
    step = max(0, (t_ns - timeline.start_ns) // half - 1)
    start = min(timeline.start_ns + step * half, timeline.end_ns - length_ns)
    return Window(start, start + length_ns)


def lane_rows(
    analysis: Analysis, timeline: Timeline, of: Sequence[Mark], window: Window, width: int
) -> tuple[LaneRow, ...]:
    """Return the lanes' cells within a window; looks only at the actions that overlap it.

    Args:
        analysis: the session.
        timeline: its time line.
        of: its marks, from `marks`.
        window: the stretch to show.
        width: number of cells in a lane.
    """
    lanes: dict[Lane, list[Cell]] = {lane: [Cell()] * width for lane in SHOWN_LANES}
    low = bisect_left(timeline.starts, window.start_ns - timeline.longest_ns)
    high = bisect_right(timeline.starts, window.end_ns)
    earlier = timeline.unended[: bisect_left(timeline.unended, low)]
    for index in (*earlier, *range(low, high)):
        action = analysis.actions[index]
        _draw_sightings(lanes[Lane.CREDENTIAL], action, window)
        if action.lane in lanes:
            until = action.until_ns
            end = timeline.end_ns if until is None else until
            _draw_bar(lanes[action.lane], action, end, of[index], window)
    return tuple(LaneRow(lane, tuple(cells)) for lane, cells in lanes.items())


def _draw_bar(cells: list[Cell], action: Action, end_ns: int, mark: Mark, window: Window) -> None:
    if end_ns < window.start_ns or action.start_ns > window.end_ns:
        return
    span = (window.start_ns, window.end_ns, len(cells))
    first, last = column_of(action.start_ns, *span), column_of(end_ns, *span)
    shape = Shape.DONE
    if action.outcome is Outcome.OPEN:
        shape = Shape.OPEN
    elif mark is Mark.FAILED:
        shape = Shape.FAILED
    for column in range(first, last + 1):
        if cells[column].mark is Mark.NONE:
            cells[column] = Cell(shape)
    if mark > cells[first].mark and action.start_ns >= window.start_ns:
        cells[first] = Cell(shape, mark)


def _draw_sightings(cells: list[Cell], action: Action, window: Window) -> None:
    for sighting in action.sightings:
        if window.start_ns <= sighting.t_ns <= window.end_ns:
            column = column_of(sighting.t_ns, window.start_ns, window.end_ns, len(cells))
            if sighting.role is Role.USED:
                cells[column] = Cell(Shape.USED)
            elif sighting.role is not Role.COPIED and cells[column].shape is not Shape.USED:
                cells[column] = Cell(Shape.EXPOSED)
