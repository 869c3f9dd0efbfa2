"""The beginning of a recording: an empty file with its tables, its identity and its keys."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from recorder.checkpoint import verifier_key
from recorder.environment import FLIGHTLOG_KEYS
from recorder.errors import RecordingError
from recorder.keys import fingerprint_key, signing_key
from recorder.location import keys_root
from recorder.model import new_id
from recorder.reader import refuse_special
from recorder.schema import (
    APPLICATION_ID,
    CREATE_RECALL,
    CREATE_TABLES,
    CREATE_VIEWS,
    FORMAT_VERSION,
    PAGE_SIZE,
)

__all__ = ["begin", "keys_named"]


@contextmanager
def keys_named() -> Iterator[None]:
    """Say of a failure that it is the keys' folder that failed, not the recording's.

    Raises:
        RecordingError: the keys cannot be kept; one line where, and what to do.
    """
    try:
        yield
    except OSError as error:
        raise RecordingError(
            f"cannot keep the recording's keys in {keys_root()}: {error.strerror or error}; name "
            f"a folder that you can write to with {FLIGHTLOG_KEYS}"
        ) from error


def begin(path: Path) -> None:
    """Write an empty recording, complete or not at all, unless somebody else is quicker.

    Raises:
        OSError, sqlite3.Error: it cannot be written there.
        RecordingError: its keys cannot be kept, or no file can be there.
    """
    with _alone_in(path.parent):
        refuse_special(path)
        if not path.exists() or path.stat().st_size == 0:
            _link_new(path)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep others from beginning a recording there: hooks of one agent may be many at once."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _link_new(path: Path) -> None:
    """Write an empty recording beside its place, and link it there when it is done."""
    log_id = new_id()
    with keys_named():
        key, _ = signing_key(log_id)
        fingerprint_key(log_id)
    origin = f"flightlog/{log_id}"
    vkey = verifier_key(origin, key.public_key().public_bytes_raw())
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.unlink(missing_ok=True)
    os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        db = sqlite3.connect(aside, isolation_level=None)
        try:
            db.execute(f"PRAGMA page_size = {PAGE_SIZE}")
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute("PRAGMA journal_mode = DELETE")
            # In one transaction: each flushes the disk four times.
            db.executescript("BEGIN;" + CREATE_TABLES + CREATE_RECALL + CREATE_VIEWS)
            db.execute(
                "INSERT INTO meta (format_version, log_id, created_ns, recorder_version, origin, "
                "verifier_key) VALUES (?,?,?,?,?,?)",
                (FORMAT_VERSION, log_id, time.time_ns(), version("flightlog"), origin, vkey),
            )
            db.execute("COMMIT")
        finally:
            db.close()
        if path.exists():
            path.unlink()  # an empty file: there is nothing in it to lose
        path.hardlink_to(aside)
    finally:
        aside.unlink(missing_ok=True)
