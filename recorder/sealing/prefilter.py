"""Ask of a text, in one pass, which of many patterns may stand in it.

Vectorscan reads hundreds of megabytes a second whatever the number of words that are looked for;
what it names is then looked for exactly, by `re`. Patterns that have a part in common are one in
that pass, and only what is around it is asked which of them it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from recorder.sealing.database import Database, Pattern
from recorder.sealing.families import Family, families_of

__all__ = ["Expression", "Prefilter"]

SHORT = 500
"""Bytes of a text in which a word is found sooner than any call is made."""
MANY = 64
"""Common words from which on they may stand in every line."""
EVERYWHERE = 500
"""Bytes of a text for each of them, below which they do."""
_NAME_OF_NO_NUMBER = (
    r"[A-Za-z0-9_]{0,40}(?:[^A-Za-z0-9_\"'\s=:]|[\"'][^\s=:]|[\"']?\s[^=:]|[\"']?\s?$"
    r"|[\"']?\s?[=:](?:\s?[\"'][^\d]|\s[^\d\"']|[^\d\s\"']"
    r"|\s?[\"']?(?:\d{1,9}[^\d,;}\])\n \"']|\d{9}|$)))"
    r"|[A-Za-z0-9_]{41}"
)
"""What stands behind a common word of which it is to be told. In an agent's records the names of
numbers stand in every line, and of those nothing is told."""
FARTHEST = 60
"""Bytes behind a word at which this first matches."""


@dataclass(frozen=True, slots=True)
class Expression:
    """What is looked for under one number."""

    patterns: tuple[str, ...]
    """Regular expressions over ASCII without look-around, any of which counts."""
    ignore_case: bool = False
    reach: int = 0
    """Bytes around a match that are looked at. What ends between two matches that are no further
    apart is not told: their surroundings touch without it, and a run of one letter may match at
    each."""
    is_frequent: bool = False
    """Stands so often in texts that it is looked for by itself."""
    common: tuple[str, ...] = ()
    """Plain words in small letters that count too, in letters of either case, unless they are the
    name of a number (`tokens: 12`), and may stand in every line: as each match that is told costs
    a call, they are searched for without that in texts where they do."""
    common_needs: Callable[[bytes], bool] | None = None
    """Tells of a text (UTF-8) whether they count there at all; None: they do."""
    is_bare: bool = False
    """Is looked for only when it is asked for (`add_bare`)."""
    letter: str = ""
    """Stands in each match, and in few texts: it is looked for in those alone."""


class Prefilter:
    """Patterns compiled together; safe to share between threads."""

    def __init__(self, expressions: Sequence[Expression], part: str = "") -> None:
        """Prepare; nothing is compiled before the first question.

        Args:
            expressions: what is looked for, each under its place among them.
            part: what the patterns of many have in common, a group by itself.
        """
        single = {
            number: e.patterns[0]
            for number, e in enumerate(expressions)
            if part and e.ignore_case and len(e.patterns) == 1 and not (e.is_frequent or e.letter)
        }
        families = families_of(single, part)
        first = len(expressions)
        self._families = {
            first + n: (family, _database(expressions, family.members))
            for n, family in enumerate(families)
        }
        """Number under which a family is looked for -> it, and what tells its members apart."""
        told_apart = {number for family in families for number in family.members}
        self._reach = [e.reach for e in expressions]
        self._reach += [family.before + family.after for family in families]
        self._common_needs = [e.common_needs for e in expressions if e.common]
        words = [(number, word) for number, e in enumerate(expressions) for word in e.common]
        self._common = [(number, word.encode()) for number, word in words]
        self._words = Database(
            [Pattern(n, f"{w}(?:{_NAME_OF_NO_NUMBER})", True) for n, (_, w) in enumerate(words)]
        )
        bare = [number for number, e in enumerate(expressions) if e.is_bare]
        lettered: dict[bytes, list[int]] = {}
        for number, e in enumerate(expressions):
            if e.letter:
                lettered.setdefault(e.letter.encode(), []).append(number)
        apart = told_apart.union(bare, *lettered.values())
        alone = [number for number in range(len(expressions)) if number not in apart]
        together = [Pattern(n, family.pattern, True) for n, (family, _) in self._families.items()]
        self._all = _database(expressions, alone, together)
        self._bare = _database(expressions, bare)
        self._lettered = [(c, _database(expressions, numbers)) for c, numbers in lettered.items()]

    def prepare(self) -> None:
        """Compile now, or load what was compiled before, instead of at the first question."""
        self._all.prepare()
        self._bare.prepare()
        self._words.prepare()
        for _, database in self._lettered:
            database.prepare()
        for _, members in self._families.values():
            members.prepare()

    def ends(self, raw: bytes) -> dict[int, list[int]]:
        """Return for each expression that matches the places in a text (UTF-8) where it does.

        Returns:
            position of the expression -> byte offsets after its matches, ascending.
        """
        found: dict[int, list[int]] = {}
        self._scan(self._all, raw, found)
        if found:
            self._tell_apart(raw, found)
        for letter, database in self._lettered:
            if raw.find(letter) >= 0:
                self._scan(database, raw, found)
        self._add_common(raw, found)
        return found

    def all_ends(self, raw: bytes) -> list[int]:
        """Return the byte offsets behind all that may be a match of any, bare ones too."""
        found: list[int] = []

        def seen(_number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            found.append(end)

        lettered = [database for letter, database in self._lettered if raw.find(letter) >= 0]
        for database in (self._all, self._words, self._bare, *lettered):
            database.scan(raw, seen)
        return found

    def _tell_apart(self, raw: bytes, found: dict[int, list[int]]) -> None:
        """Put a family's members in its place."""
        for number, (family, members) in self._families.items():
            ends = found.pop(number, None)
            if ends is not None:
                for start, end in _surroundings(ends, family):
                    self._scan(members, raw[start:end], found, start)

    def _add_common(self, raw: bytes, found: dict[int, list[int]]) -> None:
        """Add the places of the common words."""
        if len(raw) <= SHORT:
            lowered = raw.lower()
            # Twice as fast as `in`, which goes about it as for any string.
            if any(lowered.find(word) >= 0 for _, word in self._common) and self._may_count(raw):
                self._add_words(lowered, found)
            return
        if not self._may_count(raw):
            return
        by_word: list[list[int]] = [[] for _ in self._common]

        def seen(number: int, _start: int, end: int, _flags: int, _context: object) -> bool:
            ends = by_word[number]
            ends.append(end)
            return len(ends) == MANY and end < MANY * EVERYWHERE

        if self._words.scan(raw, seen):
            self._add_words(raw.lower(), found)
            return
        for (owner, word), stops in zip(self._common, by_word, strict=True):
            if stops and (ends := _ends_before(stops, word, raw)):
                _add(owner, ends, found)

    def _may_count(self, raw: bytes) -> bool:
        return any(needs is None or needs(raw) for needs in self._common_needs)

    def _add_words(self, lowered: bytes, found: dict[int, list[int]]) -> None:
        """Add the places of the common words in a text of small letters."""
        for owner, word in self._common:
            if word in lowered:
                _add(owner, _ends_of(word, lowered), found)

    def add_bare(self, raw: bytes, found: dict[int, list[int]], at: int = 0) -> None:
        """Add what is looked for only when it is asked for to what `ends` returned.

        Args:
            raw: a text, or a piece of it.
            found: what `ends` returned.
            at: where in the text the piece begins.
        """
        self._scan(self._bare, raw, found, at)

    def _scan(
        self, database: Database, raw: bytes, found: dict[int, list[int]], at: int = 0
    ) -> None:
        """Add the places in a piece of a text that begins at a byte."""
        reach = self._reach

        def seen(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            end += at
            ends = found.get(number)
            if ends is None:
                found[number] = [end]
            elif len(ends) > 1 and end - ends[-2] <= reach[number]:
                ends[-1] = end
            else:
                ends.append(end)

        database.scan(raw, seen)


def _database(
    expressions: Sequence[Expression], numbers: Sequence[int], more: Sequence[Pattern] = ()
) -> Database:
    """Return what looks for some of the expressions, and for more."""
    patterns = [
        Pattern(number, written, expressions[number].ignore_case)
        for number in numbers
        for written in expressions[number].patterns
    ]
    return Database([*patterns, *more])


def _add(owner: int, ends: list[int], found: dict[int, list[int]]) -> None:
    """Add places to those that are known already."""
    others = found.get(owner)
    found[owner] = sorted({*others, *ends}) if others else ends


def _ends_of(word: bytes, lowered: bytes) -> list[int]:
    """Return where a word ends in a text of small letters."""
    ends: list[int] = []
    at = lowered.find(word)
    while at >= 0:
        at += len(word)
        ends.append(at)
        at = lowered.find(word, at)
    return ends


def _ends_before(stops: list[int], word: bytes, raw: bytes) -> list[int]:
    """Return where a word ends in what is before some places in a text, in order."""
    ends: list[int] = []
    done = 0
    for stop in stops:
        begin = max(done, stop - FARTHEST - len(word))
        lowered = raw[begin:stop].lower()
        at = lowered.find(word)
        while at >= 0:
            at += len(word)
            done = begin + at
            ends.append(done)
            at = lowered.find(word, at)
    return ends


def _surroundings(ends: list[int], family: Family) -> Iterator[tuple[int, int]]:
    """Yield what is around a family's matches, in order and without overlaps."""
    start = max(0, ends[0] - family.before)
    stop = ends[0] + family.after
    for end in ends[1:]:
        if end - family.before > stop:
            yield start, stop
            start = end - family.before
        stop = end + family.after
    yield start, stop
