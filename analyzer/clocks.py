"""How far the clocks of two witnesses lie apart, by what both told of the same calls."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice

from analyzer.joins import ended_ns
from analyzer.model import Action
from analyzer.outside.fitting import Window, fitted
from analyzer.testimony import Clock, Facet
from recorder.model import Kind, StoredRecord, Witness
from recorder.reader import Recording

__all__ = [
    "LOOKED_AT",
    "ON_THE_SPOT",
    "Skew",
    "by_the_recorder",
    "clock_of",
    "skews_of",
    "transcript_clock",
    "window",
]

LEAST = 3
"""Calls that an estimate needs."""
SECOND = 1_000_000_000
THE_RECORDERS = "the recorder's"
ON_THE_SPOT = frozenset({Witness.HOOK, Witness.SDK, Witness.MCP})
"""Witnesses of calls that have the recorder's own clock."""
SLACK_NS = SECOND
"""An agent may write a call down a moment after it has told its hook."""
LOOKED_AT = 200
"""Calls whose records are looked up again."""


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


def transcript_clock(actions: Iterable[Action], recording: Recording) -> Clock | None:
    """Return the clock of an imported transcript where it differs from the recorder's; else None.

    A call is written into a transcript before its hook begins, and its result after the hook has
    ended: each call that both tell of bounds the difference from both sides.

    Args:
        actions: of one session.
        recording: where their records are looked up.
    """
    both = (a for a in actions if a.kind is Kind.TOOL_CALL and Witness.TRANSCRIPT in a.witnesses
            and ON_THE_SPOT.intersection(a.witnesses))  # fmt: skip
    return clock_of([one for a in islice(both, LOOKED_AT) for one in _window(a, recording)])


def clock_of(windows: Sequence[Window]) -> Clock | None:
    """Return how far a transcript's clock is off by what bounds it; None where nothing says so."""
    clock = fitted(windows, Witness.TRANSCRIPT.value, THE_RECORDERS)
    if clock is None or clock.agrees or clock.pairs < max(2, len(windows) // 2):
        return None
    return clock


def window(number: int, written: Sequence[int], seen: Sequence[int]) -> list[Window]:
    """Return the bounds that a call gives.

    Args:
        number: of the call.
        written: moments (ns) that the transcript tells of it.
        seen: those that a witness with the recorder's clock tells.
    """
    low, high = min(written) - min(seen) - SLACK_NS, max(written) - max(seen) + SLACK_NS
    return [Window(number, low, high)] if low <= high else []


def _window(action: Action, recording: Recording) -> list[Window]:
    records = [record for seq in action.records if (record := recording.record(seq)) is not None]
    written = list(_moments(r for r in records if r.witness is Witness.TRANSCRIPT))
    seen = list(_moments(r for r in records if r.witness in ON_THE_SPOT))
    if len(written) < 2 or len(seen) < 2:
        return []
    return window(action.id, written, seen)


def _moments(records: Iterable[StoredRecord]) -> Iterator[int]:
    """Yield when what witnesses with a clock report began and ended (ns since the epoch)."""
    for record in records:
        if record.t_ns is not None and record.kind is Kind.TOOL_CALL:
            yield record.t_ns
            if ended_ns(record) != record.t_ns:
                yield ended_ns(record)


def by_the_recorder(record: StoredRecord, clock: Clock) -> StoredRecord:
    """Return a transcript's record with its time by the recorder's clock; others as they are."""
    if record.witness is not Witness.TRANSCRIPT or record.t_ns is None:
        return record
    return replace(record, t_ns=record.t_ns - clock.ahead_ns)
