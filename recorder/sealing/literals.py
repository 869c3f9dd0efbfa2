"""Find any of many strings in a text, in one pass of gigabytes a second."""

from __future__ import annotations

from collections.abc import Sequence

import hyperscan

__all__ = ["Literals"]

LONGEST = 500
"""Bytes of a string that are compiled; what is behind them is compared."""
PATIENCE = 40
"""Texts that are searched string by string before all strings are compiled."""
SMALL = 400_000
"""Bytes of a text, times strings, that are searched faster than the strings are compiled."""


class Literals:
    """Strings that are looked for together, kept in this process's memory."""

    def __init__(self, strings: Sequence[str]) -> None:
        """Take the strings; compiling them (0.03 ms each) is put off until it pays."""
        self._raw = [string.encode("utf-8", "surrogatepass") for string in strings]
        self._asked = 0
        self._database: hyperscan.Database | None = None
        self._scratch: hyperscan.Scratch | None = None

    def find(self, raw: bytes) -> list[tuple[int, int, int]]:
        """Return every occurrence in a text (UTF-8) as its bytes' begin, end, and the string."""
        database = self._database
        if database is None:
            self._asked += 1
            if self._asked <= PATIENCE and len(raw) * len(self._raw) < SMALL:
                return self._one_by_one(raw)
            database = self._compiled()
        return self._together(database, raw)

    def _one_by_one(self, raw: bytes) -> list[tuple[int, int, int]]:
        found = []
        for number, string in enumerate(self._raw):
            begin = raw.find(string)
            while begin >= 0:
                found.append((begin, begin + len(string), number))
                begin = raw.find(string, begin + 1)
        return found

    def _compiled(self) -> hyperscan.Database:
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        database.compile(
            expressions=[raw[:LONGEST] for raw in self._raw],
            ids=list(range(len(self._raw))),
            elements=len(self._raw),
            flags=[0] * len(self._raw),
            literal=True,
        )
        self._database, self._scratch = database, hyperscan.Scratch(database)
        return database

    def _together(self, database: hyperscan.Database, raw: bytes) -> list[tuple[int, int, int]]:
        found: list[tuple[int, int, int]] = []

        def seen(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            string = self._raw[number]
            begin = end - min(len(string), LONGEST)
            if len(string) <= LONGEST or raw.startswith(string, begin):
                found.append((begin, begin + len(string), number))

        database.scan(raw, match_event_handler=seen, scratch=self._scratch)
        return found
