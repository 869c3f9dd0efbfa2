"""Each action proposed, decided, executed, with its effect; and what of these does not fit."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from analyzer.claims import claimed_hosts
from analyzer.deeds import DOING
from analyzer.incident.model import Fact, Journey
from analyzer.model import Action, Analysis, Effect, Outcome, ResourceState
from analyzer.requests import host_of
from analyzer.testimony import Certainty, Presence
from analyzer.texts import Blobs, Texts
from recorder.counted import counted
from recorder.model import Kind, Witness

__all__ = ["ENDED", "journeys_of"]

PLAIN = frozenset({Effect.READ, Effect.UNKNOWN})
MAKERS = frozenset({Kind.TOOL_CALL, Kind.PROCESS})
"""What makes requests: where no agent tells of calls, its processes stand for them."""
APPROVED = "approved"
ENDED = {
    Outcome.OK: "ended ok",
    Outcome.OPEN: "no end of it is on record",
    Outcome.REFUSED: "refused",
    Outcome.FAILED: "failed",
    Outcome.DENIED: "denied",
    Outcome.NO_RESULT: "how it ended is not on record",
}
"""How an action ended, in words."""


def journeys_of(analysis: Analysis, blobs: Blobs, *, wire: bool) -> tuple[Journey, ...]:
    """Return the journey of each action that does more than read, or whose steps do not fit.

    Args:
        analysis: the session.
        blobs: where large values come from.
        wire: whether the recording proxy was at work.
    """
    turns = [a for a in analysis.actions if a.kind is Kind.MODEL_CALL]
    inside: dict[int, list[Action]] = {}
    for action in analysis.actions:
        if action.join is not None and action.kind is Kind.API_REQUEST:
            inside.setdefault(action.join.parent, []).append(action)
    by_id = {a.id: a for a in analysis.actions}
    starts = [(t.start_ns, t.id) for t in turns]
    found = []
    for action in analysis.actions:
        if action.kind not in DOING:
            continue
        mismatches = tuple(_mismatches(action, by_id, inside, blobs, wire=wire))
        if action.judgement.effect in PLAIN and not mismatches:
            continue
        found.append(
            Journey(
                action=action.id,
                proposed=_proposed(action, by_id, turns, starts),
                decided=_decided(action, by_id),
                executed=_executed(action, inside),
                effect=action.judgement.effect,
                effect_told=_effect(action),
                mismatches=mismatches,
            )
        )
    return tuple(found)


def _proposed(
    action: Action,
    by_id: Mapping[int, Action],
    turns: Sequence[Action],
    starts: Sequence[tuple[int, int]],
) -> Fact:
    call = _call_of(action, by_id)
    if call is None:
        return Fact("by no call on record (undeclared)", Certainty.OBSERVED, (action.id,))
    # Where turn and call bear one time, as in transcripts, the record's order tells.
    number = bisect_left(starts, (call.start_ns, call.id)) - 1
    if call.join is not None and by_id.get(call.join.parent) in turns:
        return Fact("by the turn that it stands in", call.join.certainty, (call.join.parent,))
    if number < 0:
        return Fact("no turn of the model before it is on record", Certainty.OBSERVED, (call.id,))
    turn = turns[number]
    return Fact(f"after the model's turn: {turn.title}", Certainty.INFERRED, (turn.id,))


def _decided(action: Action, by_id: Mapping[int, Action]) -> Fact:
    call = _call_of(action, by_id) or action
    decision = call.decision or action.decision
    if decision is None:
        return Fact("no decision is on record", Certainty.OBSERVED, (call.id,))
    by = f" by {decision.by}" if decision.by else ""
    text = f"{decision.decision}{by}; a person: {decision.presence.value} ({decision.basis})"
    return Fact(text, Certainty.OBSERVED, (call.id,))


def _executed(action: Action, inside: Mapping[int, Sequence[Action]]) -> Fact:
    code = "" if action.exit_code is None else f", exit {action.exit_code}"
    said = f", it says {action.content_error!r}" if action.content_error else ""
    requests = inside.get(action.id, ())
    sent = f"; {counted(len(requests), 'request')} seen inside it" if requests else ""
    numbers = (action.id, *(r.id for r in requests[:20]))
    is_told = action.outcome is not Outcome.NO_RESULT
    how = action.outcome.value if is_told else ENDED[action.outcome]
    return Fact(f"{how}{code}{said}{sent}", action.certainty, numbers)


def _effect(action: Action) -> Fact:
    judgement = action.judgement
    target = " ".join(filter(None, (judgement.target_type, judgement.target_id)))
    told = [judgement.operation, target, *judgement.reasons[:2]]
    seen = "; ".join(_short(r) for r in action.resources[:4])
    text = "; ".join(filter(None, (*told, seen)))
    certainty = action.resources[0].certainty if action.resources else Certainty.INFERRED
    return Fact(text or judgement.effect.value, certainty, (action.id,))


def _mismatches(
    action: Action,
    by_id: Mapping[int, Action],
    inside: Mapping[int, Sequence[Action]],
    blobs: Blobs,
    *,
    wire: bool,
) -> Iterator[Fact]:
    requests = inside.get(action.id, ())
    decision = action.decision
    ran = action.outcome in {Outcome.OK, Outcome.OPEN}
    if decision is not None and decision.decision.startswith("denied") and (ran or requests):
        yield Fact("denied, and ran all the same", Certainty.OBSERVED, _numbers(action, requests))
    if action.outcome is Outcome.DENIED and requests:
        yield Fact("never ran, it is said; its requests were seen", Certainty.OBSERVED,
                   _numbers(action, requests))  # fmt: skip
    if (
        decision is not None
        and decision.decision == APPROVED
        and decision.presence is Presence.ABSENT
        and action.judgement.effect.destroys
    ):
        text = f"approved by no person: {decision.basis}"
        yield Fact(text, Certainty.INFERRED, (action.id,))
    yield from _against_the_wire(action, requests, blobs, wire=wire)
    is_ours = Witness.PROXY in action.witnesses
    if action.kind is Kind.API_REQUEST and is_ours and _call_of(action, by_id) is None:
        yield Fact("on the wire, and proposed by no call", Certainty.INFERRED, (action.id,))
    if action.kind is Kind.TOOL_CALL and action.outcome is Outcome.OK:
        for request in requests:
            if request.outcome in {Outcome.REFUSED, Outcome.FAILED}:
                text = f"came back as a success, and #{request.id} in it {request.outcome.value}"
                yield Fact(text, Certainty.OBSERVED, (action.id, request.id))
    for contradiction in action.contradictions:
        yield Fact(contradiction.text, Certainty.OBSERVED, (action.id,))


def _against_the_wire(
    action: Action, requests: Sequence[Action], blobs: Blobs, *, wire: bool
) -> Iterator[Fact]:
    if not wire or action.kind is not Kind.TOOL_CALL or action.id < 0:
        return
    claimed = claimed_hosts(action, Texts.of(action, blobs))
    seen = {host_of(r.attributes).partition(":")[0] for r in requests}
    for host in claimed:
        if host not in seen and action.outcome is not Outcome.DENIED:
            text = f"says that it sends to {host}, which the wire never saw"
            yield Fact(text, Certainty.INFERRED, (action.id,))
    if claimed:
        for request in requests:
            host = host_of(request.attributes).partition(":")[0]
            if host and host not in claimed:
                text = f"sent to {host} in #{request.id}, which the call does not name"
                yield Fact(text, Certainty.OBSERVED, (action.id, request.id))


def _call_of(action: Action, by_id: Mapping[int, Action]) -> Action | None:
    if action.kind is not Kind.API_REQUEST:
        return action
    call = by_id.get(action.join.parent) if action.join else None
    return call if call is not None and call.kind in MAKERS else None


def _numbers(action: Action, requests: Sequence[Action]) -> tuple[int, ...]:
    return (action.id, *(r.id for r in requests))


def _short(state: ResourceState) -> str:
    return f"{state.type} {state.name} {state.state}".strip()
