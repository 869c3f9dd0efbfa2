"""Join records into actions: starts with their ends, and the witnesses that speak of one thing.

An interpretation, never stored. `ActionFold` takes records one by one, so that a live view and a
report of a finished session run the same code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from analyzer.build import action_of
from analyzer.drafts import Draft
from analyzer.gathering import Gathering, is_same_session
from analyzer.joins import (
    NOT_OURS,
    Belonging,
    Containers,
    belonging_of,
    ended_ns,
    lineage_of,
)
from analyzer.model import Action, Join
from analyzer.placement import Place, Placement
from analyzer.placing import Placing
from analyzer.strangers import Strangers
from analyzer.testimony import Certainty
from analyzer.texts import Blobs, body_text, no_blobs
from analyzer.turns import Turns
from recorder import semconv
from recorder.model import Kind, Phase, SessionRow, StoredRecord, Witness

__all__ = ["ActionFold", "body_text", "fold"]

SECOND = 1_000_000_000
MARGIN_NS = 2 * SECOND
"""How long after a session's end a request of its launch still counts as its own."""


@dataclass(slots=True)
class _Span:
    """The time of a session, as its records tell it."""

    start_ns: int | None = None
    end_ns: int | None = None

    def take(self, record: StoredRecord) -> None:
        """Take in another record of the session."""
        t_ns = record.time_ns
        self.start_ns = t_ns if self.start_ns is None else min(self.start_ns, t_ns)
        is_session = record.kind is Kind.LIFECYCLE and record.name == "session"
        if is_session and record.phase is Phase.END:
            self.end_ns = t_ns

    def holds(self, t_ns: int) -> bool:
        """Tell whether a request of that time may be the session's."""
        ended = self.end_ns is not None and t_ns > self.end_ns + MARGIN_NS
        return self.start_ns is not None and t_ns >= self.start_ns and not ended


class ActionFold:
    """Folds the records of a recording into the actions of one session.

    Feed it every record of the time in question in order of `seq`: the session's own, those of no
    session (the wire's), and those of other sessions, which only teach it what is not its own.
    """

    def __init__(
        self,
        session: str,
        *,
        run: str = "",
        cwd: str = "",
        start_ns: int | None = None,
        blobs: Blobs = no_blobs,
    ) -> None:
        """Begin a session.

        Args:
            session: the session's id.
            run: the launch that the session belongs to, where it is known.
            cwd: the session's working directory; paths inside it are shown relative to it.
            start_ns: when the session began (ns since the epoch), where that is known already.
            blobs: where large values come from; without it only their beginnings are read.
        """
        self.session = session
        self._run = run
        self._cwd = cwd
        self._blobs = blobs
        self._placement = Placement(session=session, start_ns=start_ns)
        self._gathering = Gathering(session, self._placement.places)
        self._turns = Turns()
        self._is_launch = False
        self._agents: dict[str, _Span] = {}
        """Other sessions of the same launch: where this is the launch's own, they come first."""
        self._ours = Containers(self._gathering.action_at)
        self._theirs = Containers()
        self._start_ns: int | None = None
        self._end_ns: int | None = None
        self._root = ""
        self._awaiting: dict[tuple[str, str], list[Draft]] = {}
        """Span that is not known yet -> what stands in it."""
        self._placing = Placing()
        self._strangers = Strangers()
        self._inside: dict[int, list[Draft]] = {}
        """Action -> what stands in it: that is told anew when it turns out to be another one."""
        self._became: list[tuple[int, int]] = []
        self._shown: dict[int, Action] = {}
        self._labels: dict[str, tuple[str, str]] = {}

    @classmethod
    def of(cls, row: SessionRow, blobs: Blobs = no_blobs) -> Self:
        """Return an empty fold for a session of a recording."""
        start_ns = row.start_ns if row.timed else None
        return cls(row.id, run=row.run, cwd=row.cwd, start_ns=start_ns, blobs=blobs)

    def add(self, record: StoredRecord) -> None:
        """Take in the next record."""
        record = self._placement.placed(record)
        self._gathering.settle(self._placement.settled(record), record.time_ns)
        if record.session and not is_same_session(record.session, self.session):
            if not self._may_be_of_our_server(record):
                self._foreign(record)
                return
            if not self._knows_process_of(record):
                self._strangers.add(record, lineage_of(record.attributes))
                return
            record = replace(record, session="")
        if not record.session and record.witness is Witness.RECORDER:
            return
        self._take(record)
        if record.session and record.pid is not None:
            for stranger in self._strangers.of_process(record.pid):
                if self._run:
                    self._foreign(stranger)
                else:
                    self._take(replace(stranger, session=""))

    def _take(self, record: StoredRecord) -> None:
        draft = self._gathering.take(record)
        if record.session:
            self._own(record, draft)
        elif draft.first is record:
            self._placing.add(draft)
        for seal in record.seals:
            self._labels.setdefault(seal.fingerprint, (seal.credential_class, seal.hint))

    def actions(self) -> tuple[Action, ...]:
        """Return the session's actions so far, in order of start, then of id."""
        built = (self._built(draft) for draft in self._gathering.drafts())
        found = [action for action in built if action is not None]
        return tuple(sorted(found, key=lambda a: (a.start_ns, a.id)))

    def changes(self) -> tuple[Action, ...]:
        """Return the actions that are new or different since this was last called, in order."""
        stirred = self._gathering.stirred()
        for former, _ in self._gathering.merged():
            self._shown.pop(former, None)
            self._became.append((former, self._gathering.action_at(former)))
            stirred |= dict.fromkeys(self._inside.pop(former, ()))
        stirred |= dict.fromkeys(self._placing.concerned())
        changed = []
        for draft in stirred:
            action = self._built(draft) if draft.merged_into is None else None
            if action is not None and self._shown.get(action.id) is not action:
                self._shown[action.id] = action
                changed.append(action)
        return tuple(sorted(changed, key=lambda a: (a.start_ns, a.id)))

    @property
    def known(self) -> Mapping[int, Action]:
        """The actions that `changes` has told of, by number, as it told them last."""
        return self._shown

    def merged(self) -> tuple[tuple[int, int], ...]:
        """Return (former id, id) of actions that turned out to be others, by the last `changes`."""
        became, self._became = self._became, []
        return tuple(became)

    def labels(self) -> dict[str, tuple[str, str]]:
        """Return the (class, hint) of every credential that was sealed, by fingerprint."""
        return dict(self._labels)

    def _own(self, record: StoredRecord, draft: Draft) -> None:
        t_ns = record.time_ns
        self._ours.note(record, str(draft.root.first.seq))
        self._place(record, draft)
        self._placing.learn(record)
        known = self._run, self._start_ns, self._end_ns
        self._run = self._run or record.run
        self._is_launch = self._run == self.session
        self._start_ns = t_ns if self._start_ns is None else min(self._start_ns, t_ns)
        ends_session = False
        if record.kind is Kind.LIFECYCLE and record.name == "session":
            # An agent inside the agent has such a span too; the first is the session's own.
            self._root = self._root or record.ref
            if record.phase is Phase.END and record.ref == self._root:
                self._end_ns = t_ns
                ends_session = True
            elif record.phase is Phase.WHOLE:
                # Each turn of the agent may be a span of its own: the last one counts.
                self._end_ns = max(self._end_ns or 0, ended_ns(record))
        if known != (self._run, self._start_ns, self._end_ns):
            self._placing.since(0)
        for left in self._turns.take(record, draft, ends_session=ends_session):
            self._gathering.stir(left)

    def _place(self, record: StoredRecord, draft: Draft) -> None:
        """Remember what waits for its enclosing span, and stir what has waited for this one."""
        inside = _enclosing(draft)
        if inside[1] and inside not in self._ours.spans:
            self._awaiting.setdefault(inside, []).append(draft)
        span = (record.trace_id, record.span_id)
        if span in self._awaiting and span in self._ours.spans:
            for waiting in self._awaiting.pop(span):
                self._gathering.stir(waiting)

    def _foreign(self, record: StoredRecord) -> None:
        """Learn from a record of another session what is not ours."""
        if record.session == record.run:
            # A launch knows each process by itself: it must not take requests from the agent.
            return
        self._gathering.overhear(record, self._run)
        self._theirs.note(record)
        self._placing.learn(record)
        if record.run == self.session:
            span = self._agents.setdefault(record.session, _Span())
            before = span.start_ns, span.end_ns
            span.take(record)
            if before != (span.start_ns, span.end_ns):
                self._placing.since(0)

    def _may_be_of_our_server(self, record: StoredRecord) -> bool:
        """Tell whether a record is of an MCP call outside of any launch.

        Such a connection knows no session but its own, and the process that opened it.
        """
        connection = record.attributes.get(semconv.MCP_CONNECTION)
        is_call = record.kind is Kind.TOOL_CALL and record.session == f"mcp-{connection}"
        return is_call and not self._run and not record.run

    def _knows_process_of(self, record: StoredRecord) -> bool:
        return any(map(self._ours.knows_process, lineage_of(record.attributes)))

    def _built(self, draft: Draft) -> Action | None:
        belonging = self._settled(draft)
        if not belonging.ours:
            return None
        given_up = self._turns.gave_up(draft)
        held = draft.action
        if held is None or held.join != belonging.join or given_up != draft.given_up:
            if belonging.join is not None:
                self._inside.setdefault(belonging.join.parent, []).append(draft)
            draft.given_up = given_up
            action = action_of(draft, self.session, self._cwd, self._blobs, join=belonging.join)
            draft.action = action if draft.place is None else self._beside(draft, action)
            if draft.is_untimed_decision:
                draft.action = _with_its_call(draft.action, draft)
        return draft.action

    def _beside(self, draft: Draft, action: Action) -> Action:
        """Return an action with what it stands beside, where it has no time of its own."""
        place = draft.place
        if place is not None and place.beside is not None:
            place = replace(place, beside=self._gathering.action_at(place.beside))
        return replace(action, placed=place)

    def _settled(self, draft: Draft) -> Belonging:
        belonging = draft.settled or self._belonging(draft)
        join = belonging.join
        if join is not None and join.certainty is Certainty.OBSERVED:
            draft.settled = belonging
            parent = self._gathering.action_at(join.parent)
            if parent != join.parent:
                return Belonging(ours=True, join=Join(parent, join.basis, join.certainty))
        return belonging

    def _belonging(self, draft: Draft) -> Belonging:
        if draft.loose and self._is_launch and self._agent_at(draft.start_ns):
            return NOT_OURS
        if draft.loose:
            return belonging_of(
                draft.attributes,
                draft.start_ns,
                self._ours,
                self._theirs,
                same_run=self._same_run(draft),
            )
        if draft.inside is not None and draft.inside.root is not draft:
            call = draft.inside.root.first.seq
            return Belonging(ours=True, join=Join(call, draft.inside_basis, Certainty.OBSERVED))
        parent = self._ours.spans.get(_enclosing(draft))
        if parent is None or self._gathering.action_at(parent) == draft.first.seq:
            return Belonging(ours=True)
        parent = self._gathering.action_at(parent)
        return Belonging(ours=True, join=Join(parent, "span parent", Certainty.OBSERVED))

    def _same_run(self, draft: Draft) -> bool:
        """Tell whether a request comes from the session's launch and falls into its time."""
        if not self._run or draft.first.run != self._run or self._start_ns is None:
            return False
        ended = self._end_ns is not None and draft.start_ns > self._end_ns + MARGIN_NS
        return draft.start_ns >= self._start_ns and not ended

    def _agent_at(self, t_ns: int) -> bool:
        """Tell whether an agent's own session of this launch was there to own a request."""
        return any(span.holds(t_ns) for span in self._agents.values())


def _with_its_call(decision: Action, draft: Draft) -> Action:
    """Return a decision that nobody told the time of where its call begins: it then lies between
    the call and what it did.
    """
    call = draft.inside.root if draft.inside is not None else draft
    end_ns = None if decision.end_ns is None else call.start_ns
    return replace(decision, start_ns=call.start_ns, end_ns=end_ns, placed=Place(call.first.seq))


def _enclosing(draft: Draft) -> tuple[str, str]:
    """Return (trace id, span id) that the action stands in.

    A point record stands in the span whose id it bears; it has none of its own.
    """
    return draft.trace_id, draft.parent_span_id or (draft.span_id if draft.only_points else "")


def fold(row: SessionRow, records: Iterable[StoredRecord], blobs: Blobs = no_blobs) -> ActionFold:
    """Return the fold of a session over records in order of `seq`."""
    result = ActionFold.of(row, blobs)
    for record in records:
        result.add(record)
    return result
