"""How complete a session's record is: who saw what, what never ended, what nobody declared.

Two sorts of hole: what an agent declares and no other witness saw, and what a witness saw and no
agent declared. Numbers are actions, unless a field says that they are records.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from analyzer.claims import claimed_hosts
from analyzer.clocks import Skew, skews_of
from analyzer.inner_agents import inner_agents
from analyzer.model import Action, Analysis, Outcome
from analyzer.processes import undeclared_processes
from analyzer.testimony import Certainty, Clock
from analyzer.texts import Texts, as_text
from recorder import semconv
from recorder.model import Kind, SessionRow, Witness
from recorder.reader import Recording

__all__ = ["Claim", "Completeness", "Note", "blind_spots", "completeness_of"]

MAX_NOTES = 40
"""Notes of the recorder within a session that are told one by one."""
AGENTS_OWN = (Witness.HOOK, Witness.OTLP, Witness.SDK, Witness.TRANSCRIPT)
"""Witnesses of which each, where it is at work at all, should tell of every call."""
RUN_PROXY = "flightlog.run.proxy"
"""A launch says with this whether it put its agent behind the recording proxy."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the recorder says of itself during a session: a gap, a spool, a stop."""

    seq: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A call that says it sends a request to a host, where the wire saw none."""

    action: int
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """What can be said of the record itself."""

    by_witness: Mapping[str, int]
    """Witness -> actions that it reported."""
    calls: int
    """Tool calls, each counted once."""
    confirmed: tuple[int, ...]
    """Tool calls and requests that two witnesses speak of: a call with a request seen inside it."""
    twice: tuple[int, ...]
    """Tool calls that two or more witnesses tell of, or whose request another one saw."""
    twice_inferred: tuple[int, ...]
    """Of `twice`, those of which the second witness is only held to speak, by time or likeness."""
    once: Mapping[str, tuple[int, ...]]
    """Witness -> tool calls that it alone tells of."""
    missed: Mapping[str, tuple[int, ...]]
    """Witness that was at work in this session -> calls that it does not tell of."""
    inner: tuple[int, ...]
    """Calls of agents inside the agent."""
    open: tuple[int, ...]
    """Actions without an end: still running, or cut off with their process."""
    no_result: tuple[int, ...]
    """Calls after which the agent went on and that nobody told the end of."""
    denied: tuple[int, ...]
    silences: tuple[int, ...]
    """Calls before or after which a hook did not answer."""
    contradictions: tuple[int, ...]
    """Actions of which not all can be true that is said of them."""
    wire: bool
    """Was the recording proxy at work for this session?"""
    unwitnessed: tuple[Claim, ...]
    """Declared and never witnessed; only where the wire was watched."""
    undeclared: tuple[int, ...]
    """Requests on the wire, and MCP calls, that no recorded call made."""
    processes: tuple[int, ...]
    """Records of processes of the launch that started while no call was under way."""
    inferred_joins: tuple[int, ...]
    """Actions whose place inside another one is inferred."""
    inferred_links: tuple[int, ...]
    """Actions of which a witness's words are only held to speak by likeness."""
    unread: tuple[int, ...]
    """Connections whose content the wire could not read."""
    clocks: tuple[Clock, ...] = ()
    """How far outside witnesses' clocks are from the agent's."""
    skews: tuple[Skew, ...] = field(default_factory=tuple)
    notes: tuple[Note, ...] = ()

    @property
    def missed_inside(self) -> Mapping[str, tuple[int, ...]]:
        """Of the calls that a witness missed, those of agents inside the agent."""
        inner = set(self.inner)
        found = {w: tuple(n for n in missed if n in inner) for w, missed in self.missed.items()}
        return {witness: numbers for witness, numbers in found.items() if numbers}


def completeness_of(recording: Recording, analysis: Analysis) -> Completeness:
    """Return how complete the record of a session is."""
    # What only a command asks for is inferred from the call: nobody witnessed it, no end is missed.
    actions = tuple(a for a in analysis.actions if a.id > 0)
    calls = [a for a in actions if a.kind is Kind.TOOL_CALL]
    confirmed = _confirmed(actions)
    wire = _wire_was_watched(recording, analysis.session, actions)
    return Completeness(
        by_witness=dict(Counter(w.value for a in actions for w in a.witnesses)),
        calls=len(calls),
        confirmed=tuple(sorted(confirmed)),
        twice=tuple(a.id for a in calls if a.id in confirmed),
        twice_inferred=tuple(a.id for a in calls if confirmed.get(a.id) is Certainty.INFERRED),
        once=_once(calls, confirmed),
        missed=_missed(calls),
        inner=tuple(_inner(actions)),
        open=tuple(a.id for a in actions if a.outcome is Outcome.OPEN),
        no_result=tuple(a.id for a in actions if a.outcome is Outcome.NO_RESULT),
        denied=tuple(a.id for a in calls if a.outcome is Outcome.DENIED),
        silences=tuple(a.id for a in actions if a.silences),
        contradictions=tuple(a.id for a in actions if a.contradictions),
        wire=wire,
        unwitnessed=tuple(_unwitnessed(recording, actions)) if wire else (),
        undeclared=tuple(_undeclared(actions)),
        processes=undeclared_processes(recording, analysis),
        inferred_joins=tuple(
            a.id for a in actions if a.join and a.join.certainty is Certainty.INFERRED
        ),
        inferred_links=tuple(
            a.id for a in actions if any(x.certainty is Certainty.INFERRED for x in a.links)
        ),
        unread=tuple(
            a.id
            for a in actions
            if a.kind is Kind.API_REQUEST
            and Witness.AUDIT not in a.witnesses
            and semconv.HTTP_METHOD not in a.attributes
        ),
        clocks=analysis.clocks,
        skews=skews_of(calls),
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


def _confirmed(actions: Sequence[Action]) -> Mapping[int, Certainty]:
    """Return what two witnesses speak of, and whether that both do is observed or inferred."""
    found: dict[int, Certainty] = {}
    for action in actions:
        if len(action.witnesses) > 1:
            guessed = sum(x.certainty is Certainty.INFERRED for x in action.links)
            is_sure = len(action.witnesses) - guessed > 1
            found[action.id] = Certainty.OBSERVED if is_sure else Certainty.INFERRED
    by_id = {a.id: a for a in actions}
    for action in actions:
        parent = by_id.get(action.join.parent) if action.join else None
        if action.kind is not Kind.API_REQUEST or action.join is None or parent is None:
            continue
        # A request that none but the call's own witness tells of is one witness's word.
        if parent.kind is Kind.TOOL_CALL and set(action.witnesses) - set(parent.witnesses):
            for number in (action.id, parent.id):
                if found.get(number) is not Certainty.OBSERVED:
                    found[number] = action.join.certainty
    return found


def _once(
    calls: Sequence[Action], confirmed: Mapping[int, Certainty]
) -> Mapping[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {}
    for call in calls:
        if call.id not in confirmed:
            found.setdefault(call.witnesses[0].value, []).append(call.id)
    return {witness: tuple(numbers) for witness, numbers in found.items()}


def _missed(calls: Sequence[Action]) -> Mapping[str, tuple[int, ...]]:
    at_work = [w for w in AGENTS_OWN if any(w in call.witnesses for call in calls)]
    found = {w.value: tuple(c.id for c in calls if w not in c.witnesses) for w in at_work}
    return {witness: numbers for witness, numbers in found.items() if numbers}


def _inner(actions: Sequence[Action]) -> Iterator[int]:
    """Yield the calls of agents inside the agent."""
    inside = inner_agents(actions)
    return (a.id for a in actions if a.id in inside and a.kind is Kind.TOOL_CALL)


def _wire_was_watched(recording: Recording, row: SessionRow, actions: Sequence[Action]) -> bool:
    """Tell whether the proxy was at work: it saw something of the session, or of its launch."""
    if any(Witness.PROXY in a.witnesses for a in actions):
        return True
    if not row.run:
        return False
    launch = recording.records(session=row.run)
    return any(record.attributes.get(RUN_PROXY) is True for record in launch)


def _unwitnessed(recording: Recording, actions: Sequence[Action]) -> Iterator[Claim]:
    seen: set[tuple[int, str]] = set()
    for action in actions:
        if action.kind is Kind.API_REQUEST and action.join and Witness.PROXY in action.witnesses:
            host = as_text(action.attributes.get(semconv.SERVER_ADDRESS)).lower()
            seen.add((action.join.parent, host))
    never_ran = {Outcome.DENIED, Outcome.OPEN}
    for action in actions:
        if action.kind is not Kind.TOOL_CALL or action.outcome in never_ran:
            continue
        for host in claimed_hosts(action, Texts.of(action, recording.blob)):
            if (action.id, host) not in seen:
                yield Claim(action.id, host)


def _undeclared(actions: Sequence[Action]) -> Iterator[int]:
    for action in actions:
        on_wire = Witness.PROXY in action.witnesses and action.kind is Kind.API_REQUEST
        by_mcp = action.witnesses == (Witness.MCP,) and action.kind is Kind.TOOL_CALL
        if action.join is None and (on_wire or by_mcp):
            yield action.id


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
            found.append(Note(record.seq, record.name, ", ".join(parts) or record.phase.value))
    own = [a for a in analysis.actions if _is_of_recorder(a)]
    found += [Note(a.id, a.name, _damage(a)) for a in own[:MAX_NOTES]]
    if len(own) > MAX_NOTES:
        more = f"{len(own) - MAX_NOTES} more such notes follow"
        found.append(Note(own[MAX_NOTES].id, own[MAX_NOTES].name, more))
    return sorted(found, key=lambda note: note.seq)


def _is_of_recorder(action: Action) -> bool:
    """Tell whether the recorder itself says it of the session: a damaged part of its source."""
    return action.kind is Kind.LIFECYCLE and action.witnesses == (Witness.RECORDER,)


def _damage(action: Action) -> str:
    names = (semconv.SOURCE_FILE, semconv.SOURCE_PLACE)
    where = ", ".join(filter(None, (as_text(action.attributes.get(name)) for name in names)))
    reason = as_text(action.attributes.get(semconv.REASON))
    return f"{reason} ({where})" if where else reason or action.outcome.value
