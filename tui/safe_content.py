"""The one door from recorded text to the screen: makes it safe, cuts it to cells, gives it a style.

No other module of `tui` builds a `Segment`, `Strip`, `Content` or `Text`. There is no markup here:
what an agent wrote can neither style, nor click, nor steer the terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.strip import Strip

from recorder.safe_text import safe_text, shorten_seals
from tui.glyphs import SPELLED, Glyphs
from tui.line import Line, Piece, Tone

__all__ = ["MAX_CELLS", "as_text", "fit", "label", "safe", "to_strip", "width_of", "wrap"]

MAX_CELLS = 2_000
"""A row is cut here before anything measures it: one recorded line can be megabytes long."""
type StyleOf = Callable[[Tone], Style]


def safe(text: str, glyphs: Glyphs) -> str:
    """Return one row of harmless text, cut at `MAX_CELLS` characters; seals are shortened."""
    if len(text) <= MAX_CELLS and text.isascii() and text.isprintable():
        return text  # Most of what is drawn: nothing of it can do harm, nor be a seal.
    cut = f" {glyphs.cut} {len(text) - MAX_CELLS:,} more" if len(text) > MAX_CELLS else ""
    shown = safe_text(shorten_seals(text[:MAX_CELLS])) + cut
    if not glyphs.ascii:
        return shown
    return shown.translate(SPELLED).encode("ascii", "backslashreplace").decode()


def width_of(text: str, glyphs: Glyphs) -> int:
    """Return how many cells a text takes once it is safe."""
    return cell_len(safe(text, glyphs))


def fit(text: str, width: int, glyphs: Glyphs) -> str:
    """Return safe text of exactly `width` cells: padded, or cut with a sign that says so."""
    text = safe(text, glyphs)
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + glyphs.cut


def to_strip(
    pieces: Line, width: int, style_of: StyleOf, glyphs: Glyphs, *, base: Style | None = None
) -> Strip:
    """Return a row of exactly `width` cells.

    Args:
        pieces: what to draw.
        width: cells.
        style_of: the widget's styles.
        glyphs: the signs in use; ASCII escapes everything else.
        base: style of the row as a whole (the cursor's), over the tones' own.
    """
    ground = base or style_of(Tone.NORMAL)
    segments = []
    for text, tone in _within(pieces, width, glyphs):
        # A segment without a style crashes Textual's NO_COLOR filter.
        style = style_of(tone) + base if base else style_of(tone)
        segments.append(Segment(text, style))
    return Strip(segments).adjust_cell_length(max(width, 0), ground)


def _within(pieces: Line, width: int, glyphs: Glyphs) -> Iterator[Piece]:
    left = width
    for position, piece in enumerate(pieces):
        text = safe(piece.text, glyphs)
        size = cell_len(text)
        more = size == left and any(rest.text.strip() for rest in pieces[position + 1 :])
        if size > left or more:
            yield Piece(fit(text + " " * more, left, glyphs), piece.tone)
            return
        left -= size
        yield Piece(text, piece.tone)


def wrap(pieces: Line, width: int, glyphs: Glyphs, *, indent: int = 0) -> list[Line]:
    """Return a line broken into rows of at most `width` cells; later rows are indented."""
    if sum(width_of(piece.text, glyphs) for piece in pieces) <= width:
        return [pieces]
    rows: list[list[Piece]] = [[]]
    used = 0
    for word in _words(pieces, glyphs):
        for text in _parts(word.text, max(width - indent, 1)):
            if used + cell_len(text) > width and used > indent:
                rows.append([Piece(" " * indent)] if indent else [])
                used = indent
                text = text.lstrip(" ")  # noqa: PLW2901
            if text:
                rows[-1].append(Piece(text, word.tone))
                used += cell_len(text)
    return [tuple(row) for row in rows]


def _words(pieces: Line, glyphs: Glyphs) -> Iterator[Piece]:
    for text, tone in pieces:
        start = 0
        shown = safe(text, glyphs)
        for index, char in enumerate(shown):
            if char == " " and index > start and shown[index - 1] != " ":
                yield Piece(shown[start:index], tone)
                start = index
        if start < len(shown):
            yield Piece(shown[start:], tone)


def _parts(text: str, width: int) -> list[str]:
    return [text] if cell_len(text) <= width else chop_cells(text, width)


def label(text: str, glyphs: Glyphs) -> Content:
    """Return harmless text for a part of Textual's own that would read a string as markup."""
    return Content(safe(text, glyphs))


def as_text(pieces: Line, glyphs: Glyphs) -> str:
    """Return a line as harmless plain text, for pipes, the clipboard and tests."""
    return "".join(safe(piece.text, glyphs) for piece in pieces)
