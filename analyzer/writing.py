"""Is anybody still writing a recording? Told by what its recorder last said of itself.

A recorder says when it begins and ends, and that it is there when a minute was silent; each time
with its process. That the process is not there is looked up on this machine: for a recording that
another one writes it says nothing, so what was committed a moment ago counts for more.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum

from recorder.model import Phase, StoredRecord
from recorder.reader import Recording

__all__ = ["Writer", "Writing", "last_spoken", "writer_of"]

SECOND = 1_000_000_000
FRESH_NS = 2 * SECOND
SILENT_NS = 150 * SECOND
"""Two heartbeats (of a minute) did not come, and a little more."""
SELECT_SPOKEN = """
SELECT seq FROM records
WHERE session_id = '' AND witness = 'recorder' AND kind = 'lifecycle'
  AND name IN ('recorder', 'heartbeat')
ORDER BY seq DESC LIMIT 1
"""


class Writing(StrEnum):
    """Whether a recorder is at work."""

    WRITES = "writes"
    STOPPED = "stopped"
    """It said that it ends."""
    GONE = "gone"
    """It did not say so, and is not there."""
    UNKNOWN = "unknown"
    """None ever spoke: the recording was imported."""


@dataclass(frozen=True, slots=True)
class Writer:
    """A recording's recorder, as far as it can be told."""

    writing: Writing
    basis: str
    """Why that is known."""

    @property
    def is_over(self) -> bool:
        """True when nothing more is to come from it."""
        return self.writing in {Writing.STOPPED, Writing.GONE}


def last_spoken(recording: Recording) -> StoredRecord | None:
    """Return the newest record in which a recorder says that it is there, or that it ends."""
    found = recording.rows(SELECT_SPOKEN)
    seq = found[0][0] if found else None
    return recording.record(seq) if isinstance(seq, int) else None


def writer_of(spoken: StoredRecord | None, received_ns: int, now_ns: int) -> Writer:
    """Return whether a recorder is at work.

    Args:
        spoken: what a recorder last said of itself.
        received_ns: when the newest record of all was received.
        now_ns: the time.
    """
    if spoken is None:
        return Writer(Writing.UNKNOWN, "no recorder ever spoke in this recording")
    silent_ns = now_ns - received_ns
    if spoken.phase is Phase.END and received_ns <= spoken.observed_ns:
        return Writer(Writing.STOPPED, "its recorder said that it ends")
    if silent_ns < FRESH_NS:
        return Writer(Writing.WRITES, "a record came a moment ago")
    if spoken.pid is not None and not _is_there(spoken.pid):
        return Writer(Writing.GONE, f"its process {spoken.pid} is not there")
    if silent_ns > SILENT_NS:
        return Writer(Writing.GONE, f"not even a heartbeat for {silent_ns // SECOND} s")
    return Writer(Writing.WRITES, "its process is there")


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
