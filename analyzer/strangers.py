"""Calls of MCP connections whose process nobody has told of yet.

What a hook tells may come after what the server's wrapper told: out of a spool, or by a recorder
that was slower to start. Which session such a connection is of shows once a record comes from the
process that opened it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from recorder.model import SessionRow, StoredRecord, Witness

__all__ = ["Strangers", "may_be_server_of"]

MAX_WAITING = 10_000
"""Records that wait for their process; of more the oldest are nobody's."""


@dataclass(slots=True)
class Strangers:
    """Records that wait until one of the processes that they came from is known."""

    _waiting: dict[int, tuple[StoredRecord, tuple[int, ...]]] = field(default_factory=dict)
    """By number, in the order of the recording; with the processes."""
    _by_process: dict[int, list[int]] = field(default_factory=dict)

    def add(self, record: StoredRecord, processes: Iterable[int]) -> None:
        """Have a record wait."""
        chain = tuple(processes)
        self._waiting[record.seq] = record, chain
        for pid in chain:
            self._by_process.setdefault(pid, []).append(record.seq)
        if len(self._waiting) > MAX_WAITING:
            oldest = next(iter(self._waiting))
            _, forgotten = self._waiting.pop(oldest)
            for pid in forgotten:
                self._by_process[pid].remove(oldest)

    def of_process(self, pid: int) -> list[StoredRecord]:
        """Return those that came from a process, or from one that it started; they wait no more."""
        found = (self._waiting.pop(seq, None) for seq in self._by_process.pop(pid, ()))
        return [told[0] for told in found if told is not None]


def may_be_server_of(other: SessionRow, row: SessionRow, *, goes_on: bool = False) -> bool:
    """Tell whether a session may be an MCP connection of another one's agent, outside of any
    launch: its records may stand before or behind all of that session's, which came out of a spool.

    Args:
        other: the connection's.
        row: the agent's.
        goes_on: it has not ended.
    """
    if other.witness is not Witness.MCP or other.run or row.run:
        return False
    return other.last_ns >= row.start_ns and (goes_on or other.start_ns <= row.last_ns)
