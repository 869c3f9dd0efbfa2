"""Ask of a text, in one pass, which of many patterns may stand in it.

Vectorscan reads hundreds of megabytes a second whatever the number of patterns; what it names is
then looked for exactly, by `re`. Compiling takes half a second and is done once for each set of
patterns: the result lies in the user's cache folder, under the digest of what it was made from.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import hyperscan
from hyperscan import _version

from recorder.location import cache_folder
from recorder.sealing import compiled

__all__ = ["Expression", "Prefilter"]

_BOUNDED_REPEAT = re.compile(r"\{(\d+),(\d+)\}")
SMALL = 8
"""Repeats up to so many times stay as they are: opened, they would let a clue match anywhere."""


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


class Prefilter:
    """Patterns compiled together; safe to share between threads."""

    def __init__(self, expressions: Sequence[Expression]) -> None:
        """Prepare; nothing is compiled before the first question."""
        # A match is only a hint of where to look: how long it may become makes no difference, and
        # automata of open repeats are a fraction of the size of bounded ones.
        numbered = [(n, e, p) for n, e in enumerate(expressions) for p in e.patterns]
        self._ids = [number for number, _, _ in numbered]
        self._reach = [e.reach for e in expressions]
        self._patterns = [_BOUNDED_REPEAT.sub(_opened, p).encode() for _, _, p in numbered]
        self._flags = [
            hyperscan.HS_FLAG_DOTALL | (hyperscan.HS_FLAG_CASELESS if e.ignore_case else 0)
            for _, e, _ in numbered
        ]
        self._database: hyperscan.Database | None = None
        self._lock = threading.Lock()
        self._local = threading.local()

    def prepare(self) -> None:
        """Compile now, or load what was compiled before, instead of at the first question."""
        self.ends(b"")

    def ends(self, raw: bytes) -> dict[int, list[int]]:
        """Return for each expression that matches the places in a text (UTF-8) where it does.

        Returns:
            position of the expression -> byte offsets after its matches, ascending.
        """
        found: dict[int, list[int]] = {}
        reach = self._reach

        def seen(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            ends = found.get(number)
            if ends is None:
                found[number] = [end]
            elif len(ends) > 1 and end - ends[-2] <= reach[number]:
                ends[-1] = end
            else:
                ends.append(end)

        scratch = getattr(self._local, "scratch", None)
        if scratch is None:
            with self._lock:
                scratch = self._local.scratch = hyperscan.Scratch(self._loaded())
        self._loaded().scan(raw, match_event_handler=seen, scratch=scratch)
        return found

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
