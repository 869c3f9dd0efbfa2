"""Records that are lost, counted until a record tells of them. Safe to use from any thread."""

from __future__ import annotations

import threading
from collections import Counter

__all__ = ["CANNOT", "NOWHERE", "TOO_FAST", "Losses"]

TOO_FAST = "records came faster than they could be kept"
CANNOT = "the recording could not take it"
NOWHERE = "neither the recording nor the spool beside it could be written"
"""Why records are lost."""


class Losses:
    """How many records were lost, by the reason."""

    def __init__(self) -> None:
        self._lost: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, number: int, why: str) -> None:
        """Count records that are lost."""
        with self._lock:
            self._lost[why] += number

    def take(self) -> Counter[str]:
        """Return what nobody was told of yet, and begin anew."""
        with self._lock:
            lost, self._lost = self._lost, Counter()
        return lost
