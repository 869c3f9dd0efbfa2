"""Rows of safe text that cost nothing until they are seen: the base of every list and body.

A widget per row would cost seconds for ten thousand rows; this draws only what is on the screen.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import ClassVar, Protocol, cast

from rich.style import Style
from textual import events
from textual.geometry import Offset, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBarRender
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from tui.glyphs import UNICODE, Glyphs
from tui.line import Line, Tone
from tui.safe_content import as_text, to_strip, wrap

__all__ = ["BlockBar", "Drawn", "LineList", "OneLine", "RowView", "glyphs_of"]

MOST_COPIED = 20_000
"""Lines that are handed out as one text, such as to the clipboard."""
TONES = {tone.value for tone in Tone}
TONE_CSS = """
    & > .tone--normal { color: $foreground; }
    & > .tone--dim { color: $text-muted; }
    & > .tone--strong { color: $foreground; text-style: bold; }
    & > .tone--accent { color: $accent; }
    & > .tone--critical { color: $error; text-style: bold; }
    & > .tone--high { color: $warning; text-style: bold; }
    & > .tone--medium { color: $warning; }
    & > .tone--low { color: $secondary; }
    & > .tone--bad { color: $error; }
    & > .tone--good { color: $success; }
    & > .tone--made-up { color: $secondary; text-style: italic; }
"""


class BlockBar(ScrollBarRender):
    """A scrollbar in whole cells of colour, without the signs that draw parts of a cell."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8


class HasGlyphs(Protocol):
    """An app that has chosen its signs."""

    glyphs: Glyphs


def glyphs_of(widget: Widget) -> Glyphs:
    """Return the signs that the app draws with."""
    return cast("HasGlyphs", widget.app).glyphs if hasattr(widget.app, "glyphs") else UNICODE


class Drawn(Widget):
    """A widget that draws its own rows in the tones; no markup, no renderables."""

    COMPONENT_CLASSES: ClassVar[set[str]] = TONES
    DEFAULT_CSS = f"Drawn {{ width: 1fr; {TONE_CSS} }}"

    def draw(self, y: int) -> Line:
        """Return what a row shows."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Draw a row, cut or filled to the width."""
        return to_strip(self.draw(y), self.size.width, self._tone_style, glyphs_of(self))

    def _tone_style(self, tone: Tone) -> Style:
        return self.get_component_rich_style(tone.value)


class OneLine(Drawn):
    """A single row, cut to the width."""

    DEFAULT_CSS = "OneLine { height: 1; }"

    def __init__(self, content: Line = (), *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._content = content

    @property
    def content_line(self) -> Line:
        """What it shows."""
        return self._content

    def show(self, content: Line) -> None:
        """Show something else."""
        if content != self._content:
            self._content = content
            self.refresh()

    def draw(self, y: int) -> Line:
        """Return the row."""
        return self._content if y == 0 else ()


class RowView(ScrollView, inherit_bindings=False):
    """A scrolling view over rows that a subclass can name one by one, with or without a cursor.

    It binds no keys: the screens do, from the table of actions.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = TONES | {"row--cursor"}
    DEFAULT_CSS = f"""
    RowView {{
        scrollbar-gutter: stable; scrollbar-size-vertical: 1; overflow-x: hidden;
        & > .row--cursor {{ background: $boost; text-style: bold; }}
        &:focus > .row--cursor {{ background: $block-cursor-blurred-background; }}
        {TONE_CSS}
    }}
    """
    can_focus = True
    shift = 0
    """Cells that the rows are moved to the left, so that their ends can be seen."""
    crops = True
    """False where the rows themselves know what to leave out."""

    class Picked(Message):
        """A row was clicked."""

        def __init__(self, view: RowView, row: int, *, twice: bool) -> None:
            super().__init__()
            self.view = view
            self.row = row
            self.twice = twice

        @property
        def control(self) -> RowView:
            """The view, for `@on` selectors."""
            return self.view

    def row_count(self) -> int:
        """Return how many rows there are."""
        raise NotImplementedError

    def row_pieces(self, row: int, width: int) -> Line:
        """Return what a row shows; called only for rows on the screen."""
        raise NotImplementedError

    def cursor_row(self) -> int | None:
        """Return the row of the cursor, None where there is none."""
        return None

    def is_at_cursor(self, row: int) -> bool:
        """Tell whether a row is drawn as the cursor's."""
        return row == self.cursor_row()

    @property
    def row_width(self) -> int:
        """Cells of a row: without the scrollbar, which would hide the last column."""
        return int(self.scrollable_content_region.width)

    def rows_changed(self) -> None:
        """Say that there are other rows, or more of them."""
        self.virtual_size = Size(self.row_width, self.row_count())
        self.refresh()

    def reveal(self, row: int, *, centre: bool = False) -> None:
        """Scroll until a row can be seen; jumps go to the middle, small steps stay calm."""
        height = self.scrollable_content_region.height
        top = round(self.scroll_offset.y)
        if centre or not top <= row < top + height:
            near = top - 1 <= row <= top + height
            if near and not centre:
                top = row if row < top else row - height + 1
            else:
                top = row - height // 2
            self.scroll_to(y=max(0, top), animate=False, immediate=True)

    def scroll_rows(self, by: int) -> None:
        """Scroll by rows, at once."""
        self.scroll_to(y=self.scroll_offset.y + by, animate=False, immediate=True)

    def shift_by(self, halves: int) -> None:
        """Move the rows to the left (1) or back (-1) by half of the width."""
        self.shift = max(0, self.shift + halves * max(self.row_width // 2, 1))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one row of the window."""
        row = round(self.scroll_offset.y) + y
        width, shift = self.row_width, self.shift if self.crops else 0
        glyphs = glyphs_of(self)
        if row >= self.row_count():
            return to_strip((), width, self._tone_style, glyphs)
        base = self._cursor_style() if self.is_at_cursor(row) else None
        pieces = self.row_pieces(row, width)
        strip = to_strip(pieces, width + shift, self._tone_style, glyphs, base=base)
        shown = self._selected(strip, row).crop(shift, shift + width)
        return shown.apply_offsets(shift, row)

    def _tone_style(self, tone: Tone) -> Style:
        # Never None: a segment without a style crashes the NO_COLOR filter.
        return self.get_component_rich_style(tone.value)

    def _cursor_style(self) -> Style:
        full = self.get_component_rich_style("row--cursor")
        # Only the ground: the tones keep their colour, so that severity stays readable.
        return Style(bgcolor=full.bgcolor, bold=full.bold)

    def _selected(self, strip: Strip, row: int) -> Strip:
        selection = self.text_selection
        span = selection.get_span(row) if selection is not None else None
        if span is None:
            return strip
        start, end = span
        end = strip.cell_length if end == -1 else min(end, strip.cell_length)
        chosen = self.screen.get_component_rich_style("screen--selection")
        parts = strip.divide([start, end, strip.cell_length])
        styled = [part.apply_style(chosen) if i == 1 else part for i, part in enumerate(parts)]
        return Strip.join(styled)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text under a mouse selection; only the rows that it covers are made."""
        last = self.row_count() - 1
        first = selection.start.y if selection.start else 0
        end = min(selection.end.y if selection.end else last, last)
        glyphs, width = glyphs_of(self), self.row_width
        rows = [as_text(self.row_pieces(row, width), glyphs) for row in range(first, end + 1)]
        start = Offset(selection.start.x, 0) if selection.start else None
        stop = Offset(selection.end.x, end - first) if selection.end else None
        return Selection(start, stop).extract("\n".join(rows)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Paint a changed selection."""
        del selection
        self.refresh()

    def on_mount(self) -> None:
        """Draw the scrollbar in spaces where there is only ASCII."""
        if glyphs_of(self).ascii:
            self.vertical_scrollbar.renderer = BlockBar  # type: ignore[misc]  # as Textual says

    def on_resize(self, _event: events.Resize) -> None:
        """Fit the rows to the new width, and keep the cursor where it can be seen."""
        self.rows_changed()
        row = self.cursor_row()
        if row is not None and self.scrollable_content_region.height > 0:
            self.reveal(row)

    def on_click(self, event: events.Click) -> None:
        """Tell which row was clicked."""
        row = round(self.scroll_offset.y) + event.y
        if event.button == 1 and 0 <= row < self.row_count():
            self.post_message(self.Picked(self, row, twice=event.chain > 1))


class LineList(RowView):
    """Rows made of lines: a body that wraps, or a list with a cursor, which wraps where asked."""

    def __init__(
        self,
        *,
        id: str,  # noqa: A002
        has_cursor: bool = False,
        is_quiet: bool = False,
        indent: int = 2,
    ) -> None:
        """Make an empty list; a quiet one shows its cursor only while it has the keys."""
        super().__init__(id=id)
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
