"""The only writer of a recording: appends groups of sealed records, each group one commit.

Standard library sqlite3 only (sqlite_utils would load pandas into the agent's process). Nothing is
ever updated or deleted here but the frontier of the log, and what is sealed late.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import zstandard

from recorder.body import encode_body, salts
from recorder.checkpoint import Checkpoint, sign
from recorder.columns import index_columns
from recorder.errors import NewerFormatError, RecordingError
from recorder.founding import begin, keys_named
from recorder.keys import fingerprint_key, signing_key
from recorder.location import keys_folder
from recorder.merkle import Frontier, leaf_hash
from recorder.model import Json
from recorder.reader import MAX_BLOB_BYTES, Meta, Recording
from recorder.replacing import INSERT_MARKS, Replacement, replace, replacement
from recorder.schema import (
    CREATE_RECALL,
    FORMAT_VERSION,
)
from recorder.sealing.forms import Form
from recorder.sealing.marks import marks_in
from recorder.sealing.sealed import SealedRecord
from recorder.session_rows import News, SessionRows, mend
from recorder.signed_here import SignedHere
from recorder.tombstones import tombstone
from recorder.utf8 import utf8

__all__ = ["Durability", "Store"]

logger = logging.getLogger(__name__)

FULL = 2
"""As SQLite numbers it: with less a power failure may take what was signed last."""
type Durability = str
"""`full` or `normal`: the value of SQLite's `synchronous`."""

CHECKPOINT_PAGES = 1000
CACHE_KIB = 16_000
"""Pages that are kept in memory, once there are so many: ids are looked up all over their index,
and a page that is not kept is read again for nearly every record of a large recording."""
BUSY_SECONDS = 5.0
LAYERS = 4
"""Strings of JSON within each other in which a text may stand: a result, its output, a file."""
MAX_BLOBS_READ = 2000
"""Large values, the newest, that are read where nothing marked leads to a secret."""
MARKS_BY_SQL = 16
"""Marks that SQLite looks for one after another; more are looked for together."""

INSERT_RECORD = """
INSERT INTO records (seq, leaf, body, id, session_id, witness, phase, kind, name, ref, t_ns,
                     observed_ns, status)
VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)
"""
INSERT_BLOB = "INSERT OR IGNORE INTO blobs (digest, size, encoding, data) VALUES (?,?,?,?)"
INSERT_CREDENTIAL = (
    "INSERT OR IGNORE INTO credentials (fingerprint, class, hint, first_seq) VALUES (?,?,?,?)"
)
INSERT_SIGHTING = (
    "INSERT INTO sightings (seq, fingerprint, role, place, detector) VALUES (?,?,?,?,?)"
)
INSERT_FORM = "INSERT INTO forms (fingerprint, mark, at, length, encoding) VALUES (?,?,?,?,?)"
INSERT_CHECKPOINT = "INSERT OR IGNORE INTO checkpoints (size, note) VALUES (?,?)"
UPSERT_FRONTIER = (
    "INSERT INTO frontier (one, size, stack) VALUES (1,?,?) "
    "ON CONFLICT (one) DO UPDATE SET size = excluded.size, stack = excluded.stack"
)

UPSERT_KEYS = (
    "INSERT INTO keys_kept (one, folder) VALUES (1,?) "
    "ON CONFLICT (one) DO UPDATE SET folder = excluded.folder"
)


@dataclass(frozen=True, slots=True)
class _Rows:
    """One group of records as rows of each table."""

    records: list[tuple[Any, ...]]
    sessions: News
    blobs: list[tuple[Any, ...]]
    credentials: list[tuple[Any, ...]]
    sightings: list[tuple[Any, ...]]
    marks: list[tuple[Any, ...]]


class Store:
    """An open recording with its signing key. Use it from one thread."""

    def __init__(self, path: Path, db: sqlite3.Connection, meta: Meta) -> None:
        self.path = path
        self.log_id = log_id = meta.log_id
        self._db = db
        self._origin = meta.origin
        with keys_named():
            self._key, key_is_new = signing_key(log_id, meta.keys)
            self.fingerprint_key, fingerprint_key_is_new = fingerprint_key(log_id, meta.keys)
        _tell_where_keys_are(db, meta)
        row = db.execute("SELECT size, stack FROM frontier").fetchone()
        self._frontier = Frontier.from_bytes(row[0], row[1]) if row else Frontier()
        self._signed_size = int(
            db.execute("SELECT ifnull(max(size), 0) FROM checkpoints").fetchone()[0]
        )
        self._is_durable = db.execute("PRAGMA synchronous").fetchone()[0] >= FULL
        self._signed_here = SignedHere(path, log_id, meta.keys)
        self.missing = self._signed_here.missing_from(db)
        """Records under a checkpoint that was signed here and is not in the recording any more."""
        mend(db)
        self._sessions = SessionRows(db)
        self.rotated_keys = bool(self._frontier.size) and (key_is_new or fingerprint_key_is_new)
        """True when a key of an existing recording was missing and a new one had to be made."""

    @classmethod
    def open(cls, path: Path, *, durability: Durability = "full") -> Self:
        """Open a recording for appending, or begin one where there is no file.

        Raises:
            RecordingError: the file is no recording, of another format, or cannot be written.
        """
        if durability not in {"full", "normal"}:
            raise RecordingError(f"durability is 'full' or 'normal', not {durability!r}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists() or path.stat().st_size == 0:
                begin(path)
            meta = _check_format(path)
            if not os.access(path, os.W_OK):
                # SQLite would open it all the same, to read.
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            db = _connect(path, durability)
        except OSError as error:
            raise RecordingError(f"cannot write {path}: {error.strerror or error}") from error
        except sqlite3.DatabaseError as error:
            raise RecordingError(f"cannot append to {path}: {error}") from error
        try:
            store = cls(path, db, meta)
            # Of a recorder that was killed the log may hold what was sealed late: not any longer.
            store.fold()
            return store
        except BaseException:
            db.close()
            raise

    @property
    def size(self) -> int:
        """Number of records in the recording."""
        return self._frontier.size

    @property
    def unsigned(self) -> int:
        """Number of records after the newest signed checkpoint."""
        return self._frontier.size - self._signed_size

    def credentials(self) -> dict[str, tuple[str, str]]:
        """Return fingerprint -> (class, hint) of every credential in the recording."""
        rows = self._db.execute("SELECT fingerprint, class, hint FROM credentials")
        return {row[0]: (row[1], row[2]) for row in rows}

    def sessions(self) -> list[str]:
        """Return the ids of the sessions."""
        return list(self._sessions)

    def has(self, record_id: str) -> bool:
        """Return whether a record of that id is in the recording (a spool taken in twice)."""
        found = self._db.execute("SELECT 1 FROM records WHERE id = ?", (record_id,)).fetchone()
        return found is not None

    def marked(self, marks: Iterable[bytes], before: int) -> list[int]:
        """Return the records up to one that may hold a string with one of some marks."""
        wanted = frozenset(marks)
        if len(wanted) > MARKS_BY_SQL:
            rows = self._db.execute("SELECT seq, marks FROM marks WHERE seq <= ?", (before,))
            return [s for s, kept in rows if kept is None or not wanted.isdisjoint(marks_in(kept))]
        holds = " OR ".join(["marks IS NULL", *["instr(marks, ?)"] * len(wanted)])
        sql = f"SELECT seq FROM marks WHERE seq <= ? AND ({holds})"  # noqa: S608
        return [row[0] for row in self._db.execute(sql, (before, *wanted))]

    def holding(self, texts: Iterable[str], before: int) -> list[int]:
        """Return the records up to one that hold one of some texts, by reading them all."""
        written = {form for text in texts for form in _as_in_json(text)}
        if not written:
            return []
        holds = " OR ".join(["instr(body, ?)"] * len(written))
        sql = f"SELECT seq FROM records WHERE seq <= ? AND ({holds})"  # noqa: S608
        found = {row[0] for row in self._db.execute(sql, (before, *written))}
        newest = "SELECT digest, data FROM blobs WHERE data IS NOT NULL ORDER BY rowid DESC LIMIT ?"
        for digest, data in self._db.execute(newest, (MAX_BLOBS_READ,)).fetchall():
            try:
                raw = zstandard.ZstdDecompressor().decompress(data, max_output_size=MAX_BLOB_BYTES)
            except zstandard.ZstdError:
                continue  # damaged: `verify` tells of it
            if any(form in raw for form in written):
                refers = "SELECT seq FROM records WHERE seq <= ? AND instr(body, ?)"
                found.update(
                    r[0] for r in self._db.execute(refers, (before, digest.hex().encode()))
                )
        return sorted(found)

    def body(self, seq: int) -> bytes | None:
        """Return a record's body; None where there is none."""
        row = self._db.execute("SELECT body FROM records WHERE seq = ?", (seq,)).fetchone()
        return row[0] if row else None

    def blob(self, digest: str) -> bytes | None:
        """Return a large value's sealed bytes; None where it is gone."""
        sql = "SELECT data FROM blobs WHERE digest = ?"
        row = self._db.execute(sql, (bytes.fromhex(digest),)).fetchone()
        if row is None or row[0] is None:
            return None
        return zstandard.ZstdDecompressor().decompress(row[0], max_output_size=MAX_BLOB_BYTES)

    def replacement(self, seq: int, sealed: SealedRecord) -> Replacement:
        """Return what is to stand in a record's place, for `append`."""
        return replacement(seq, sealed)

    def fold(self) -> bool:
        """Fold the write-ahead log into the file and cut it; False while a reader holds it."""
        self._db.execute("PRAGMA busy_timeout = 50")
        try:
            busy = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.OperationalError:
            return False
        finally:
            self._db.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        return not busy

    def vacuum(self) -> None:
        """Write the file anew, without what its pages keep in their unused parts.

        Raises:
            sqlite3.Error: it cannot be done now.
        """
        self._db.execute("VACUUM")

    def files(self) -> tuple[Path, ...]:
        """Return the files that hold the recording: the database and its write-ahead log."""
        return self.path, self.path.with_name(self.path.name + "-wal")

    def forms(self) -> list[Form]:
        """Return the forms by which the recording's secrets are recalled."""
        rows = self._db.execute("SELECT mark, at, length, encoding, fingerprint FROM forms")
        return [Form(*row) for row in rows]

    def append(
        self,
        group: Sequence[SealedRecord],
        *,
        checkpoint: bool = False,
        forms: Sequence[Form] = (),
        replacing: Sequence[Replacement] = (),
    ) -> int:
        """Append a group in one commit and return the newest `seq`; all of it is stored or none.

        Args:
            group: sealed records, in the order of receipt.
            checkpoint: also sign the log as it then stands.
            forms: of secrets that became known with the group.
            replacing: records that are sealed once more; one of the group says so.

        Raises:
            sqlite3.Error: nothing of the group was stored (disk full, locked, I/O error).
            TypeError: something other than a sealed record was handed in.
        """
        frontier = self._frontier.copy()
        rows = self._rows(group, frontier)
        signs = checkpoint and frontier.size > self._signed_size
        self._db.execute("BEGIN IMMEDIATE")
        try:
            replace(self._db, replacing)
            self._db.executemany(INSERT_RECORD, rows.records)
            rows.sessions.write(self._db)
            self._db.executemany(INSERT_BLOB, rows.blobs)
            self._db.executemany(INSERT_CREDENTIAL, rows.credentials)
            self._db.executemany(INSERT_SIGHTING, rows.sightings)
            self._db.executemany(INSERT_MARKS, rows.marks)
            self._db.executemany(
                INSERT_FORM,
                [(f.fingerprint, f.mark, f.at, f.length, f.encoding) for f in forms],
            )
            self._db.execute(UPSERT_FRONTIER, (frontier.size, frontier.to_bytes()))
            if signs:
                note = sign(Checkpoint(self._origin, frontier.size, frontier.root()), self._key)
                self._db.execute(INSERT_CHECKPOINT, (frontier.size, note))
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self._frontier = frontier
        self._sessions.keep(rows.sessions)
        if replacing:
            self._sessions.reload()
        if signs:
            self._signed_size = frontier.size
            if self._is_durable:
                self._signed_here.remember(note)
        return frontier.size

    def tombstone(self, found: Sequence[Replacement]) -> dict[str, Json]:
        """Return what the record tells that vouches for records that are sealed once more."""
        return tombstone(self._origin, self._key, found)

    def close(self) -> None:
        """Sign what is unsigned and close; the write-ahead log is folded into the file."""
        try:
            if self.unsigned:
                self.append([], checkpoint=True)
        except sqlite3.Error as error:
            logger.warning("last checkpoint not written: %s", type(error).__name__)
        finally:
            self._db.close()

    def _rows(self, group: Sequence[SealedRecord], frontier: Frontier) -> _Rows:
        rows = _Rows([], News(), [], [], [], [])
        for sealed, salt in zip(group, salts(len(group)), strict=True):
            if not isinstance(sealed, SealedRecord):
                raise TypeError("the store takes sealed records only")
            seq = frontier.size + 1
            body = encode_body(seq, sealed.fields, salt)
            leaf = leaf_hash(body)
            frontier.append(leaf)
            rows.records.append((seq, leaf, body, *index_columns(sealed.fields)))
            self._sessions.note(rows.sessions, seq, sealed.fields)
            if sealed.marks != b"":
                rows.marks.append((seq, sealed.marks))
            for blob in sealed.blobs:
                rows.blobs.append((blob.digest, blob.size, blob.encoding, blob.data))
            for seal in sealed.seals:
                rows.credentials.append((seal.fingerprint, seal.credential_class, seal.hint, seq))
                rows.sightings.append(
                    (seq, seal.fingerprint, seal.role.value, seal.place, seal.detector)
                )
        return rows


def _as_in_json(text: str) -> Iterator[bytes]:
    """Yield a text as it stands in a body: escaped once, or in JSON that stands in JSON."""
    written = forms = {text}
    for _ in range(LAYERS):
        written = {
            json.dumps(form, ensure_ascii=ascii_only)[1:-1]
            for form in written
            for ascii_only in (False, True)
        }
        forms = forms | written
    for form in forms:
        yield utf8(form)


def _connect(path: Path, durability: Durability) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA synchronous = {durability}")
        # What is sealed later must not stay readable in pages that are free.
        db.execute("PRAGMA secure_delete = ON")
        db.executescript(CREATE_RECALL)
        db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    except BaseException:
        db.close()
        raise
    return db


def _tell_where_keys_are(db: sqlite3.Connection, meta: Meta) -> None:
    folder = str(keys_folder(meta.log_id, meta.keys).parent.absolute())
    if folder == meta.keys:
        return
    # No name that SQLite can hold, or no room to write it: then whoever opens it next tells.
    with suppress(UnicodeEncodeError, sqlite3.OperationalError):
        db.execute(UPSERT_KEYS, (folder,))


def _check_format(path: Path) -> Meta:
    """Look at a file before anything is written to it: even a pragma would change another's."""
    with Recording.open(path) as recording:
        meta = recording.meta
    if meta.format_version != FORMAT_VERSION:
        raise NewerFormatError(
            f"{path} has format {meta.format_version}; this flightlog appends to format "
            f"{FORMAT_VERSION} only"
        )
    return meta
