"""Which session is followed where nobody named one, and which began after it."""

from __future__ import annotations

import time

from analyzer.commands.selection import newest_first
from analyzer.commands.tail import SILENT_NS
from analyzer.outside.witnesses import is_outside
from recorder.model import SessionRow
from recorder.reader import Recording

__all__ = ["Newer", "followed"]

SECOND = 1_000_000_000


def followed(recording: Recording) -> SessionRow | None:
    """Return an agent's newest session that goes on, else the newest; None where there is none.

    One that never ended and was silent for an hour was cut off: it goes on no longer.
    """
    rows = newest_first(recording.sessions())
    agents = [row for row in rows if not is_outside(row)]
    since = time.time_ns() - SILENT_NS
    goes_on = (row for row in agents if not row.ended and row.last_ns > since)
    return next(goes_on, None) or next(iter(agents or rows), None)


class Newer:
    """Notices an agent's session that begins while another one is followed."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._before = self._seen = recording.last_seq()
        self._asked_ns = 0
        self._told = ""

    def look(self, now_ns: int) -> SessionRow | None:
        """Return the newest that began since, once; asks the recording once a second at most."""
        if now_ns - self._asked_ns < SECOND:
            return None
        self._asked_ns = now_ns
        seq = self._recording.last_seq()
        if seq == self._seen:
            return None
        self._seen = seq
        rows = newest_first(self._recording.sessions())
        since = (row for row in rows if row.first_seq > self._before and not is_outside(row))
        newest = next(since, None)
        if newest is None or newest.id == self._told:
            return None
        self._told = newest.id
        return newest
