"""How a permission was decided, and whether a person was there: an estimate, with its reason.

Agents' labels can be wrong at the source: `user-rejected` in a run without a user, a callback of a
program that is recorded as the user. The raw label is kept; this only says what to make of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.statements import DENIED
from analyzer.testimony import Decision, Facet, Presence, Said

__all__ = ["decision_of"]

REQUESTED = "requested"
_UNATTENDED = {
    "config": "a rule decided",
    "hook": "a hook decided",
    "agent": "the agent decided by itself",
    "flightlog guard": "a control of the guard decided",
    "automatedreviewer": "a reviewing program decided",
    "automated_reviewer": "a reviewing program decided",
    "host_policy": "a policy of the host decided",
    "unattended_fallback": "nobody could be asked",
    "assisted_approval": "a program approved",
    "authorization_carry_forward": "an earlier decision was carried on",
    "auto_accept": "accepted by the mode that the agent runs in",
    "user_permanent": "a rule that a person once gave decided",
}
_ATTENDED = {
    "human_response": "the agent says that a person answered",
    "a person": "the agent says that a person answered",
}
_CLAIMED = {
    "accept": "the agent says so whatever its mode is",
    "user": "the label says user; a program that answers for the user has the same",
    "user_temporary": "the label says user; a program's callback has the same",
    "user_reject": "the label says user; a program's callback has the same",
    "user_abort": "the label says user; a program's callback has the same",
    "user-rejected": "the label says user, and is written without one too",
}
_ESTIMATED = {
    "likely": (Presence.PRESENT, "the label says user, and somebody sat before the agent"),
    "unlikely": (Presence.ABSENT, "nobody sat before the agent"),
}
FASTEST_MS = 250
"""No person reads a question and answers it in less."""


def decision_of(said: Sequence[Said]) -> Decision | None:
    """Return the decision on an action: a denial over an approval, either over a mere request."""
    told = [s for s in said if s.facet is Facet.DECISION]
    if not told:
        return None
    chosen = max(told, key=_weight)
    by = next((s.value for s in said if s.facet is Facet.DECIDED_BY and s.seq == chosen.seq), "")
    if not by:
        by = next((s.value for s in said if s.facet is Facet.DECIDED_BY), "")
    if chosen.value == REQUESTED:
        return Decision(chosen.value, by, Presence.UNKNOWN, "no answer is on record", chosen.seq)
    presence, basis = _presence(by)
    if presence is Presence.UNKNOWN:
        presence, basis = _by_circumstances(said, chosen.seq) or (presence, basis)
    return Decision(chosen.value, by, presence, basis, chosen.seq)


def _by_circumstances(said: Sequence[Said], seq: int) -> tuple[Presence, str] | None:
    """Return what the time of an answer, or how the agent ran, tells where the label does not."""
    waited = next((s.value for s in said if s.facet is Facet.WAITED), "")
    if waited and float(waited) < FASTEST_MS:
        return Presence.ABSENT, f"answered within {waited} ms"
    person = next((s.value for s in said if s.facet is Facet.PERSON and s.seq == seq), "")
    return _ESTIMATED.get(person)


def _weight(said: Said) -> tuple[int, int]:
    """Order decisions; the first to say so counts."""
    rank = 0 if said.value == REQUESTED else 2 if said.value.startswith(DENIED) else 1
    return rank, -said.seq


def _presence(by: str) -> tuple[Presence, str]:
    label = by.lower()
    tables: tuple[tuple[Mapping[str, str], Presence], ...] = (
        (_UNATTENDED, Presence.ABSENT),
        (_ATTENDED, Presence.PRESENT),
        (_CLAIMED, Presence.UNKNOWN),
    )
    for table, presence in tables:
        if label in table:
            return presence, table[label]
    return Presence.UNKNOWN, "the label tells nothing" if by else "nobody is named"
