"""The tabs over the body of an action."""

from __future__ import annotations

from enum import StrEnum

from tui.line import Line, Piece, Tone, line

__all__ = ["Tab", "tab_at", "tab_line"]

GAP = " | "


class Tab(StrEnum):
    """A way to look at an action."""

    BODY = "Body"
    """The account of it: what it is, what is held against it, its values."""
    TREE = "Tree"
    """Its values as a tree of JSON."""
    RAW = "Raw"
    """The recorded bytes of its values."""
    SPAN = "Span"
    """Its identities, times and witnesses, and every attribute."""
    DIFF = "Diff"
    """What it changes in a file."""

    def beside(self, by: int) -> Tab:
        """Return the next (1) or previous (-1) tab; after the last comes the first."""
        tabs = list(Tab)
        return tabs[(tabs.index(self) + by) % len(tabs)]


def tab_line(chosen: Tab, note: str) -> Line:
    """Return the row of tabs with the chosen one marked, and a note behind them."""
    pieces: list[Piece] = []
    for tab in Tab:
        pieces.append(Piece(GAP if pieces else "", Tone.DIM))
        # Marked by a sign too: colour alone says nothing to some.
        shown = f"[{tab.value}]" if tab is chosen else tab.value
        pieces.append(Piece(shown, Tone.ACCENT if tab is chosen else Tone.DIM))
    return line(*pieces, Piece(f"   {note}" if note else "", Tone.DIM))


def tab_at(chosen: Tab, column: int) -> Tab | None:
    """Return the tab that stands in a column, None beside them."""
    left = 0
    for tab in Tab:
        right = left + len(tab.value) + (2 if tab is chosen else 0)
        if left <= column < right:
            return tab
        left = right + len(GAP)
    return None
