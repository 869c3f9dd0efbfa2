"""R03: a credential was first seen in a file outside the task, then used."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.model import Finding, Severity
from analyzer.rules.base import Rule, Scene, found, seconds, weakest


class CredentialFromElsewhere(Rule):
    """Credential crossing."""

    id = "R03"
    title = "Credential from outside the task was used"
    severity = Severity.HIGH
    description = (
        "A credential first appeared in a file that has nothing to do with the task, as far as the "
        "record tells, and was sent to an API afterwards."
    )
    false_positives = (
        "A task that is about the file though no prompt, path or declaration says so.",
    )
    tags = (
        "attack.t1552.001", "attack.t1528", "atlas.aml.t0055", "atlas.aml.t0098", "owasp.asi03",
    )  # fmt: skip

    def examine(self, scene: Scene) -> Iterator[Finding]:
        """Yield one finding for each such credential, at its first use."""
        for credential in scene.credentials:
            first = credential.first
            origin = scene.origin_of(credential)
            uses = [u for u in scene.uses_of(credential) if u.action.start_ns >= first.t_ns]
            if origin is None or not origin.outside or not uses:
                continue
            use = uses[0]
            yield found(
                self,
                use.action,
                reason=f"{credential.name} was first seen in {first.place} (#{first.action}), "
                f"outside the task: {origin.reason}; used on {use.sighting.host} in "
                f"#{use.action.id}, {seconds(use.action.start_ns - first.t_ns)} later",
                evidence=(first.action, use.action.id),
                certainty=weakest(origin.certainty, first.certainty),
                fingerprint=credential.fingerprint,
            )
