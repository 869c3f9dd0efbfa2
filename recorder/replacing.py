"""Put a record's sealed form in its place, inside the transaction that also says so.

The record's leaf stays as it is: what stands there now is vouched for by the record that tells of
it. Rows that index the old body go with it, and so do large values that nothing refers to any more.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recorder.body import encode_body
from recorder.columns import TOLD, column_text, index_columns, told_of
from recorder.merkle import leaf_hash
from recorder.sealing.sealed import SealedRecord
from recorder.session_rows import derive

__all__ = ["INSERT_MARKS", "Replacement", "replace", "replacement"]

INSERT_MARKS = "INSERT OR REPLACE INTO marks (seq, marks) VALUES (?,?)"
UPDATE_RECORD = """
UPDATE records SET body = ?, id = ?, session_id = ?, witness = ?, phase = ?, kind = ?, name = ?,
                   ref = ?, t_ns = ?, observed_ns = ?, status = ?
WHERE seq = ?
"""


@dataclass(frozen=True, slots=True)
class Replacement:
    """What is to stand in a record's place, because it held more than was known to be secret."""

    seq: int
    sealed: SealedRecord
    body: bytes
    leaf: bytes
    """Leaf hash of that body; the record's own leaf stays in the log."""


def replacement(seq: int, sealed: SealedRecord) -> Replacement:
    """Return what is to stand in a record's place.

    Raises:
        TypeError: something other than a sealed record was handed in.
    """
    if not isinstance(sealed, SealedRecord):
        raise TypeError("only a sealed record may take a record's place")
    body = encode_body(seq, sealed.fields)
    return Replacement(seq, sealed, body, leaf_hash(body))


def replace(db: sqlite3.Connection, replacements: Sequence[Replacement]) -> None:
    """Put records in their places; to be called inside a transaction.

    Raises:
        sqlite3.Error: it could not be done; roll back.
    """
    former: set[str] = set()
    sessions: set[str] = set()
    for one in replacements:
        fields = _fields(db, one.seq)
        former |= {blob["digest"] for blob in fields["blobs"].values()} if fields else set()
        sessions |= _with_other_rows(fields, one.sealed.fields)
        _replace(db, one)
    for session in sessions:
        derive(db, session)
    kept = {blob.digest.hex() for one in replacements for blob in one.sealed.blobs}
    for digest in former - kept:
        if not _is_referred_to(db, digest):
            db.execute("DELETE FROM blobs WHERE digest = ?", (bytes.fromhex(digest),))


def _with_other_rows(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """Return the sessions whose rows may be others now that a record takes the place of another."""
    is_same = old and old["session"] == new["session"]
    if is_same and all(told_of(column, old) == told_of(column, new) for column in TOLD):
        return set()
    named = {old.get("session"), new["session"]}
    return {column_text(session) for session in named if session}


def _replace(db: sqlite3.Connection, one: Replacement) -> None:
    fields, sealed = one.sealed.fields, one.sealed
    db.execute(UPDATE_RECORD, (one.body, *index_columns(fields), one.seq))
    db.execute("DELETE FROM sightings WHERE seq = ?", (one.seq,))
    for seal in sealed.seals:
        db.execute(
            "INSERT OR IGNORE INTO credentials (fingerprint, class, hint, first_seq) "
            "VALUES (?,?,?,?)",
            (seal.fingerprint, seal.credential_class, seal.hint, one.seq),
        )
        db.execute(
            "INSERT INTO sightings (seq, fingerprint, role, place, detector) VALUES (?,?,?,?,?)",
            (one.seq, seal.fingerprint, seal.role.value, seal.place, seal.detector),
        )
    for blob in sealed.blobs:
        db.execute(
            "INSERT OR IGNORE INTO blobs (digest, size, encoding, data) VALUES (?,?,?,?)",
            (blob.digest, blob.size, blob.encoding, blob.data),
        )
    db.execute(INSERT_MARKS, (one.seq, sealed.marks))


def _fields(db: sqlite3.Connection, seq: int) -> Mapping[str, Any]:
    row = db.execute("SELECT body FROM records WHERE seq = ?", (seq,)).fetchone()
    return json.loads(row[0]) if row else {}


def _is_referred_to(db: sqlite3.Connection, digest: str) -> bool:
    """Tell whether a record still refers to a large value: one that was not replaced with it."""
    sql = "SELECT 1 FROM records WHERE instr(body, ?) LIMIT 1"
    return db.execute(sql, (digest.encode(),)).fetchone() is not None
