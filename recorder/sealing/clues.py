"""Look closely only where a clue says that something may stand.

Exact patterns in `re` read a few megabytes a second each, and there are hundreds. So all of their
clues are looked for in one pass (`recorder.sealing.prefilter`), and each exact search sees only the
surroundings of its own clues.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from recorder.sealing.offsets import in_characters
from recorder.sealing.prefilter import Expression, Prefilter
from recorder.sealing.spans import SecretSpan

__all__ = ["Clue", "Clues", "DenseClue", "Finder", "Hits", "nothing"]

type Finder = Callable[[str, int, int], Iterator[SecretSpan]]
"""Yields the secrets that begin between two characters of a text."""
type FinderAtHits = Callable[[str, list[int]], Iterator[SecretSpan]]
"""Yields the secrets at the places where a clue's hits end."""
type Hits = dict[int, list[int]]
"""Number of a clue -> the characters behind each of its hits, ascending."""


def nothing(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    """Find nothing: for a clue that is only to be seen."""
    del text, start, end
    return iter(())


@dataclass(frozen=True, slots=True)
class Clue:
    """What is looked for first, and what then looks closely."""

    trigger: str
    """Regular expression over ASCII, without look-around: it may match too much, never too
    little."""
    before: int
    """Characters before a trigger's end at which the secret's surroundings can begin."""
    after: int
    """Characters after it to which they can reach."""
    find: Finder
    ignore_case: bool = True


@dataclass(frozen=True, slots=True)
class DenseClue:
    """A clue that may stand in every line: what looks closely goes from hit to hit by itself."""

    triggers: Sequence[str]
    """Any of them: as many single words are found faster than one pattern of all."""
    find: FinderAtHits
    ignore_case: bool = True


class Clues:
    """Clues that are looked for together, the most telling ones first."""

    def __init__(self, clues: Sequence[Clue | DenseClue]) -> None:
        """Take the clues in the order in which they are to be believed."""
        self._clues = tuple(clues)
        self._prefilter = Prefilter([_expression(clue) for clue in clues])

    def prepare(self) -> None:
        """Do now what the first look would do: half a second, the first time on a machine."""
        self._prefilter.prepare()

    def look(self, text: str, raw: bytes) -> Hits:
        """Return where each clue stands in a text, that is also given in UTF-8."""
        hits = self._prefilter.ends(raw)
        return _in_characters(raw, hits) if hits and len(raw) != len(text) else hits

    def follow(self, text: str, hits: Hits) -> Iterator[SecretSpan]:
        """Yield what the clues lead to, those of one clue after those of another."""
        for number in sorted(hits):
            clue = self._clues[number]
            if isinstance(clue, DenseClue):
                yield from clue.find(text, hits[number])
                continue
            for start, end in _windows(hits[number], clue, len(text)):
                yield from clue.find(text, start, end)


def _expression(clue: Clue | DenseClue) -> Expression:
    if isinstance(clue, DenseClue):
        return Expression(tuple(clue.triggers), clue.ignore_case)
    return Expression((clue.trigger,), clue.ignore_case, clue.before + clue.after)


def _windows(ends: list[int], clue: Clue, size: int) -> Iterator[tuple[int, int]]:
    """Yield the surroundings of a clue's hits (in order), those that touch as one."""
    start, end = max(0, ends[0] - clue.before), ends[0] + clue.after
    for hit in ends[1:]:
        if hit - clue.before > end:
            yield start, min(size, end)
            start = hit - clue.before
        end = hit + clue.after
    yield start, min(size, end)


def _in_characters(raw: bytes, hits: Hits) -> Hits:
    """Return offsets in bytes as offsets in characters."""
    places = in_characters(raw, (end for ends in hits.values() for end in ends))
    return {number: [places[end] for end in ends] for number, ends in hits.items()}
