"""How bad effects are beside each other, and one judgement from several parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analyzer.effects.local import acts_here
from analyzer.effects.places import NEARBY
from analyzer.extent import Bulk
from analyzer.model import Effect, Judgement

__all__ = ["BADNESS", "rank", "unknown", "worst_of"]

BADNESS = (
    Effect.READ, Effect.WRITE, Effect.C1, Effect.C2, Effect.C3, Effect.C4, Effect.UNKNOWN,
    Effect.X1, Effect.X2, Effect.X3, Effect.D6, Effect.D5, Effect.D4, Effect.D2, Effect.D1,
    Effect.D3,
)  # fmt: skip
"""From harmless to worst; an action of several parts is as bad as its worst part."""
MOST_REASONS = 12
_DEVELOPMENT = "development"
_RANK = {effect: place for place, effect in enumerate(BADNESS)}
_BULK = (Bulk.UNKNOWN, Bulk.ONE, Bulk.SOME, Bulk.ALL)


def rank(effect: Effect) -> int:
    """Return the place of an effect, larger is worse."""
    return _RANK[effect]


def unknown(reason: str, operation: str = "") -> Judgement:
    """Return the judgement of what cannot be told, with why."""
    return Judgement(Effect.UNKNOWN, (reason,), operation=operation)


def _badness(part: Judgement) -> tuple[int, bool, bool]:
    # Of two changes the one that reaches beyond this machine tells more, whichever stands first.
    reaches_out = part.effect is Effect.WRITE and not acts_here(part)
    return _RANK[part.effect], bool(part.same_domain), reaches_out


def _is_at_home(part: Judgement) -> bool:
    """Tell whether a part harms development, this machine's own, or some files of it alone."""
    files = part.target_type in {"files", "git"} and part.bulk is not Bulk.ALL
    return files or part.environment == _DEVELOPMENT or part.target_type in NEARBY


def _reaches_out(part: Judgement) -> bool:
    return _RANK[part.effect] > _RANK[Effect.UNKNOWN] and not _is_at_home(part)


def worst_of(parts: Sequence[Judgement]) -> Judgement:
    """Return one judgement for an action of several parts: its worst, told with what it hides.

    Whether recovery copies go is asked of all parts: one that takes them is enough. So is one
    bypass.
    """
    if not parts:
        return Judgement(Effect.READ, ("it does nothing by itself",))
    worst = max(parts, key=_badness)
    if len(parts) == 1:
        return worst
    if _is_at_home(worst) and (outward := [p for p in parts if _reaches_out(p)]):
        # `rm -rf build && git push --force`: what it does elsewhere must not hide behind that.
        worst = max(outward, key=_badness)
    elif worst.environment == _DEVELOPMENT and (
        kept := [p for p in parts if p.effect.destroys and p.environment != _DEVELOPMENT]
    ):
        worst = max(kept, key=_badness)
    others = [p for p in parts if p is not worst and p.effect not in {Effect.READ, Effect.WRITE}]
    reasons = dict.fromkeys(worst.reasons)
    reasons.update(dict.fromkeys(reason for other in others for reason in other.reasons))
    takers = [p for p in parts if p.same_domain]
    harmful = [p for p in parts if p.effect.destroys]
    bypass = dict.fromkeys(b for p in parts for b in p.bypass)
    # One part that acts beyond development is enough, as one that takes recovery copies is.
    beyond = next((p for p in harmful if p.environment != _DEVELOPMENT), worst)
    placed = beyond if worst.environment == _DEVELOPMENT else worst
    return replace(
        worst,
        reasons=tuple(reasons)[:MOST_REASONS],
        same_domain=True if takers else worst.same_domain,
        cascade=worst.cascade or next((t.cascade for t in takers if t.cascade), ""),
        environment=placed.environment,
        environment_basis=placed.environment_basis,
        bypass=tuple(bypass),
        bulk=max((p.bulk for p in harmful), key=_BULK.index, default=worst.bulk),
    )
