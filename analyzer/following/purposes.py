"""Was a credential used for what its owner says that it is for, and where?

A purpose is a person's words. `read only` allows what only reads; a pattern (`customDomain*`)
allows the operations that it fits; other words allow the operations whose names share one with
them, verbs aside. Everything said by that is inferred, and an environment that nobody knows is said
to be unknown: that is no pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.deeds import carriers_of, may_have_run
from analyzer.following.life import Life
from analyzer.following.statement import Statement
from analyzer.model import Action, Effect, Sighting
from analyzer.purposes import beyond
from analyzer.testimony import Certainty
from recorder.model import Kind, Role

__all__ = ["misuses"]


def misuses(life: Life, actions: Mapping[int, Action]) -> Iterator[Statement]:
    """Yield what used a declared credential outside its purpose or environment: requests, and
    commands that took it to a host or destroyed with it.
    """
    purpose = life.declared.get("purpose", "")
    environment = life.declared.get("environment", "").lower()
    told: set[int] = set()
    carriers = carriers_of(actions.values())
    for seen in life.seen:
        action = actions.get(seen.sighting.action)
        if action is None or action.id in told or action.id in carriers:
            continue
        if not _is_use(seen.sighting, action):
            continue
        told.add(action.id)
        reason = beyond(purpose, action.judgement)
        if reason:
            yield _said(life, action, f"outside its purpose '{purpose}': {reason}")
        where = action.judgement.environment.lower()
        if environment and where == "unknown":
            if action.judgement.effect is not Effect.READ:
                text = f"declared for {environment}, and of which environment this is nobody knows"
                yield _said(life, action, text)
        elif environment and where != environment:
            yield _said(life, action, f"declared for {environment}, used in {where}")


def _is_use(sighting: Sighting, action: Action) -> bool:
    if sighting.role is not Role.USED:
        return False
    if action.kind is Kind.API_REQUEST:
        return bool(sighting.host)
    is_destroying = action.judgement.effect.destroys and may_have_run(action)
    return action.kind is Kind.TOOL_CALL and (bool(sighting.host) or is_destroying)


def _said(life: Life, action: Action, text: str) -> Statement:
    return Statement(
        life.fingerprint,
        f"{life.name} was used for {action.judgement.operation or action.name} in #{action.id}: "
        f"{text} (declared in {life.declared_in})",
        Certainty.INFERRED,
        (action.id,),
    )
