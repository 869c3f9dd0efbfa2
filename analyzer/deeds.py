"""The actions that do something to the world by themselves, each counted once.

A command and the request that it sends are two actions and one deed: the request tells more, so it
stands for both. Harm counts where it was done, or where nobody can say that it was not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzer.model import Action, Effect, Outcome
from analyzer.resources import DELETED
from recorder.model import Kind

__all__ = [
    "DOING",
    "HARMFUL",
    "carriers_of",
    "deeds_of",
    "harms_of",
    "is_harmful",
    "may_have_run",
    "takes_copies",
]

DOING = frozenset({Kind.TOOL_CALL, Kind.API_REQUEST, Kind.FILE, Kind.PROCESS})
HARMFUL = frozenset({
    Effect.D1, Effect.D2, Effect.D3, Effect.D4, Effect.D5, Effect.D6, Effect.X1, Effect.X2,
})  # fmt: skip
_NEVER_RAN = frozenset({Outcome.DENIED, Outcome.REFUSED, Outcome.FAILED})


def deeds_of(actions: Sequence[Action]) -> tuple[Action, ...]:
    """Return what was done, in order of time: a call whose request says the same is left out."""
    carriers = carriers_of(actions)
    return tuple(a for a in actions if a.kind in DOING and a.id not in carriers)


def harms_of(actions: Sequence[Action]) -> tuple[Action, ...]:
    """Return the deeds that harm and may have run, in order of time."""
    return tuple(a for a in deeds_of(actions) if is_harmful(a) and may_have_run(a))


def carriers_of(actions: Iterable[Action]) -> dict[int, int]:
    """Return call -> the request inside it that does what the call is judged by."""
    by_id = {a.id: a for a in actions}
    found: dict[int, int] = {}
    for action in by_id.values():
        call = by_id.get(action.join.parent) if action.join else None
        if action.kind is not Kind.API_REQUEST or call is None or call.kind is not Kind.TOOL_CALL:
            continue
        one, other = action.judgement, call.judgement
        if (one.effect, one.operation, one.target_id) == (
            other.effect, other.operation, other.target_id,
        ) and is_harmful(action):  # fmt: skip
            found[call.id] = action.id
    return found


def is_harmful(action: Action) -> bool:
    """Tell whether an action destroys, opens, cuts off or sends out, if it is let run."""
    return action.judgement.effect in HARMFUL


def takes_copies(harm: Action) -> bool:
    """Tell whether recovery copies are what an action destroys, or go along with it."""
    return harm.judgement.effect is Effect.D2 or harm.judgement.same_domain is True


def may_have_run(action: Action) -> bool:
    """Tell whether an action may have had its effect, or a part of it that an answer shows."""
    if action.outcome not in _NEVER_RAN:
        return True
    return any(r.state == DELETED for r in action.resources)
