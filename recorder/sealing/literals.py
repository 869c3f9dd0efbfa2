"""Find any of many strings in a text, in one pass of gigabytes a second."""

from __future__ import annotations

from collections.abc import Sequence

import hyperscan
from ahocorasick_rs import BytesAhoCorasick, Implementation

__all__ = ["LONGEST", "Literals"]

LONGEST = 64
"""Bytes of a string that are looked for together; what is behind them is compared."""
PATIENCE = 1_000_000
"""Bytes that are searched at 170 MB/s, by what is made in no time, before the strings are compiled
for ten times that, which takes some ms: as long as secrets come one after another, for each."""
SHORT = 150
"""Bytes of a text that are searched so before a call of the other is made."""


class Literals:
    """Strings that are looked for together, kept in this process's memory."""

    def __init__(self, strings: Sequence[bytes]) -> None:
        """Take the strings; compiling them (0.03 ms each, some 0.4) is put off until it pays."""
        self._raw = list(strings)
        beginnings: dict[bytes, list[int]] = {}
        for number, raw in enumerate(self._raw):
            beginnings.setdefault(raw[:LONGEST], []).append(number)
        self._beginnings = list(beginnings)
        self._numbers = list(beginnings.values())
        """The strings that begin so, for each beginning."""
        self._searched = 0
        self._quick = BytesAhoCorasick(
            self._beginnings, implementation=Implementation.ContiguousNFA
        )
        self._database: hyperscan.Database | None = None
        self._scratch: hyperscan.Scratch | None = None

    def find(self, raw: bytes) -> list[tuple[int, int, int]]:
        """Return every occurrence in a text (UTF-8) as its bytes' begin, end, and the string."""
        database = self._database
        if database is None:
            self._searched += len(raw)
            if self._searched > PATIENCE:
                self._database = database = self._compiled()
        if database is None or len(raw) < SHORT:
            hits = self._by_automaton(raw)
        else:
            hits = self._by_database(database, raw)
        found: list[tuple[int, int, int]] = []
        for beginning, end in hits:
            begin = end - len(self._beginnings[beginning])
            for number in self._numbers[beginning]:
                string = self._raw[number]
                if len(string) <= LONGEST or raw.startswith(string, begin):
                    found.append((begin, begin + len(string), number))
        return found

    def _compiled(self) -> hyperscan.Database:
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        database.compile(
            expressions=self._beginnings,
            ids=list(range(len(self._beginnings))),
            elements=len(self._beginnings),
            flags=[0] * len(self._beginnings),
            literal=True,
        )
        self._scratch = hyperscan.Scratch(database)
        return database

    def _by_automaton(self, raw: bytes) -> list[tuple[int, int]]:
        hits = self._quick.find_matches_as_indexes(raw, overlapping=True)
        return [(number, end) for number, _, end in hits] if hits else []

    def _by_database(self, database: hyperscan.Database, raw: bytes) -> list[tuple[int, int]]:
        hits: list[tuple[int, int]] = []

        def seen(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            hits.append((number, end))

        database.scan(raw, match_event_handler=seen, scratch=self._scratch)
        return hits
