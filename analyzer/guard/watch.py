"""Follows a recording and decides about actions that are on record and about to be done."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from analyzer.controls import CONTROLS
from analyzer.controls.deed import Deed
from analyzer.controls.ruling import Answer, Ruling
from analyzer.deeds import DOING
from analyzer.following.gather import declarations_of
from analyzer.guard.flight import Flight, as_asked, begin_alone, wired
from analyzer.guard.settings_file import GuardSettings
from analyzer.model import Action
from recorder.model import Kind, StoredRecord, Witness
from recorder.reader import Recording

__all__ = ["Decided", "Watch"]

PATIENCE_SECONDS = 2.0
"""How long a record is waited for that was handed over a moment ago."""
LOOK_SECONDS = 0.002
MOST_FLIGHTS = 32
MOST_RECORDS = 20_000
"""Earlier records of a session that are read when it is first asked about, the newest."""
WIRES = frozenset({Witness.PROXY, Witness.MCP})
"""Who sees what is done without knowing whose session it is: requests, and MCP calls over HTTP."""
SEVERITY = {Answer.ALLOW: 0, Answer.ASK: 1, Answer.UNKNOWN: 2, Answer.DENY: 3}


@dataclass(frozen=True, slots=True)
class Decided:
    """What the controls that are on say of an action."""

    answer: Answer
    """`allow`, `ask` or `deny`: what cannot be told is denied."""
    reason: str
    safer: str
    rulings: tuple[tuple[str, Ruling], ...] = ()
    """(control, ruling) of each that did not simply let it be."""
    about: StoredRecord | None = None
    session: str = ""


class Watch:
    """All that a guard knows of a recording. For one thread."""

    def __init__(self, recording: Recording, settings: Callable[[], GuardSettings]) -> None:
        self._recording = recording
        self._settings = settings
        self._seq = recording.last_seq()
        self._version = -1
        self._flights: OrderedDict[str, Flight] = OrderedDict()
        self._alone: dict[str, Flight] = {}
        self._seen: OrderedDict[str, StoredRecord] = OrderedDict()
        self._declared: dict[str, str] = {}
        self._learn_purposes()
        for record in recording.records(after=max(0, self._seq - MOST_RECORDS)):
            self._remember(record)

    def look(self) -> None:
        """Take in what was committed since the last look."""
        version = self._recording.data_version()
        if version == self._version:
            return
        self._version = version
        for record in self._recording.records(after=self._seq):
            self._seq = record.seq
            self._take(record)
        for flight in self._all():
            flight.settle()

    def decide(self, record_id: str) -> Decided:
        """Return what is to become of the action that a record is the beginning of.

        Raises:
            LookupError: the record is not there in time, or is of no action that is known.
        """
        record = self._found(record_id)
        if record.kind not in DOING:
            return Decided(Answer.ALLOW, "it does nothing by itself", "", about=record)
        flight, action = self._action(record)
        deeds = flight.deeds_at(as_asked(action, record))
        decided = self._ruled(deeds, flight, record)
        if decided.answer is Answer.ALLOW:
            flight.begin(action, deeds)
        elif self._settings().mode.value == "enforce":
            flight.forget(action)
        return decided

    def _ruled(self, deeds: Sequence[Deed], flight: Flight, record: StoredRecord) -> Decided:
        chosen = self._settings()
        rulings: list[tuple[str, Ruling]] = []
        for control in CONTROLS:
            if control.id not in chosen.controls:
                continue
            for deed in deeds:
                ruling = _safely(control.rule, deed, flight, chosen)
                if ruling is not None and ruling.answer is not Answer.ALLOW:
                    rulings.append((control.id, ruling))
        if not rulings:
            return Decided(Answer.ALLOW, "", "", (), record, flight.session)
        name, worst = max(rulings, key=lambda pair: SEVERITY[pair[1].answer])
        reason = f"flightlog guard ({name}): {worst.reason}."
        answer = worst.answer
        if answer is Answer.UNKNOWN:
            answer, reason = Answer.DENY, f"{reason} What cannot be told is denied."
        return Decided(answer, reason, worst.safer, tuple(rulings), record, flight.session)

    def _found(self, record_id: str) -> StoredRecord:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            self.look()
            record = self._seen.get(record_id)
            if record is not None:
                return record
            if time.monotonic() > deadline:
                raise LookupError("it is not on record")
            time.sleep(LOOK_SECONDS)

    def _action(self, record: StoredRecord) -> tuple[Flight, Action]:
        for known in self._sessions_of(record):
            self._flight(known)
        for flight in reversed(list(self._flights.values())):
            action = flight.action_at(record.seq)
            if action is not None:
                return flight, action
        if record.session or record.witness not in WIRES:
            raise LookupError("it is of no session that is known")
        return self._by_itself(record)

    def _by_itself(self, record: StoredRecord) -> tuple[Flight, Action]:
        flight = self._alone.setdefault(
            record.run, begin_alone(record.run, self._recording.blob, self._declared)
        )
        action = flight.action_at(record.seq)
        if action is None:
            flight.add(wired(record))
            flight.settle()
            action = flight.action_at(record.seq)
        if action is None:
            raise LookupError("it is of no session that is known")
        return flight, action

    def _sessions_of(self, record: StoredRecord) -> list[str]:
        if record.session:
            return [record.session]
        if not record.run:
            return []
        rows = self._recording.rows(
            "SELECT id FROM sessions WHERE run = ? ORDER BY first_seq DESC LIMIT 4", (record.run,)
        )
        return [str(row[0]) for row in rows]

    def _flight(self, session: str) -> Flight | None:
        """Return the flight of a session, begun now with what is on record of it already."""
        flight = self._flights.get(session)
        if flight is not None:
            self._flights.move_to_end(session)
            return flight
        rows = self._recording.rows(
            "SELECT run, cwd, first_seq FROM sessions WHERE id = ?", (session,)
        )
        if not rows:
            return None
        run, cwd, first = str(rows[0][0]), str(rows[0][1]), int(str(rows[0][2]))
        flight = Flight(session, run, cwd, self._recording.blob, self._declared)
        after = max(first - 1, self._seq - MOST_RECORDS)
        for record in self._recording.records(after=after, until=self._seq):
            flight.add(record)
        flight.settle()
        self._flights[session] = flight
        if len(self._flights) > MOST_FLIGHTS:
            self._flights.popitem(last=False)
        return flight

    def _take(self, record: StoredRecord) -> None:
        self._remember(record)
        if record.kind is Kind.CREDENTIAL:
            self._learn_purposes()
        for flight in self._flights.values():
            flight.add(record)
        if not record.session:
            for run, flight in self._alone.items():
                if record.run == run:
                    flight.add(wired(record))

    def _all(self) -> list[Flight]:
        return [*self._flights.values(), *self._alone.values()]

    def _remember(self, record: StoredRecord) -> None:
        self._seen[record.id] = record
        if len(self._seen) > MOST_RECORDS:
            self._seen.popitem(last=False)

    def _learn_purposes(self) -> None:
        for fingerprint, (_, told) in declarations_of(self._recording).items():
            if told.get("purpose"):
                self._declared[fingerprint] = told["purpose"]


type _Rule = Callable[..., Ruling | None]


def _safely(rule: _Rule, deed: Deed, flight: Flight, chosen: GuardSettings) -> Ruling | None:
    """Return a control's ruling; one that breaks cannot tell, which is no pass."""
    try:
        return rule(deed, flight.past, chosen.settings)
    # Whatever a hostile action sets off in a control: the action is not let run for it.
    except Exception as error:
        return Ruling(Answer.UNKNOWN, f"the control failed ({type(error).__name__})", "")
