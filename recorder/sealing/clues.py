"""Look closely only where a clue says that something may stand.

Exact patterns in `re` read a few megabytes a second each, and there are hundreds. So all of their
clues are looked for in one pass (`recorder.sealing.prefilter`), and each exact search sees only the
surroundings of its own clues. A format without letters of its own (`_` and 32 of any) makes that
pass half as fast: what it looks like is asked of each long word, once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from recorder.sealing.marks import ESCAPE, LONGEST, pieces_in
from recorder.sealing.names import NAME_WORDS
from recorder.sealing.offsets import in_characters
from recorder.sealing.prefilter import Expression, Prefilter
from recorder.sealing.spans import SecretSpan

__all__ = ["Clue", "Clues", "DenseClue", "Finder", "Hits", "WordClue", "nothing"]

BARE = 27
"""Bytes of a word without which there is nothing that has no letters of its own."""
AROUND = 60
"""Bytes before and behind such a word over which what has no letters of its own can stretch."""
SPARSE = 1000
"""Bytes of a text for each such word, from which on only what is around them is read."""
LONG = 35
"""Bytes of a word that is asked whether it is a clue."""
SLACK = 8
"""Characters behind a trigger among which an end of a line is none of the value's."""
UUID = 36
MAX_KEPT = 50_000
"""Words that are remembered."""
MAX_KEPT_BYTES = 64
"""Bytes of a word that is remembered."""

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

    trigger: str | Sequence[str]
    """Regular expression over ASCII, without look-around: it may match too much, never too
    little. Several, any of which counts, where one would begin with any of some letters: it would
    be an automaton that goes along each text, and each of them is found by letters of its own."""
    before: int
    """Characters before a trigger's end at which the secret's surroundings can begin."""
    after: int
    """Characters after it to which they can reach."""
    find: Finder
    ignore_case: bool = True
    is_bare: bool = False
    """Its trigger has no letters of its own: it slows down the search for all others, and is looked
    for by itself, where there is a word of `BARE` letters."""
    letter: str = ""
    """Stands in each match, and in few texts: its trigger is looked for in those alone."""
    is_of_line: bool = False
    """What is found ends in the line in which the trigger does: no more is read."""


@dataclass(frozen=True, slots=True)
class DenseClue:
    """A clue that may stand in every line: what looks closely goes from hit to hit by itself."""

    triggers: Sequence[str]
    """Any of them: as many single words are found faster than one pattern of all."""
    find: FinderAtHits
    ignore_case: bool = True
    common: Sequence[str] = ()
    """Plain words that are triggers too, and may well stand in every line."""
    common_needs: Callable[[bytes], bool] | None = None
    """Tells whether these can lead to anything in a text (UTF-8); None: they always can."""
    is_frequent: bool = False
    """Stands so often in texts that it is looked for by itself, even where its trigger has a part
    in common with others."""


@dataclass(frozen=True, slots=True)
class WordClue:
    """A clue that is a word: letters and digits, joined by `_` or `-`, at least `LONG` of all."""

    word: str
    """Regular expression that is searched in it."""
    before: int
    """Characters before the end of what it matches at which the secret's surroundings begin."""
    after: int
    find: Finder


class Clues:
    """Clues that are looked for together, the most telling ones first."""

    def __init__(self, clues: Sequence[Clue | DenseClue | WordClue]) -> None:
        """Take the clues in the order in which they are to be believed."""
        self._clues = tuple(clues)
        self._prefilter = Prefilter([_expression(clue) for clue in clues], NAME_WORDS)
        self._told = _Told({n: c.word for n, c in enumerate(clues) if isinstance(c, WordClue)})

    def prepare(self) -> None:
        """Do now what the first look would do: half a second, the first time on a machine."""
        self._prefilter.prepare()

    def look(
        self, text: str, raw: bytes, words: Sequence[bytes], *, are_its_own: bool = True
    ) -> Hits:
        """Return where each clue stands in a text.

        Args:
            text: what is looked through.
            raw: the same in UTF-8.
            words: its words (`recorder.sealing.marks.words_in`).
            are_its_own: they are no others; with margins (`recorder.sealing.margins`) they are
                also those of what was taken from it.
        """
        hits = self._prefilter.ends(raw)
        long = [word for word in words if len(word) >= BARE]
        if long:
            if not _is_uuid(raw):
                self._add_bare(raw, long if are_its_own else (), hits)
            self._told.add(raw, long, hits)
        return _in_characters(raw, hits) if hits and len(raw) != len(text) else hits

    def _add_bare(self, raw: bytes, words: Sequence[bytes], hits: Hits) -> None:
        """Add what has no letters of its own to a text's other hits: it is looked for around the
        text's long words, or everywhere where they stand everywhere or are not known.
        """
        # The rest of a very long word may look like the next one.
        is_sparse = 0 < len(words) * SPARSE <= len(raw)
        if not is_sparse or max(map(len, words)) >= LONGEST:
            self._prefilter.add_bare(raw, hits)
            return
        for start, end in _around(words, raw):
            self._prefilter.add_bare(raw[start:end], hits, start)

    def all_ends(self, raw: bytes) -> list[int]:
        """Return where in a text (UTF-8) clues of any kind may end, but for those that are words
        (`is_word`).
        """
        return self._prefilter.all_ends(raw)

    def is_word(self, words: Sequence[bytes]) -> bool:
        """Tell whether one of a text's words is a clue."""
        return any(len(word) >= LONG and self._told[word] for word in words)

    def follow(self, text: str, hits: Hits) -> Iterator[SecretSpan]:
        """Yield what the clues lead to, those of one clue after those of another."""
        for number in sorted(hits):
            clue = self._clues[number]
            if isinstance(clue, DenseClue):
                yield from clue.find(text, hits[number])
                continue
            windows = _lines if isinstance(clue, Clue) and clue.is_of_line else _windows
            for start, end in windows(text, hits[number], clue):
                yield from clue.find(text, start, end)


class _Told(dict[bytes, tuple[tuple[int, int], ...]]):
    """Word -> the clues that it is, and at which of its bytes each ends."""

    def __init__(self, patterns: dict[int, str]) -> None:
        self._patterns = {number: re.compile(p.encode()) for number, p in patterns.items()}

    def __missing__(self, word: bytes) -> tuple[tuple[int, int], ...]:
        told: tuple[tuple[int, int], ...] = ()
        if b"_" in word or b"-" in word:
            told = tuple(
                (number, match.end())
                for number, pattern in self._patterns.items()
                for match in pattern.finditer(word)
            )
        if len(word) <= MAX_KEPT_BYTES:
            if len(self) >= MAX_KEPT:
                self.clear()
            self[word] = told
        return told

    def add(self, raw: bytes, words: Sequence[bytes], hits: Hits) -> None:
        """Add the clues that a text's words are to its other hits."""
        if not any(self[word] for word in words if len(word) >= LONG):
            return
        for match in pieces_in(raw):
            if len(match[1]) >= LONG:
                for number, end in self[match[1]]:
                    hits.setdefault(number, []).append(match.start(1) - 1 + end)


def _around(words: Sequence[bytes], raw: bytes) -> Iterator[tuple[int, int]]:
    """Yield the surroundings of words (`words_in`, in order but for a text's first, which is the
    last of them), those that touch as one.
    """
    start, stop = 0, len(words[-1]) + AROUND
    # Another may be like the beginning of the first: it stands behind it.
    at = len(words[-1]) if raw.startswith(words[-1]) else 0
    for word in words:
        at = raw.find(word, at)
        while at > 0 and (ESCAPE.match(raw, at - 1) or ESCAPE.match(raw, at - 2)):
            at = raw.find(word, at + 1)
        if at < 0:
            break  # the text's first word: there is no other like it
        if at - AROUND > stop:
            yield start, stop
            start = at - AROUND
        at += len(word)
        stop = max(stop, at + AROUND)
    yield start, stop


def _is_uuid(raw: bytes) -> bool:
    """Return whether a text is nothing but an id, as very many are: no format looks like one."""
    return len(raw) == UUID and raw[23] == raw[18] == ord("-")


def _expression(clue: Clue | DenseClue | WordClue) -> Expression:
    if isinstance(clue, WordClue):
        return Expression(())
    if isinstance(clue, DenseClue):
        return Expression(
            tuple(clue.triggers),
            clue.ignore_case,
            is_frequent=clue.is_frequent,
            common=tuple(clue.common),
            common_needs=clue.common_needs,
        )
    # Between two lines that end before the next begins stand others, which no surroundings reach.
    reach = clue.before if clue.is_of_line else clue.before + clue.after
    triggers = (clue.trigger,) if isinstance(clue.trigger, str) else tuple(clue.trigger)
    return Expression(triggers, clue.ignore_case, reach, is_bare=clue.is_bare, letter=clue.letter)


def _windows(text: str, ends: list[int], clue: Clue | WordClue) -> Iterator[tuple[int, int]]:
    """Yield the surroundings of a clue's hits (in order), those that touch as one."""
    size = len(text)
    start, end = max(0, ends[0] - clue.before), ends[0] + clue.after
    for hit in ends[1:]:
        if hit - clue.before > end:
            yield start, min(size, end)
            start = hit - clue.before
        end = hit + clue.after
    yield start, min(size, end)


def _lines(text: str, ends: list[int], clue: Clue | WordClue) -> Iterator[tuple[int, int]]:
    """Yield the same, but none that goes on behind the end of a line."""
    start, stop = 0, -1
    for hit in ends:
        if hit - clue.before > stop:
            if stop >= 0:
                yield start, stop
            start = hit - clue.before
        farthest = hit + clue.after
        line_end = text.find("\n", hit + SLACK, farthest)
        stop = min(line_end if line_end >= 0 else farthest, len(text))
    yield start, stop


def _in_characters(raw: bytes, hits: Hits) -> Hits:
    """Return offsets in bytes as offsets in characters."""
    places = in_characters(raw, (end for ends in hits.values() for end in ends))
    return {number: [places[end] for end in ends] for number, ends in hits.items()}
