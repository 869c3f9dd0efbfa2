"""Read a recording: the one door for everything above the recorder, and it cannot write.

Opens `mode=ro` with short read transactions, so a reader never makes the write-ahead log grow and
works on read-only media. Pages by key; large values are handed out on demand.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import zstandard

from recorder.body import parse_body, unreadable
from recorder.errors import (
    DamagedRecordingError,
    NewerFormatError,
    NotARecordingError,
    RecordingNotFoundError,
    SessionNotFoundError,
)
from recorder.location import recording_option_for
from recorder.model import SessionRow, StoredRecord, Witness
from recorder.schema import APPLICATION_ID, FORMAT_VERSION, READ_COMPATIBLE
from recorder.waiting import waiting_at

__all__ = ["Meta", "Recording", "refuse_special"]

MAX_BLOB_BYTES = 256 * 1024 * 1024

SELECT_META = (
    "SELECT format_version, log_id, created_ns, recorder_version, origin, verifier_key FROM meta"
)
SELECT_KEYS = "SELECT folder FROM keys_kept"
SELECT_SESSIONS = """
SELECT s.id, s.agent, s.agent_version, s.model, s.cwd, s.host, s.user, s.witness, s.run,
       s.first_seq,
       a.last_seq,
       -- An entry without a time was read whenever it was imported: that is no time of the session.
       ifnull(a.first_ns, a.first_seen_ns),
       ifnull(a.last_ns, a.last_seen_ns),
       a.records,
       EXISTS (SELECT 1 FROM records r WHERE r.session_id = s.id
               AND r.kind = 'lifecycle' AND r.phase = 'end' AND r.name = 'session'
               -- an agent inside the agent ends too; the first that began is the session itself
               AND r.ref = (SELECT b.ref FROM records b WHERE b.session_id = s.id
                            AND b.kind = 'lifecycle' AND b.phase = 'start' AND b.name = 'session'
                            ORDER BY b.seq LIMIT 1)),
       a.timed > 0
FROM sessions s
JOIN (SELECT session_id, max(seq) AS last_seq, count(*) AS records, count(t_ns) AS timed,
             min(t_ns) AS first_ns, max(t_ns) AS last_ns,
             min(observed_ns) AS first_seen_ns, max(observed_ns) AS last_seen_ns
      FROM records GROUP BY session_id) a ON a.session_id = s.id
ORDER BY s.first_seq
"""
SELECT_PAGE = "SELECT seq, body, session_id FROM records WHERE seq > ? ORDER BY seq LIMIT ?"
SELECT_SESSION_PAGE = (
    "SELECT seq, body, session_id FROM records "
    "WHERE session_id = ? AND seq > ? ORDER BY seq LIMIT ?"
)
SELECT_RECORD = "SELECT seq, body, session_id FROM records WHERE seq = ?"
SELECT_BLOB = "SELECT size, encoding, data FROM blobs WHERE digest = ?"


@dataclass(frozen=True, slots=True)
class Meta:
    """What a recording says of itself."""

    format_version: int
    log_id: str
    created_ns: int
    recorder_version: str
    origin: str
    verifier_key: str
    """C2SP signed-note verifier key (`name+hash+base64`) that the recording began with."""
    keys: str = ""
    """Folder of all keys when it was last written to; empty where it does not tell."""


class Recording:
    """A recording opened for reading. Use one per thread; close it or use it as a context."""

    def __init__(self, path: Path, connection: sqlite3.Connection, meta: Meta) -> None:
        self.path = path
        self.meta = meta
        self._db = connection

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Open the recording at a path.

        Raises:
            RecordingNotFoundError: there is no such file.
            NotARecordingError: the file is something else.
            NewerFormatError: a newer flightlog wrote it.
            DamagedRecordingError: it is truncated or its pages are damaged.
        """
        path = Path(path)
        _check_header(path)
        with _named_errors(path):
            try:
                return cls(path, *_connect(path, "mode=ro"))
            except sqlite3.OperationalError:
                if path.with_name(path.name + "-wal").exists():
                    raise
                # On read-only media the log's shared memory cannot be made. Without a log there is
                # nothing in it to miss, and the file cannot change.
                return cls(path, *_connect(path, "mode=ro&immutable=1"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; closing twice is fine."""
        self._db.close()

    @property
    def connection(self) -> sqlite3.Connection:
        """The open database, read-only: for questions that a person words in SQL."""
        return self._db

    def sessions(self) -> list[SessionRow]:
        """Return every session, oldest first."""
        rows = self._fetch(SELECT_SESSIONS)
        return [
            SessionRow(
                id=r[0],
                agent=r[1],
                agent_version=r[2],
                model=r[3],
                cwd=r[4],
                host=r[5],
                user=r[6],
                witness=_witness(r[7]),
                run=r[8],
                first_seq=r[9],
                last_seq=r[10],
                start_ns=r[11],
                last_ns=r[12],
                records=r[13],
                ended=bool(r[14]),
                timed=bool(r[15]),
            )
            for r in rows
        ]

    def session(self, prefix: str) -> SessionRow:
        """Return the session whose id is or begins with `prefix`.

        Raises:
            SessionNotFoundError: none has, or several have.
        """
        rows = self.sessions()
        found = [row for row in rows if row.id == prefix]
        if not found and prefix:
            found = [row for row in rows if row.id.startswith(prefix)]
        if len(found) == 1:
            return found[0]
        known = ", ".join(row.id[:12] for row in rows[:-6:-1]) or "none"
        if not found:
            waiting = waiting_at(self.path)
            raise SessionNotFoundError(
                f"no session {prefix!r} in {self.path} (newest: {known}); "
                f"'flightlog sessions{recording_option_for(self.path)}' lists them all"
                f"{f'; {waiting}' if waiting else ''}"
            )
        raise SessionNotFoundError(
            f"{prefix!r} fits {len(found)} sessions in {self.path}; give more of the id"
        )

    def records(
        self,
        *,
        session: str | None = None,
        after: int = 0,
        until: int | None = None,
        page: int = 500,
    ) -> Iterator[StoredRecord]:
        """Yield records in order of `seq`, `after` < seq <= `until`, of one session or of all.

        Each page is its own short read transaction. A record whose body was removed (retention,
        late sealing) is skipped here; `recorder.verify` accounts for it.
        """
        while True:
            if session is None:
                rows = self._fetch(SELECT_PAGE, (after, page))
            else:
                rows = self._fetch(SELECT_SESSION_PAGE, (session, after, page))
            for seq, body, session_id in rows:
                if until is not None and seq > until:
                    return
                if body is not None:
                    yield _parse(seq, body, session_id)
            if len(rows) < page:
                return
            after = rows[-1][0]

    def record(self, seq: int) -> StoredRecord | None:
        """Return one record, or None where there is none or its body was removed."""
        rows = self._fetch(SELECT_RECORD, (seq,))
        return _parse(*rows[0]) if rows and rows[0][1] is not None else None

    def blob(self, digest: str) -> bytes | None:
        """Return a large value's sealed bytes, or None where it was removed or cannot be read:
        `recorder.verify` tells of that.
        """
        try:
            rows = self._fetch(SELECT_BLOB, (bytes.fromhex(digest),))
            size, encoding, data = rows[0] if rows else (0, "", None)
            if not isinstance(data, bytes) or encoding != "zstd":
                return data if isinstance(data, bytes) else None
            most = min(int(size) + 1, MAX_BLOB_BYTES)
            return zstandard.ZstdDecompressor().decompress(data, max_output_size=most)
        except (ValueError, TypeError, zstandard.ZstdError):
            return None

    def last_seq(self) -> int:
        """Return the number of the newest record, 0 in an empty recording."""
        return int(self._fetch("SELECT ifnull(max(seq), 0) FROM records")[0][0])

    def data_version(self) -> int:
        """Return a number that changes whenever another connection has committed."""
        return int(self._fetch("PRAGMA data_version")[0][0])

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read one and the same moment of a recording that may be written to meanwhile.

        The write-ahead log cannot be folded in while it lasts: only for what must not see a change.
        """
        with _named_errors(self.path):
            self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("ROLLBACK")

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """Run one read-only statement, for verification and ad-hoc questions."""
        return self._fetch(sql, parameters)

    def _fetch(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        with _named_errors(self.path):
            return self._db.execute(sql, parameters).fetchall()


def _parse(seq: int, body: bytes, session_id: str) -> StoredRecord:
    try:
        return parse_body(seq, body)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return unreadable(seq, session_id)


def _witness(told: object) -> Witness:
    """Return the witness that a session's row names; the recorder where a changed one names none:
    one cell must not keep all sessions from being listed.
    """
    try:
        return Witness(str(told))
    except ValueError:
        return Witness.RECORDER


@contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's complaints into ours, naming the file and what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
            raise DamagedRecordingError(
                f"{path} is locked by another program; close it and try again"
            ) from error
        raise DamagedRecordingError(
            f"{path} is damaged or truncated ({error}); keep it as it is, work on a copy, and try "
            "'sqlite3 COPY .recover' to get out what can be read"
        ) from error


def refuse_special(path: Path) -> None:
    """Refuse a device, a pipe or a socket: reading it may never end, and it is not ours to replace.

    Raises:
        NotARecordingError: there is one in this place.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise NotARecordingError(
            f"{path} is no flightlog recording: it is a device, a pipe or a socket"
        )


def _check_header(path: Path) -> None:
    """Refuse what is no recording before SQLite touches it (opening may create side files)."""
    refuse_special(path)
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except FileNotFoundError:
        raise RecordingNotFoundError(
            f"no recording at {path}; record one with 'flightlog demo', or name another with "
            "--recording"
        ) from None
    except OSError as error:
        raise NotARecordingError(f"cannot read {path}: {error.strerror or error}") from error
    if not header.startswith(b"SQLite format 3\x00") or len(header) < 100:
        what = "an empty file" if not header else "not a SQLite database"
        raise NotARecordingError(f"{path} is no flightlog recording: it is {what}")
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise NotARecordingError(
            f"{path} is no flightlog recording: it is a SQLite database of another program"
        )
    size = path.stat().st_size
    page = int.from_bytes(header[16:18], "big") or 65536
    page = 65536 if page == 1 else page
    pages = int.from_bytes(header[28:32], "big")
    if size < page * pages and not path.with_name(path.name + "-wal").exists():
        raise DamagedRecordingError(
            f"{path} is truncated: {size} of {page * pages} bytes are there; keep it as it is, "
            "work on a copy, and try 'sqlite3 COPY .recover'"
        )


def _connect(path: Path, mode: str) -> tuple[sqlite3.Connection, Meta]:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        return connection, _read_meta(path, connection)
    except BaseException:
        connection.close()
        raise


def _read_meta(path: Path, connection: sqlite3.Connection) -> Meta:
    # Only `format_version` is promised to stay where it is in every format to come.
    row = connection.execute("SELECT format_version FROM meta").fetchone()
    version = int(row[0]) if row else 0
    if version > FORMAT_VERSION or version not in READ_COMPATIBLE:
        raise NewerFormatError(
            f"{path} has format {version}; this flightlog reads format "
            f"{', '.join(map(str, sorted(READ_COMPATIBLE)))}: use a newer flightlog"
        )
    _, log_id, created_ns, *others = connection.execute(SELECT_META).fetchone()
    told = Meta(version, str(log_id), created_ns, *map(str, others))
    return replace(told, keys=_keys_kept(connection))


def _keys_kept(connection: sqlite3.Connection) -> str:
    try:
        row = connection.execute(SELECT_KEYS).fetchone()
    except sqlite3.OperationalError:
        return ""  # a former release's recording
    return str(row[0]) if row else ""
