"""Values that change over time, for any moment: going back costs what going forward does.

What only grows or only counts is a bisection. A map whose entries come, change and go is a fold
over its writes with checkpoints; these lie as far apart as the map is large, so that all of them
together hold no more than a few times the writes, however long the session.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from types import NoneType
from typing import cast

from analyzer.columns import few, numbers

__all__ = ["CHECKPOINT_EVERY", "FirstSeen", "Latest", "Total", "VersionedMap"]

CHECKPOINT_EVERY = 256
"""Writes between two checkpoints of a map that holds fewer entries than that."""


class Total:
    """A number that is added to."""

    def __init__(self, additions: Iterable[tuple[int, int]]) -> None:
        """Take (moment in ns, amount), in any order."""
        ordered = sorted(additions)
        self._times = numbers(t_ns for t_ns, _ in ordered)
        self._sums = numbers([0, *accumulate(amount for _, amount in ordered)])

    def at(self, t_ns: int) -> int:
        """Return the total at a moment, with what came at that very moment."""
        return self._sums[bisect_right(self._times, t_ns)]


class Latest[V]:
    """A value of which only the newest counts."""

    def __init__(self, values: Iterable[tuple[int, V]], first: V) -> None:
        """Take (moment in ns, value) in order of time, and the value before them."""
        pairs = list(values)
        self._times = [t_ns for t_ns, _ in pairs]
        self._values = [first, *(value for _, value in pairs)]

    def at(self, t_ns: int) -> V:
        """Return the value at a moment."""
        return self._values[bisect_right(self._times, t_ns)]


class FirstSeen[V]:
    """Things that stay once they are seen."""

    def __init__(
        self, seen: Iterable[tuple[int, V]], same: Callable[[V], object] | None = None
    ) -> None:
        """Take (moment in ns, thing) in order of time, each as often as it was seen.

        Args:
            seen: the moments and things.
            same: what two things are one by; default: that they are equal.
        """
        first: dict[object, tuple[int, V]] = {}
        for t_ns, thing in seen:
            first.setdefault(thing if same is None else same(thing), (t_ns, thing))
        self._things = tuple(thing for _, thing in first.values())
        self._times = numbers(t_ns for t_ns, _ in first.values())

    def at(self, t_ns: int) -> tuple[V, ...]:
        """Return what was seen up to a moment, in the order in which it was."""
        return self._things[: bisect_right(self._times, t_ns)]


class VersionedMap[K, V]:
    """A map whose entries come, change and go."""

    def __init__(self, writes: Sequence[tuple[int, K, V | None]]) -> None:
        """Take (moment in ns, key, value; None removes it), in order of time."""
        self._times = numbers(t_ns for t_ns, _, _ in writes)
        self._keys = _packed([key for _, key, _ in writes])
        self._values = _packed([value for _, _, value in writes])
        self._marks = [0]
        self._checkpoints: list[Mapping[K, V]] = [{}]
        entries: dict[K, V] = {}
        since = 0
        for number, (_, key, value) in enumerate(writes, start=1):
            _apply(entries, key, value)
            since += 1
            if since >= CHECKPOINT_EVERY and since >= len(entries):
                self._marks.append(number)
                self._checkpoints.append(dict(entries))
                since = 0

    def at(self, t_ns: int) -> dict[K, V]:
        """Return the map at a moment, with all that was written at that very moment."""
        count = bisect_right(self._times, t_ns)
        number = bisect_right(self._marks, count) - 1
        entries = dict(self._checkpoints[number])
        for write in range(self._marks[number], count):
            _apply(entries, self._keys[write], self._values[write])
        return entries


def _packed[T](values: Sequence[T]) -> Sequence[T]:
    """Return numbers and what there is little of, as fingerprints and yes or no, in little room."""
    kinds = {*map(type, values)}
    if kinds == {int}:
        return cast("Sequence[T]", numbers(cast("Sequence[int]", values)))
    # Of one kind, since what is equal across them, as 1 and True, would become one.
    return few(values) if kinds <= {str} or kinds <= {bool, NoneType} else values


def _apply[K, V](entries: dict[K, V], key: K, value: V | None) -> None:
    if value is None:
        entries.pop(key, None)
    else:
        entries[key] = value
