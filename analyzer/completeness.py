"""How complete a session's record is: who saw what, what never ended, what nobody declared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from analyzer.model import Analysis, Clock, Outcome
from analyzer.texts import as_text
from recorder import semconv
from recorder.model import Kind, Witness
from recorder.reader import Recording

__all__ = ["Completeness", "Note", "blind_spots", "completeness_of"]


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the recorder says of itself during a session: a gap, a spool, a stop."""

    seq: int
    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """What can be said of the record itself."""

    by_witness: Mapping[str, int]
    """Witness -> actions that it reported."""
    confirmed: tuple[int, ...]
    """Tool calls and requests that two witnesses speak of: a call with a request seen inside it."""
    open: tuple[int, ...]
    """Actions without an end: still running, or cut off with their process."""
    undeclared: tuple[int, ...]
    """Requests on the wire that no recorded call made."""
    inferred_joins: tuple[int, ...]
    """Actions whose place inside another one is inferred."""
    unread: tuple[int, ...]
    """Connections whose content the wire could not read."""
    clocks: tuple[Clock, ...]
    """How far the witnesses' clocks are apart."""
    notes: tuple[Note, ...]


def completeness_of(recording: Recording, analysis: Analysis) -> Completeness:
    """Return how complete the record of a session is."""
    actions = analysis.actions
    witnessed: set[int] = {a.id for a in actions if len(a.witnesses) > 1}
    by_id = {a.id: a for a in actions}
    for action in actions:
        parent = by_id.get(action.join.parent) if action.join else None
        if action.kind is Kind.API_REQUEST and parent and parent.kind is Kind.TOOL_CALL:
            witnessed |= {action.id, parent.id}
    return Completeness(
        by_witness=Counter(w.value for a in actions for w in a.witnesses),
        confirmed=tuple(sorted(witnessed)),
        open=tuple(a.id for a in actions if a.outcome is Outcome.OPEN),
        undeclared=tuple(a.id for a in actions if Witness.PROXY in a.witnesses and a.join is None),
        inferred_joins=tuple(
            a.id for a in actions if a.join and a.join.certainty.value == "inferred"
        ),
        unread=tuple(
            a.id
            for a in actions
            if a.kind is Kind.API_REQUEST
            and Witness.AUDIT not in a.witnesses
            and semconv.HTTP_METHOD not in a.attributes
        ),
        clocks=analysis.clocks,
        notes=tuple(_notes(recording, analysis)),
    )


def blind_spots(analysis: Analysis) -> tuple[str, ...]:
    """Return what a recording with these witnesses cannot show, one sentence each."""
    witnesses = {w for a in analysis.actions for w in a.witnesses}
    spots = []
    if Witness.PROXY not in witnesses:
        spots.append(
            "No request was seen on the wire: what the agent's commands sent is only known from "
            "what they printed."
        )
    else:
        spots.append(
            "Only traffic that went through the recording proxy was seen: raw sockets, and "
            "programs that ignore the proxy, leave no trace here."
        )
    if not witnesses & {Witness.SDK, Witness.HOOK, Witness.OTLP, Witness.TRANSCRIPT}:
        spots.append("The agent itself reported nothing: prompts, turns and tool calls are absent.")
    spots += [
        "What a command did inside its own process (files it changed, programs it ran) is known "
        "from its command line and output only.",
        "What happened on the provider's side is known from its answers only.",
        "What a model or a person said is a claim, not evidence of what was done.",
    ]
    return tuple(spots)


def _notes(recording: Recording, analysis: Analysis) -> list[Note]:
    row = analysis.session
    found = []
    for record in recording.records(session="", after=row.first_seq - 1, until=row.last_seq):
        if record.witness is Witness.RECORDER:
            parts = [
                as_text(record.attributes.get(name))
                for name in (semconv.COUNT, semconv.REASON)
                if name in record.attributes
            ]
            found.append(Note(record.seq, record.name, ", ".join(parts)))
    return found
