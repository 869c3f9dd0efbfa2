"""The table of sessions: an index of what the records of each tell of it, kept up as they come."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from recorder.columns import SESSION_COLUMNS, TOLD, column_text, session_columns, told_of

__all__ = ["News", "SessionRows", "derive", "mend"]

INSERT = f"""
INSERT OR IGNORE INTO sessions ({", ".join(SESSION_COLUMNS)}) VALUES (?,?,?,?,?,?,?,?,?,?)
"""  # noqa: S608  # names of columns only
UPDATE = {
    column: f"UPDATE sessions SET {column} = ? WHERE id = ? AND {column} = ''"  # noqa: S608
    for column in TOLD
}
SELECT_BODIES = """
SELECT seq, body FROM records WHERE session_id = ? AND body IS NOT NULL ORDER BY seq
"""

SELECT_WRONG = """
SELECT id FROM sessions s WHERE instr(id, '⟦')
AND first_seq <> (SELECT min(seq) FROM records r WHERE r.session_id = s.id)
"""


class News:
    """What a group of records adds to the table."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.rows: list[tuple[Any, ...]] = []
        """Of sessions that begin, as their first records tell them."""
        self.told: list[tuple[str, str, str]] = []
        """Column, what a later record tells first, and the session."""
        self.blank: dict[str, tuple[str, ...]] = {}
        """Session -> the columns that are empty then, of sessions for which that changes."""

    def write(self, db: sqlite3.Connection) -> None:
        """Write it, inside a transaction."""
        db.executemany(INSERT, self.rows)
        for column, value, session in self.told:
            db.execute(UPDATE[column], (value, session))


class SessionRows:
    """The sessions of a recording, and the columns of each that nothing was told for yet."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Read the table."""
        self._db = db
        self._blank: dict[str, tuple[str, ...]] = {}
        self.reload()

    def __iter__(self) -> Iterator[str]:
        return iter(self._blank)

    def reload(self) -> None:
        """Read the table again: records were replaced."""
        rows = self._db.execute(f"SELECT id, {', '.join(TOLD)} FROM sessions")  # noqa: S608
        self._blank = {
            session: tuple(name for name, value in zip(TOLD, values, strict=True) if not value)
            for session, *values in rows
        }

    def note(self, news: News, seq: int, fields: Mapping[str, Any]) -> None:
        """Add to a group's news what one of its records adds to the table."""
        if not fields["session"]:
            return
        session = column_text(fields["session"])
        blank = news.blank.get(session, self._blank.get(session))
        # The few that tell, looked for among the many that are told.
        if blank is not None and fields["attributes"].keys().isdisjoint(_telling(blank)):
            return
        told = {name: told_of(name, fields) for name in (TOLD if blank is None else blank)}
        if blank is None:
            news.rows.append(session_columns(seq, fields))
        else:
            news.told += [(name, value, session) for name, value in told.items() if value]
        if blank is None or any(told.values()):
            news.blank[session] = tuple(name for name, value in told.items() if not value)

    def keep(self, news: News) -> None:
        """Take note that some news were written."""
        self._blank |= news.blank


@cache
def _telling(columns: tuple[str, ...]) -> frozenset[str]:
    """Return the attributes that tell any of some columns."""
    return frozenset(name for column in columns for name in TOLD[column])


def derive(db: sqlite3.Connection, session: str) -> None:
    """Make a session's row anew from its records, inside a transaction; none where there is none.

    Raises:
        sqlite3.Error: it could not be done; roll back.
    """
    db.execute("DELETE FROM sessions WHERE id = ?", (session,))
    row: list[Any] = []
    blank = list(TOLD)
    for seq, body in db.execute(SELECT_BODIES, (session,)):
        fields = json.loads(body)
        row = row or list(session_columns(seq, fields))
        for name in blank:
            row[SESSION_COLUMNS.index(name)] = told_of(name, fields)
        blank = [name for name in blank if not row[SESSION_COLUMNS.index(name)]]
        if not blank:
            break
    if row:
        db.execute(INSERT, row)


def mend(db: sqlite3.Connection) -> None:
    """Make the rows anew that a former release left wrong where it sealed a session's id late.

    Their records are as they were written; the row was that of the first that came sealed.

    Raises:
        sqlite3.Error: the recording cannot be written.
    """
    wrong = db.execute(SELECT_WRONG).fetchall()
    if not wrong:
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        for (session,) in wrong:
            derive(db, session)
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise
