"""Follow a recording as it grows: what started, ended or turned out otherwise since the last look.

The same fold as a report's, fed in increments. Sessions that are over, or silent for an hour, are
left alone until they speak again.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from operator import attrgetter

from analyzer.actions import ActionFold
from analyzer.begun import as_known_at
from analyzer.effects import marked_like_its_call
from analyzer.model import Action
from analyzer.strangers import may_be_server_of
from analyzer.texts import as_text
from recorder import semconv
from recorder.model import Kind, SessionRow, StoredRecord, Witness
from recorder.reader import Recording

__all__ = ["Event", "LiveFeed", "Remark", "Step"]

ROUTINE = frozenset({"heartbeat", "recorder"})
"""What the recorder says of itself that leaves nothing out."""

TAKES_TIME = frozenset({Kind.TOOL_CALL, Kind.API_REQUEST, Kind.PROCESS})


class Step(StrEnum):
    """What happened to an action."""

    STARTED = "started"
    ENDED = "ended"
    NOTED = "noted"
    """It takes no time: a prompt, an approval."""
    UPDATED = "updated"
    """It was told of already; a further witness or a late record has told more."""
    MERGED = "merged"
    """It turned out to be another action, `into`."""


@dataclass(frozen=True, slots=True)
class Event:
    """An action that started, ended, or is known better now."""

    step: Step
    t_ns: int
    action: Action
    former: int = 0
    """For `MERGED`: the number under which part of the action was told of before."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What the recorder says of itself: a gap, a spool that was taken in, a torn line."""

    t_ns: int
    seq: int
    name: str
    text: str
    count: int = 0
    """How many records it speaks of; 0 where it says no number."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What was told of an action, as far as a change in it is news."""

    is_over: bool
    witnesses: tuple[Witness, ...]
    facts: tuple[object, ...]

    @classmethod
    def of(cls, action: Action) -> _Told:
        facts = (
            action.outcome,
            action.exit_code,
            action.contradictions,
            action.silences,
            action.decision,
            action.content_error,
        )
        return cls(action.until_ns is not None, action.witnesses, facts)


class LiveFeed:
    """Looks into a recording again and again; each look yields what is new."""

    def __init__(self, recording: Recording, wanted: Callable[[SessionRow], bool]) -> None:
        """Begin with the sessions that are wanted, from their first record.

        Args:
            recording: the recording to follow.
            wanted: tells whether a session that is in the recording is to be followed.
        """
        self._recording = recording
        self._wanted = wanted
        self._folds: dict[str, ActionFold] = {}
        self._told: dict[int, _Told] = {}
        """Action -> what of it was told already."""
        self._remarks: list[Remark] = []
        self._rows: dict[str, SessionRow] = {}
        """The sessions as they are listed, for one look: others may write thousands of records."""
        self._refused: set[str] = set()
        """Those that are not wanted, for one look: what is silent may be at work in the next."""
        self._version = -1
        self.seq = self._first_seq()
        """The newest record that was read."""
        self.received_ns = 0
        """When the recorder received it (ns since the epoch)."""
        self.spoken: StoredRecord | None = None
        """The newest record that was read in which a recorder says that it is there, or leaves."""

    def is_stale(self) -> bool:
        """Tell whether anything was committed since the last look."""
        version = self._recording.data_version()
        changed = version != self._version
        self._version = version
        return changed

    def look(self, most: int | None = None) -> list[Event]:
        """Return what is new of actions since the last look, in order of time.

        Args:
            most: read at most so many records; the others wait for the next look.
        """
        news: list[Event] = []
        self._rows.clear()
        self._refused.clear()
        for record in islice(self._recording.records(after=self.seq), most):
            self.seq, self.received_ns = record.seq, record.observed_ns
            self._add(record)
            if record.witness is Witness.RECORDER:
                if record.name in ROUTINE:
                    self.spoken = record
                else:
                    self._remarks.append(_remark(record))
        for fold in self._folds.values():
            changed = tuple(marked_like_its_call(a, fold.known) for a in fold.changes())
            news += self._merged(fold, changed)
            news += [event for action in changed for event in self._of(action)]
        return sorted(news, key=_order)

    def remarks(self) -> list[Remark]:
        """Return what the recorder said of itself up to the last look, each once."""
        remarks, self._remarks = self._remarks, []
        return remarks

    def labels(self, session: str) -> Mapping[str, tuple[str, str]]:
        """Return the (class, hint) of every credential of a session that is followed."""
        fold = self._folds.get(session)
        return fold.labels() if fold is not None else {}

    def running(self) -> list[Action]:
        """Return the actions that have started and not ended, in order of start."""
        actions = [a for fold in self._folds.values() for a in fold.actions()]
        return sorted((a for a in actions if a.until_ns is None), key=lambda a: a.start_ns)

    def _first_seq(self) -> int:
        rows = [row for row in self._recording.sessions() if self._wanted(row)]
        if rows:
            return min(row.first_seq for row in rows) - 1
        return self._recording.last_seq()

    def _add(self, record: StoredRecord) -> None:
        session = record.session
        if session and session not in self._folds and session not in self._refused:
            self._begin(record)
        for fold in self._folds.values():
            fold.add(record)

    def _begin(self, record: StoredRecord) -> None:
        """Begin to follow a session; what it did before the following began is no news."""
        if record.session not in self._rows:
            self._rows = {row.id: row for row in self._recording.sessions()}
        row = self._rows.get(record.session) or _row_of(record)
        if not self._wanted(row):
            self._refused.add(record.session)
            return
        fold = self._folds[row.id] = ActionFold.of(row, self._recording.blob)
        others = (one for one in self._rows.values() if one.id != row.id)
        servers = [one.id for one in others if may_be_server_of(one, row, goes_on=True)]
        if row.first_seq < record.seq or servers:
            before = record.seq - 1
            told = [self._recording.records(session=i, until=before) for i in (row.id, *servers)]
            for earlier in heapq.merge(*told, key=attrgetter("seq")):
                fold.add(earlier)
            self._told |= {action.id: _Told.of(action) for action in fold.changes()}

    def _merged(self, fold: ActionFold, changed: tuple[Action, ...]) -> Iterator[Event]:
        """Yield which of the actions that were told of are others now."""
        now = {action.id: action for action in changed}
        for former, current in fold.merged():
            action = now.get(current)
            if self._told.pop(former, None) is not None and action is not None:
                self._told.setdefault(current, _Told(False, (), ()))
                yield Event(Step.MERGED, action.start_ns, action, former)

    def _of(self, action: Action) -> Iterator[Event]:
        before, now = self._told.get(action.id), _Told.of(action)
        self._told[action.id] = now
        until = action.until_ns
        if before is None and _takes_no_time(action):
            yield Event(Step.NOTED, action.start_ns, action)
            return
        if before is None:
            # Nothing of its end, though that may be known by now.
            yield Event(Step.STARTED, action.start_ns, as_known_at(action, action.start_ns))
        if until is not None and (before is None or not before.is_over):
            yield Event(Step.ENDED, until, action)
        elif before is not None and before != now:
            yield Event(Step.UPDATED, action.start_ns if until is None else until, action)


def _row_of(record: StoredRecord) -> SessionRow:
    """Return what one record tells of its session, where the index has lost its row."""
    told = record.attributes.get
    return SessionRow(
        id=record.session,
        agent=as_text(told(semconv.GEN_AI_AGENT_NAME)),
        agent_version=as_text(told(semconv.GEN_AI_AGENT_VERSION)),
        model=as_text(told(semconv.GEN_AI_MODEL)),
        cwd=as_text(told(semconv.PROCESS_CWD)),
        host=as_text(told(semconv.HOST_NAME)),
        user=as_text(told(semconv.USER_NAME)),
        witness=record.witness,
        run=record.run,
        first_seq=record.seq,
        last_seq=record.seq,
        start_ns=record.time_ns,
        last_ns=record.time_ns,
        records=1,
        ended=False,
    )


def _takes_no_time(action: Action) -> bool:
    if action.placed is None:
        return action.duration_ns == 0
    # What has no time is called by what it is.
    return action.end_ns is not None and action.kind not in TAKES_TIME


def _order(news: Event) -> tuple[int, int, int]:
    """Order by time; of one moment, what started before what ended."""
    return news.t_ns, int(news.step in {Step.ENDED, Step.UPDATED}), news.action.id


def _remark(record: StoredRecord) -> Remark:
    said = [record.attributes.get(name) for name in (semconv.COUNT, semconv.REASON)]
    text = ", ".join(as_text(value) for value in said if value is not None)
    count = record.attributes.get(semconv.COUNT)
    return Remark(
        record.time_ns, record.seq, record.name, text, count if isinstance(count, int) else 0
    )
