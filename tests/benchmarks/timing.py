"""Measure two ways of doing something in turn, so that a noisy machine disturbs both alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Comparison:
    """Medians of what was measured, and the median of the ratios pair by pair."""

    name: str
    baseline: str
    wall_us: float
    cpu_us: float
    baseline_wall_us: float
    baseline_cpu_us: float
    cpu_ratio: float

    def line(self) -> str:
        """Return the figures as one line."""
        return (
            f"{self.name:<44} {self.wall_us:9.1f} {self.cpu_us:9.1f}   "
            f"{self.baseline:<30} {self.baseline_wall_us:9.1f} {self.baseline_cpu_us:9.1f}   "
            f"x{self.cpu_ratio:.2f}"
        )


HEADER = (
    f"{'per item, µs':<44} {'wall':>9} {'cpu':>9}   "
    f"{'baseline':<30} {'wall':>9} {'cpu':>9}   cpu ratio"
)


def compare(
    name: str,
    run: Callable[[int], None],
    baseline_name: str,
    baseline: Callable[[int], None],
    *,
    items: int,
    rounds: int = 5,
    clock: Callable[[], int] = time.process_time_ns,
) -> Comparison:
    """Run both in turn, `rounds` times after a warm-up, each for `items` items.

    Args:
        name: what `run` does.
        run: does it for a number of items.
        baseline_name: what `baseline` does.
        baseline: does the least that could be compared with it.
        items: how many items a round.
        rounds: how many pairs are measured.
        clock: CPU time in ns; `time.thread_time_ns` counts the calling thread alone.
    """
    run(max(1, items // 10))
    baseline(max(1, items // 10))
    pairs = [(_measure(run, items, clock), _measure(baseline, items, clock)) for _ in range(rounds)]
    return Comparison(
        name=name,
        baseline=baseline_name,
        wall_us=statistics.median(a[0] for a, _ in pairs),
        cpu_us=statistics.median(a[1] for a, _ in pairs),
        baseline_wall_us=statistics.median(b[0] for _, b in pairs),
        baseline_cpu_us=statistics.median(b[1] for _, b in pairs),
        cpu_ratio=statistics.median(a[1] / b[1] for a, b in pairs),
    )


def _measure(
    run: Callable[[int], None], items: int, clock: Callable[[], int]
) -> tuple[float, float]:
    wall, cpu = time.perf_counter_ns(), clock()
    run(items)
    return (
        (time.perf_counter_ns() - wall) / items / 1000,
        (clock() - cpu) / items / 1000,
    )
