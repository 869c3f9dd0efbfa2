"""The case file: what investigators say of a recording, in a file of their own beside it.

Bookmarks, notes, tags and decisions on findings, each with who and when. Nothing is deleted: what
is taken back says by whom and when, too. The recording itself is never touched. A secret that
somebody writes into a note is sealed before the note is stored.
"""

from __future__ import annotations

import getpass
import os
import secrets
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.filters.subject import Remarks
from recorder.errors import FlightlogError, RecordingError
from recorder.keys import fingerprint_key
from recorder.location import keys_folder
from recorder.reader import Recording

if TYPE_CHECKING:
    from recorder.sealing import Sealer

__all__ = ["CaseFile", "CaseFileError", "Entry", "Sort", "case_path", "remarks_of"]

APPLICATION_ID = 0x464C4353
VERSION = 1
MAX_TEXT = 4_000
"""Characters of a note, a tag or a reason."""
SCHEMA = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY,
    session TEXT NOT NULL,
    action INTEGER NOT NULL,
    sort TEXT NOT NULL,
    rule TEXT NOT NULL,
    text TEXT NOT NULL,
    who TEXT NOT NULL,
    at_ns INTEGER NOT NULL,
    withdrawn_by TEXT,
    withdrawn_ns INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS entries_of_session ON entries (session, action);
"""
SELECT = """
SELECT id, session, action, sort, rule, text, who, at_ns FROM entries
WHERE session = ? AND withdrawn_ns IS NULL ORDER BY id
"""


class CaseFileError(FlightlogError):
    """The case file cannot be used."""


class Sort(StrEnum):
    """What an entry is."""

    BOOKMARK = "bookmark"
    NOTE = "note"
    TAG = "tag"
    ACCEPTED = "accepted"
    """A finding was looked at and holds."""
    DISMISSED = "dismissed"
    """A finding was looked at and does not matter here; the text says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that somebody said."""

    id: int
    session: str
    action: int
    sort: Sort
    rule: str
    """For decisions: the rule whose finding it is; else empty."""
    text: str
    """Sealed, but not yet made safe for a terminal."""
    who: str
    at_ns: int
    """When, ns since the epoch."""


def case_path(recording: Path) -> Path:
    """Return where a recording's case file lies."""
    return recording.with_name(recording.name + ".case")


def remarks_of(entries: Iterable[Entry]) -> Mapping[int, Remarks]:
    """Return what entries say of each action, as the filter language asks for it."""
    found: dict[int, Remarks] = {}
    for entry in entries:
        before = found.get(entry.action, Remarks())
        found[entry.action] = Remarks(
            before.is_marked or entry.sort is Sort.BOOKMARK,
            (*before.notes, entry.text) if entry.sort is Sort.NOTE else before.notes,
            before.tags | {entry.text} if entry.sort is Sort.TAG else before.tags,
        )
    return found


class CaseFile:
    """The case file of one recording; made when the first thing is said."""

    def __init__(self, recording: Path, *, who: str = "", read_only: bool = False) -> None:
        self.path = case_path(recording)
        self._recording = recording
        self._is_read_only = read_only
        self._who = who or _person()

    def entries(self, session: str) -> tuple[Entry, ...]:
        """Return what was said of a session and not taken back, in order.

        Raises:
            CaseFileError: the file cannot be read.
        """
        if not self.path.exists():
            return ()
        with self._opened("ro") as db:
            rows = db.execute(SELECT, (session,)).fetchall()
            return tuple(Entry(r[0], r[1], r[2], Sort(r[3]), *r[4:]) for r in rows)

    def remarks(self, session: str) -> Mapping[int, Remarks]:
        """Return what was said of each action, as the filter language asks for it."""
        return remarks_of(self.entries(session))

    def decisions(self, session: str) -> Mapping[tuple[str, int], Entry]:
        """Return the last decision on each finding, by its rule and decisive action."""
        decided = (Sort.ACCEPTED, Sort.DISMISSED)
        return {(e.rule, e.action): e for e in self.entries(session) if e.sort in decided}

    def add(self, session: str, action: int, sort: Sort, text: str = "", *, rule: str = "") -> None:
        """Say something of an action; a secret in the text is sealed first.

        Raises:
            CaseFileError: the file cannot be written, or the text is too long.
        """
        if len(text) > MAX_TEXT:
            raise CaseFileError(
                f"the text has {len(text):,} characters; write at most {MAX_TEXT:,}"
            )
        sealed = self._sealer.seal_text(text).text if text else ""
        row = (session, action, sort.value, rule, sealed, self._who, time.time_ns())
        with self._opened("rwc") as db:
            db.execute(
                "INSERT INTO entries (session, action, sort, rule, text, who, at_ns) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )

    def withdraw(self, entry: Entry) -> None:
        """Take something back; that, by whom and when stays in the file.

        Raises:
            CaseFileError: the file cannot be written.
        """
        with self._opened("rwc") as db:
            db.execute(
                "UPDATE entries SET withdrawn_by = ?, withdrawn_ns = ? "
                "WHERE id = ? AND withdrawn_ns IS NULL",
                (self._who, time.time_ns(), entry.id),
            )

    def toggle_bookmark(self, session: str, action: int) -> bool:
        """Set a bookmark, or take it back; return whether there is one now."""
        there = [e for e in self.entries(session) if e.sort is Sort.BOOKMARK and e.action == action]
        if not there:
            self.add(session, action, Sort.BOOKMARK)
        for entry in there:
            self.withdraw(entry)
        return not there

    @cached_property
    def _sealer(self) -> Sealer:
        # Only who writes a note needs it: it takes 20 MB, which a replay of a long session has not.
        from recorder.sealing import Sealer  # noqa: PLC0415

        return Sealer(_key_of(self._recording))

    @contextmanager
    def _opened(self, mode: str) -> Iterator[sqlite3.Connection]:
        if mode == "rwc" and self._is_read_only:
            raise CaseFileError("read-only here: nothing can be written into the case file")
        try:
            if mode == "rwc" and not self.path.exists():
                os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600))
            uri = f"{self.path.absolute().as_uri()}?mode={mode}"
            with closing(sqlite3.connect(uri, uri=True, timeout=5)) as db:
                _check(db, self.path)
                if mode == "rwc":
                    db.executescript(SCHEMA)
                with db:
                    yield db
        except (sqlite3.Error, OSError) as error:
            reason = getattr(error, "strerror", None) or error
            raise CaseFileError(f"the case file {self.path} cannot be used: {reason}") from error


def _check(db: sqlite3.Connection, path: Path) -> None:
    found = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    is_empty = not db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if not is_empty and found != APPLICATION_ID:
        raise CaseFileError(f"{path} is no case file: move it away, or rename the recording")
    if version > VERSION:
        raise CaseFileError(f"{path} was written by a newer flightlog; update this one")


def _key_of(recording: Path) -> bytes:
    """Return the key that makes a note's seal the recording's own; a throw-away one without it."""
    try:
        with Recording.open(recording) as source:
            log_id, kept = source.meta.log_id, source.meta.keys
    except RecordingError:
        return secrets.token_bytes(32)
    # Asking for a key that is not there would make one: evidence of others has its keys elsewhere.
    if not keys_folder(log_id, kept).is_dir():
        return secrets.token_bytes(32)
    return fingerprint_key(log_id, kept)[0]


def _person() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}"
