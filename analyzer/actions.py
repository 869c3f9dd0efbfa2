"""Join records into actions: starts with their ends, and the witnesses that speak of one thing.

An interpretation, never stored. `ActionFold` takes records one by one, so that a live view and a
report of a finished session run the same code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from analyzer.joins import NOT_OURS, Belonging, Containers, belonging_of, ended_ns
from analyzer.model import Action, Certainty, Join
from analyzer.outcomes import exit_code_of, outcome_of
from analyzer.sightings import Sealed, Setting, sightings_of
from analyzer.texts import Blobs, Texts, as_text, body_text, no_blobs
from analyzer.titles import title_of
from recorder import semconv
from recorder.model import (
    Json,
    Kind,
    Phase,
    SessionRow,
    Status,
    StoredRecord,
    Witness,
)

__all__ = ["ActionFold", "body_text", "fold"]

SECOND = 1_000_000_000
MARGIN_NS = 2 * SECOND
"""How long after a session's end a request of its launch still counts as its own."""
RUNS_A_PROCESS = frozenset({Kind.TOOL_CALL, Kind.PROCESS})


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


@dataclass(slots=True)
class _Draft:
    """An action in the making: what its records have told so far."""

    first: StoredRecord
    start_ns: int
    loose: bool
    """Reported by a witness that knows no sessions."""
    end_ns: int | None = None
    status: Status = Status.UNSET
    only_points: bool = True
    parent_span_id: str = ""
    span_id: str = ""
    trace_id: str = ""
    pid: int | None = None
    attributes: dict[str, Json] = field(default_factory=dict)
    blob_of: dict[str, str] = field(default_factory=dict)
    records: list[int] = field(default_factory=list)
    witnesses: list[Witness] = field(default_factory=list)
    seals: list[Sealed] = field(default_factory=list)
    action: Action | None = None
    """The action as it was built last; None when records have come since."""
    settled: Belonging | None = None
    """Where it belongs, once no later record can change that."""

    def take(self, record: StoredRecord) -> None:
        """Take in another record that speaks of this action."""
        t_ns = record.time_ns
        self.start_ns = min(self.start_ns, t_ns)
        if record.phase in {Phase.END, Phase.WHOLE}:
            ended = ended_ns(record)
            self.end_ns = ended if self.end_ns is None else max(self.end_ns, ended)
        self.only_points = self.only_points and record.phase is Phase.POINT
        if record.status is Status.ERROR or self.status is Status.UNSET:
            self.status = record.status
        self.parent_span_id = self.parent_span_id or record.parent_span_id
        self.span_id = self.span_id or record.span_id
        self.trace_id = self.trace_id or record.trace_id
        self.pid = record.pid if self.pid is None else self.pid
        for name, value in record.attributes.items():
            self.attributes[name] = value
            blob = record.blobs.get(name)
            if blob is not None:
                self.blob_of[name] = blob.digest
            else:
                self.blob_of.pop(name, None)
        self.records.append(record.seq)
        if record.witness not in self.witnesses:
            self.witnesses.append(record.witness)
        self.seals += [Sealed(seal, record.seq, t_ns) for seal in record.seals]
        self.action = None

    @property
    def finished_ns(self) -> int | None:
        """When the action ended; an action of point records alone takes no time."""
        return self.start_ns if self.only_points else self.end_ns


class ActionFold:
    """Folds the records of a recording into the actions of one session.

    Feed it every record of the time in question in order of `seq`: the session's own, those of no
    session (the wire's), and those of other sessions, which only teach it what is not its own.
    """

    def __init__(
        self, session: str, *, run: str = "", cwd: str = "", blobs: Blobs = no_blobs
    ) -> None:
        """Begin a session.

        Args:
            session: the session's id.
            run: the launch that the session belongs to, where it is known.
            cwd: the session's working directory; paths inside it are shown relative to it.
            blobs: where large values come from; without it only their beginnings are read.
        """
        self.session = session
        self._run = run
        self._cwd = cwd
        self._blobs = blobs
        self._drafts: dict[str, _Draft] = {}
        self._is_launch = False
        self._agents: dict[str, _Span] = {}
        """Other sessions of the same launch: where this is the launch's own, they come first."""
        self._ours = Containers()
        self._theirs = Containers()
        self._start_ns: int | None = None
        self._end_ns: int | None = None
        self._root = ""
        self._shown: dict[int, Action] = {}
        self._labels: dict[str, tuple[str, str]] = {}

    @classmethod
    def of(cls, row: SessionRow, blobs: Blobs = no_blobs) -> Self:
        """Return an empty fold for a session of a recording."""
        return cls(row.id, run=row.run, cwd=row.cwd, blobs=blobs)

    def add(self, record: StoredRecord) -> None:
        """Take in the next record."""
        if record.session == self.session:
            self._own(record)
        elif record.session:
            self._foreign(record)
            return
        elif record.witness is Witness.RECORDER:
            return
        loose = record.session == ""
        key = f"{'~' if loose else ''}{record.ref or f'#{record.seq}'}"
        draft = self._drafts.get(key)
        if draft is None:
            draft = self._drafts[key] = _Draft(record, record.time_ns, loose)
        draft.take(record)
        for seal in record.seals:
            self._labels.setdefault(seal.fingerprint, (seal.credential_class, seal.hint))

    def actions(self) -> tuple[Action, ...]:
        """Return the session's actions so far, in order of start, then of id."""
        built = (self._built(draft) for draft in self._drafts.values())
        found = [action for action in built if action is not None]
        return tuple(sorted(found, key=lambda a: (a.start_ns, a.id)))

    def changes(self) -> tuple[Action, ...]:
        """Return the actions that are new or different since this was last called, in order."""
        changed = [a for a in self.actions() if self._shown.get(a.id) is not a]
        self._shown.update((action.id, action) for action in changed)
        return tuple(changed)

    def labels(self) -> dict[str, tuple[str, str]]:
        """Return the (class, hint) of every credential that was sealed, by fingerprint."""
        return dict(self._labels)

    def _own(self, record: StoredRecord) -> None:
        t_ns = record.time_ns
        self._run = self._run or record.run
        self._is_launch = self._run == self.session
        self._ours.note(record)
        self._start_ns = t_ns if self._start_ns is None else min(self._start_ns, t_ns)
        if record.kind is Kind.LIFECYCLE and record.name == "session":
            # An agent inside the agent has such a span too; the first is the session's own.
            self._root = self._root or record.ref
            if record.phase is Phase.END and record.ref == self._root:
                self._end_ns = t_ns
            elif record.phase is Phase.WHOLE:
                # Each turn of the agent may be a span of its own: the last one counts.
                self._end_ns = max(self._end_ns or 0, ended_ns(record))

    def _foreign(self, record: StoredRecord) -> None:
        """Learn from a record of another session what is not ours."""
        if record.session == record.run:
            # A launch knows each process by itself: it must not take requests from the agent.
            return
        self._theirs.note(record)
        if record.run == self.session:
            self._agents.setdefault(record.session, _Span()).take(record)

    def _built(self, draft: _Draft) -> Action | None:
        belonging = draft.settled or self._belonging(draft)
        if belonging.join is not None and belonging.join.certainty is Certainty.OBSERVED:
            draft.settled = belonging
        if not belonging.ours:
            return None
        if draft.action is None or draft.action.join != belonging.join:
            draft.action = self._build(draft, belonging.join)
        return draft.action

    def _belonging(self, draft: _Draft) -> Belonging:
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
        # A point record stands in the span whose id it bears; it has none of its own.
        inside = draft.parent_span_id or (draft.span_id if draft.only_points else "")
        parent = self._ours.spans.get((draft.trace_id, inside))
        if parent is None or parent == draft.first.seq:
            return Belonging(ours=True)
        return Belonging(ours=True, join=Join(parent, "span parent", Certainty.OBSERVED))

    def _same_run(self, draft: _Draft) -> bool:
        """Tell whether a request comes from the session's launch and falls into its time."""
        if not self._run or draft.first.run != self._run or self._start_ns is None:
            return False
        ended = self._end_ns is not None and draft.start_ns > self._end_ns + MARGIN_NS
        return draft.start_ns >= self._start_ns and not ended

    def _agent_at(self, t_ns: int) -> bool:
        """Tell whether an agent's own session of this launch was there to own a request."""
        return any(span.holds(t_ns) for span in self._agents.values())

    def _build(self, draft: _Draft, join: Join | None) -> Action:
        first = draft.first
        texts = Texts(dict(draft.attributes), dict(draft.blob_of), self._blobs)
        end_ns = draft.finished_ns
        outcome = outcome_of(first.kind, draft.status, texts, ended=end_ns is not None)
        setting = Setting(first.seq, first.kind, first.name, texts, self._cwd)
        return Action(
            id=first.seq,
            session=self.session,
            kind=first.kind,
            name=first.name,
            title=title_of(first.kind, first.name, texts, outcome),
            start_ns=draft.start_ns,
            end_ns=end_ns,
            outcome=outcome,
            exit_code=exit_code_of(texts) if first.kind in RUNS_A_PROCESS else None,
            attributes=texts.attributes,
            blob_of=texts.blob_of,
            records=tuple(draft.records),
            witnesses=tuple(draft.witnesses),
            join=join,
            sightings=sightings_of(setting, draft.seals),
            reconstructed=as_text(draft.attributes.get(semconv.RECONSTRUCTED)),
            pid=draft.pid,
            span_id=draft.span_id,
            trace_id=draft.trace_id,
        )


def fold(row: SessionRow, records: Iterable[StoredRecord], blobs: Blobs = no_blobs) -> ActionFold:
    """Return the fold of a session over records in order of `seq`."""
    result = ActionFold.of(row, blobs)
    for record in records:
        result.add(record)
    return result
