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

__all__ = ["tells_broken_chain", "with_broken_chain"]

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
    if chain is None or analysis.session.id not in chain.doubtful or tells_broken_chain(analysis):
        return analysis
    if not analysis.actions:
        return analysis
    named = {problem.seq for problem in chain.problems if problem.seq is not None}
    # One by one: of a long session no more than these may be held.
    owners = {n: a for a in analysis.actions if not named.isdisjoint(a.records) for n in a.records}
    first = analysis.actions[0]
    at: dict[int, list[str]] = defaultdict(list)
    loose: list[str] = []
    for problem in chain.problems:
        owner = None if problem.seq is None else owners.get(problem.seq)
        where = "" if problem.seq is None else f"record {problem.seq}: "
        (loose if owner is None else at[owner.id]).append(f"{where}{problem.what}")
    if loose or not at:
        at[first.id] += loose or [chain.words]
    by_id = {first.id: first, **{action.id: action for action in owners.values()}}
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


def tells_broken_chain(analysis: Analysis) -> bool:
    """Tell whether an analysis says already that the record is not as it was written."""
    # Not by its number alone: that is shared by all holes in the record.
    return any((f.rule, f.title) == (ABOUT.id, ABOUT.title) for f in analysis.findings)
