"""The newest checkpoint that was signed here, remembered beside the keys, not the recording.

Whoever can write to a recording, but not sign, could take its checkpoints out, change what they
covered and wait: the next recorder would sign all of it. So it, and `verify`, hold the recording
against what was signed before. It is remembered by the recording's path: a copy may go its own way.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from recorder.location import keys_folder
from recorder.reader import Recording

__all__ = ["SignedHere", "missing_checkpoints", "words"]

LARGEST = 4096
"""Bytes of a note; none comes near."""
LOST = ".lost"
"""Ends the name under which a note is kept that the recording no longer holds."""


class SignedHere:
    """What was signed of the recording at one path."""

    def __init__(self, recording: Path, log_id: str, kept: str = "") -> None:
        """Take the recording's path, the id of its log, and where its keys are (`keys_folder`)."""
        named = hashlib.sha256(os.fsencode(recording.resolve())).hexdigest()[:16]
        self._file = keys_folder(log_id, kept) / f"signed-{named}"
        self._lost = self._file.with_name(self._file.name + LOST)

    def remember(self, note: str) -> None:
        """Remember a note that is safely committed; what keeps it from that keeps nothing else."""
        aside = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
        with suppress(OSError):
            try:
                with os.fdopen(os.open(aside, flags, 0o600), "w", encoding="utf-8") as file:
                    file.write(note)
                aside.replace(self._file)
            except OSError:
                aside.unlink(missing_ok=True)

    def missing_from(self, db: sqlite3.Connection) -> int:
        """Return how many records a checkpoint covers that was signed here and is not in a
        recording any more, and keep its note for `verify`; 0 where all is well.
        """
        newest = _read(self._file)
        sql = "SELECT 1 FROM checkpoints WHERE note = ?"
        if not newest or db.execute(sql, (newest,)).fetchone():
            return 0
        with suppress(OSError):
            if not self._lost.exists():  # the first that was lost says the most
                self._file.replace(self._lost)
        return _size_of(newest)

    def notes(self) -> list[str]:
        """Return the newest note, and one that a recorder did not find any more."""
        return [note for note in dict.fromkeys((_read(self._lost), _read(self._file))) if note]


def missing_checkpoints(recording: Recording) -> tuple[int, list[str]]:
    """Hold a recording against what was signed here.

    Returns:
        the records under the newest checkpoint that is remembered, 0 without one; and what to tell
        people of those that are not in the recording any more.
    """
    notes = SignedHere(recording.path, recording.meta.log_id, recording.meta.keys).notes()
    held = {row[0] for row in recording.rows("SELECT note FROM checkpoints")}
    missing = [words(_size_of(note)) for note in notes if note not in held]
    return max(map(_size_of, notes), default=0), missing


def words(size: int) -> str:
    """Return what to tell people of a checkpoint over so many records that is missing."""
    return (
        f"a checkpoint over {size} records was signed here and is not in the recording any more: "
        "its log was rewritten, cut off, or taken back to a former state"
    )


def _size_of(note: str) -> int:
    """Return how many records a note covers; 0 where it does not say so."""
    lines = note.split("\n", 2)
    return int(lines[1]) if len(lines) > 1 and lines[1].isdecimal() and len(lines[1]) < 19 else 0


def _read(path: Path) -> str:
    with suppress(OSError, ValueError):
        if path.stat().st_size <= LARGEST:
            return path.read_text(encoding="utf-8")
    return ""
