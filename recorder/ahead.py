"""What a process writes ahead of its hand-over, so that it outlives a kill of everyone.

Sealed records, in the spool's folder, in files whose lock is held while their process lives. What
the recorder has committed is blotted out again; what a process that died leaves is taken in like
the rest of the spool. In memory that the kernel keeps for a file, not flushed to the disk: it
outlives every process, not the machine.
"""

from __future__ import annotations

import mmap
import os
import shutil
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from recorder.sealing.recall import NewSecret
from recorder.sealing.sealed import SealedRecord
from recorder.spool import make_folder, open_locked, remove_if_empty, spool_lines
from recorder.waiting import AHEAD

__all__ = ["WriteAhead"]

FILE_BYTES = 1024 * 1024
"""A record that does not fit any more goes into another file."""
SPARE_FILES = 2
SPACE_BYTES = 64 * 1024 * 1024
"""With less space on the disk nothing is written ahead: where a file system copies what is written
to, memory of a file on a full disk must not be touched."""
SPACE_SECONDS = 1.0
"""How often the space is looked at."""


class WriteAhead:
    """The records that one process has written ahead, oldest first. For one thread."""

    def __init__(self, folder: Path) -> None:
        """Begin without a file; `folder` is the recording's spool."""
        self._folder = folder
        self._files: deque[_File] = deque()
        self._spare: list[_File] = []
        self._look_at = 0.0

    def write(self, sealed: SealedRecord, secrets: Sequence[NewSecret] = ()) -> None:
        """Write a record: from now on it outlives this process.

        Args:
            sealed: the record.
            secrets: what became known with it; of these only marks and fingerprints are written.

        Raises:
            OSError: it could not be written.
            TypeError: something other than a sealed record was handed in.
        """
        line = spool_lines([sealed], secrets)
        self._look_at_space()
        if not self._files or not self._files[-1].has_room(line):
            self._files.append(self._spare.pop() if self._spare else _File(self._folder))
        self._files[-1].write(line)

    def committed(self, number: int) -> None:
        """Blot out the oldest `number` records: they are in the recording."""
        while number and self._files:
            oldest = self._files[0]
            gone = min(number, oldest.lines)
            oldest.lines -= gone
            number -= gone
            if oldest.lines:
                return
            oldest.blot_out()
            if oldest is self._files[-1]:
                return
            self._spare.append(self._files.popleft())
            for extra in self._spare[SPARE_FILES:]:
                extra.let_go()
            del self._spare[SPARE_FILES:]

    def leave(self) -> None:
        """Let go of all that is written; a recorder takes in what is not committed."""
        for file in (*self._files, *self._spare):
            file.let_go()
        self._files.clear()
        self._spare.clear()
        remove_if_empty(self._folder)

    def _look_at_space(self) -> None:
        now = time.monotonic()
        if now < self._look_at:
            return
        if _free_bytes(self._folder) < SPACE_BYTES:
            raise OSError("there is too little space on the disk to write ahead")
        self._look_at = now + SPACE_SECONDS


class _File:
    """One file, mapped into memory: lines from its beginning, then zeros.

    Not by `write`: it changes the file's times, and the next change of them waits on ext4 until a
    commit that is under way has written them. A recorder commits all the time.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{os.getpid()}-{os.urandom(4).hex()}{AHEAD}"
        self._descriptor = open_locked(self._path)
        try:
            _fill(self._descriptor)
            self._content = mmap.mmap(self._descriptor, FILE_BYTES)
        except BaseException:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            raise
        self._end = 0
        self.lines = 0
        """Records in it that are not known to be committed."""

    def has_room(self, line: bytes) -> bool:
        return self._end + len(line) <= FILE_BYTES

    def write(self, line: bytes) -> None:
        begin, end = self._end, self._end + len(line)
        # Its first byte last: whoever is killed in between leaves nothing, and not half a line.
        self._content[begin + 1 : end] = line[1:]
        self._content[begin] = line[0]
        self._end = end
        self.lines += 1

    def blot_out(self) -> None:
        self._content[0] = 0
        self._content[: self._end] = bytes(self._end)
        self._end = 0

    def let_go(self) -> None:
        with suppress(OSError):
            self._content.close()
            if self.lines:
                os.ftruncate(self._descriptor, self._end)
            else:
                self._path.unlink(missing_ok=True)
            os.close(self._descriptor)


def _free_bytes(folder: Path) -> int:
    """Return how much space is left where a spool's folder stands, making it where it does not."""
    while True:
        make_folder(folder)
        with suppress(FileNotFoundError):  # gone with its last file
            return shutil.disk_usage(folder).free


def _fill(descriptor: int) -> None:
    """Fill a file with zeros, which is no hole: the space is there from then on."""
    if os.write(descriptor, bytes(FILE_BYTES)) < FILE_BYTES:
        raise OSError("there is no space on the disk to write ahead")
