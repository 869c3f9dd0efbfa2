"""Seal late: what was stored before its secret was recognised is sealed once more, and says so.

A new secret's keyed marks lead to the records that may hold it. Each that does is replaced by its
sealed form; its leaf stays in the log, and a record (`resealed`) names it with the hash of what
stands there now, so that the chain still verifies. Nothing plain is left behind: SQLite overwrites
what it deletes, the write-ahead log is folded in and cut, and the file is looked through.
"""

from __future__ import annotations

import json
import logging
import mmap
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from zstandard import ZstdError

from recorder.model import Json
from recorder.replacing import Replacement
from recorder.restoring import restored
from recorder.sealing import SealedRecord, Sealer
from recorder.sealing.encodings import forms_of
from recorder.sealing.forms import Form
from recorder.sealing.marks import marks_in
from recorder.sealing.recall import NewSecret
from recorder.sealing.sealed import uncompressed
from recorder.store import Store
from recorder.tombstones import RESEALED
from recorder.utf8 import utf8

__all__ = ["LateSealing"]

logger = logging.getLogger(__name__)

MAX_READINGS = 500
"""How often one recorder reads everything that is stored, for secrets that no mark leads to."""
MAX_BARE = 100
AT_ONCE = 40
"""Texts that one query looks for. Each is written in up to a dozen ways; SQLite takes a thousand
parameters."""
MAX_SEARCHED = 1 << 30
"""Bytes of a file that is searched for what was sealed late; in a larger one SQLite's own
overwriting has to do."""
MAX_WAITING = 10_000
"""New secrets whose search is put off while nothing can be written."""


@dataclass
class LateSealing:
    """Looks for new secrets in what a store holds already. Use it from the writer's thread."""

    store: Store
    sealer: Sealer
    own: Callable[[str, dict[str, Json]], SealedRecord]
    """Makes a record of the recorder's own."""
    stored: set[str]
    """Fingerprints of the secrets whose forms the store has."""
    _waiting: list[NewSecret] = field(default_factory=list)
    _unswept: bool = False
    _readings: int = 0
    _sweep: list[bytes] = field(default_factory=list)

    def expect(self, secrets: Sequence[NewSecret]) -> None:
        """Take note of secrets to look for when the store can be written to."""
        self._waiting += secrets[: MAX_WAITING - len(self._waiting)]

    def waiting(self) -> tuple[NewSecret, ...]:
        """Return the secrets that are waited for."""
        return tuple(self._waiting)

    def forms(self) -> list[Form]:
        """Return the forms of the secrets that are not stored yet, to be stored with a group."""
        new: dict[str, NewSecret] = {}
        for secret in self._waiting:
            if secret.fingerprint not in self.stored:
                new.setdefault(secret.fingerprint, secret)
        return [form for secret in new.values() for form in secret.forms]

    def forms_are_stored(self) -> None:
        """Take note that the group with which `forms` were to be stored is committed."""
        self.stored.update(secret.fingerprint for secret in self._waiting)

    def work(self, before: int) -> int:
        """Seal what was stored, up to a record, with the secrets that are waited for.

        Returns:
            The number of records that were sealed once more.

        Raises:
            sqlite3.Error: the store cannot be written; the secrets go on waiting, as they do
                whatever else is raised.
        """
        if not self._waiting:
            self.sweep()
            return 0
        marks = {form.mark for secret in self._waiting for form in secret.forms}
        leads = {*self.store.marked(marks, before), *self._unmarked(before)}
        found = [made for seq in sorted(leads) if (made := self._again(seq))]
        if found:
            self._replace(found)
            self._unswept = True
            self._sweep += [utf8(secret.value)
                            for secret in self._waiting if secret.value]  # fmt: skip
        self._waiting.clear()
        self.sweep()
        return len(found)

    def _unmarked(self, before: int) -> list[int]:
        """Return the records that hold a secret without a token-like piece: all have to be read.

        So it is with what its owner declares, in all its forms: one may stand within a longer run
        of base64, which has other marks. Only so many times: whoever makes up such secrets must not
        keep the recorder from its work.
        """
        bare = [
            secret.value
            for secret in self._waiting
            if secret.value and all(f.encoding for f in secret.forms)
        ][:MAX_BARE]
        for secret in self._waiting:
            if secret.value and secret.declared:
                bare += dict.fromkeys(form for form, _ in forms_of(secret.value))
        if not bare or self._readings >= MAX_READINGS:
            return []
        self._readings += 1
        found: set[int] = set()
        for start in range(0, len(bare), AT_ONCE):
            found.update(self.store.holding(bare[start : start + AT_ONCE], before))
        return sorted(found)

    def again(self, sealed: SealedRecord, new: Sequence[NewSecret]) -> SealedRecord:
        """Return a record that is not stored yet, sealed also with what became known behind it."""
        marks = {form.mark for secret in new for form in secret.forms}
        if sealed.marks is not None and not marks & set(marks_in(sealed.marks)):
            return sealed
        blobs = {blob.digest.hex(): uncompressed(blob) for blob in sealed.blobs}
        try:
            record, seals = restored(sealed.fields, blobs.get)
        except (ValueError, LookupError):
            return sealed
        more = self.sealer.seal(record, seals)
        return more if len(more.seals) > len(seals) else sealed

    def _again(self, seq: int) -> Replacement | None:
        """Return a stored record sealed with what is known by now; None where nothing is new."""
        try:
            fields = json.loads(self.store.body(seq) or b"null")
            if not fields:
                return None
            record, seals = restored(fields, self.store.blob)
        except (ValueError, KeyError, TypeError, LookupError, ZstdError):
            return None  # damaged: `verify` tells of it
        sealed = self.sealer.seal(record, seals)
        return self.store.replacement(seq, sealed) if len(sealed.seals) > len(seals) else None

    def _replace(self, found: Sequence[Replacement]) -> None:
        told = self.store.tombstone(found)
        self.store.append([self.own(RESEALED, told)], replacing=found)

    def sweep(self) -> bool:
        """See to it that no plain value is left in the files; return whether that is done.

        While a reader is in the middle of something, its pages stay: then it is tried again later.
        """
        if not self._unswept:
            return True
        if not self.store.fold():
            return False
        if any(_holds(path, self._sweep) for path in self.store.files()):
            # A page that was split before the secret was known may keep a copy in its unused part.
            try:
                self.store.vacuum()
            except sqlite3.Error as error:
                logger.warning("the recording could not be packed (%s)", type(error).__name__)
                return False
            if not self.store.fold():
                return False
        self._unswept = False
        self._sweep.clear()
        return True


def _holds(path: Path, values: Sequence[bytes]) -> bool:
    """Tell whether a file holds one of some values as it is."""
    try:
        with path.open("rb") as file:
            if not 0 < path.stat().st_size <= MAX_SEARCHED:
                return False
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return any(content.find(value) >= 0 for value in values)
    except OSError:
        return False
