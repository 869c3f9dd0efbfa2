"""Records that wait in the spool beside a recording, and what is said of them.

Whoever only reads asks this: it brings nothing of sealing along.
"""

from __future__ import annotations

import fcntl
from contextlib import suppress
from pathlib import Path

from recorder.location import spool_folder

__all__ = ["AHEAD", "NOTICE", "SPOOLED", "files_in", "waiting_at", "waiting_in", "waiting_words"]

SPOOLED = ".jsonl"
AHEAD = ".ahead"
"""Suffix of the files in which records stand that were handed over, or will be in a moment."""
NOTICE = b'{"notice": true,'
"""How a notice's line begins."""


def waiting_at(recording: Path) -> str:
    """Return what is to be said of a recording beside which records wait; nothing where none do."""
    waiting = waiting_in(spool_folder(recording))
    return waiting_words(waiting) if waiting else ""


def waiting_in(folder: Path) -> int:
    """Return how many records wait in a recording's spool; 0 where that cannot be looked at.

    What a process that lives has written ahead does not wait.
    """
    waiting = 0
    with suppress(OSError):
        for path in files_in(folder):
            with suppress(OSError), open(path, "rb") as file:
                if path.suffix == AHEAD:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                notices = [line.startswith(NOTICE) for line in file if line.endswith(b"\n")]
                # A notice stands for a record only while no other line is in its file.
                waiting += notices.count(False) or len(notices)
    return waiting


def waiting_words(waiting: int) -> str:
    """Return what is to be said of a recording beside which records wait."""
    them = "1 record waits" if waiting == 1 else f"{waiting} records wait"
    return (
        f"{them} in the spool beside the recording and will be part of it as soon as a recorder "
        "can write it"
    )


def files_in(folder: Path) -> list[Path]:
    """Return the files of a spool, those first that nobody writes any more."""
    return [path for suffix in (SPOOLED, AHEAD) for path in sorted(folder.glob(f"*{suffix}"))]
