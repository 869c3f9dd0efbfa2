"""How far the clocks of two witnesses lie apart, by the starts that both told of the same calls."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from analyzer.model import Action
from analyzer.testimony import Facet
from recorder.model import Witness

__all__ = ["Skew", "skews_of"]

LEAST = 3
"""Calls that an estimate needs."""
SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Skew:
    """How much later the one witness says that calls began than the other."""

    one: str
    other: str
    later_ns: int
    """Median over the calls (ns): what `one` says minus what `other` says."""
    spread_ns: int
    """Largest minus smallest difference (ns)."""
    calls: int

    @property
    def is_of_clocks(self) -> bool:
        """Tell whether only differing clocks explain it: an agent that asks a hook or a person
        before it runs a call takes its time, but never twice the same.
        """
        return abs(self.later_ns) > 2 * SECOND and self.spread_ns < abs(self.later_ns) // 2


def skews_of(actions: Iterable[Action]) -> tuple[Skew, ...]:
    """Return what can be estimated, one for each pair of witnesses."""
    differences: dict[tuple[Witness, Witness], list[int]] = {}
    for action in actions:
        began: dict[Witness, int] = {}
        for said in action.said:
            if said.facet is Facet.STARTED:
                began.setdefault(said.witness, int(said.value))
        for pair in combinations(sorted(began), 2):
            differences.setdefault(pair, []).append(began[pair[0]] - began[pair[1]])
    return tuple(
        Skew(one.value, other.value, int(statistics.median(found)), max(found) - min(found),
             len(found))
        for (one, other), found in sorted(differences.items())
        if len(found) >= LEAST
    )  # fmt: skip
