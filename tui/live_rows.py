"""Actions in the order of a list that grows: found, put in and taken out by bisection.

Pure. A list of this kind holds no actions, only where each stands in time.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable

__all__ = ["Key", "Rows"]

type Key = tuple[int, int]
"""Start (ns since the epoch) and number of an action: its place in the list."""


class Rows:
    """Some of a session's actions, in order of time."""

    def __init__(self, keys: Iterable[Key] = ()) -> None:
        self._keys = sorted(keys)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._keys)

    def __getitem__(self, row: int) -> Key:
        """Return which action stands in a row."""
        return self._keys[row]

    def add(self, key: Key) -> None:
        """Put an action in, unless it is there."""
        if key not in self._keys[-1:] and self.row_of(key) is None:
            insort(self._keys, key)

    def discard(self, key: Key) -> None:
        """Take an action out, if it is there."""
        row = self.row_of(key)
        if row is not None:
            del self._keys[row]

    def put(self, key: Key, *, is_in: bool) -> None:
        """Put an action in, or take it out."""
        if is_in:
            self.add(key)
        else:
            self.discard(key)

    def row_of(self, key: Key) -> int | None:
        """Return where an action stands; None if it does not."""
        row = bisect_left(self._keys, key)
        return row if row < len(self._keys) and self._keys[row] == key else None

    def beside(self, key: Key, by: int) -> Key | None:
        """Return the action after (1) or before (-1) a place, whether or not one stands there."""
        row = bisect_right(self._keys, key) if by > 0 else bisect_left(self._keys, key) - 1
        return self._keys[row] if 0 <= row < len(self._keys) else None

    def begun(self, t_ns: int) -> int:
        """Return the row of the newest that had begun at a moment (ns); -1 before the first."""
        return bisect_left(self._keys, (t_ns + 1, 0)) - 1
