"""Check that a recording is what its recorder wrote: every record, the log, the signatures, and the
file beneath them.

Needs the recording alone (level L0); with a verifier key that was kept elsewhere it also catches a
history that was signed anew (L1). Nothing here trusts a column: each is compared with its body.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recorder.checkpoint import Checkpoint, open_note
from recorder.columns import (
    SESSION_COLUMNS,
    TOLD,
    column_text,
    index_columns,
    session_columns,
    told_of,
)
from recorder.merkle import HASH_BYTES, Frontier, leaf_hash
from recorder.reader import Recording
from recorder.signed_here import missing_checkpoints
from recorder.soundness import problems_of_file
from recorder.tombstones import Told

__all__ = ["Problem", "VerifyReport", "verify"]

PAGE = 1000
BEFORE_ALL = -(2**63)
MAX_PROBLEMS = 100
SELECT_RECORDS = """
SELECT seq, leaf, body, id, session_id, witness, phase, kind, name, ref, t_ns, observed_ns, status
FROM records WHERE seq > ? ORDER BY seq LIMIT ?
"""
SELECT_SESSIONS = f"SELECT {', '.join(SESSION_COLUMNS)} FROM sessions ORDER BY first_seq"  # noqa: S608
SELECT_CREDENTIALS = "SELECT fingerprint, class, hint FROM credentials"
COLUMN_NAMES = (
    "id", "session_id", "witness", "phase", "kind", "name", "ref", "t_ns", "observed_ns", "status",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as the recorder wrote it."""

    seq: int | None
    """The record it concerns; None where it concerns no single one."""
    what: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What verification found."""

    path: Path
    log_id: str
    level: str
    """`L0 self`: the recording alone was checked. `L1 pinned`: against a key kept elsewhere."""
    records: int
    signed: int
    """Records that the newest valid checkpoint covers."""
    checkpoints: int
    root: str
    """Root hash of the log, hexadecimal."""
    verifier_key: str
    gaps: int
    """Records in which the recorder says that something is missing."""
    problems: tuple[Problem, ...]
    resealed: int = 0
    """Records that were sealed once more, each named by a later record of the log."""
    signed_here: int = 0
    """Records under the newest checkpoint that this machine remembers; 0: recorded elsewhere."""

    @property
    def ok(self) -> bool:
        """True when nothing is wrong."""
        return not self.problems

    @property
    def unsigned(self) -> int:
        """Records after the newest valid checkpoint: in order, but not yet signed."""
        return self.records - self.signed


def verify(
    path: Path | str,
    *,
    key: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> VerifyReport:
    """Verify the recording at a path.

    Args:
        path: the recording.
        key: verifier key kept elsewhere; default: the one in the recording.
        progress: called now and then with (records done, records in all).

    Raises:
        RecordingError: it cannot be opened or read at all.
    """
    with Recording.open(path) as recording, recording.snapshot():
        return _Verification(recording, key, progress).run()


class _Verification:
    """One walk over a recording."""

    def __init__(
        self,
        recording: Recording,
        key: str | None,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self._recording = recording
        self._pinned = key is not None
        self._key = recording.meta.verifier_key if key is None else key
        self._progress = progress
        self._problems: list[Problem] = []
        self._frontier = Frontier()
        self._gaps = 0
        self._sightings: list[tuple[Any, ...]] = []
        self._classes: dict[str, set[tuple[str, str]]] = {}
        """Fingerprint -> class and hint, as seals tell them."""
        self._blobs: set[str] = set()
        self._sessions = _Sessions()
        self._changed: dict[int, bytes] = {}
        """Record whose bytes do not match its leaf -> the leaf hash of its bytes."""
        self._tombstones = Told(recording.meta.origin, self._key)

    def run(self) -> VerifyReport:
        notes = dict(self._rows("SELECT size, note FROM checkpoints ORDER BY size"))
        self._compare_meta()
        signed = self._walk(notes)
        self._compare_changed()
        self._compare_frontier()
        self._compare_index_tables()
        self._check_blobs()
        signed_here, missing = missing_checkpoints(self._recording)
        for what in [*missing, *problems_of_file(self._recording)]:
            self._add(None, what)
        meta = self._recording.meta
        return VerifyReport(
            path=self._recording.path,
            log_id=meta.log_id,
            level="L1 pinned" if self._pinned else "L0 self",
            records=self._frontier.size,
            signed=signed,
            checkpoints=len(notes),
            root=self._frontier.root().hex(),
            verifier_key=meta.verifier_key,
            gaps=self._gaps,
            problems=tuple(self._problems[:MAX_PROBLEMS]),
            resealed=len(self._tombstones),
            signed_here=signed_here,
        )

    def _walk(self, notes: dict[int, str]) -> int:
        """Check every record in order, and each checkpoint when its size is reached."""
        total = self._recording.last_seq()
        signed = 0
        after = BEFORE_ALL
        while rows := self._rows(SELECT_RECORDS, (after, PAGE)):
            for row in rows:
                self._check_record(row)
                size = self._frontier.size
                if size in notes and self._check_checkpoint(notes[size]):
                    signed = size
            after = rows[-1][0]
            if self._progress:
                self._progress(after, total)
        for size in notes:
            if size > self._frontier.size:
                self._add(None, f"a checkpoint covers {size} records, but the log ends before it")
        return signed

    def _check_record(self, row: tuple[Any, ...]) -> None:
        seq, leaf, body, *columns = row
        expected = self._frontier.size + 1
        if seq < expected:
            self._add(seq, f"record #{seq} does not belong to the log: its numbers begin with 1")
            return
        if seq > expected:
            self._add(expected, f"missing: record #{expected} is not there, next is #{seq}")
            # The walk goes on as if something stood in the hole: records after it are checked one
            # by one, and the checkpoints after it say that the log is not whole.
            self._frontier = Frontier(seq - 1, [bytes(HASH_BYTES)] * (seq - 1).bit_count())
        if not isinstance(leaf, bytes) or not isinstance(body, bytes | None):
            self._frontier.append(bytes(HASH_BYTES))
            self._add(seq, f"record #{seq} is no record: its body or its leaf is of another type")
            return
        self._frontier.append(leaf)
        if body is None:
            self._add(seq, f"the body of record #{seq} was removed without a word why")
            return
        if leaf_hash(body) != leaf:
            self._changed[seq] = leaf_hash(body)
        try:
            self._check_columns(seq, json.loads(body), columns)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self._add(seq, f"record #{seq} is no record: its body cannot be read")

    def _check_columns(self, seq: int, fields: dict[str, Any], columns: list[Any]) -> None:
        if fields["seq"] != seq:
            self._add(seq, f"record #{seq} says of itself that it is #{fields['seq']}")
        pairs = zip(COLUMN_NAMES, columns, index_columns(fields), strict=True)
        for name, stored, true in pairs:
            if stored != true:
                self._add(
                    seq, f"column {name} of record #{seq} was changed: its body says otherwise"
                )
        self._gaps += fields["kind"] == "lifecycle" and fields["name"] in {"gap", "spool_torn"}
        if fields["session"]:
            self._sessions.take(seq, fields)
        if seq not in self._changed:  # one that was changed itself vouches for nothing
            self._tombstones.take(seq, fields)
        self._blobs.update(str(blob["digest"]) for blob in fields["blobs"].values())
        self._sightings += [
            (seq, str(s["fp"]), str(s["role"]), str(s["place"]), str(s["detector"]))
            for s in fields["seals"]
        ]
        for s in fields["seals"]:
            said = str(s["class"]), str(s["hint"])
            self._classes.setdefault(str(s["fp"]), set()).add(said)

    def _compare_changed(self) -> None:
        """Complain of records that were changed, but for what was sealed once more and says so."""
        for seq, found in self._changed.items():
            if self._tombstones.vouches_for(seq, found.hex()):
                continue
            what = f"record #{seq} was changed: its bytes do not match its leaf in the log"
            if (teller := self._tombstones.unsigned(seq)) is not None:
                what += f" (#{teller} says that it was sealed once more, but no key signed that)"
            self._add(seq, what)

    def _check_checkpoint(self, note: str) -> bool:
        size = self._frontier.size
        try:
            checkpoint = open_note(str(note), self._key)
        except ValueError as error:
            self._add(None, f"checkpoint at {size}: {error}")
            return False
        expected = Checkpoint(self._recording.meta.origin, size, self._frontier.root())
        if checkpoint != expected:
            self._add(None, f"checkpoint at {size} does not fit the log: records up to #{size} or "
                      "their leaves were changed, added or removed")  # fmt: skip
            return False
        return True

    def _compare_meta(self) -> None:
        meta = self._recording.meta
        if meta.origin != f"flightlog/{meta.log_id}":
            self._add(None, "the recording's origin does not fit its log id")
        if self._pinned and self._key != meta.verifier_key:
            self._add(None, "the recording's key is not the one that was kept elsewhere")

    def _compare_frontier(self) -> None:
        rows = self._rows("SELECT size, stack FROM frontier")
        stored = rows[0] if rows else (0, b"")
        if stored != (self._frontier.size, self._frontier.to_bytes()):
            self._add(
                None,
                f"the log's frontier is for {stored[0]} records, the walk found "
                f"{self._frontier.size}: records were removed, added or changed",
            )

    def _compare_index_tables(self) -> None:
        stored = self._rows(
            "SELECT seq, fingerprint, role, place, detector FROM sightings ORDER BY rowid"
        )
        if Counter(stored) != Counter(self._sightings):
            changed = {row[0] for row in set(stored) ^ set(self._sightings)}
            self._add(
                min((seq for seq in changed if isinstance(seq, int)), default=None),
                "the table of sightings was changed: bodies say otherwise",
            )
        known = {row[0]: row[1:] for row in self._rows(SELECT_CREDENTIALS)}
        if known.keys() != self._classes.keys() or any(
            told not in self._classes[fingerprint] for fingerprint, told in known.items()
        ):
            self._add(None, "the table of credentials was changed: bodies say otherwise")
        if not self._sessions.fit(self._rows(SELECT_SESSIONS)):
            self._add(None, "the table of sessions was changed: bodies say otherwise")

    def _check_blobs(self) -> None:
        found: set[str] = set()
        for digest, size, content in self._blob_contents():
            found.add(digest)
            if content is None or hashlib.sha256(content).hexdigest() != digest:
                self._add(
                    None, f"blob {digest[:16]} was changed: its bytes do not match its digest"
                )
            elif size != len(content):
                self._add(None, f"the size of blob {digest[:16]} was changed")
        for digest in sorted(self._blobs - found):
            self._add(None, f"blob {digest[:16]} is missing")

    def _blob_contents(self) -> Iterator[tuple[str, Any, bytes | None]]:
        for digest, size in self._rows("SELECT digest, size FROM blobs"):
            name = digest.hex() if isinstance(digest, bytes) else str(digest)
            yield name, size, self._recording.blob(name)

    def _rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        return self._recording.rows(sql, parameters)

    def _add(self, seq: int | None, what: str) -> None:
        self._problems.append(Problem(seq, what))


class _Sessions:
    """What bodies tell of their sessions, to hold the table of sessions against."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[Any, ...]] = {}
        self._told: dict[str, dict[str, set[str]]] = {}

    def take(self, seq: int, fields: Mapping[str, Any]) -> None:
        """Take in a record of a session."""
        session = column_text(fields["session"])
        if session not in self._first:
            self._first[session] = session_columns(seq, fields)
            self._told[session] = {column: {""} for column in TOLD}
        for column, values in self._told[session].items():
            values.add(told_of(column, fields))

    def fit(self, stored: Sequence[tuple[Any, ...]]) -> bool:
        """Return whether rows, in the order of their first records, say what bodies say."""
        return len(stored) == len(self._first) and all(
            all(self._fits(*cell, true[0]) for cell in zip(SESSION_COLUMNS, row, true, strict=True))
            for row, true in zip(stored, self._first.values(), strict=True)
        )

    def _fits(self, column: str, stored: Any, first: Any, session: str) -> bool:
        """Return whether a cell says what the first record of its session says.

        What that does not tell, another of the session's records may have told; the table of a
        former release leaves it empty, or has it from the records that came since.
        """
        return stored == first or (first == "" and stored in self._told[session].get(column, ()))
