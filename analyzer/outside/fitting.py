"""How far an outside witness's clock is from the agent's, by requests that lay inside calls.

Such a witness gives one moment, and it must have lain inside the call that made the request. An
estimate with its bounds, never a correction of evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analyzer.testimony import Clock

__all__ = ["Window", "fitted"]

SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Window:
    """One request that may have been made inside a call: the difference that would put it there."""

    request: int
    """Id of the request."""
    low_ns: int
    high_ns: int


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
