"""Rows of safe text that cost nothing until they are seen: the base of every list and body.

A widget per row would cost seconds for ten thousand rows; this draws only what is on the screen.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.geometry import Offset, Size
from textual.message import Message
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBarRender
from textual.selection import Selection
from textual.strip import Strip

from tui.line import Line, Tone
from tui.safe_content import as_text, to_strip
from tui.widgets.drawn import glyphs_of, tone_style

__all__ = ["BlockBar", "RowView"]

KEPT_STRIPS = 500
"""Drawn rows that are kept: what one scrolls through and back."""
THUMB_STEPS = 8
"""Parts of a cell by which a scrollbar's thumb moves."""


class BlockBar(ScrollBarRender):
    """A scrollbar in whole cells of colour, without the signs that draw parts of a cell."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8


class RowView(ScrollView, inherit_bindings=False):
    """A scrolling view over rows that a subclass can name one by one, with or without a cursor.

    It binds no keys: the screens do, from the table of actions.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row--cursor"}
    DEFAULT_CSS = """
    RowView {
        scrollbar-gutter: stable; scrollbar-size-vertical: 1; overflow-x: hidden;
        & > .row--cursor { background: $boost; text-style: bold; }
        &:focus > .row--cursor { background: $block-cursor-blurred-background; }
    }
    """
    can_focus = True
    virtual_size = Reactive(Size(0, 0))
    """Textual lays the whole screen out anew where it changes: here only the scrollbar can."""
    shift = 0
    """Cells that the rows are moved to the left, so that their ends can be seen."""
    crops = True
    """False where the rows themselves know what to leave out."""

    def __init__(self, *, id: str, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._strips: dict[Hashable, Strip] = {}
        """Rows as they were drawn."""
        self._tones: dict[Tone, Style] = {}

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

    def row_key(self, row: int) -> Hashable | None:
        """Return all that the row's looks depend on, so that it need not be drawn again; None where
        that is not known.
        """
        del row
        return None

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
        count = self.row_count()
        self.virtual_size = Size(self.row_width, count)
        has_bar = count > self.container_size.height
        if has_bar != self.show_vertical_scrollbar:
            self.show_vertical_scrollbar = self.vertical_scrollbar.display = has_bar
        if has_bar:
            self.vertical_scrollbar.window_virtual_size = count
        self.scroll_y = self.validate_scroll_y(self.scroll_y)
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw what is scrolled to; the scrollbar only where its thumb stands elsewhere then.

        Textual draws the whole of it at every row, half of a frame while a long session plays.
        """
        last = self.max_scroll_y
        step = last / (THUMB_STEPS * max(self.size.height, 1))
        is_far = step > 1 and new_value < last
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.position = new_value // step * step if is_far else new_value
        if round(old_value) != round(new_value):
            self.refresh(self.size.region)

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
        """Draw one row of the window, or take it as it was drawn before."""
        row = round(self.scroll_offset.y) + y
        if row >= self.row_count():
            return to_strip((), self.row_width, self._tone_style, glyphs_of(self))
        looks = self.row_key(row)
        if looks is None or self.text_selection is not None:
            return self._drawn(row)
        key = (row, self.row_width, self.shift, looks)
        strip = self._strips.get(key)
        if strip is None:
            if len(self._strips) >= KEPT_STRIPS:
                self._strips.clear()
            strip = self._strips[key] = self._drawn(row)
        return strip

    def _drawn(self, row: int) -> Strip:
        width, shift = self.row_width, self.shift if self.crops else 0
        base = self._cursor_style() if self.is_at_cursor(row) else None
        pieces = self.row_pieces(row, width)
        strip = to_strip(pieces, width + shift, self._tone_style, glyphs_of(self), base=base)
        shown = self._selected(strip, row).crop(shift, shift + width)
        return shown.apply_offsets(shift, row)

    def notify_style_update(self) -> None:
        """Draw everything again: it looks otherwise now."""
        self._strips.clear()
        self._tones.clear()
        super().notify_style_update()

    def _tone_style(self, tone: Tone) -> Style:
        # Never None: a segment without a style crashes the NO_COLOR filter.
        style = self._tones.get(tone)
        if style is None:
            style = self._tones[tone] = tone_style(self, tone)
        return style

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
