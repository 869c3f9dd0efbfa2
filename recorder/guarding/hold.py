"""An action that may not simply go on: what is said to the agent, and how long it lasts."""

from __future__ import annotations

import json
from dataclasses import dataclass

from recorder.safe_text import safe_text, shorten_seals

__all__ = ["ASK", "DENY", "Hold", "cannot_decide", "read_reply"]

ASK, DENY = "ask", "deny"
MAX_WORDS = 600
"""Characters of a reason or a safer way that an agent is told."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A person is to decide (`ask`), or it is not to be done (`deny`)."""

    answer: str
    reason: str
    """One line, safe to show."""
    safer: str = ""
    """How to do it in a safer way: one line, safe to show."""

    @property
    def words(self) -> str:
        """Return reason and safer way as one text for the agent."""
        return f"{self.reason} Safer: {self.safer}." if self.safer else self.reason

    @property
    def denial(self) -> str:
        """Return the same where nobody can be asked."""
        if self.answer == ASK:
            return f"A person must decide this: {self.words}"
        return self.words


def cannot_decide(why: str) -> Hold:
    """Return the denial of a guard that cannot decide: it fails closed."""
    return Hold(DENY, f"flightlog guard cannot decide ({why}), so it denies.", "try again later")


def read_reply(reply: bytes) -> Hold | None:
    """Return what a guard's reply (JSON) holds back; None where the action may go on.

    Raises:
        ValueError: it is no such reply.
    """
    value = json.loads(reply)
    if not isinstance(value, dict) or value.get("answer") not in {"allow", ASK, DENY}:
        raise ValueError("no guard's reply")
    if value["answer"] == "allow":
        return None
    return Hold(value["answer"], _line(value.get("reason")), _line(value.get("safer")))


def _line(value: object) -> str:
    return shorten_seals(safe_text(str(value or "")))[:MAX_WORDS]
