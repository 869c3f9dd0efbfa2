"""Permissions over time: asked for, given or denied, and used by the call that they let through.

A permission and its call belong together where both name the same call; nothing is guessed from
times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter

from analyzer.model import Action, Outcome
from analyzer.texts import as_text
from analyzer.world import Approval
from recorder import semconv
from recorder.model import Kind

__all__ = ["REQUESTED", "permissions_of"]

REQUESTED = "requested"
DENIED = "denied"
NEVER = "never answered"
MAX_SUBJECT = 200
type Write = tuple[int, str, Approval | None]


def permissions_of(
    actions: Sequence[Action],
) -> tuple[list[Write], list[tuple[int, Approval]]]:
    """Return when permissions are asked for, given and settled, and as what they were settled.

    Settled is one whose call has begun with it or was denied, or that nobody answered before its
    call was over.

    Args:
        actions: a session's, in order of time.
    """
    asked: dict[str, Approval] = {}
    begun: dict[str, Action] = {}
    writes: list[Write] = []
    settled: list[tuple[int, Approval]] = []
    told_apart = {_key(action) for action in actions if action.kind is Kind.APPROVAL}
    for action in actions:
        key = _key(action)
        if action.kind is Kind.APPROVAL:
            told = _approval(action)
            call = begun.get(key)
            if call is not None:
                # Transcripts tell of a call that the model asks for before it is decided.
                _settle(call, key, told, action.start_ns, writes, settled)
            else:
                asked[key] = told
                writes.append((action.start_ns, key, told))
        elif action.kind is Kind.TOOL_CALL:
            begun[key] = action
            if key in asked:
                _settle(action, key, asked.pop(key), action.start_ns, writes, settled)
            elif action.decision is not None and key not in told_apart:
                _settle(action, key, _decided(action), action.start_ns, writes, settled)
    return sorted(writes, key=itemgetter(0)), sorted(settled, key=itemgetter(0))


def _key(action: Action) -> str:
    return as_text(action.attributes.get(semconv.GEN_AI_TOOL_CALL_ID)) or f"#{action.id}"


def _settle(
    call: Action,
    key: str,
    told: Approval,
    t_ns: int,
    writes: list[Write],
    settled: list[tuple[int, Approval]],
) -> None:
    """Say what becomes of a permission with its call, from the moment that both have begun."""
    was_denied = call.outcome is Outcome.DENIED
    if told.decision != REQUESTED:
        used = replace(told, used_by=None if was_denied else call.id)
        writes.append((t_ns, key, None))
        settled.append((t_ns, used))
        return
    writes.append((t_ns, key, told))
    if call.until_ns is not None:
        # The call is over, so nobody waits for an answer any more.
        answer = DENIED if was_denied else NEVER
        writes.append((call.until_ns, key, None))
        settled.append((call.until_ns, replace(told, decision=answer)))


def _approval(action: Action) -> Approval:
    attributes, decision = action.attributes, action.decision
    return Approval(
        action=action.id,
        subject=as_text(attributes.get(semconv.APPROVAL_SUBJECT))[:MAX_SUBJECT],
        decision=as_text(attributes.get(semconv.APPROVAL_DECISION)) or action.name,
        by=as_text(attributes.get(semconv.APPROVAL_BY)),
        presence=None if decision is None else decision.presence,
    )


def _decided(call: Action) -> Approval:
    """Return the permission that is part of what is recorded of a call itself."""
    decision = call.decision
    return Approval(
        action=call.id,
        subject=call.title[:MAX_SUBJECT],
        decision="" if decision is None else decision.decision,
        by="" if decision is None else decision.by,
        presence=None if decision is None else decision.presence,
    )
