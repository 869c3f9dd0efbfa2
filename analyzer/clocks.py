"""How far two witnesses' clocks are apart, as far as what both of them saw can tell.

An estimate with its bounds, never a correction of evidence. Two cases: witnesses that give the same
moment each (the call's end, by a hook and by a transcript), and one that gives a moment which must
have lain inside something that the other timed (a request inside the call that made it).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from analyzer.joins import ended_ns
from analyzer.model import Clock
from recorder.model import Phase, StoredRecord, Witness

__all__ = ["ClockWatch", "Window", "fitted"]

SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Window:
    """One request that may have been made inside a call: the difference that would put it there."""

    request: int
    """Id of the request."""
    low_ns: int
    high_ns: int


@dataclass(slots=True)
class ClockWatch:
    """Collects the moments that several witnesses give of the same actions."""

    _moments: dict[tuple[str, str], dict[Witness, int]] = field(default_factory=dict)
    """(reference, start or end) -> witness -> time."""

    def note(self, record: StoredRecord) -> None:
        """Take in a record of the session."""
        if record.t_ns is None or not record.ref:
            return
        if record.phase in {Phase.START, Phase.WHOLE}:
            self._keep(record, "start", record.t_ns)
        if record.phase in {Phase.END, Phase.WHOLE}:
            self._keep(record, "end", ended_ns(record))

    def clocks(self) -> tuple[Clock, ...]:
        """Return the clock of the transcript against each live witness that saw the same calls."""
        found = []
        for other in (Witness.HOOK, Witness.SDK, Witness.OTLP, Witness.MCP):
            apart = sorted(
                times[Witness.TRANSCRIPT] - times[other]
                for times in self._moments.values()
                if Witness.TRANSCRIPT in times and other in times
            )
            if apart:
                # Half of the pairs lie within the quartiles: single calls may be written down late.
                low, high = apart[len(apart) // 4], apart[(3 * len(apart)) // 4]
                middle = int(median(apart))
                found.append(
                    Clock(Witness.TRANSCRIPT.value, other.value, middle, low, high, len(apart))
                )
        return tuple(found)

    def _keep(self, record: StoredRecord, edge: str, t_ns: int) -> None:
        self._moments.setdefault((record.ref, edge), {}).setdefault(record.witness, t_ns)


def fitted(windows: Sequence[Window], name: str, by: str) -> Clock | None:
    """Return the difference that puts most requests inside a call; None without a window.

    Of several that do, the one nearest to none at all.
    """
    if not windows:
        return None
    best, depth = (0, 0), 0
    for low, high, here in _stretches(windows):
        distance = _distance(low, high)
        if here > depth or (here == depth and distance < _distance(*best)):
            best, depth = (low, high), here
    low, high = best
    ahead = 0 if low <= 0 <= high else (low + high) // 2
    return Clock(name, by, ahead, low, high, depth)


def _stretches(windows: Iterable[Window]) -> Iterable[tuple[int, int, int]]:
    """Yield (low, high, requests that fit) for each stretch in which that number is the same.

    A request that fits several calls counts once.
    """
    edges = sorted(
        [(w.low_ns, 0, w.request) for w in windows] + [(w.high_ns, 1, w.request) for w in windows]
    )
    fits: dict[int, int] = {}
    for number, (at, closes, request) in enumerate(edges):
        if closes:
            fits[request] -= 1
            if not fits[request]:
                del fits[request]
        else:
            fits[request] = fits.get(request, 0) + 1
        if number + 1 < len(edges) and fits:
            yield at, edges[number + 1][0], len(fits)


def _distance(low: int, high: int) -> int:
    return 0 if low <= 0 <= high else min(abs(low), abs(high))
