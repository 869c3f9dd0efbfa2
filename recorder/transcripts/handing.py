"""Hand imported records to a recording, in groups, whether or not a recorder is at work on it."""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, Self

from recorder.client import Client
from recorder.columns import column_text
from recorder.digests import bare, keyed
from recorder.errors import FlightlogError, RecorderBusyError, RecorderUnreachableError
from recorder.founding import keys_named
from recorder.keys import KEY_BYTES, fingerprint_key
from recorder.location import spool_folder
from recorder.model import Record
from recorder.reader import Recording
from recorder.service import Service
from recorder.waiting import waiting_in

__all__ = ["Hand", "Handing", "Nobody", "hand_to"]

IN_FLIGHT = 3
"""Groups that may wait for their commit while the next is read."""
ANSWER_SECONDS = 120.0
SELECT_REPORTED = "SELECT 1 FROM records WHERE witness <> 'recorder' OR name = 'damage' LIMIT 1"
"""Whether anything is there that a former release may have imported."""
SELECT_SESSION = "SELECT 1 FROM sessions WHERE id = ?"
ASK_SECONDS = 1.0
"""After so long without a commit it is asked whether our own recorder is still at work."""


class Handing(Protocol):
    """Takes records; those that are there already are left out."""

    @property
    def committed(self) -> int:
        """Records that are in the recording now and were not before."""

    def give(self, records: Sequence[Record]) -> set[str]:
        """Hand over a group; return the ids of those of its records that are new."""

    def filed_as(self, session: str) -> str:
        """Return the id under which a session's records are filed."""

    def settle(self) -> None:
        """Wait until everything that was handed over is committed.

        Raises:
            FlightlogError: something could not be committed.
        """

    def close(self) -> None:
        """Let go of the recording."""


class Nobody:
    """Takes nothing: for a look at what would be imported."""

    committed = 0

    def __init__(self) -> None:
        self._key = secrets.token_bytes(KEY_BYTES)

    def give(self, records: Sequence[Record]) -> set[str]:
        """Return the ids of all of them."""
        return {record.id for record in records}

    def filed_as(self, session: str) -> str:
        """Return an id that tells nothing of what the session's was made from."""
        return keyed(session, self._key)

    def settle(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class Hand:
    """Gives records to the recorder of a recording: our own, or the one that is at work."""

    def __init__(self, path: Path, service: Service | None, client: Client | None) -> None:
        self._service = service
        self._client = client
        self._free = threading.Semaphore(IN_FLIGHT)
        self._waiting: set[str] = set()
        """Ids that were handed over and are not committed yet."""
        self._filed: dict[str, str] = {}
        """A session's id as told -> as the recording has it."""
        self._lock = threading.Lock()
        self._failed = 0
        self.committed = 0
        self._recording = Recording.open(path)
        with keys_named():
            self._key = fingerprint_key(self._recording.meta.log_id, self._recording.meta.keys)[0]
        # The spool first: what stood in it is in the recording by the time that it is looked at.
        self._may_have_former = (
            client is not None
            or waiting_in(spool_folder(path)) > 0
            or bool(self._rows(SELECT_REPORTED, ()))
        )

    @classmethod
    def to(cls, path: Path) -> Self:
        """Become the recorder of a recording, or reach the one that it has.

        Raises:
            FlightlogError: it cannot be written, or its recorder does not answer.
        """
        try:
            service = Service.start(path)
        except RecorderBusyError as busy:
            client = Client(path)
            try:
                client.reach()
            except RecorderUnreachableError:
                raise busy from None
            return cls(path, None, client)
        try:
            return cls(path, service, None)
        except BaseException:
            service.stop()
            raise

    def give(self, records: Sequence[Record]) -> set[str]:
        """Hand over those records of a group that are not in the recording; return their ids."""
        new = self._new(records)
        ids = {record.id for record in new}
        if not new:
            return ids
        if self._client is not None:
            if self._client.submit_group(new, timeout_seconds=ANSWER_SECONDS):
                self.committed += len(new)
            else:
                self._failed += len(new)
            return ids
        waiting = frozenset(ids)
        with self._lock:
            self._waiting.update(waiting)
        self._acquire()

        def done(committed: bool) -> None:
            with self._lock:
                self._waiting.difference_update(waiting)
                self.committed += len(waiting) if committed else 0
                self._failed += 0 if committed else len(waiting)
            self._free.release()

        if self._service is not None:
            self._service.submit_group(new, done)
        return ids

    def filed_as(self, session: str) -> str:
        """Return the id under which the recording has a session, or will have it."""
        filed = self._filed.get(session)
        if filed is None:
            former, filed = column_text(bare(session)), column_text(keyed(session, self._key))
            if filed != former and self._rows(SELECT_SESSION, (former,)):
                filed = former
            self._filed[session] = filed
        return filed

    def settle(self) -> None:
        """Wait for every commit."""
        for _ in range(IN_FLIGHT):
            self._acquire()
        for _ in range(IN_FLIGHT):
            self._free.release()
        if self._failed:
            failed, self._failed = self._failed, 0
            waiting = min(failed, waiting_in(spool_folder(self._recording.path)))
            kept = (
                f"{waiting} of them wait in the spool beside it, which the next recorder takes in"
                if waiting
                else "the spool beside it could not take them either"
            )
            raise FlightlogError(
                f"{failed} records could not be committed to the recording (is the disk full?); "
                f"{kept}: make room and import again, which adds what is missing"
            )

    def _acquire(self) -> None:
        """Wait until a group more may be under way."""
        # One record may hold a hundred thousand secrets, which takes minutes.
        while not self._free.acquire(timeout=ASK_SECONDS):
            if self._service is not None and not self._service.is_at_work():
                raise FlightlogError(
                    "the recorder ended before it committed what it was given: import again"
                )

    def close(self) -> None:
        """Let go of the recording; a recorder of our own ends."""
        self._recording.close()
        if self._client is not None:
            self._client.close()
        if self._service is not None:
            self._service.stop()

    def _new(self, records: Sequence[Record]) -> list[Record]:
        """Return the records of a group that neither the recording nor the recorder has."""
        unique: dict[str, Record] = {}
        for record in records:
            # What was told first stays, as where the two come in different groups.
            unique.setdefault(record.id, record)
        # What waits is looked at first: between the two looks it can only become committed.
        with self._lock:
            for known in self._waiting.intersection(unique):
                del unique[known]
        for known in self._committed(list(unique)):
            del unique[known]
        return list(unique.values())

    def _committed(self, ids: Sequence[str]) -> set[str]:
        """Return those of some ids that the recording has, in the form of now or a former one."""
        stored = {keyed(one, self._key): one for one in ids}
        if self._may_have_former:
            stored |= {bare(one): one for one in ids}
        marks = ",".join("?" * len(stored))
        rows = self._rows(f"SELECT id FROM records WHERE id IN ({marks})", list(stored))  # noqa: S608  # marks only
        return {stored[str(row[0])] for row in rows}

    def _rows(self, sql: str, values: Sequence[str]) -> list[tuple[object, ...]]:
        try:
            return self._recording.rows(sql, values)
        except sqlite3.Error as error:
            raise FlightlogError(f"cannot read {self._recording.path}: {error}") from error


def hand_to(path: Path | None) -> Handing:
    """Return who takes the records: a recording's recorder, or nobody where there is no path."""
    return Nobody() if path is None else Hand.to(path)
