"""Rows made of lines: bodies that wrap, and lists with a cursor."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from tui.line import Line, Tone
from tui.safe_content import as_text, wrap
from tui.widgets.drawn import glyphs_of
from tui.widgets.rows import RowView

__all__ = ["LineList"]

MOST_COPIED = 20_000
"""Lines that are handed out as one text, such as to the clipboard."""


class LineList(RowView):
    """Rows made of lines: a body that wraps, or a list with a cursor, which wraps where asked."""

    def __init__(
        self,
        *,
        id: str,  # noqa: A002
        has_cursor: bool = False,
        is_quiet: bool = False,
        indent: int = 2,
        classes: str | None = None,
    ) -> None:
        """Make an empty list; a quiet one shows its cursor only while it has the keys."""
        super().__init__(id=id, classes=classes)
        self._is_quiet = is_quiet
        self._lines: Sequence[Line] = ()
        self._rows: Sequence[Line] = ()
        self._firsts: Sequence[int] = ()
        """Row that each line begins in; empty where every line is one row."""
        self._wrapped_for = -1
        self._indent = indent
        self._has_wrap = True
        self.is_wrapping = True
        """What the reader wants of lines that could wrap."""
        self.has_cursor = has_cursor
        self.cursor = 0
        """The line under the cursor."""

    def show(
        self, lines: Sequence[Line], *, keep_place: bool = False, has_wrap: bool | None = None
    ) -> None:
        """Show other lines; from the top unless the place is to be kept.

        Args:
            lines: what to show; made one by one as they are seen where they do not wrap.
            keep_place: stay where it is scrolled to.
            has_wrap: whether lines may wrap; default: only those without a cursor do.
        """
        if lines == self._lines:
            return
        self._lines = lines
        self._has_wrap = not self.has_cursor if has_wrap is None else has_wrap
        self._wrapped_for = -1
        self.cursor = max(0, min(self.cursor, len(lines) - 1))
        self.rows_changed()
        if not keep_place:
            self.shift = 0
            self.scroll_to(y=0, animate=False, immediate=True)

    @property
    def lines(self) -> Sequence[Line]:
        """What it shows, unwrapped."""
        return self._lines

    def toggle_wrap(self) -> bool:
        """Wrap what is longer than a row, or cut it; return whether it wraps now."""
        self.is_wrapping = not self.is_wrapping
        self.shift = 0
        self._wrapped_for = -1
        self.rows_changed()
        return self.is_wrapping

    def rows_changed(self) -> None:
        """Wrap for the width that there is now."""
        if self._wrapped_for != self.row_width and self.row_width > 0:
            self._wrapped_for = self.row_width
            self._rows, self._firsts = self._lines, ()
            if self._has_wrap and self.is_wrapping:
                self._wrap()
        super().rows_changed()

    def _wrap(self) -> None:
        glyphs, width = glyphs_of(self), self.row_width
        rows: list[Line] = []
        firsts: list[int] = []
        for content in self._lines:
            firsts.append(len(rows))
            rows += wrap(content, width, glyphs, indent=self._indent)
        self._rows, self._firsts = rows, firsts

    def row_count(self) -> int:
        """Return how many rows the lines take."""
        return len(self._rows)

    def row_pieces(self, row: int, width: int) -> Line:
        """Return a row as it was wrapped."""
        del width
        return self._rows[row]

    def row_in(self, tone: Tone) -> int | None:
        """Return the first row in which something has a tone."""
        found = (n for n, row in enumerate(self._rows) if any(p.tone is tone for p in row))
        return next(found, None)

    def line_of(self, row: int) -> int:
        """Return the line that a row is of."""
        return bisect_right(self._firsts, row) - 1 if self._firsts else row

    def cursor_row(self) -> int | None:
        """Return the first row of the cursor's line."""
        if not self.has_cursor:
            return None
        return self._firsts[self.cursor] if self.cursor < len(self._firsts) else self.cursor

    def is_at_cursor(self, row: int) -> bool:
        """Tell whether a row is of the cursor's line."""
        is_shown = self.has_cursor and (self.has_focus or not self._is_quiet)
        return is_shown and self.line_of(row) == self.cursor

    def move_to(self, number: int) -> None:
        """Put the cursor on a line, kept within the list."""
        self.cursor = max(0, min(number, len(self._lines) - 1))
        row = self.cursor_row()
        if row is not None:
            self.reveal(row)
        self.refresh()

    def text(self) -> str:
        """Return everything it shows as harmless plain text, of very much only the beginning."""
        shown = [as_text(self._lines[n], glyphs_of(self)).rstrip()
                 for n in range(min(len(self._lines), MOST_COPIED))]  # fmt: skip
        if len(self._lines) > MOST_COPIED:
            shown.append(f"... {len(self._lines) - MOST_COPIED:,} lines more")
        return "\n".join(shown)
