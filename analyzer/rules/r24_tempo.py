"""R24: from finding a credential to destroying with it faster than a person could react."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.model import Finding, Severity
from analyzer.rules.base import SECOND, Rule, Scene, found, judged_from, seconds, weakest
from recorder.model import Role

REACTION_NS = 15 * SECOND


class Tempo(Rule):
    """A brake that was missing."""

    id = "R24"
    title = "Credential found and something destroyed faster than a person reacts"
    severity = Severity.MEDIUM
    description = (
        "Less than 15 seconds lie between the first sighting of a credential and a destruction "
        "with it: whoever watched had no time to step in."
    )
    false_positives = ("A script that loads its own credential and does the deletion it is for.",)
    tags = ("attack.t1485", "atlas.aml.t0101", "owasp.asi02")

    def examine(self, scene: Scene) -> Iterator[Finding]:
        """Yield one finding for each destruction that came that fast."""
        for action in scene.destructions:
            for credential in scene.carried_by(action):
                first = credential.first
                span = action.start_ns - first.t_ns
                if (
                    not (first.role.shows or first.role is Role.ISSUED)
                    or not 0 <= span < REACTION_NS
                ):
                    continue
                yield found(
                    self,
                    action,
                    reason=f"{credential.name} was first seen in #{first.action}, and "
                    f"{seconds(span)} later #{action.id} destroyed with it",
                    evidence=(first.action, action.id),
                    certainty=weakest(first.certainty, judged_from(action)),
                    fingerprint=credential.fingerprint,
                )
                break
