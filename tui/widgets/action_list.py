"""The list of actions: every action of the session in order of time, the future dimmed.

Between the rows stand the idle gaps, and below the newest begun action a line that says "now".
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Mapping, Sequence

from analyzer.timeline import format_length, idle_before
from tui.line import Line, Tone, line
from tui.places import Places
from tui.playhead import Playhead
from tui.scene import Scene
from tui.time_format import TimeFormat, shown_time
from tui.widgets.drawn import glyphs_of
from tui.widgets.rows import RowView
from tui.words import RowLook, row_line

__all__ = ["ActionList"]

NOW = (" now: rows below are the future ", " now: the future is hidden, H shows it ")


class ActionList(RowView):
    """A virtual list over a scene's actions; it holds row numbers, never rows."""

    crops = False

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._scene: Scene | None = None
        self._idle: Mapping[int, int] = {}
        self._places = Places(0, ())
        self._now = -1
        self._t_ns = 0
        self._ended = 0
        """How many actions have ended: when one more does, its row tells how."""
        self._skips = True
        self._cursor = -1
        self._bookmarked: frozenset[int] = frozenset()
        self._bookmarks: Sequence[int] = ()
        self.time_format = TimeFormat.SESSION
        self.hides_future = False

    def open(self, scene: Scene, playhead: Playhead) -> None:
        """Show a session."""
        self._scene = scene
        self._strips.clear()
        self._idle = idle_before(scene.timeline)
        self._places = Places(len(scene.timeline.starts), sorted(self._idle))
        self._now, self._cursor = playhead.timeline.index_at(playhead.t_ns), playhead.cursor
        self._t_ns = playhead.t_ns
        self.rows_changed()
        # Before the first layout there is no height to centre in.
        self.call_after_refresh(self._centre)

    def choose(self, kept: Sequence[int] | None) -> None:
        """Show some rows alone; None: all."""
        if self._scene is not None:
            self._places = Places(len(self._scene.timeline.starts), sorted(self._idle), kept)
            self.rows_changed()
            self._centre()

    def show_times(self, wanted: TimeFormat) -> None:
        """Show other times."""
        self.time_format = wanted
        self._strips.clear()
        self.refresh()

    def hide_future(self, hides: bool) -> None:
        """Leave out what comes after now, or show it dimmed."""
        self.hides_future = hides
        self.rows_changed()
        self._centre()

    def bookmark(self, rows: Sequence[int]) -> None:
        """Mark rows that somebody bookmarked."""
        self._bookmarked, self._bookmarks = frozenset(rows), sorted(rows)
        self._strips.clear()
        self.refresh()

    def follow(self, playhead: Playhead, *, centre: bool = False) -> None:
        """Go where the playhead is; draws nothing when the same rows stay as they are."""
        now = playhead.timeline.index_at(playhead.t_ns)
        ended = bisect_right(playhead.timeline.ends, playhead.t_ns)
        seen = (now, playhead.cursor, playhead.skip_idle, ended)
        self._t_ns = playhead.t_ns
        if seen == (self._now, self._cursor, self._skips, self._ended):
            return
        self._now, self._cursor, self._skips, self._ended = seen
        if self.hides_future:
            self.rows_changed()
        row = self.cursor_row()
        if row is not None:
            self.reveal(row, centre=centre)
        self.refresh()

    def _centre(self) -> None:
        row = self.cursor_row()
        if row is not None:
            self.reveal(row, centre=True)

    def _now_place(self) -> int:
        """Place of the "now" line: right below the newest action that has begun."""
        return self._places.place_of(self._now) + 1 if self._now >= 0 else 0

    def _entry(self, row: int) -> int | None:
        """Return what stands in a row: an action, minus an action for the gap before it, or now."""
        place = self._now_place()
        if row == place:
            return None
        return self._places.entry(row - 1 if row > place else row)

    def action_row(self, row: int) -> int | None:
        """Return the action that stands in a row of the view, None for the other lines."""
        entry = self._entry(row)
        return entry if entry is not None and entry >= 0 else None

    def row_count(self) -> int:
        """Return the number of actions, gaps, and the "now" line."""
        if not self._places:
            return 0
        return self._now_place() + 1 if self.hides_future else len(self._places) + 1

    def cursor_row(self) -> int | None:
        """Return the row of the action under the playhead."""
        if self._cursor < 0 or not self._places.shows(self._cursor):
            return None
        place = self._places.place_of(self._cursor)
        return place + 1 if place >= self._now_place() else place

    def row_key(self, row: int) -> Hashable | None:
        """Return what stands there, and how much of it is known now."""
        entry = self._entry(row)
        if self._scene is None or entry is None or entry < 0:
            return entry, self._skips, self.hides_future
        is_future = entry > self._now
        end_ns = None if is_future else self._scene.analysis.actions[entry].end_ns
        is_over = end_ns is not None and end_ns <= self._t_ns
        return entry, entry == self._cursor, is_future, is_over

    def row_pieces(self, row: int, width: int) -> Line:
        """Return an action, a gap, or the "now" line."""
        assert self._scene is not None  # noqa: S101 - there are no rows before a scene is opened
        glyphs = glyphs_of(self)
        entry = self._entry(row)
        if entry is None:
            return line(
                f"   {NOW[self.hides_future]:{glyphs.rule}^{width - 3}}",
                tone=Tone.ACCENT,
            )
        if entry < 0:
            skipped = " skipped" if self._skips else ""
            idle = format_length(self._idle[-entry])
            return line(f"    ... idle {idle}{skipped} ...", tone=Tone.DIM)
        shown = shown_time(self.time_format, self._scene, entry, self._bookmarks)
        look = RowLook(
            is_cursor=entry == self._cursor,
            is_future=entry > self._now,
            is_bookmarked=entry in self._bookmarked,
            at=f"{shown:>{self.time_format.width}}",
            skip=self.shift,
        )
        return row_line(self._scene, entry, width, glyphs, look, t_ns=self._t_ns)
