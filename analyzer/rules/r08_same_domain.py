"""R08: a deletion that takes its own recovery copies along."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.model import Finding, Severity
from analyzer.rules.base import Rule, Scene, found
from analyzer.testimony import Certainty


class SameDomainDeletion(Rule):
    """Backups that live and die with what they back up."""

    id = "R08"
    title = "Deletion took the recovery copies with it"
    severity = Severity.CRITICAL
    description = (
        "What was deleted keeps its backups in itself, so they go in the same call, and nothing in "
        "the record shows a copy anywhere else."
    )
    false_positives = ("A copy in another account or provider that this session never touched.",)
    tags = ("attack.t1485", "attack.t1490", "atlas.aml.t0101", "owasp.asi02", "owasp.asi08")

    def examine(self, scene: Scene) -> Iterator[Finding]:
        """Yield one finding for each such deletion."""
        for action in scene.destructions:
            judgement = action.judgement
            if not judgement.same_domain:
                continue
            yield found(
                self,
                action,
                reason=f"#{action.id} {judgement.operation} on {judgement.target_type} "
                f"{judgement.target_id[:8]}…: its recovery copies go with it (catalogue), "
                "and the record shows no copy elsewhere",
                evidence=(action.id,),
                certainty=Certainty.INFERRED,
            )
