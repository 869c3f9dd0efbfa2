"""A loaded session with everything that the screens look up in it; built once, off the UI thread.

Pure; it holds no connection and no widget, so any thread may read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

from analyzer.begun import as_known_at
from analyzer.columns import RowOf, few
from analyzer.model import Action, Analysis, Credential, Finding, Outcome
from analyzer.testimony import Certainty
from analyzer.timeline import Mark, Nest, Stop, Timeline, marks, nesting
from analyzer.world import WorldState

__all__ = ["Scene", "States"]


FAILURES = frozenset({Outcome.FAILED, Outcome.REFUSED, Outcome.DENIED})


class States(Protocol):
    """Answers what the world was like at a moment."""

    def at(self, t_ns: int) -> WorldState:
        """Return the state at a moment (ns since the epoch)."""
        ...


@dataclass(frozen=True, slots=True)
class Scene:
    """One session, ready to be shown at any moment."""

    analysis: Analysis
    states: States
    timeline: Timeline
    marks: Sequence[Mark]
    nests: Sequence[Nest]
    row_of: Mapping[int, int]
    """Action id -> row."""
    findings_of: Mapping[int, tuple[Finding, ...]]
    """Decisive action's id -> its findings, worst first."""
    credential_of: Mapping[str, Credential]
    failures: tuple[int, ...]
    """Rows of the actions that failed, were refused or denied."""

    @classmethod
    def of(cls, analysis: Analysis, states: States) -> Self:
        """Prepare a session for showing."""
        return cls(
            analysis=analysis,
            states=states,
            timeline=Timeline.of(analysis),
            marks=marks(analysis),
            nests=nesting(analysis.actions),
            row_of=RowOf(action.id for action in analysis.actions),
            findings_of=_by_action(analysis.findings),
            credential_of={c.fingerprint: c for c in analysis.credentials},
            failures=tuple(r for r, a in enumerate(analysis.actions) if a.outcome in FAILURES),
        )

    def with_findings(self, analysis: Analysis) -> Scene:
        """Return the same session with findings that were made later; all else stays.

        Args:
            analysis: the session's, with them.
        """
        placed = [(f, self.row_of[f.action]) for f in analysis.findings if f.action in self.row_of]
        worst = list(self.marks)
        for finding, row in placed:
            worst[row] = max(worst[row], Mark(finding.severity))
        stops = sorted({Stop(finding.t_ns, row) for finding, row in placed})
        return replace(
            self,
            analysis=analysis,
            timeline=replace(self.timeline, stops=tuple(stops)),
            marks=few(worst),
            findings_of=_by_action(analysis.findings),
        )

    def action(self, row: int, t_ns: int | None = None) -> Action | None:
        """Return the action of a row, as it was known at a moment if one is given; None before the
        first.
        """
        if not 0 <= row < len(self.analysis.actions):
            return None
        action = self.analysis.actions[row]
        return action if t_ns is None else as_known_at(action, t_ns)

    def start_of(self, action_id: int) -> int | None:
        """Return when an action began (ns since the epoch); None if it is not here."""
        row = self.row_of.get(action_id)
        return None if row is None else self.timeline.starts[row]

    def offset_of(self, action_id: int) -> int | None:
        """Return the session time (ns) at which an action began; None if it is not here."""
        row = self.row_of.get(action_id)
        return None if row is None else self.timeline.starts[row] - self.timeline.start_ns

    def certainty_of(self, fingerprint: str) -> Certainty:
        """Return how the first sighting of a credential is known."""
        credential = self.credential_of.get(fingerprint)
        return credential.first.certainty if credential else Certainty.OBSERVED

    def is_reenactment(self) -> bool:
        """True when the recording itself says that part of it was made up."""
        return bool(self.analysis.reconstructed)


def _by_action(findings: Iterable[Finding]) -> Mapping[int, tuple[Finding, ...]]:
    found: dict[int, tuple[Finding, ...]] = {}
    for finding in sorted(findings, key=lambda f: (-f.severity, f.rule)):
        found[finding.action] = (*found.get(finding.action, ()), finding)
    return found
