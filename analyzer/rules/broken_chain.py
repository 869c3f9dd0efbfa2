"""R25 where verification shows that the record is not as it was written.

The other holes stand in the record itself; this one only verifying it brings out, so it is told by
whoever has verified: not on a live stream, and not where verification was left out.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from analyzer.chain import Chain
from analyzer.model import Analysis, Finding, Severity
from analyzer.rules.about import About
from analyzer.rules.engine import in_order
from analyzer.rules.step import finding_of
from analyzer.testimony import Certainty

__all__ = ["with_broken_chain"]

MOST = 50
"""Findings of one session; a recording that was written over has a problem at every record."""
ABOUT = About(
    id="R25",
    title="The record is not as it was written",
    severity=Severity.HIGH,
    description="Verification shows that records were changed, taken out or put in after they had "
    "been written: what they tell of is no evidence.",
    tags=("attack.t1562.008", "attack.t1565.001", "owasp.asi08"),
)


def with_broken_chain(analysis: Analysis, chain: Chain | None) -> Analysis:
    """Return an analysis with a finding at each action whose records are not as written.

    Args:
        analysis: a session's.
        chain: what verifying its recording showed; None where that was left out.
    """
    if chain is None or chain.is_intact or analysis.session.id not in chain.doubtful:
        return analysis
    if not analysis.actions:
        return analysis
    of_record = {seq: a.id for a in analysis.actions for seq in a.records}
    at: dict[int, list[str]] = defaultdict(list)
    loose: list[str] = []
    for problem in chain.problems:
        number = of_record.get(problem.seq) if problem.seq is not None else None
        where = "" if problem.seq is None else f"record {problem.seq}: "
        (loose if number is None else at[number]).append(f"{where}{problem.what}")
    if loose or not at:
        at[analysis.actions[0].id] += loose or [chain.words]
    by_id = {a.id: a for a in analysis.actions}
    found: list[Finding] = [
        finding_of(
            ABOUT,
            by_id[number],
            reason=f"#{number}: {'; '.join(said[:3])}",
            evidence=(number,),
            certainty=Certainty.OBSERVED,
        )
        for number, said in list(at.items())[:MOST]
    ]
    return replace(analysis, findings=in_order([*found, *analysis.findings]))
