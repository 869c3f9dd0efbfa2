"""Which row of a list holds what: actions, and the idle gaps between them.

Pure. It holds no entry per action, so that a list of a million opens at once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

__all__ = ["Places"]


class Places:
    """The order in which a session's actions stand in a list."""

    def __init__(self, count: int, idle: Sequence[int], kept: Sequence[int] | None = None) -> None:
        """Lay out a session.

        Args:
            count: number of actions.
            idle: rows that an idle gap stands before, ascending.
            kept: rows that are shown, ascending; None shows all, and the gaps between them. (Where
                rows are hidden, a gap before a row may not be one between two that are shown.)
        """
        self._kept = range(count) if kept is None else kept
        self._idle = [row for row in idle if row] if kept is None else []
        self._gaps = [row + number for number, row in enumerate(self._idle)]
        """Places of the gaps."""

    def __len__(self) -> int:
        """Return how many actions and gaps are shown."""
        return len(self._kept) + len(self._gaps)

    def entry(self, place: int) -> int:
        """Return the action that stands in a place, or minus the one that the gap is before."""
        before = bisect_right(self._gaps, place)
        if before and self._gaps[before - 1] == place:
            return -self._idle[before - 1]
        return self._kept[place - before]

    def place_of(self, row: int) -> int:
        """Return the place of an action; of the one shown before it if it is hidden, or -1."""
        shown = bisect_right(self._kept, row) - 1
        return shown + bisect_right(self._idle, row)

    def shows(self, row: int) -> bool:
        """Tell whether an action is shown."""
        shown = bisect_right(self._kept, row) - 1
        return shown >= 0 and self._kept[shown] == row
