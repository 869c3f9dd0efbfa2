"""Which credentials must be rotated now, and which of them first.

Everything that was shown to an agent, stood in a model's context or was written to a further place
is out of its owner's hands, and so is what a tool printed that had it given out (`gh auth token`).
What went to a stranger comes first, then what something was destroyed with, then what reaches
furthest; what expires by itself comes last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analyzer.credential_scopes import expires_by_itself, width_of
from analyzer.deeds import deeds_of, may_have_run
from analyzer.following.hosts import foreign_hosts
from analyzer.following.life import ARGV, Life
from analyzer.following.statement import Statement, numbers
from analyzer.model import Action, Sighting
from analyzer.rules.base import judged_from, weakest
from analyzer.testimony import Certainty
from recorder.model import Role

__all__ = ["Rotation", "rotations"]

PRINTED = "tool output"
OUT = frozenset({Role.EXPOSED, Role.IN_CONTEXT, Role.COPIED})


@dataclass(frozen=True, slots=True)
class Rotation:
    """A credential that must be rotated, with the reasons for it and for its rank."""

    rank: int
    """1: first."""
    statement: Statement


def rotations(lives: Sequence[Life]) -> tuple[Rotation, ...]:
    """Return what must be rotated, in the order in which to do it."""
    due = [(life, _leaks(life)) for life in lives]
    due = [(life, leaks) for life, leaks in due if leaks]
    due.sort(key=lambda pair: _urgency(pair[0], pair[1]))
    return tuple(
        Rotation(rank, _statement(life, leaks)) for rank, (life, leaks) in enumerate(due, start=1)
    )


def _leaks(life: Life) -> tuple[Sighting, ...]:
    """Return the sightings by which a credential left its owner's hands."""
    seen = tuple(s.sighting for s in life.seen)
    return tuple(
        s
        for s in seen
        if s.role in OUT
        or (s.role is Role.USED and s.place in ARGV)
        or (s.role is Role.ISSUED and s.place == PRINTED)
    )


def _urgency(life: Life, leaks: Sequence[Sighting]) -> tuple[bool, bool, bool, int, int, int]:
    return (
        expires_by_itself(life.scope),
        not foreign_hosts(life),
        not _destroyed(life),
        -width_of(life.scope),
        -len(leaks),
        leaks[0].t_ns,
    )


def _statement(life: Life, leaks: Sequence[Sighting]) -> Statement:
    foreign, destroyed = foreign_hosts(life), _destroyed(life)
    grounds = dict.fromkeys([
        *(s.action for s in leaks), *(s.sighting.action for s in foreign),
        *(a.id for a in destroyed),
    ])  # fmt: skip
    certainty = weakest(
        leaks[0].certainty,
        *map(judged_from, destroyed),
        *(Certainty.INFERRED for _ in foreign),
    )
    return Statement(
        life.fingerprint,
        f"{life.name}: {'; '.join(_reasons(life, leaks))}",
        certainty,
        tuple(grounds),
    )


def _reasons(life: Life, leaks: Sequence[Sighting]) -> Iterator[str]:
    foreign, destroyed = foreign_hosts(life), _destroyed(life)
    if foreign:
        hosts = ", ".join(dict.fromkeys(s.sighting.host for s in foreign))
        yield f"it went to {hosts}, where it does not belong"
    if destroyed:
        yield f"{numbers(tuple(a.id for a in destroyed))} destroyed with it"
    for role, words in (
        (Role.ISSUED, "given out into"),
        (Role.EXPOSED, "shown in"),
        (Role.IN_CONTEXT, "in a model's context in"),
        (Role.COPIED, "copied to"),
        (Role.USED, "given on a command line in"),
    ):
        of = [s for s in leaks if s.role is role]
        places = dict.fromkeys(f"{s.place} (#{s.action})" for s in of)
        if places:
            more = f" and {len(places) - 3} more" if len(places) > 3 else ""
            yield f"{words} {', '.join(list(places)[:3])}{more}"
    if len(life.sessions) > 1:
        yield f"known to {len(life.sessions)} sessions"
    if life.scope:
        last = ", expires by itself" if expires_by_itself(life.scope) else ""
        yield f"reach: {life.scope}{last}"
    else:
        yield "nothing tells how far it reaches"


def _destroyed(life: Life) -> tuple[Action, ...]:
    used = {s.sighting.action for s in life.seen if s.sighting.role is Role.USED}
    return tuple(
        a
        for a in deeds_of(life.deeds)
        if a.id in used and a.judgement.effect.destroys and may_have_run(a)
    )
