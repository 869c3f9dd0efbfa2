"""Is the file beneath the records sound: tables as the recorder makes them, indexes that miss none.

The log covers what records say. What shows them asks SQLite, and that goes by the file's indexes
and views: one from which some records were left out would hide them from every screen and report.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from recorder.reader import Recording
from recorder.safe_text import safe_text
from recorder.schema import CREATE_RECALL, CREATE_TABLES, CREATE_VIEWS

__all__ = ["problems_of_file"]

MOST = 5
"""Complaints of SQLite's that are asked for."""
SELECT_SCHEMA = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL"
INTEGRITY = f"PRAGMA integrity_check({MOST})"


def problems_of_file(recording: Recording) -> Iterator[str]:
    """Yield what is wrong with a recording's tables, views, indexes and pages, for people.

    Raises:
        DamagedRecordingError: SQLite cannot read its pages.
    """
    given = {(str(row[0]), str(row[1])): row[2] for row in recording.rows(SELECT_SCHEMA)}
    made, may_lack = _schema(CREATE_TABLES + CREATE_VIEWS), _schema(CREATE_RECALL)
    for (kind, name), sql in (made | may_lack).items():
        if (kind, name) not in given:
            if (kind, name) in made:
                yield f"the {kind} {name} is missing"
        elif given[kind, name] != sql:
            yield f"the {kind} {name} was changed: no recorder makes it so"
    for kind, named in given:
        if kind == "trigger":
            yield f"there is a trigger {safe_text(named)}: no recorder makes any"
    told = [str(row[0]) for row in recording.rows(INTEGRITY)]
    if told != ["ok"]:
        yield (
            "the file is damaged, or was changed beneath its tables: what screens and reports show "
            "may lack records (sqlite3's REINDEX makes the indexes of a copy anew)"
        )
        yield from (f"SQLite says: {safe_text(said)}" for said in told)


def _schema(statements: str) -> dict[tuple[str, str], str]:
    """Return the statement that SQLite keeps for each thing that some statements make."""
    with closing(sqlite3.connect(":memory:")) as made:
        made.executescript(statements)
        return {(kind, name): sql for kind, name, sql in made.execute(SELECT_SCHEMA)}
