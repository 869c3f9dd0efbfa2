"""Patterns that are compiled when they are first needed.

A process that seals one record (a hook without a recorder) needs few of them, and compiling all
takes a hundred times longer than the rest of its work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["Exact"]


class Exact:
    """A pattern of `re`, compiled at its first use."""

    __slots__ = ("_compiled", "_flags", "pattern")

    def __init__(self, pattern: str, flags: int = 0) -> None:
        """Remember a pattern."""
        self.pattern = pattern
        self._flags = flags
        self._compiled: re.Pattern[str] | None = None

    @property
    def compiled(self) -> re.Pattern[str]:
        """The pattern as `re` has it."""
        if self._compiled is None:
            self._compiled = re.compile(self.pattern, self._flags)
        return self._compiled

    def finditer(
        self, text: str, start: int = 0, end: int | None = None
    ) -> Iterator[re.Match[str]]:
        """Return the matches between two characters of a text."""
        return self.compiled.finditer(text, start, len(text) if end is None else end)

    def match(self, text: str, start: int = 0) -> re.Match[str] | None:
        """Return the match that begins at a character."""
        return self.compiled.match(text, start)

    def search(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        """Return the first match between two characters of a text."""
        return self.compiled.search(text, start, len(text) if end is None else end)

    def fullmatch(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        """Return the match of all that stands between two characters of a text."""
        return self.compiled.fullmatch(text, start, len(text) if end is None else end)

    def findall(self, text: str) -> list[str]:
        """Return what matches."""
        return [match[0] for match in self.compiled.finditer(text)]
