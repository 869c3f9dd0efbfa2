"""The life of one credential across the sessions and machines of a recording.

Two sightings of one fingerprint are of one secret: that link is strong, whoever saw them. Where
nothing shows how a credential came to whoever used it, what was seen just before is offered as a
weak link, by time only, and nothing else is built upon it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from analyzer.model import Action, Credential, Sighting
from analyzer.testimony import Certainty
from analyzer.tools import Family, family_of
from recorder.model import Kind, Role

__all__ = ["ARGV", "Life", "Link", "Place", "Seen", "Strength", "links_of"]

SECOND = 1_000_000_000
WEAK_NS = 60 * SECOND
"""What ended this long before a credential's first use may have brought it; no more than may."""
MAX_WEAK = 3
ARGV = ("argv", "DSN in argv")
"""Places of a command line's words, which tell what was asked for and not what came of it."""
READERS = frozenset({Family.READ, Family.SEARCH, Family.SHELL})


class Strength(StrEnum):
    """What a link between two sightings rests on."""

    SAME = "same fingerprint"
    TIME = "time only"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the world something was seen."""

    session: str
    """Empty: a witness that knows no session, as the wire."""
    agent: str
    machine: str
    inner_agent: str = ""
    """Name of the agent inside the agent that did it; empty for the agent itself."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One sighting with where in the world it was."""

    sighting: Sighting
    where: Place


@dataclass(frozen=True, slots=True)
class Link:
    """A step of a credential from one action to another."""

    strength: Strength
    source: int
    """Action that it leads away from."""
    target: int
    text: str
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Life:
    """Everything that a recording knows of one credential."""

    credential: Credential
    """As the session that was asked about knows it."""
    seen: tuple[Seen, ...]
    """In order of time, over all sessions."""
    links: tuple[Link, ...] = ()
    unread: int = 0
    """Further sessions that it was seen in and that were not looked into."""
    declared: Mapping[str, str] = field(default_factory=dict)
    """`name`, `scope`, `purpose`, `environment`, as far as its owner told them."""
    deeds: tuple[Action, ...] = ()
    """The actions that carried it, over all sessions, in order of time."""
    reach: str = ""
    """How far it reaches, as hints of any session tell."""
    declared_by: int = 0
    """The record of the declaration; 0 where only this machine's settings tell it."""

    @property
    def declared_in(self) -> str:
        """Where its owner told of it, in words."""
        return f"record {self.declared_by}" if self.declared_by else "this machine's settings"

    @property
    def fingerprint(self) -> str:
        """The keyed fingerprint."""
        return self.credential.fingerprint

    @property
    def name(self) -> str:
        """Its declared name beside its short one."""
        given = self.declared.get("name", "")
        return f"{given} ({self.credential.name})" if given else self.credential.name

    @property
    def scope(self) -> str:
        """How far it reaches: as declared, else as hints tell; empty where nothing does."""
        return self.declared.get("scope", "") or self.credential.scope or self.reach

    @property
    def uses(self) -> tuple[Seen, ...]:
        """The requests that carried it, and the commands that took it to a host, in order of
        time.
        """
        return tuple(s for s in self.seen if s.sighting.role is Role.USED and s.sighting.host)

    @property
    def sessions(self) -> tuple[str, ...]:
        """The sessions that it was seen in, in order of time."""
        return tuple(dict.fromkeys(s.where.session for s in self.seen if s.where.session))


def links_of(seen: Sequence[Seen], actions: Mapping[str, Sequence[Action]]) -> tuple[Link, ...]:
    """Return the steps of a credential, strong ones first.

    Args:
        seen: its sightings, in order of time.
        actions: session -> its actions.
    """
    strong = [
        _step(one, other, [s.sighting for s in seen if s.sighting.action == one.sighting.action])
        for one, other in pairwise(seen)
        if one.sighting.action != other.sighting.action
    ]
    return (*strong, *_guesses(seen, actions))


def _step(one: Seen, other: Seen, left: Sequence[Sighting]) -> Link:
    """Return the step between two sightings; `left` is all that the first one's action shows."""
    a, b = one.sighting, other.sighting
    certainty = Certainty.OBSERVED
    if Certainty.INFERRED in {a.certainty, b.certainty} or min(a.action, b.action) < 0:
        certainty = Certainty.INFERRED
    text = f"{a.role.value} in {a.place}, then {b.role.value} in {b.place}"
    crossed = _crossing(one, other, left)
    return Link(Strength.SAME, a.action, b.action, f"{text}{crossed}", certainty)


def _crossing(one: Seen, other: Seen, left: Sequence[Sighting]) -> str:
    """Return how a step leaves a session or a machine."""
    a, b = one.where, other.where
    if a.machine != b.machine and a.machine and b.machine:
        return f"; from {a.machine} to {b.machine}"
    if a.session == b.session or not a.session or not b.session:
        return ""
    file = next((file for s in left if (file := _same_file(s, other.sighting))), "")
    by = f" by {file}" if file else ", how nobody saw"
    return f"; from session {a.session} ({a.agent}) to {b.session} ({b.agent}){by}"


def _same_file(one: Sighting, other: Sighting) -> str:
    """Return the file that one wrote and the other read, from whatever folder they name it."""
    a, b = one.file, other.file
    if not a or not b or other.role is Role.COPIED:
        return ""
    shorter, longer = sorted((a, b), key=len)
    return b if longer == shorter or longer.endswith("/" + shorter.lstrip("./")) else ""


def _guesses(seen: Sequence[Seen], actions: Mapping[str, Sequence[Action]]) -> Iterator[Link]:
    """Yield what may have brought a credential that was used before anybody saw it."""
    first = seen[0] if seen else None
    if first is None or first.sighting.role is not Role.USED or not first.sighting.is_timed:
        return
    use = first.sighting
    before = [
        action
        for action in actions.get(first.where.session, ())
        if action.kind is Kind.TOOL_CALL and family_of(action.name) in READERS
        and action.id != use.action and action.until_ns is not None and action.is_timed
        and 0 <= use.t_ns - action.until_ns <= WEAK_NS
    ]  # fmt: skip
    for action in sorted(before, key=lambda a: -(a.until_ns or 0))[:MAX_WEAK]:
        gap = (use.t_ns - (action.until_ns or 0)) / SECOND
        text = f"{action.name} ended {gap:.1f} s before the first use; nothing else ties them"
        yield Link(Strength.TIME, action.id, use.action, text, Certainty.INFERRED)
