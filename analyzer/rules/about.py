"""What a rule says of itself: the same for rules in Sigma and for those that are code."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.model import Severity

__all__ = ["About"]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """A rule's description."""

    id: str
    """`R07`."""
    title: str
    severity: Severity
    description: str
    false_positives: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    """Closest ids of ATT&CK, ATLAS and OWASP's agentic list. Those catalogues presume an adversary;
    an accident has none."""
    strong: bool = True
    """False where a finding rests on nearness in time or on likeness of words alone."""
    source: str = ""
    """The file that it stands in; empty for a rule that is code."""
