"""What a person demands in words, as far as a rule can hold an agent to it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from analyzer.model import Action
from analyzer.texts import Blobs, Texts
from recorder import semconv

__all__ = ["Demand", "Demands", "constraints_in", "permits"]

MAX_TEXT = 20_000
_FORBIDS = re.compile(
    r"\b(?:code\s+(?:and\s+action\s+)?freeze|action freeze|do not run anything"
    r"|don['’]t run anything|(?:do not|don['’]t|never)\s+(?:change|touch|modify|delete|execute|run)"
    r"\s+(?:anything|any)\b|stop(?:\s+(?:now|immediately|everything|it|all))?\s*[!.]|read[- ]only"
    r"\s+(?:mode|only|please)|no changes\b)",
    re.IGNORECASE,
)
_ALLOWS = re.compile(
    r"\b(?:go ahead|continue|proceed|you may|freeze is over|resume|approved|yes,? (?:do|please))\b",
    re.IGNORECASE,
)
_CONSTRAINT = re.compile(
    r"[^.!?\n]{0,120}\b(?:never|do not|don['’]t|must not|always ask|confirm (?:with me )?before"
    r"|ask (?:me )?before|without (?:asking|confirm\w+))\b[^.!?\n]{0,160}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Demand:
    """Words of a person that bind the agent."""

    action: int
    words: str


class Demands:
    """What a person has forbidden, until the person allows it again."""

    def __init__(self) -> None:
        self.forbidding: Demand | None = None

    def hear(self, action: Action, blobs: Blobs) -> None:
        """Take in a prompt."""
        if action.attributes.get(semconv.PROMPT_ROLE, "user") != "user":
            return
        text = Texts.of(action, blobs).whole(semconv.PROMPT_TEXT)[:MAX_TEXT]
        found = _FORBIDS.search(text)
        if found is not None:
            self.forbidding = Demand(action.id, found[0].strip())
        elif permits(text):
            self.forbidding = None


def permits(text: str) -> bool:
    """Tell whether a person's words let the agent go on."""
    return _ALLOWS.search(text) is not None


def constraints_in(text: str) -> tuple[str, ...]:
    """Return the sentences of a text that forbid something, or demand a question first."""
    return tuple(found[0].strip() for found in _CONSTRAINT.finditer(text[:MAX_TEXT]))
