"""What a control costs: the harmless actions, over all recorded sessions, that it would have held.

Harmless is what belongs to no incident and on which no finding of medium level or more stands. What
would have harmed and was denied or refused is not: holding it costs nobody anything. Nor is what
harms beside an incident in the same session: a log that is switched off when all is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from analyzer.controls.hindsight import held_outside
from analyzer.controls.replaying import Ruled
from analyzer.controls.ruling import Answer, Control
from analyzer.incident.model import Incident
from analyzer.model import Analysis, Outcome, Severity

__all__ = ["Price", "Till"]

EXAMPLES = 5
TURNED_AWAY = frozenset({Outcome.DENIED, Outcome.REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one control would have held of what did no harm."""

    control: str
    sessions: int
    """Sessions that were looked at."""
    harmless: int
    """Deeds in them that did no harm."""
    asked: int
    denied: int
    undecided: int
    """The control had too little to go by; a guard denies these."""
    examples: tuple[tuple[str, int, str], ...]
    """(session, action, reason) of some that were held."""

    @property
    def held(self) -> int:
        """Deeds that would not simply have gone on."""
        return self.asked + self.denied + self.undecided


@dataclass(slots=True)
class _Count:
    asked: int = 0
    denied: int = 0
    undecided: int = 0
    examples: list[tuple[str, int, str]] = field(default_factory=list)


class Till:
    """Adds up sessions."""

    def __init__(self, controls: Sequence[Control]) -> None:
        self._counts = {control.id: _Count() for control in controls}
        self._sessions = 0
        self._harmless = 0

    def add(self, analysis: Analysis, incident: Incident, ruled: Sequence[Ruled]) -> None:
        """Take in a session."""
        self._sessions += 1
        cited = set(_cited(analysis))
        turned_away = {a.id for a in analysis.actions if a.outcome in TURNED_AWAY}
        for one, rulings in held_outside(incident, ruled):
            is_harm = one.deed.harms and (incident.pivot is not None or one.deed.id in turned_away)
            if is_harm or one.deed.id in cited:
                continue
            self._harmless += 1
            for name, ruling in rulings.items():
                count = self._counts[name]
                count.asked += ruling.answer is Answer.ASK
                count.denied += ruling.answer is Answer.DENY
                count.undecided += ruling.answer is Answer.UNKNOWN
                if len(count.examples) < EXAMPLES:
                    example = (analysis.session.id, one.deed.id, ruling.reason)
                    count.examples.append(example)

    def prices(self) -> Mapping[str, Price]:
        """Return what each control costs."""
        return {
            name: Price(
                control=name,
                sessions=self._sessions,
                harmless=self._harmless,
                asked=count.asked,
                denied=count.denied,
                undecided=count.undecided,
                examples=tuple(count.examples),
            )
            for name, count in self._counts.items()
        }


def _cited(analysis: Analysis) -> Iterable[int]:
    return (
        number
        for finding in analysis.findings
        if finding.severity >= Severity.MEDIUM
        for number in finding.evidence
    )
