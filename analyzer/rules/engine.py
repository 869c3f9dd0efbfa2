"""The rules over a whole session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analyzer.deeds import carriers_of
from analyzer.model import Finding
from analyzer.rules.base import Scene
from analyzer.rules.examination import Examination, moments_of
from analyzer.rules.facts import Facts
from analyzer.rules.matching import SqlMatcher
from analyzer.rules.memory import Memory
from analyzer.rules.ruleset import RuleSet, packaged_rules
from analyzer.texts import Blobs, no_blobs
from recorder.model import Kind

__all__ = ["findings_of", "in_order"]


def findings_of(
    scene: Scene,
    rules: RuleSet | None = None,
    *,
    session: str = "",
    cwd: str = "",
    declared: Mapping[str, str] | None = None,
    blobs: Blobs = no_blobs,
) -> tuple[Finding, ...]:
    """Return what the rules find in a session, in order of time, then the worst first.

    Args:
        scene: its actions, credentials and task.
        rules: which rules; default: flightlog's own.
        session: its id.
        cwd: its working folder.
        declared: fingerprint -> what a credential's owner says that it is for.
        blobs: where large values come from.
    """
    rules = rules or packaged_rules()
    memory = Memory(
        scope=scene.scope,
        names={c.fingerprint: c.name for c in scene.credentials},
        scopes={c.fingerprint: (c.name, c.scope) for c in scene.credentials},
        declared=declared or {},
        blobs=blobs,
    )
    matcher = SqlMatcher(rules.sigma.detections)
    examination = Examination(rules, Facts(session, cwd, memory), matcher)
    carriers = carriers_of(scene.actions)
    parents = {a.join.parent for a in scene.actions if a.join and a.kind is Kind.API_REQUEST}
    found: list[Finding] = []
    for is_end, action in moments_of(scene.actions):
        if is_end:
            found += examination.end(action)
        else:
            found += examination.begin(action, carriers, parents)
    found += examination.flush()
    matcher.close()
    return in_order(found)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings in order of time, then the worst first; one of a rule for an action."""
    best: dict[tuple[str, int], Finding] = {}
    for finding in findings:
        best.setdefault((finding.rule, finding.action), finding)
    return tuple(sorted(best.values(), key=lambda f: (f.t_ns, -f.severity, f.rule, f.action)))
