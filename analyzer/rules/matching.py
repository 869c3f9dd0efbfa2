"""Which detections hold of which events: by SQL over many, or by functions over one.

Over a whole recording pySigma's SQLite backend writes the conditions, and SQLite runs them over a
table of events that lives in a private temporary database. Live, the same parsed conditions run as
functions. Both give the same; a property test holds them to it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

from sigma.backends.sqlite.sqlite import sqliteBackend

from analyzer.rules.events import Event, Value
from analyzer.rules.predicates import compiled
from analyzer.rules.sigma_rules import Detection

__all__ = ["FunctionMatcher", "Matcher", "SqlMatcher"]

TABLE = "events"


class Matcher(Protocol):
    """Tells which detections hold of events."""

    def hits(self, events: Sequence[Event]) -> list[set[str]]:
        """Return, for each event, the names of the detections that hold of it."""
        ...


class FunctionMatcher:
    """Asks each detection about each event."""

    def __init__(self, detections: Sequence[Detection]) -> None:
        self._tests = [(d.name, d.predicate) for d in detections]

    def hits(self, events: Sequence[Event]) -> list[set[str]]:
        """Return, for each event, the names of the detections that hold of it."""
        return [{name for name, holds in self._tests if holds(e.fields)} for e in events]


class SqlMatcher:
    """Asks SQLite about many events at once, with the queries that pySigma writes."""

    def __init__(self, detections: Sequence[Detection]) -> None:
        self._names = tuple(dict.fromkeys(f for d in detections for f in d.fields))
        self._queries = [(d.name, query) for d in detections for query in _queries(d)]
        # An empty name: a temporary database of this connection alone, gone with it.
        self._db = sqlite3.connect("")
        self._db.create_function("regexp", 2, _regexp, deterministic=True)
        columns = ", ".join(f'"{name}"' for name in ("seq", *self._names))
        self._db.execute(f"CREATE TABLE {TABLE} ({columns})")
        marks = ", ".join("?" * (len(self._names) + 1))
        self._insert = f"INSERT INTO {TABLE} VALUES ({marks})"  # noqa: S608 - only marks

    def hits(self, events: Sequence[Event]) -> list[set[str]]:
        """Return, for each event, the names of the detections that hold of it."""
        found: list[set[str]] = [set() for _ in events]
        if not events:
            return found
        names = self._names
        rows = ((number, *map(event.fields.get, names)) for number, event in enumerate(events))
        with self._db:
            self._db.execute(f"DELETE FROM {TABLE}")  # noqa: S608 - a constant
            self._db.executemany(self._insert, rows)
            for name, query in self._queries:
                for (number,) in self._db.execute(query):
                    found[number].add(name)
        return found

    def close(self) -> None:
        """Drop the table."""
        self._db.close()


def _queries(detection: Detection) -> list[str]:
    make: Any = sqliteBackend  # untyped
    backend = make(table=TABLE, collate_nocase=True)
    return [
        query.replace("SELECT *", "SELECT seq", 1) for query in backend.convert_rule(detection.rule)
    ]


@lru_cache(maxsize=512)
def _pattern(text: str) -> Any:
    return compiled(text)


def _regexp(pattern: str, value: Value | None) -> bool:
    return value is not None and _pattern(pattern).search(str(value)) is not None
