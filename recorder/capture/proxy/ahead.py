"""Small records are sealed and written ahead here, so that the traffic need not wait for a commit.

What is written outlives a kill of the proxy and of the recorder at the same moment. A large record
is not: to seal it would hold all traffic up for longer than the recorder's commit holds its own.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from recorder.ahead import WriteAhead
from recorder.aside import SealerAside
from recorder.errors import RecordingError
from recorder.location import spool_folder
from recorder.model import Record

__all__ = ["LARGEST_BYTES", "Ahead"]

LARGEST_BYTES = 16 * 1024
"""Bytes of a record, as it is handed over: to seal so much takes 1.8 ms, about as long as the
engine takes for a request. The recorder would take that, too, and wait for the disk."""
RETRY_SECONDS = 1.0


class Ahead:
    """Writes records of one recording ahead, on the event loop. Never raises."""

    def __init__(self, recording: Path) -> None:
        """Begin; what the recording knows is loaded now, if there is one."""
        self._recording = recording
        self._written = WriteAhead(spool_folder(recording))
        self._sealer: SealerAside | None = None
        self._not_before = 0.0
        self._opened()

    def write(self, record: Record) -> bool:
        """Seal and write a record; return whether it outlives this process now."""
        sealer = self._opened()
        if sealer is None:
            return False
        try:
            self._written.write(*sealer.seal(record))
        # Whatever a hostile message sets off, or a disk that is full: the recorder gets the record
        # and is waited for, and says what cannot be sealed.
        except Exception:
            return False
        return True

    def committed(self, number: int) -> None:
        """Cut off the oldest records: they are in the recording."""
        self._written.committed(number)

    def leave(self) -> None:
        """Leave what is written to a recorder's taking in."""
        self._written.leave()

    def close(self) -> None:
        """Leave what is written, and let go of the recording."""
        self._written.leave()
        if self._sealer is not None:
            self._sealer.close()
            self._sealer = None

    def _opened(self) -> SealerAside | None:
        if self._sealer is None and time.monotonic() >= self._not_before:
            self._not_before = time.monotonic() + RETRY_SECONDS
            with contextlib.suppress(RecordingError, OSError, ValueError):
                self._sealer = SealerAside(self._recording)
        return self._sealer
