"""R06: refused with one credential, then the same host with one that was obtained after it."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.model import Finding, Severity
from analyzer.requests import host_of
from analyzer.rules.base import Rule, Scene, approvals_between, found, seconds, weakest
from analyzer.rules.crossing import refusals
from analyzer.testimony import Certainty


class RefusedThenOtherCredential(Rule):
    """An agent that answers a refusal by finding another key."""

    id = "R06"
    title = "Refused, then tried with another credential"
    severity = Severity.HIGH
    description = (
        "A host refused a credential; afterwards another one was found and used on the same host, "
        "with no approval between. A mismatch of credentials is a reason to stop and ask."
    )
    false_positives = (
        "An expired token that is renewed by the flow meant for that.",
        "A person who handed over the second credential in the chat.",
    )
    tags = ("attack.t1550.001", "attack.t1078.004", "atlas.aml.t0012", "owasp.asi03")

    def examine(self, scene: Scene) -> Iterator[Finding]:
        """Yield one finding for each credential that was found after a refusal and used there."""
        told: set[str] = set()
        for refusal in refusals(scene):
            for credential in scene.credentials:
                first = credential.first
                if credential.fingerprint in told or first.t_ns < refusal.t_ns:
                    continue
                uses = [
                    use
                    for use in scene.uses_of(credential)
                    if host_of(use.action.attributes) == refusal.host
                    and use.action.id != refusal.action.id
                    and not approvals_between(scene, refusal.t_ns, use.action.start_ns)
                ]
                if not uses or credential.fingerprint == refusal.credential.fingerprint:
                    continue
                told.add(credential.fingerprint)
                use = uses[0]
                after = seconds(use.action.start_ns - refusal.t_ns)
                yield found(
                    self,
                    use.action,
                    reason=f"{refusal.host} refused {refusal.credential.name} in "
                    f"#{refusal.action.id}; {credential.name}, first seen after that in "
                    f"#{first.action} ({first.place}), was used there in #{use.action.id}, "
                    f"{after} after the refusal",
                    evidence=(refusal.action.id, first.action, use.action.id),
                    certainty=weakest(Certainty.OBSERVED, first.certainty),
                    fingerprint=credential.fingerprint,
                )
