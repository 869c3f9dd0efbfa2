"""What a process writes ahead of its hand-over, so that it outlives a kill of everyone.

Sealed records, in the spool's folder, in files whose lock is held while their process lives. What
the recorder has committed is cut off again; what a process that died leaves is taken in like the
rest of the spool. Written and not flushed to the disk: it outlives every process, not the machine.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from recorder.sealing.recall import NewSecret
from recorder.sealing.sealed import SealedRecord
from recorder.spool import AHEAD, open_locked, spool_line

__all__ = ["WriteAhead"]

MOST_BYTES = 4 * 1024 * 1024
"""A file that holds so much is followed by another: it goes when all in it is committed."""


@dataclass(slots=True)
class _File:
    path: Path
    descriptor: int
    size: int = 0
    lines: int = 0
    """Of those in it, the records that are not known to be committed."""


class WriteAhead:
    """The records that one process has written ahead, oldest first. For one thread."""

    def __init__(self, folder: Path) -> None:
        """Begin without a file; `folder` is the recording's spool."""
        self._folder = folder
        self._files: deque[_File] = deque()

    def write(self, sealed: SealedRecord, secrets: Sequence[NewSecret] = ()) -> None:
        """Write a record: from now on it outlives this process.

        Args:
            sealed: the record.
            secrets: what became known with it; of these only marks and fingerprints are written.

        Raises:
            OSError: it could not be written.
            TypeError: something other than a sealed record was handed in.
        """
        line = spool_line(sealed, secrets)
        if not self._files or self._files[-1].size > MOST_BYTES:
            self._files.append(self._begin())
        file = self._files[-1]
        if os.write(file.descriptor, line) < len(line):
            # Half a line would be a torn record: the disk is full, and the record goes elsewhere.
            os.ftruncate(file.descriptor, file.size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        file.size += len(line)
        file.lines += 1

    def committed(self, number: int) -> None:
        """Cut off the oldest `number` records: they are in the recording."""
        while number and self._files:
            oldest = self._files[0]
            gone = min(number, oldest.lines)
            oldest.lines -= gone
            number -= gone
            if oldest.lines:
                return
            if oldest is self._files[-1]:
                self._empty(oldest)
                return
            self._let_go(self._files.popleft())

    def leave(self) -> None:
        """Let go of all that is written; a recorder takes in what is not committed."""
        while self._files:
            self._let_go(self._files.popleft())

    def _begin(self) -> _File:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{os.getpid()}-{os.urandom(4).hex()}{AHEAD}"
        return _File(path, open_locked(path))

    def _empty(self, file: _File) -> None:
        # Not deleted: making a file anew for each request costs more than emptying it.
        with suppress(OSError):
            os.ftruncate(file.descriptor, 0)
            file.size = 0

    def _let_go(self, file: _File) -> None:
        with suppress(OSError):
            if not file.lines:
                file.path.unlink(missing_ok=True)
            os.close(file.descriptor)
