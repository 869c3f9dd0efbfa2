"""Full-text search over what is recorded of actions, long bodies included.

The index is the analyzer's own file beside the recording: made of what is sealed already, thrown
away whenever something was removed from the recording, and made anew at any time. Where it cannot
be written it lives in memory. The recording itself is only read.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path

from analyzer.model import Action
from analyzer.texts import Texts
from recorder.reader import Recording

__all__ = ["SHORTEST", "index_path", "search"]

VERSION = 1
SHORTEST = 3
"""Characters: an index of trigrams knows nothing shorter."""
MAX_VALUE = 1024 * 1024
"""Characters of one value that are indexed."""
CHUNK = 500
SCHEMA = """
CREATE TABLE IF NOT EXISTS origin (log_id TEXT, removed INTEGER, version INTEGER);
CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY, actions INTEGER NOT NULL, last_seq INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS docs (
    id INTEGER PRIMARY KEY, session TEXT NOT NULL, action INTEGER NOT NULL,
    upto INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS docs_of_session ON docs (session, action);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(text, content='', tokenize='trigram');
"""
# What was sealed later or has expired must not live on in an index.
COUNT_REMOVED = """
SELECT (SELECT count(*) FROM records WHERE body IS NULL)
     + (SELECT count(*) FROM blobs WHERE data IS NULL)
"""
FIND = """
SELECT DISTINCT d.action FROM words w JOIN docs d ON d.id = w.rowid
WHERE w.text MATCH ? AND d.session = ?
"""
type KeepOn = Callable[[], bool]


class _StoppedError(Exception):
    """Nobody waits for the answer any more."""


def index_path(recording: Path) -> Path:
    """Return where a recording's search index lies."""
    return recording.with_name(recording.name + ".search")


def search(
    recording: Recording, session: str, actions: Sequence[Action], text: str, keep_on: KeepOn
) -> frozenset[int] | None:
    """Return the numbers of the actions of which something contains a text, in any case.

    Args:
        recording: where they are from; long values are read from it.
        session: their session's id.
        actions: the actions to look through.
        text: what is looked for; at least `SHORTEST` characters.
        keep_on: asked again and again; when it says no, the search ends with None.
    """
    for place in (str(index_path(recording.path)), ":memory:"):
        try:
            with closing(_opened(place, recording)) as index:
                _update(index, recording, session, actions, keep_on)
                phrases = _phrases(text)
                found = index.execute(FIND, (phrases, session)) if phrases else ()
                return frozenset(row[0] for row in found)
        except _StoppedError:
            return None
        except (sqlite3.Error, OSError):
            if place == ":memory:":
                raise
    return None


def _phrases(text: str) -> str:
    """Return what FTS5 takes for a text; it cannot take NUL, so the parts around it must all be."""
    parts = [part for part in text.split("\0") if len(part) >= SHORTEST]
    return " AND ".join('"' + part.replace('"', '""') + '"' for part in parts)


def _opened(place: str, recording: Recording) -> sqlite3.Connection:
    index = _connected(place)
    origin = (recording.meta.log_id, _removed(recording), VERSION)
    try:
        known = index.execute("SELECT * FROM origin").fetchone()
    except sqlite3.DatabaseError:
        known = ()
    if known == origin:
        return index
    if known is not None:
        # Not emptied but removed: nothing of it stays in free pages.
        index.close()
        for suffix in ("", "-wal", "-shm", "-journal"):
            with suppress(FileNotFoundError):
                Path(place + suffix).unlink()
        index = _connected(place)
    with index:
        index.execute("INSERT INTO origin VALUES (?, ?, ?)", origin)
    return index


def _connected(place: str) -> sqlite3.Connection:
    if place != ":memory:" and not Path(place).exists():
        os.close(os.open(place, os.O_CREAT | os.O_WRONLY, 0o600))
    index = sqlite3.connect(place, timeout=10)
    with suppress(sqlite3.DatabaseError):  # a file that is no index is thrown away by the caller
        index.executescript(SCHEMA)
    return index


def _removed(recording: Recording) -> int:
    return int(str(recording.rows(COUNT_REMOVED)[0][0]))


def _update(
    index: sqlite3.Connection,
    recording: Recording,
    session: str,
    actions: Sequence[Action],
    keep_on: KeepOn,
) -> None:
    """Add what has been recorded since the index was last up to date."""
    newest = {action.id: max(action.records, default=0) for action in actions}
    state = (len(newest), max(newest.values(), default=0))
    query = "SELECT actions, last_seq FROM sessions WHERE id = ?"
    if index.execute(query, (session,)).fetchone() == state:
        return
    # Compared one by one: an old record may turn out to be of this session only later.
    known = dict(
        index.execute("SELECT action, max(upto) FROM docs WHERE session = ? GROUP BY 1", (session,))
    )
    fresh = [action for action in actions if newest[action.id] > known.get(action.id, -1)]
    with index:
        for start in range(0, len(fresh), CHUNK):
            if not keep_on():
                raise _StoppedError
            for action in fresh[start : start + CHUNK]:
                text = _text_of(action, recording)
                _add(index, (session, action.id, newest[action.id]), text)
        index.execute("INSERT OR REPLACE INTO sessions VALUES (?, ?, ?)", (session, *state))


def _add(index: sqlite3.Connection, doc: tuple[str, int, int], text: str) -> None:
    query = "INSERT INTO docs (session, action, upto) VALUES (?, ?, ?)"
    added = index.execute(query, doc).lastrowid
    index.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (added, text))


def _text_of(action: Action, recording: Recording) -> str:
    texts = Texts.of(action, recording.blob)
    values = [texts.whole(name)[:MAX_VALUE] for name in action.attributes]
    return "\n".join([action.name, action.title, *values])
