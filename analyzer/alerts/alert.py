"""What leaves the machine of a finding: sealed, cut, safe to show, and never a body."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from analyzer.model import Finding
from recorder.safe_text import safe_text, shorten_seals

__all__ = ["Alert", "alert_of"]

MAX_REASON = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A finding, for people and programs outside."""

    session: str
    rule: str
    title: str
    severity: str
    strength: str
    certainty: str
    reason: str
    """Every credential in it is a shortened seal; every control sign is shown, not sent."""
    action: int
    evidence: tuple[int, ...]
    t_ns: int
    left_out: int = 0
    """Alerts before this one that the rate limit kept back."""

    @property
    def line(self) -> str:
        """One line for people."""
        more = f" (and {self.left_out} more)" if self.left_out else ""
        return f"{self.severity.upper()} {self.rule} {self.title}: {self.reason}{more}"

    def as_json(self) -> bytes:
        """Return it as one JSON object in UTF-8."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True).encode()


def alert_of(session: str, finding: Finding, left_out: int = 0) -> Alert:
    """Return what is told of a finding."""
    reason = shorten_seals(safe_text(finding.reason))
    return Alert(
        session=safe_text(session),
        rule=safe_text(finding.rule),
        title=safe_text(finding.title),
        severity=finding.severity.name.lower(),
        strength="strong" if finding.strong else "weak",
        certainty=finding.certainty.value,
        reason=reason if len(reason) <= MAX_REASON else f"{reason[: MAX_REASON - 1]}…",
        action=finding.action,
        evidence=finding.evidence,
        t_ns=finding.t_ns,
        left_out=left_out,
    )
