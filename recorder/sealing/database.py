"""Patterns compiled together by Vectorscan, and kept for the next process.

Compiling takes half a second and is done once for each set of patterns: the result lies in the
user's cache folder, under the digest of what it was made from.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import hyperscan
from hyperscan import _version

from recorder.location import cache_folder
from recorder.sealing import compiled

__all__ = ["Database", "Pattern"]

type Seen = Callable[[int, int, int, int, object], bool | None]
"""Is told a pattern's number, and where what it matches ends (the third); True is enough."""

_BOUNDED_REPEAT = re.compile(r"\{(\d+),(\d+)\}")
SMALL = 8
"""Repeats up to so many times stay as they are: opened, they would let a clue match anywhere."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is looked for, and the number that is told where it stands."""

    number: int
    written: str
    """Regular expression over ASCII."""
    ignore_case: bool


class Database:
    """Patterns under numbers; safe to share between threads."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        """Prepare; nothing is compiled before the first question."""
        # A match is only a hint of where to look: how long it may become makes no difference, and
        # automata of open repeats are a fraction of the size of bounded ones.
        self._ids = [p.number for p in patterns]
        self._patterns = [_BOUNDED_REPEAT.sub(_opened, p.written).encode() for p in patterns]
        self._flags = [
            hyperscan.HS_FLAG_DOTALL | (hyperscan.HS_FLAG_CASELESS if p.ignore_case else 0)
            for p in patterns
        ]
        self._database: hyperscan.Database | None = None
        self._lock = threading.Lock()
        self._local = threading.local()

    def prepare(self) -> None:
        """Compile now, or load what was compiled before, instead of at the first question."""
        self.scan(b"", lambda *_: False)

    def scan(self, raw: bytes, seen: Seen) -> bool:
        """Tell of each match in a text, in the order in which they end, until it is enough.

        Returns:
            whether it was.
        """
        if not self._patterns:
            return False
        scratch = getattr(self._local, "scratch", None)
        if scratch is None:
            with self._lock:
                scratch = self._local.scratch = hyperscan.Scratch(self._loaded())
        try:
            self._loaded().scan(raw, match_event_handler=seen, scratch=scratch)
        except hyperscan.ScanTerminated:
            return True
        return False

    def _loaded(self) -> hyperscan.Database:
        if self._database is None:
            self._database = self._from_cache() or self._compiled()
        return self._database

    def _compiled(self) -> hyperscan.Database:
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        database.compile(
            expressions=self._patterns,
            ids=self._ids,
            elements=len(self._patterns),
            flags=self._flags,
        )
        compiled.save(self._cache(), hyperscan.dumpb(database))
        return database

    def _from_cache(self) -> hyperscan.Database | None:
        content = compiled.load(self._cache())
        if content is None:
            return None
        try:
            return hyperscan.loadb(content, hyperscan.HS_MODE_BLOCK)
        except hyperscan.error:
            return None  # of another version or processor: it is made anew

    def _cache(self) -> Path:
        made_from = repr(
            (self._patterns, self._ids, list(map(int, self._flags)), _version.__version__)
        )
        name = hashlib.sha256(made_from.encode()).hexdigest()[:24]
        return cache_folder() / f"patterns-{name}.hsdb"


def _opened(repeat: re.Match[str]) -> str:
    return repeat[0] if int(repeat[2]) <= SMALL else f"{{{repeat[1]},}}"
