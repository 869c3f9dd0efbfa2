"""SQLite databases that agents keep their sessions in, opened without changing a byte of them.

A database with a write-ahead log is read with it: what an agent said last stands only there. One
without is opened as immutable. What is no file (a member of an archive) is opened in memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from recorder.transcripts.source import Source

__all__ = ["is_database", "opened", "tables_of", "why_unread"]

MAGIC = b"SQLite format 3\x00"
MAX_IN_MEMORY = 64 * 1024 * 1024
WAL_VERSIONS = slice(18, 20)
"""Bytes of the header that say whether a log is needed; 1 means that it is not."""


def is_database(source: Source) -> bool:
    """Tell whether a source is an SQLite database."""
    return source.head.startswith(MAGIC)


def tables_of(source: Source) -> frozenset[str]:
    """Return the names of a database's tables; none where it cannot be read."""
    if not is_database(source):
        return frozenset()
    try:
        with opened(source) as db:
            rows = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    except (sqlite3.Error, ValueError):
        return frozenset()
    return frozenset(str(row[0]) for row in rows)


def why_unread(source: Source) -> str:
    """Return why a database cannot be read; nothing where it can, or where a source is none."""
    if not is_database(source):
        return ""
    try:
        with opened(source) as db:
            db.execute("SELECT name FROM sqlite_master").fetchall()
    except ValueError as error:
        return str(error)
    except sqlite3.Error as error:
        return f"an SQLite database that cannot be read ({type(error).__name__})"
    return ""


@contextmanager
def opened(source: Source) -> Iterator[sqlite3.Connection]:
    """Open a database for reading.

    Raises:
        sqlite3.Error: it cannot be read.
        ValueError: it is no file and too large to be held in memory.
    """
    with closing(_connect(source)) as db:
        db.execute("PRAGMA query_only = ON")
        try:
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.DatabaseError:
            # One that is cut off is refused as a whole, except under this: what is there is read.
            # Nothing can be written all the same.
            db.execute("PRAGMA writable_schema = ON")
        db.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        yield db


def _connect(source: Source) -> sqlite3.Connection:
    if source.local is None:
        return _in_memory(source)
    uri = source.local.absolute().as_uri()
    log = source.local.with_name(source.local.name + "-wal")
    if log.exists() and log.stat().st_size:
        db = sqlite3.connect(f"{uri}?mode=ro", uri=True)
        try:
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()
            return db
        except sqlite3.OperationalError:
            # On read-only media the log's index cannot be made: without it, the file alone.
            db.close()
    return sqlite3.connect(f"{uri}?mode=ro&immutable=1", uri=True)


def _in_memory(source: Source) -> sqlite3.Connection:
    with source.open() as stream:
        image = bytearray(stream.read(MAX_IN_MEMORY + 1))
    if len(image) > MAX_IN_MEMORY:
        raise ValueError("a database in an archive is too large: unpack it and import the file")
    image[WAL_VERSIONS] = b"\x01\x01"
    db = sqlite3.connect(":memory:")
    db.deserialize(bytes(image))
    return db
