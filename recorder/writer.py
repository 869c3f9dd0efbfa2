"""The recorder's one thread that seals and commits: many records, one group, one commit.

What cannot be committed goes, sealed, to the spool; what cannot even be spooled is counted, and the
count becomes a record as soon as writing works again. Nothing here ever raises into an agent.
"""

from __future__ import annotations

import logging
import math
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from recorder import semconv
from recorder.errors import SettingsError
from recorder.given import left_out, name_of, record_of
from recorder.late import LateSealing
from recorder.leaving import leave_behind
from recorder.location import credentials_file, spool_folder
from recorder.losses import CANNOT, NOWHERE, TOO_FAST, Losses
from recorder.model import Json, Kind, Phase, Record, Seal
from recorder.own_words import declared, gap, own_record
from recorder.quiet import be_quiet
from recorder.sealing import SealedRecord, Sealer, declarations
from recorder.sealing.recall import Recall
from recorder.signed_here import words
from recorder.spool import Spool
from recorder.store import Store
from recorder.taking_in import Spooled, take_in

__all__ = ["Writer"]

logger = logging.getLogger(__name__)

MAX_GROUP = 1000
MAX_ROUNDS = 4
"""Times that a group is sealed when its own records give secrets away."""
MAX_PENDING = 100_000
"""Records waiting to be committed; more are dropped and counted."""
CHECKPOINT_EVERY = 1000
CHECKPOINT_SECONDS = 5.0
HEARTBEAT_SECONDS = 60.0
WARN_AGAIN_SECONDS = 60.0
"""A failure is logged again only after so long without one: a full disk is one warning."""
SPOOL_LOOK_SECONDS = 2.0
GATHER_SECONDS = 0.01
"""How long records wait for more to share their commit, which flushes the disk. Only those
wait that nobody is waiting for and of which the sender keeps a copy until they are committed."""


@dataclass(frozen=True, slots=True)
class _Item:
    records: Sequence[Record | dict[str, Any]]
    """Committed together; none at all asks the thread to end. A record may be given as its fields
    (`recorder.wire`), to be made here and not on an agent's thread."""
    done: Callable[[bool], None] | None
    waits: bool
    """The commit is not put off."""


class Writer:
    """Takes records from any thread and commits them in groups."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._settings = credentials_file()
        self._settings_changed_ns = 0
        key = store.fingerprint_key
        forms = store.forms()
        recall = Recall(key, forms=forms, marks=True, tells=True)
        self._sealer = Sealer(key, store.credentials(), recall)
        self._sealer.file_under(store.sessions())
        self._late = LateSealing(store, self._sealer, self._own, {f.fingerprint for f in forms})
        self._spool_folder = spool_folder(store.path)
        self._spool = Spool(self._spool_folder)
        self._queue: SimpleQueue[_Item] = SimpleQueue()
        self._in_hand: list[_Item] = []
        """What is being sealed and committed."""
        self._pending = 0
        self._losses = Losses()
        self._count_lock = threading.Lock()
        self._signed_at = self._spool_looked_at = self._wrote_at = time.monotonic()
        self._warned_at = self._spool_warned_at = -math.inf
        self._thread = threading.Thread(target=self._run, name="flightlog-writer", daemon=True)

    def start(self) -> None:
        """Begin writing; the first record says that recording began."""
        if self._store.rotated_keys:
            self.submit(own_record("key_rotation", Phase.POINT, {
                semconv.REASON: "a key of this recording was missing and a new one was made; "
                "fingerprints before and after cannot be compared",
            }))  # fmt: skip
        if self._store.missing:
            self.submit(gap(0, words(self._store.missing)))
        self.submit(own_record("recorder", Phase.START, {"sqlite.version": sqlite3.sqlite_version}))
        self._thread.start()

    def is_alive(self) -> bool:
        """Return whether the writing thread runs."""
        return self._thread.is_alive()

    def submit(self, record: Record, done: Callable[[bool], None] | None = None) -> None:
        """Hand over a record; `done(True)` is called after its commit, `done(False)` if it was
        spooled or dropped. Returns at once and never raises.
        """
        self.submit_group((record,), done)

    def submit_group(
        self,
        records: Sequence[Record | dict[str, Any]],
        done: Callable[[bool], None] | None = None,
        *,
        waits: bool = True,
    ) -> None:
        """Hand over records that are committed together, with others that wait beside them.

        Returns at once and never raises.

        Args:
            records: what was witnessed.
            done: called once, from another thread, as for `submit`: with True after the commit of
                all of them.
            waits: commit without delay, because somebody waits for it or the sender keeps no
                copy; else the records may wait a little for others to share the commit.
        """
        if not records:
            if done:
                done(True)
            return
        with self._count_lock:
            too_many = self._pending >= MAX_PENDING
            if not too_many:
                self._pending += len(records)
        if too_many:
            self._losses.add(len(records), TOO_FAST)
            if done:
                done(False)
            return
        self._queue.put(_Item(records, done, waits))

    def stop(self, timeout_seconds: float = 10.0) -> None:
        """Commit what was handed over, sign, and close the store."""
        self.submit(own_record("recorder", Phase.END, {}))
        self._queue.put(_Item((), None, waits=True))
        self._thread.join(timeout_seconds)
        if self._thread.is_alive():
            leave_behind(self._store, [record_of(r) for item in self._left() for r in item.records])

    def _left(self) -> Iterator[_Item]:
        """Yield what is not known to be committed, and take it from the queue."""
        yield from self._in_hand
        with suppress(Empty):
            while True:
                yield self._queue.get_nowait()

    def _run(self) -> None:
        be_quiet()
        self._take_spool_in()
        running = True
        while running:
            group = self._next_group()
            running = not (group and not group[-1].records)
            if not running:
                self._take_spool_in()
            items = [item for item in group if item.records]
            if items:
                self._in_hand = items
                self._commit_or_count(items)
                self._in_hand = []
            elif running:
                self._idle()
            self._look_into_spool(busy=bool(items))
        self._store.close()

    def _next_group(self) -> list[_Item]:
        """Wait for a record, then take everything that has gathered behind it."""
        try:
            group = [self._queue.get(timeout=SPOOL_LOOK_SECONDS)]
        except Empty:
            return []
        size = len(group[0].records)
        until = time.monotonic() + GATHER_SECONDS
        waits = group[0].waits
        while size < MAX_GROUP and group[-1].records:
            left = 0.0 if waits else until - time.monotonic()
            try:
                group.append(self._queue.get(block=left > 0, timeout=max(left, 0.0)))
            except Empty:
                break
            size += len(group[-1].records)
            waits = waits or group[-1].waits
        with self._count_lock:
            self._pending -= size
        return group

    def _commit_or_count(self, items: list[_Item]) -> None:
        """Commit; whatever may be wrong with one record, all others are kept."""
        try:
            committed = self._commit(items)
        except Exception as error:
            logger.warning("records are committed one by one (%s)", name_of(error))
            committed = self._commit_each([given for item in items for given in item.records])
        for item in items:
            if item.done:
                # Who waits may be gone by now: a loop that has ended says so by raising.
                with suppress(Exception):
                    item.done(committed)

    def _commit_each(self, given: Sequence[Record | dict[str, Any]]) -> bool:
        """Commit records one by one, and count those that cannot be."""
        committed = True
        for one in given:
            try:
                stored = self._commit([_Item((one,), None, waits=True)])
            except Exception as error:
                self._losses.add(1, f"{CANNOT}: {name_of(error)}")
                stored = False
            committed = committed and stored
        return committed

    def _commit(self, items: list[_Item]) -> bool:
        records = [record_of(given) for item in items for given in item.records]
        self._read_settings()
        sealed = self._seal_all(records)
        ended = any(r.phase is Phase.END and r.kind is Kind.LIFECYCLE for r in records)
        before = self._store.size
        committed = self._append(sealed, ends_a_session=ended)
        if committed:
            self._seal_late(before)
        else:
            self._put_aside(sealed)
        return committed

    def _read_settings(self) -> None:
        """Go by what the user declared and allowed by now."""
        changed_ns = declarations.changed_ns(self._settings)
        if changed_ns == self._settings_changed_ns:
            return
        self._settings_changed_ns = changed_ns
        try:
            self._sealer.recall.use(declarations.load_settings(self._store.log_id))
        except (SettingsError, OSError, ValueError) as error:
            logger.warning("declared credentials are not known (%s)", name_of(error))

    def _seal_all(
        self, records: Sequence[Record], earlier: Sequence[Sequence[Seal]] = ()
    ) -> list[SealedRecord]:
        """Seal a group; what one of its records gives away is sealed in all of them."""
        seals = earlier or [()] * len(records)
        ready = [self._ready(record) for record in records]
        self._look_ahead(ready)
        sealed = [self._seal(*pair) for pair in zip(ready, seals, strict=True)]
        for _ in range(MAX_ROUNDS):
            new = self._sealer.recall.take_new()
            if not new:
                break
            self._late.expect(new)
            sealed = [self._late.again(one, new) for one in sealed]
        met = self._sealer.recall.take_met()
        return sealed + [self._sealer.seal(declared(m.declaration, m.token)) for m in met]

    def _seal_late(self, before: int) -> None:
        """Seal what was stored before it was recognised; a failure is tried again."""
        try:
            self._late.work(before)
        except Exception as error:
            # Also what a damaged recording makes it raise: this thread has to go on.
            logger.warning("late sealing has to wait (%s)", name_of(error))

    def _own(self, name: str, attributes: dict[str, Json]) -> SealedRecord:
        return self._sealer.seal(own_record(name, Phase.POINT, attributes))

    def _ready(self, record: Record) -> Record:
        try:
            return self._sealer.ready(record)
        except Exception as error:
            return left_out(record, error)

    def _look_ahead(self, ready: Sequence[Record]) -> None:
        try:
            self._sealer.look_ahead(ready)
        except Exception as error:
            # Each is looked through by itself then, and the one to blame left out.
            logger.warning("records are sealed one by one (%s)", name_of(error))

    def _seal(self, ready: Record, earlier: Sequence[Seal] = ()) -> SealedRecord:
        try:
            return self._sealer.seal_ready(ready, earlier)
        except Exception as error:
            return self._sealer.seal(left_out(ready, error))

    def _append(self, sealed: list[SealedRecord], *, ends_a_session: bool = False) -> bool:
        now = time.monotonic()
        signs = (
            ends_a_session
            or self._store.unsigned + len(sealed) >= CHECKPOINT_EVERY
            or now - self._signed_at >= CHECKPOINT_SECONDS
        )
        dropped = self._losses.take()
        group = [*(self._sealer.seal(gap(n, why)) for why, n in dropped.items()), *sealed]
        try:
            forms = self._late.forms()
            try:
                self._store.append(group, checkpoint=signs, forms=forms)
            except sqlite3.IntegrityError:
                new = self._without_known(group)
                self._store.append(new, checkpoint=signs, forms=forms)
        except sqlite3.Error as error:
            # The error's type only: its text could quote what was being written.
            if now - self._warned_at >= WARN_AGAIN_SECONDS:
                why = name_of(error)
                logger.warning("recording not writable (%s): records go to the spool", why)
            self._warned_at = now
            for why, number in dropped.items():
                self._losses.add(number, why)
            return False
        self._late.forms_are_stored()
        self._wrote_at = now
        if signs:
            self._signed_at = now
        return True

    def _without_known(self, group: Sequence[SealedRecord]) -> list[SealedRecord]:
        """Return a group without what is in the recording or comes twice; their count is told."""
        once = {sealed.fields["id"]: sealed for sealed in group}
        new = [sealed for key, sealed in once.items() if not self._store.has(key)]
        said: dict[str, Json] = {semconv.COUNT: len(group) - len(new)}
        return [*new, self._own("received_again", said)]

    def _put_aside(self, sealed: list[SealedRecord]) -> None:
        secrets = self._late.waiting()
        for record in sealed:
            try:
                self._spool.append(record, secrets=secrets)
                secrets = ()
            except OSError:
                self._losses.add(1, NOWHERE)

    def _look_into_spool(self, *, busy: bool) -> None:
        """Take in, now and then, what others put aside: those whose recorder was not there yet.

        While records keep coming, only if they are stored: to seal a long spool again and again
        would hold them up for nothing.
        """
        now = time.monotonic()
        is_stuck = busy and self._wrote_at < self._spool_looked_at
        if now - self._spool_looked_at >= SPOOL_LOOK_SECONDS and not is_stuck:
            self._spool_looked_at = now
            self._take_spool_in()

    def _idle(self) -> None:
        now = time.monotonic()
        self._seal_late(self._store.size)
        if now - self._wrote_at >= HEARTBEAT_SECONDS:
            self._append([self._sealer.seal(own_record("heartbeat", Phase.POINT, {}))])
        elif self._store.unsigned and now - self._signed_at >= CHECKPOINT_SECONDS:
            self._append([])

    def _take_spool_in(self) -> None:
        try:
            take_in(self._spool_folder, self._commit_spooled)
        except Exception as error:
            now = time.monotonic()
            if now - self._spool_warned_at >= WARN_AGAIN_SECONDS:
                logger.warning("a spool file is not taken in (%s); it stays", name_of(error))
            self._spool_warned_at = now

    def _commit_spooled(self, spooled: Spooled) -> None:
        """Commit a spool file's records, sealed once more with what is known by now."""
        self._read_settings()
        once = {record.id: (record, seals) for record, seals in spooled.records}
        given = [pair for pair in once.values() if not self._store.has(pair[0].id)]
        for secret in spooled.secrets:
            self._sealer.recall.remember(secret)
        self._late.expect(spooled.secrets)
        if not given and not spooled.torn:
            return  # all of it had arrived before its process died
        new = self._seal_all([record for record, _ in given], [seals for _, seals in given])
        said: dict[str, Json] = {semconv.COUNT: len(new)}
        note = [own_record("spool", Phase.POINT, said)]
        if spooled.torn:
            said = {
                semconv.COUNT: spooled.torn,
                semconv.REASON: "lines of a spool file were torn and could not be read",
            }
            note.append(own_record("spool_torn", Phase.POINT, said))
        before = self._store.size
        self._store.append([*new, *map(self._sealer.seal, note)], forms=self._late.forms())
        self._late.forms_are_stored()
        self._seal_late(before)
