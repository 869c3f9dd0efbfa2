"""One session as a guard follows it: its actions as they come, and what it remembers of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from analyzer.actions import ActionFold
from analyzer.commanded import commanded_of
from analyzer.controls.consent import is_plan
from analyzer.controls.deed import Deed, deed_of
from analyzer.controls.past import Past
from analyzer.credentials import credentials_of
from analyzer.deeds import DOING
from analyzer.effects import Plans, judge_all
from analyzer.lending import Shown, learn, with_lent
from analyzer.model import Action, Outcome
from analyzer.texts import Blobs, Texts, no_blobs
from analyzer.titles import title_of
from recorder import semconv
from recorder.model import Kind, Phase, Status, StoredRecord, Witness

__all__ = ["Flight", "as_asked", "begin_alone", "wired"]

CONTEXT = 12
"""Answers that told of resources, the newest: what a request's target is looked up in."""
BEARING = 20
"""Actions of one credential that its reach is told by."""
ALONE = "wire"


class Flight:
    """A session, folded record by record."""

    def __init__(
        self, session: str, run: str, cwd: str, blobs: Blobs, declared: Mapping[str, str]
    ) -> None:
        self.session = session
        self._cwd = cwd
        self._blobs = blobs
        self._fold = ActionFold(session, run=run, cwd=cwd, blobs=blobs)
        self._scopes: dict[str, tuple[str, str]] = {}
        self.past = Past(blobs=blobs, scopes=self._scopes, declared=declared)
        self._at: dict[int, Action] = {}
        """Record -> the action that it tells of."""
        self._fresh: dict[int, Action] = {}
        """Deeds that have begun and are not in the past yet: the next question may be of them."""
        self._told: set[int] = set()
        self._ended: set[int] = set()
        self._begun: set[int] = set()
        self._bearing: dict[str, dict[int, Action]] = {}
        self._context: dict[int, Action] = {}
        self._plans: dict[int, Deed] = {}
        self._announced = Plans()
        self._is_wired = False
        self._shown: Shown = {}

    def add(self, record: StoredRecord) -> None:
        """Take in the next record."""
        self._fold.add(record)

    def settle(self) -> None:
        """Learn from what has changed since the last time."""
        changed = self._fold.changes()
        for former, current in self._fold.merged():
            for known in (self._told, self._ended, self._begun):
                if former in known:
                    known.add(current)
        for action in changed:
            for seq in action.records:
                self._at[seq] = action
            self._take(action)

    def action_at(self, seq: int) -> Action | None:
        """Return the action that a record tells of; None where it is not of this session."""
        return self._at.get(seq)

    def deeds_at(self, action: Action) -> list[Deed]:
        """Return what is about to be done: a call, and each request that its command asks for."""
        self._begin_all(but=action.id)
        return [deed_of(a, self._cwd, self._blobs) for a in self._judged(action, asked=True)]

    def begin(self, action: Action, deeds: Sequence[Deed]) -> None:
        """Take in that an action was let run."""
        self._fresh.pop(action.id, None)
        self._begun.add(action.id)
        for deed in deeds:
            self.past.begin(deed)
            if is_plan(deed):
                self._plans[action.id] = deed

    def forget(self, action: Action) -> None:
        """Take in that an action was held: it was not done."""
        self._fresh.pop(action.id, None)
        self._begun.add(action.id)

    def _take(self, action: Action) -> None:
        if action.kind in {Kind.PROMPT, Kind.APPROVAL}:
            if action.id not in self._told:
                self._told.add(action.id)
                self.past.tell(action)
            return
        if action.sightings:
            learn(self._shown, (action,))
            self._reach(action)
        if action.kind not in DOING:
            return
        self._is_wired |= Witness.PROXY in action.witnesses
        if action.id not in self._begun:
            self._fresh[action.id] = action
        over = action.until_ns is not None
        if over and action.id not in self._ended:
            self._ended.add(action.id)
            self._begin_all(but=0)
            for judged in self._judged(action, asked=False):
                self.past.end(judged)
                if judged.resources:
                    self._context[judged.id] = judged
            while len(self._context) > CONTEXT:
                del self._context[next(iter(self._context))]
            plan = self._plans.pop(action.id, None)
            if plan is not None and action.outcome is Outcome.OK:
                self.past.plan(plan)

    def _begin_all(self, *, but: int) -> None:
        for number, action in list(self._fresh.items()):
            if number != but and action.outcome is not Outcome.DENIED:
                deeds = [
                    deed_of(a, self._cwd, self._blobs) for a in self._judged(action, asked=False)
                ]
                self.begin(action, deeds)

    def _judged(self, action: Action, *, asked: bool) -> list[Action]:
        """Return an action with its effect, and what its command asks for.

        What a command asks for is told by the wire where that is watched, but not beforehand.
        """
        if action.kind is Kind.API_REQUEST:
            told = [a for n, a in self._context.items() if n != action.id]
            judged = judge_all((*told, action), self._blobs, workspace=self._cwd)
            return [a for a in judged if a.id == action.id]
        action = with_lent(action, self._shown, self._blobs)
        made: list[Action] = []
        if asked or not self._is_wired:
            made = commanded_of((action,), self._blobs)
        asking = (action, *made)
        return list(judge_all(asking, self._blobs, plans=self._announced, workspace=self._cwd))

    def _reach(self, action: Action) -> None:
        """Learn how far the credentials in an action reach."""
        concerned: dict[int, Action] = {}
        for sighting in action.sightings:
            bearing = self._bearing.setdefault(sighting.fingerprint, {})
            bearing[action.id] = action
            while len(bearing) > BEARING:
                del bearing[next(iter(bearing))]
            concerned |= bearing
        ordered = sorted(concerned.values(), key=lambda a: (a.start_ns, a.id))
        for credential in credentials_of(ordered, self._fold.labels(), self._blobs):
            self._scopes[credential.fingerprint] = (credential.name, credential.scope)


def as_asked(action: Action, record: StoredRecord) -> Action:
    """Return an action with the arguments that a question was asked with.

    A call's id that comes a second time, with something else, is one action on record; what is
    about to be done is what the newest question says.
    """
    name = semconv.GEN_AI_TOOL_ARGUMENTS
    asked = record.attributes.get(name)
    whole = record.blobs[name].digest if name in record.blobs else None
    if asked is None or (asked, whole) == (action.attributes.get(name), action.blob_of.get(name)):
        return action
    attributes = {**action.attributes, name: asked}
    blob_of = {k: v for k, v in action.blob_of.items() if k != name}
    if whole is not None:
        blob_of[name] = whole
    title = title_of(action.kind, action.name, Texts(attributes, {}, no_blobs), action.outcome)
    return replace(action, attributes=attributes, blob_of=blob_of, title=title)


def begin_alone(run: str, blobs: Blobs, declared: Mapping[str, str]) -> Flight:
    """Return a flight for requests on the wire of which no session is known."""
    flight = Flight(ALONE, run or ALONE, "", blobs, declared)
    flight.add(_opening(run or ALONE))
    return flight


def wired(record: StoredRecord) -> StoredRecord:
    """Return a request's record as one of the launch that a flight alone stands for."""
    return record if record.run else replace(record, run=ALONE)


def _opening(run: str) -> StoredRecord:
    return StoredRecord(
        seq=0, witness=Witness.PROXY, phase=Phase.START, kind=Kind.LIFECYCLE, name="session",
        session=ALONE, run=run, ref=ALONE, t_ns=0, observed_ns=0, status=Status.UNSET,
        trace_id="", span_id="", parent_span_id="", pid=None, attributes={}, blobs={}, seals=(),
        id=ALONE,
    )  # fmt: skip
