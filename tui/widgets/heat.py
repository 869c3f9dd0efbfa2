"""The whole session in two rows: how much happened when, and where findings and the playhead are.

Click or drag seeks; a click on a marker goes to what it stands for.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from textual import events
from textual.message import Message

from analyzer.timeline import (
    IDLE_NS,
    Bucket,
    Mark,
    buckets,
    column_of,
    stop_columns,
    time_of_column,
)
from tui.glyphs import Glyphs
from tui.line import Line, Piece, Tone, mark_tone, merged
from tui.playhead import Playhead
from tui.scene import Scene
from tui.widgets.drawn import Drawn, glyphs_of

__all__ = ["Heat", "density_line", "marker_line"]


class Heat(Drawn):
    """Density strip and marker row of one session."""

    DEFAULT_CSS = "Heat { height: 2; }"

    class Sought(Message):
        """Somebody pointed at a moment (ns since the epoch)."""

        def __init__(self, t_ns: int, *, is_drag: bool, row: int | None = None) -> None:
            super().__init__()
            self.t_ns = t_ns
            self.is_drag = is_drag
            """The button has been down since an earlier one."""
            self.row = row
            """The action that a marker stands on, where one was pointed at."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._scene: Scene | None = None
        self._playhead: Playhead | None = None
        self._buckets: tuple[Bucket, ...] = ()
        self._stops: Mapping[int, Mark] = {}
        self._idle: set[int] = set()
        self._dragging = False
        self._bookmarks: tuple[int, ...] = ()

    def open(self, scene: Scene, playhead: Playhead | None = None) -> None:
        """Show a session; without a playhead the whole of it is past."""
        self._scene, self._playhead = scene, playhead
        self._measure()
        self.refresh()

    def follow(self, playhead: Playhead) -> None:
        """Move the playhead; draws only when it comes into another column."""
        before, self._playhead = self._playhead, playhead
        if before is None or self._column(before) != self._column(playhead):
            self.refresh()

    def bookmark(self, rows: Sequence[int]) -> None:
        """Show where somebody set bookmarks."""
        self._bookmarks = tuple(rows)
        self.refresh()

    def _bookmark_columns(self, scene: Scene, width: int) -> set[int]:
        line = scene.timeline
        span = (line.start_ns, line.end_ns, width)
        return {column_of(line.starts[row], *span) for row in self._bookmarks}

    def _measure(self) -> None:
        width = self.size.width
        if self._scene is not None and width > 0:
            self._buckets = buckets(self._scene.timeline, self._scene.marks, width)
            self._stops = stop_columns(self._scene.analysis, self._scene.timeline, width)
            self._idle = _idle_columns(self._scene, width)

    def _column(self, playhead: Playhead) -> int:
        line = playhead.timeline
        return column_of(playhead.t_ns, line.start_ns, line.end_ns, max(self.size.width, 1))

    def on_resize(self, _event: events.Resize) -> None:
        """Bin again for the new width."""
        self._measure()
        self.refresh()

    def draw(self, y: int) -> Line:
        """Return the strip or the markers."""
        width, glyphs = self.size.width, glyphs_of(self)
        pieces: Line = ()
        if self._scene is not None and len(self._buckets) == width:
            now = self._column(self._playhead) if self._playhead else None
            if y == 0:
                pieces = density_line(self._buckets, now, glyphs)
            else:
                marked = self._bookmark_columns(self._scene, width)
                pieces = marker_line(width, self._stops, self._idle, now, glyphs, marked)
        return pieces

    def _seek(self, x: int, *, is_drag: bool = False, is_marker: bool = False) -> None:
        if self._scene is not None and self.size.width > 0:
            line = self._scene.timeline
            column = max(0, min(x, self.size.width - 1))
            t_ns = time_of_column(column, line.start_ns, line.end_ns, self.size.width)
            marked = self._marked_at(self._scene, column) if is_marker else None
            t_ns, row = (t_ns, None) if marked is None else marked
            self.post_message(self.Sought(t_ns, is_drag=is_drag, row=row))

    def _marked_at(self, scene: Scene, column: int) -> tuple[int, int] | None:
        """Return moment (ns) and row of what a column's marker stands for, worst finding first.

        A column of a long session is minutes wide: its own moment lies before what it marks.
        """
        line, width = scene.timeline, self.size.width
        span = (line.start_ns, line.end_ns, width)
        if column in self._stops:
            due = [f for f in scene.analysis.findings if column_of(f.t_ns, *span) == column]
            worst = max(due, key=lambda finding: finding.severity)
            return worst.t_ns, scene.row_of.get(worst.action, -1)
        for row in self._bookmarks:
            if column_of(line.starts[row], *span) == column:
                return line.starts[row], row
        return None

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Seek, and keep seeking while the button is down."""
        if event.button == 1:
            self._dragging = True
            self.capture_mouse()
            self._seek(event.x, is_marker=event.y == 1)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Seek along."""
        if self._dragging:
            self._seek(event.x, is_drag=True)

    def on_mouse_up(self, _event: events.MouseUp) -> None:
        """Let go."""
        self._dragging = False
        self.release_mouse()


def density_line(cells: Sequence[Bucket], now: int | None, glyphs: Glyphs) -> Line:
    """Return the strip: height is how much began, colour is the worst of it, dim is the future."""
    most = max((bucket.count for bucket in cells), default=0)
    top = len(glyphs.density)
    pieces = []
    for column, bucket in enumerate(cells):
        level = -(-bucket.count * top // most) if most else 0
        sign = glyphs.density[level - 1] if level else " "
        tone = Tone.GOOD if bucket.worst is Mark.NONE else mark_tone(bucket.worst)
        pieces.append(Piece(sign, Tone.DIM if now is not None and column > now else tone))
    return merged(pieces)


def marker_line(
    width: int,
    stops: Mapping[int, Mark],
    idle: set[int],
    now: int | None,
    glyphs: Glyphs,
    bookmarks: Container[int] = (),
) -> Line:
    """Return the markers: idle stretches, bookmarks, findings, the playhead over all."""
    pieces = []
    for column in range(width):
        piece = Piece("~" if column in idle else "·", Tone.DIM)
        if column in bookmarks:
            piece = Piece(glyphs.bookmark, Tone.ACCENT)
        if column in stops:
            piece = Piece(glyphs.finding, mark_tone(stops[column]))
        if column == now:
            piece = Piece(
                glyphs.playhead, mark_tone(stops[column]) if column in stops else Tone.STRONG
            )
        ascii_dot = glyphs.ascii and piece.text == "·"
        pieces.append(Piece(".", Tone.DIM) if ascii_dot else piece)
    return merged(pieces)


def _idle_columns(scene: Scene, width: int) -> set[int]:
    """Return the columns that lie wholly in what a replay skips."""
    line = scene.timeline
    span = (line.start_ns, line.end_ns, width)
    columns: set[int] = set()
    for gap in line.gaps:
        first = column_of(gap.start_ns + IDLE_NS, *span) + 1
        columns.update(range(first, column_of(gap.end_ns, *span)))
    return columns
