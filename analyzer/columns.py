"""Columns of numbers of a long session: eight bytes each, where a tuple takes forty.

They look like any sequence, so whoever bisects or slices them does not know.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

__all__ = ["Few", "RowOf", "few", "numbers"]

MOST_CODES = 255


def numbers(values: Iterable[int]) -> Sequence[int]:
    """Return whole numbers in as little room as they fit in."""
    found = list(values)
    if len(found) > 1 and found[1] != found[0]:
        # What grows evenly, as counts do, is its own rule.
        evenly = range(found[0], found[0] + len(found) * (found[1] - found[0]), found[1] - found[0])
        if found == list(evenly):
            return evenly
    try:
        return array("q", found)
    except OverflowError:
        # No clock tells such a time, but a recording may say anything.
        return found


def few[T](values: Iterable[T]) -> Sequence[T]:
    """Return a column in a byte each where there are few different values, as marks and lanes."""
    found = tuple(values)
    codes: dict[T, int] = {}
    for value in found:
        if codes.setdefault(value, len(codes)) > MOST_CODES:
            return found
    return Few(bytes(map(codes.__getitem__, found)), tuple(codes))


@dataclass(frozen=True, slots=True)
class Few[T](Sequence[T]):
    """A column of few different values."""

    codes: bytes
    table: tuple[T, ...]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.codes)

    @overload
    def __getitem__(self, row: int) -> T: ...
    @overload
    def __getitem__(self, row: slice) -> Few[T]: ...
    def __getitem__(self, row: int | slice) -> T | Few[T]:
        """Return the value of a row, or the column of some rows."""
        if isinstance(row, slice):
            return Few(self.codes[row], self.table)
        return self.table[self.codes[row]]

    def __iter__(self) -> Iterator[T]:
        """Yield the values."""
        return map(self.table.__getitem__, self.codes)


class RowOf(Mapping[int, int]):
    """Which row of a list a number stands in; every number once."""

    def __init__(self, ids: Iterable[int]) -> None:
        """Take the numbers in the order of their rows."""
        known = list(ids)
        order = sorted(range(len(known)), key=known.__getitem__)
        self._ids = numbers(known[row] for row in order)
        self._rows = numbers(order)

    def __getitem__(self, number: int) -> int:
        """Return the row of a number.

        Raises:
            KeyError: it is in none.
        """
        place = bisect_left(self._ids, number)
        if place == len(self._ids) or self._ids[place] != number:
            raise KeyError(number)
        return self._rows[place]

    def __iter__(self) -> Iterator[int]:
        """Yield the numbers, the smallest first."""
        return iter(self._ids)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._ids)
