"""A statement: one sentence, how it is known, and the actions that it stands on."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.testimony import Certainty

__all__ = ["Statement", "numbers"]

LISTED = 6


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that is said of a credential."""

    fingerprint: str
    text: str
    """Sealed, not yet made safe for a terminal."""
    certainty: Certainty
    actions: tuple[int, ...]
    """Numbers are unique in a recording, so they name actions of other sessions, too."""


def numbers(actions: tuple[int, ...]) -> str:
    """Return action numbers as text: `#3, #9 and 12 more`."""
    shown = ", ".join(f"#{number}" for number in actions[:LISTED])
    more = len(actions) - LISTED
    return f"{shown} and {more} more" if more > 0 else shown
