"""What a control answers, and what a control is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from analyzer.controls.deed import Deed
from analyzer.controls.past import Past
from analyzer.controls.settings import Settings

__all__ = ["Answer", "Control", "Ruling"]


class Answer(StrEnum):
    """What is to become of a deed."""

    ALLOW = "allow"
    """Nothing is said: whatever else asks or refuses goes on doing so."""
    ASK = "ask"
    """A person is to decide."""
    DENY = "deny"
    UNKNOWN = "cannot tell"
    """The control has too little to go by. A guard takes it for a denial."""

    @property
    def holds(self) -> bool:
        """True where the deed does not simply go on."""
        return self in {Answer.ASK, Answer.DENY}


@dataclass(frozen=True, slots=True)
class Ruling:
    """A control's answer that is no plain allow."""

    answer: Answer
    reason: str
    """One line; it may hold recorded text and is not yet safe to show."""
    safer: str
    """How to do it in a safer way: one line."""
    basis: tuple[int, ...] = ()
    """Earlier actions that it stands on."""


class Control(Protocol):
    """A guard that looks at each deed before it is done."""

    id: str
    title: str
    gates: bool
    """False for what is a property of the place (backups, PITR): it holds no action."""
    description: str

    def rule(self, deed: Deed, past: Past, settings: Settings) -> Ruling | None:
        """Return what is to become of a deed; None lets it be."""
        ...
