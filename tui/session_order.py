"""How a list of sessions is sorted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

from analyzer.timeline import Mark
from recorder.model import SessionRow

__all__ = ["Order", "in_order"]


class Order(Enum):
    """What comes first."""

    NEWEST = "newest first"
    WORST = "worst first"
    LONGEST = "longest first"
    LARGEST = "most records first"

    def following(self) -> Order:
        """Return the next one."""
        every = list(Order)
        return every[(every.index(self) + 1) % len(every)]


def in_order(
    rows: Sequence[SessionRow], order: Order, worst: Mapping[str, Mark]
) -> list[SessionRow]:
    """Return sessions in an order; one that is not yet judged counts as harmless.

    Args:
        rows: the sessions.
        order: what comes first.
        worst: session's id -> the worst thing that is known of it.
    """

    def key(row: SessionRow) -> tuple[int, int]:
        first = {
            Order.NEWEST: 0,
            Order.WORST: int(worst.get(row.id, Mark.NONE)),
            Order.LONGEST: row.last_ns - row.start_ns if row.timed else -1,
            Order.LARGEST: row.records,
        }
        return first[order], row.first_seq

    return sorted(rows, key=key, reverse=True)
