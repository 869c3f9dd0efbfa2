"""What a check-up says of one thing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Check", "Verdict"]


class Verdict(StrEnum):
    """How it stands with a thing."""

    WELL = "well"
    NOTE = "note"
    """Nothing to mend, and worth knowing."""
    MEND = "mend"
    """Something is missing or broken."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    area: str
    """`probe`, `agent`, `drill` or `machine`."""
    name: str
    verdict: Verdict
    found: str
    """What is there, in a few words."""
    mend: str = ""
    """The command or the act that mends it; empty where there is nothing to mend."""
    expected: str = ""
    """What should be there, where the name does not say it."""

    @property
    def needs_mending(self) -> bool:
        """Tell whether something is to be done."""
        return self.verdict is Verdict.MEND
