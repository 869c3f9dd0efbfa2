"""A rule that is code: fed events in order of time, it remembers what it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from analyzer.model import Action, Finding
from analyzer.rules.about import About
from analyzer.rules.events import Event
from analyzer.rules.memory import Memory
from analyzer.testimony import Certainty

__all__ = ["StepRule", "finding_of"]

MAX_REASON = 700


class StepRule:
    """One rule over one session; a new one for each."""

    about: ClassVar[About]

    def begin(self, event: Event, memory: Memory) -> Iterator[Finding]:
        """Yield what an action's beginning shows."""
        del event, memory
        yield from ()

    def end(self, event: Event, memory: Memory) -> Iterator[Finding]:
        """Yield what an action's end shows."""
        del event, memory
        yield from ()

    def inferred(self, action: Action, reason: str, *evidence: int) -> Finding:
        """Return the rule's finding at an action, from evidence that is put together."""
        return finding_of(
            self.about, action, reason=reason, evidence=evidence, certainty=Certainty.INFERRED
        )


def finding_of(
    about: About,
    action: Action,
    *,
    reason: str,
    evidence: Sequence[int],
    certainty: Certainty,
    fingerprint: str = "",
) -> Finding:
    """Return a rule's finding at the action that decides.

    A number below zero is a request that only a command tells of: what stands on it is inferred.
    """
    if certainty is Certainty.OBSERVED and any(number < 0 for number in evidence):
        certainty = Certainty.INFERRED
    return Finding(
        rule=about.id,
        title=about.title,
        severity=about.severity,
        reason=reason if len(reason) <= MAX_REASON else f"{reason[: MAX_REASON - 1]}…",
        t_ns=action.start_ns,
        action=action.id,
        evidence=tuple(sorted(set(evidence))),
        certainty=certainty,
        tags=about.tags,
        fingerprint=fingerprint,
        strong=about.strong,
    )
