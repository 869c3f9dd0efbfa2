"""Gather the records of a session into drafts of actions, by their keys, else by likeness.

Each record is taken once and goes to one draft; two drafts that a later record shows to be one are
merged into the older. Why a record of a further witness stands where it does is kept as a link.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analyzer.drafts import Draft
from analyzer.identity import (
    Channel,
    call_id_of,
    channel_of,
    decision_keys,
    keys_of,
)
from analyzer.likeness import Candidates, claim_of, tool_of
from analyzer.placement import Place
from analyzer.silences import Silences
from analyzer.statements import said_of
from analyzer.testimony import Certainty, Facet, Link
from recorder import semconv
from recorder.model import Kind, StoredRecord, Witness

__all__ = ["Gathering", "is_same_session"]

BASIS = {
    "call": "call id",
    "approval": "call id",
    "span": "span id",
    "request": "request id",
}
"""First word of a key -> what it is called."""
OVERHEARD = 4096
"""Calls of other sessions of the same launch that are kept, in case one of ours is the same."""


def is_same_session(one: str, other: str) -> bool:
    """Tell whether two session ids are one: some agents write the same UUID without its dashes."""
    if one == other:
        return True
    return len(one) != len(other) and one.replace("-", "") == other.replace("-", "")


class Gathering:
    """The drafts of one session."""

    def __init__(self, session: str, places: Mapping[int, Place]) -> None:
        """Begin with none.

        Args:
            session: the session's id.
            places: where the records stand that have no time of their own, by `seq`.
        """
        self._session = session
        self._places = places
        self._drafts: list[Draft] = []
        self._by_key: dict[str, Draft] = {}
        self._by_seq: dict[int, Draft] = {}
        self._candidates: Candidates[Draft] = Candidates()
        self._undecided: dict[str, list[Draft]] = {}
        """Key of a call that is not known yet -> decisions on it."""
        self._approval_of: dict[Draft, Draft] = {}
        self._silences = Silences()
        self._overheard: dict[str, list[StoredRecord]] = {}
        self._stirred: dict[Draft, None] = {}
        self._merged: list[tuple[int, int]] = []
        self._last_call: tuple[StoredRecord, Draft] | None = None

    def take(self, record: StoredRecord) -> Draft:
        """Take in a record of the session, or of none; return the draft that it went to."""
        channel = channel_of(record)
        keys = keys_of(record)
        draft, link = self._find(record, channel, keys)
        if draft is None:
            draft = self._begin(record, channel)
        elif link is not None:
            draft.links.append(link)
        self._enter(record, draft, channel)
        for key in keys:
            draft = self._know(key, draft)
        if record.kind is Kind.APPROVAL:
            self._link_decision(record, draft)
            if draft.root.inside is not None:
                self._silences.called(record, draft.root.inside.root, channel)
        elif record.kind is Kind.TOOL_CALL and record.session:
            self._last_call = record, draft
            self._silences.called(record, draft, channel)
        elif record.kind is Kind.LIFECYCLE:
            self._note_lifecycle(record)
        return draft.root

    def overhear(self, record: StoredRecord, run: str) -> None:
        """Take in a record of another session: a call of ours may have been told under its id."""
        if record.kind is not Kind.TOOL_CALL:
            return
        if record.witness is Witness.MCP and record.run == run != "":
            self._overhear_server(record)
        if not call_id_of(record):
            return
        key = keys_of(record)[0]
        known = self._by_key.get(key)
        if known is not None and _is_related(record, known.root, run):
            self._adopt(record, known.root)
        elif record.run == run != "" or record.trace_id:
            self._overheard.setdefault(key, []).append(record)
            if len(self._overheard) > OVERHEARD:
                del self._overheard[next(iter(self._overheard))]

    def _overhear_server(self, record: StoredRecord) -> None:
        """Take in what an MCP connection with a session of its own told of one of our calls."""
        key = f"mcp {record.session} {record.ref}"
        known = self._by_key.get(key)
        if known is not None:
            self._enter(record, known.root, Channel.MCP)
            return
        draft, link = self._find(record, Channel.MCP, ())
        if draft is not None and link is not None and not draft.loose:
            draft.links.append(link)
            self._by_key[key] = draft
            self._enter(record, draft, Channel.MCP)

    def drafts(self) -> list[Draft]:
        """Return the drafts, in order of their first record."""
        if any(draft.merged_into is not None for draft in self._drafts):
            self._drafts = [draft for draft in self._drafts if draft.merged_into is None]
        return self._drafts

    def action_at(self, seq: int) -> int:
        """Return the action that a record speaks of."""
        draft = self._by_seq.get(seq)
        return seq if draft is None else draft.root.first.seq

    def settle(self, seqs: Iterable[int], t_ns: int) -> None:
        """Take in when the records were at the latest that had come before any with a time."""
        for seq in seqs:
            if seq in self._by_seq:
                draft = self._by_seq[seq].root
                draft.settle(seq, self._places[seq], t_ns)
                self.stir(draft)

    def stir(self, draft: Draft) -> None:
        """Have a draft looked at again."""
        self._stirred[draft.root] = None

    def stirred(self) -> dict[Draft, None]:
        """Return the drafts that something has changed of since last asked."""
        stirred, self._stirred = self._stirred, {}
        return stirred

    def merged(self) -> tuple[tuple[int, int], ...]:
        """Return (former id, id) of the actions that were merged since last asked."""
        merged, self._merged = self._merged, []
        return tuple(merged)

    def _find(
        self, record: StoredRecord, channel: Channel, keys: tuple[str, ...]
    ) -> tuple[Draft | None, Link | None]:
        for key in keys:
            draft = self._by_key.get(key)
            if draft is not None:
                draft = draft.root
                basis = BASIS.get(key.partition(" ")[0], "")
                if not basis or channel in draft.channels:
                    return draft, None
                return draft, Link(record.seq, basis, Certainty.OBSERVED)
        call_id = call_id_of(record)
        inside = self._by_trace(record)
        if inside is not None:
            return inside, Link(record.seq, "trace context and tool", Certainty.OBSERVED)
        claim = claim_of(record, call_id, channel, record.time_ns)
        like = self._candidates.find(claim) if claim is not None else None
        if like is None:
            return None, None
        return like.candidate.root, Link(record.seq, like.basis, Certainty.INFERRED)

    def _by_trace(self, record: StoredRecord) -> Draft | None:
        """Return the call whose span a call of no session stands in, when it is of the same tool.

        An MCP server's own witness bears the trace context that came with the request.
        """
        if record.session == self._session or record.kind is not Kind.TOOL_CALL:
            return None
        parts = str(record.attributes.get(semconv.PEER_TRACEPARENT, "")).split("-")
        trace, span = parts[1:3] if len(parts) == 4 else (record.trace_id, record.parent_span_id)
        known = self._by_key.get(f"span {trace} {span}")
        if known is None or known.root.kind is not Kind.TOOL_CALL:
            return None
        return known.root if tool_of(known.root.first) == tool_of(record) else None

    def _begin(self, record: StoredRecord, channel: Channel) -> Draft:
        place = self._places.get(record.seq)
        draft = Draft(record, record.time_ns, loose=not record.session, place=place)
        self._drafts.append(draft)
        claim = claim_of(record, "", channel, record.time_ns)
        if claim is not None:
            self._candidates.add(claim, draft)
        return draft

    def _enter(self, record: StoredRecord, draft: Draft, channel: Channel) -> None:
        place = self._places.get(record.seq)
        draft.take(record, channel, place)
        if record.session:
            draft.loose = False
        if record.kind is Kind.TOOL_CALL:
            draft.call_id = draft.call_id or call_id_of(record)
        if not draft.essence:
            claim = claim_of(record, "", channel, record.time_ns)
            draft.essence = claim.essence if claim is not None else ""
        said = [s for s in said_of(record) if place is None or s.facet is not Facet.STARTED]
        draft.said += said
        if draft.inside is not None:
            call = draft.inside.root
            call.said += said
            call.action = None
            self.stir(call)
        self._by_seq[record.seq] = draft
        self.stir(draft)

    def _know(self, key: str, draft: Draft) -> Draft:
        """Let a key stand for a draft; merge with the one that it stood for."""
        known = self._by_key.get(key)
        draft = draft.root
        if known is not None and known.root is not draft:
            draft = self._merge(known.root, draft)
        elif known is None:
            self._by_key[key] = draft
        for decision in self._undecided.pop(key, ()):
            self._decide(decision.root, draft)
        if key in self._overheard:
            for record in self._overheard.pop(key):
                self._adopt(record, draft)
        return draft

    def _merge(self, one: Draft, other: Draft) -> Draft:
        older, newer = sorted((one, other), key=lambda d: d.first.seq)
        older.absorb(newer)
        older.links.append(Link(newer.first.seq, "call id", Certainty.OBSERVED))
        self._merged.append((newer.first.seq, older.first.seq))
        approvals = [self._approval_of.pop(d) for d in (newer, older) if d in self._approval_of]
        for approval in approvals:
            self._decide(approval.root, older)
        self.stir(older)
        return older

    def _adopt(self, record: StoredRecord, draft: Draft) -> None:
        """Take a record that stands under another session's id into one of our actions."""
        if record.seq in self._by_seq:
            return
        draft.links.append(
            Link(record.seq, f"call id, told under session {record.session}", Certainty.OBSERVED)
        )
        self._enter(record, draft, channel_of(record))

    # --- decisions ----------------------------------------------------------------------------

    def _link_decision(self, record: StoredRecord, approval: Draft) -> None:
        if approval.inside is not None:
            return
        keys = decision_keys(record)
        approval.inside_basis = "call id"
        call = next((self._by_key[key].root for key in keys if key in self._by_key), None)
        if call is None and not keys:
            approval.inside_basis = "same log event"
            call = self._call_of_same_log(record)
        elif keys and keys[0].startswith("span "):
            approval.inside_basis = "span parent"
        if call is not None:
            self._decide(approval, call)
        else:
            for key in keys:
                self._undecided.setdefault(key, []).append(approval)

    def _call_of_same_log(self, record: StoredRecord) -> Draft | None:
        """Return the call that the same log event told of: its records follow each other."""
        if self._last_call is None or record.witness is not Witness.OTLP:
            return None
        last, draft = self._last_call
        is_next = last.seq == record.seq - 1 and last.span_id == record.span_id
        return draft.root if is_next and channel_of(last) is Channel.LOG else None

    def _decide(self, approval: Draft, call: Draft) -> None:
        """Put a decision inside its call, together with what else was said of that decision."""
        if approval is call or call.kind is not Kind.TOOL_CALL or approval.inside is not None:
            if approval.inside is not None and approval.inside.root is call:
                self._approval_of.setdefault(call, approval)
            return
        approval.inside = call
        approval.action = approval.settled = None
        call.said += approval.said
        call.action = None
        self.stir(call)
        self.stir(approval)
        before = self._approval_of.get(call)
        if before is None or before.root is approval:
            self._approval_of[call] = approval
        else:
            self._approval_of[call] = self._merge(before.root, approval)

    def _note_lifecycle(self, record: StoredRecord) -> None:
        call_id = Silences.call_of(record)
        known = self._by_key.get(f"call {call_id}") if call_id else None
        call = self._silences.note(record, known.root if known is not None else None)
        if call is not None:
            call.action = None
            self.stir(call)


def _is_related(record: StoredRecord, draft: Draft, run: str) -> bool:
    """Tell whether a record of another session is tied to ours by more than a call's id."""
    return record.run == run != "" or bool(record.trace_id and record.trace_id == draft.trace_id)
