"""What an incident is made of: plain values, each naming the actions that it stands on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from analyzer.model import Effect
from analyzer.testimony import Certainty

__all__ = [
    "Basis",
    "BlastRadius",
    "CausalLink",
    "Claim",
    "Fact",
    "Incident",
    "Journey",
    "Part",
    "PartName",
    "Span",
    "Verdict",
]


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence, how it is known, and the actions that it stands on. Not yet safe to show."""

    text: str
    certainty: Certainty
    actions: tuple[int, ...] = ()


class PartName(StrEnum):
    """The parts of the story, in order."""

    TRIGGER = "trigger"
    """What set it off: a refusal, a failure, a text from outside, or the task itself."""
    IMPROVISATION = "improvisation"
    """What the agent then did that nobody had asked for."""
    CROSSING = "crossing"
    """A credential, a host or a place from outside the task comes into use, or a secret leaves."""
    DESTRUCTION = "destruction"
    AFTERMATH = "aftermath"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the story."""

    name: PartName
    start_ns: int
    end_ns: int
    actions: tuple[int, ...]
    """In order of time; empty where the record shows none."""
    told: Fact


class Basis(StrEnum):
    """By what one action is held to have led to another."""

    CREDENTIAL = "credential"
    DATA = "data"
    """A text that stood in the result of one stands in the arguments of the other."""
    ID = "id"
    FILE = "file"
    TIME = "time"
    """Nothing but that it came next."""

    @property
    def is_strong(self) -> bool:
        """True for everything but time."""
        return self is not Basis.TIME


@dataclass(frozen=True, slots=True)
class CausalLink:
    """One action made another possible (strong), or merely came before it (weak)."""

    cause: int
    effect: int
    basis: Basis
    text: str
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time between two actions that tells something."""

    name: str
    start_action: int
    end_action: int | None
    """None: it never came, and the record ends first."""
    length_ns: int
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """What was hit, what went with it, and how far it could have gone."""

    hit: tuple[Fact, ...] = ()
    recovery: tuple[Fact, ...] = ()
    """What became of backups, snapshots and versions."""
    sent: tuple[Fact, ...] = ()
    """What may have left, and where to."""
    reach: tuple[Fact, ...] = ()
    """What the credentials in hand at that moment reach."""
    unknown: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Journey:
    """One action from proposal to effect, and where these do not fit each other."""

    action: int
    proposed: Fact
    decided: Fact
    executed: Fact
    effect: Effect
    effect_told: Fact
    mismatches: tuple[Fact, ...] = ()


class Verdict(StrEnum):
    """What the record says of a claim."""

    CONFIRMED = "confirmed"
    CONTRADICTED = "contradicted"
    UNSUPPORTED = "unsupported"
    """The record shows nothing that could bear it out, where it should."""
    UNKNOWN = "cannot be told"


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that the agent said, held against the record."""

    action: int
    """Where it was said."""
    about: str
    """`destroyed`, `scope`, `verified`, `irreversible`, `backup`, `done`, `omission`, or
    `contradicted`: a rule tells it."""
    quote: str
    verdict: Verdict
    found: Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """The ordered story of a session. Without a pivot nothing decisive was found."""

    session: str
    pivot: int | None
    """The worst harmful action."""
    headline: Fact
    parts: tuple[Part, ...] = ()
    decisive: Span | None = None
    """From the trigger to the last destruction."""
    decisive_actions: tuple[int, ...] = ()
    links: tuple[CausalLink, ...] = ()
    blast: BlastRadius = BlastRadius()
    journeys: tuple[Journey, ...] = ()
    """Of every action that does more than read, and of each whose steps do not fit."""
    claims: tuple[Claim, ...] = ()
    spans: tuple[Span, ...] = ()
    never_done: tuple[Fact, ...] = ()
    limits: tuple[Fact, ...] = ()
    """What cannot be known from this record, and what that leaves open here."""

    @property
    def strong_links(self) -> tuple[CausalLink, ...]:
        """Links that a credential, a text, an id or a file makes."""
        return tuple(link for link in self.links if link.basis.is_strong)

    @property
    def weak_links(self) -> tuple[CausalLink, ...]:
        """Links that only time makes."""
        return tuple(link for link in self.links if not link.basis.is_strong)
