"""The list of a session that is followed: the newest at the bottom, and nothing moves by itself
under a reader who has stopped following.
"""

from __future__ import annotations

from collections.abc import Hashable

from textual import events
from textual.geometry import Region
from textual.message import Message

from analyzer.model import Action
from analyzer.timeline import format_length
from tui.line import Line
from tui.live_lines import live_at
from tui.live_tail import LiveTail
from tui.widgets.drawn import glyphs_of
from tui.widgets.rows import RowView
from tui.words import action_row

__all__ = ["TailList"]


class TailList(RowView):
    """A virtual list over what is followed; the cursor is an action, not a row."""

    class Scrolled(Message):
        """Somebody scrolled up by hand: whoever does that reads."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.tail: LiveTail | None = None
        self.clock_ns = 0
        """Up to when open actions are told to run (ns since the epoch)."""
        self._cursor: int | None = None
        """Number of the action under the cursor."""
        self._cursor_row = 0
        """Where it stood last: there the cursor stays when it turns out to be another action."""

    @property
    def cursor(self) -> int:
        """The row of the cursor."""
        row = None if self.tail is None or self._cursor is None else self.tail.row_of(self._cursor)
        return min(self._cursor_row if row is None else row, max(self.row_count() - 1, 0))

    def top(self) -> int | None:
        """Return the number of the action in the topmost row."""
        action = None if self.tail is None else self.tail.action(round(self.scroll_offset.y))
        return None if action is None else action.id

    def grown(self, *, is_following: bool, top: int | None) -> None:
        """Show what came: the newest, or where the reader is, as it was.

        Args:
            is_following: the newest is to be seen.
            top: what stood in the topmost row before.
        """
        if self.tail is None:
            return
        place = None if top is None else self.tail.row_of(top)
        self.rows_changed()
        if is_following:
            self.put_cursor(self.tail.row_count - 1)
            # Forced: until the next layout there may be no scrollbar yet.
            self.scroll_to(y=self.tail.row_count, animate=False, immediate=True, force=True)
        elif place is not None and place != round(self.scroll_offset.y):
            self.scroll_to(y=place, animate=False, immediate=True)

    def chosen_anew(self, here: Action | None) -> None:
        """Show other rows: the cursor stays on its action, else goes to what is shown before it."""
        self.rows_changed()
        if self.tail is not None and here is not None:
            row = self.tail.row_of(here.id)
            self.put_cursor(self.tail.row_at(here.start_ns) or 0 if row is None else row)
            self.reveal(self.cursor, centre=True)

    def put_cursor(self, row: int) -> None:
        """Put the cursor on a row; scrolls nothing."""
        action = None if self.tail is None else self.tail.action(row)
        if action is not None:
            self._cursor, self._cursor_row = action.id, row
            self.refresh()

    def refresh_running(self) -> None:
        """Draw the rows again of which the time goes on."""
        if self.tail is None:
            return
        first = round(self.scroll_offset.y)
        for y in range(self.scrollable_content_region.height):
            action = self.tail.action(first + y)
            if action is not None and action.until_ns is None:
                self.refresh(Region(0, y, self.size.width, 1))

    def row_count(self) -> int:
        """Return the number of actions that are shown."""
        return 0 if self.tail is None else self.tail.row_count

    def cursor_row(self) -> int | None:
        """Return the row of the cursor."""
        return None if self._cursor is None else self.cursor

    def row_key(self, row: int) -> Hashable | None:
        """Return what is told of an action that has ended; of an open one the time goes on."""
        tail = self.tail
        action = None if tail is None else tail.action(row)
        if tail is None or action is None or action.until_ns is None:
            return None
        told = action.title, action.outcome, action.exit_code, action.reconstructed
        times = tail.start_ns, action.start_ns, action.until_ns
        signs = tail.mark(action), tail.is_marked(action.id), row == self.cursor_row()
        return action.id, told, times, signs

    def row_pieces(self, row: int, width: int) -> Line:
        """Return an action; how long it has run so far, if it is open."""
        tail = self.tail
        action = None if tail is None else tail.action(row)
        if tail is None or action is None:
            return ()
        glyphs = glyphs_of(self)
        length = None
        if action.until_ns is None:
            length = format_length(max(0, tail.now_ns(self.clock_ns) - action.start_ns))
        sign = glyphs.bookmark if tail.is_marked(action.id) else " "
        return action_row(
            action,
            live_at(tail, action.start_ns),
            tail.mark(action),
            action.title,
            width,
            glyphs,
            sign=glyphs.cursor if row == self.cursor_row() else sign,
            length=length,
        )

    def on_mouse_scroll_up(self, _event: events.MouseScrollUp) -> None:
        """Tell that somebody reads; the wheel itself is handled above."""
        self.post_message(self.Scrolled())
