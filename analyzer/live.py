"""Follow a recording as it grows: which actions started and which ended since the last look.

The same fold as a report's, fed in increments. Sessions that are over, or silent for an hour, are
left alone until they speak again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from analyzer.actions import ActionFold
from analyzer.model import Action
from recorder.model import SessionRow, StoredRecord
from recorder.reader import Recording

__all__ = ["Event", "LiveFeed", "Step"]


class Step(StrEnum):
    """What happened to an action."""

    STARTED = "started"
    ENDED = "ended"
    NOTED = "noted"
    """It takes no time: a prompt, an approval."""


@dataclass(frozen=True, slots=True)
class Event:
    """An action that started or ended."""

    step: Step
    t_ns: int
    action: Action


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
        self._ended: dict[int, bool] = {}
        """Action -> its end was reported."""
        self._version = -1
        self._seq = self._first_seq()

    def is_stale(self) -> bool:
        """Tell whether anything was committed since the last look."""
        version = self._recording.data_version()
        changed = version != self._version
        self._version = version
        return changed

    def look(self) -> list[Event]:
        """Return what started and ended since the last look, in order of time."""
        for record in self._recording.records(after=self._seq):
            self._seq = record.seq
            self._add(record)
        events = [e for fold in self._folds.values() for a in fold.changes() for e in self._of(a)]
        return sorted(events, key=lambda e: (e.t_ns, e.step is Step.ENDED, e.action.id))

    def running(self) -> list[Action]:
        """Return the actions that have started and not ended, in order of start."""
        actions = [a for fold in self._folds.values() for a in fold.actions() if a.until_ns is None]
        return sorted(actions, key=lambda action: action.start_ns)

    def _first_seq(self) -> int:
        rows = [row for row in self._recording.sessions() if self._wanted(row)]
        if rows:
            return min(row.first_seq for row in rows) - 1
        return self._recording.last_seq()

    def _add(self, record: StoredRecord) -> None:
        if record.session and record.session not in self._folds:
            self._begin(record)
        for fold in self._folds.values():
            fold.add(record)

    def _begin(self, record: StoredRecord) -> None:
        """Begin to follow a session; what it did before the following began is no news."""
        row = next(row for row in self._recording.sessions() if row.id == record.session)
        if not self._wanted(row):
            return
        fold = self._folds[row.id] = ActionFold.of(row, self._recording.blob)
        if row.first_seq < record.seq:
            for earlier in self._recording.records(session=row.id, until=record.seq - 1):
                fold.add(earlier)
            for action in fold.changes():
                self._ended[action.id] = action.end_ns is not None

    def _of(self, action: Action) -> Iterator[Event]:
        ended = self._ended.get(action.id)
        if ended is None and action.duration_ns == 0:
            self._ended[action.id] = True
            yield Event(Step.NOTED, action.start_ns, action)
            return
        if ended is None:
            yield Event(Step.STARTED, action.start_ns, action)
        if action.end_ns is not None and not ended:
            yield Event(Step.ENDED, action.end_ns, action)
        self._ended[action.id] = action.end_ns is not None
