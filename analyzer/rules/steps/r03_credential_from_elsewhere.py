"""R03: a credential was first seen in a file outside the task, then used."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.model import Finding, Severity
from analyzer.rules.about import About
from analyzer.rules.base import seconds, weakest
from analyzer.rules.events import Event
from analyzer.rules.memory import Memory, used_by
from analyzer.rules.step import StepRule, finding_of
from analyzer.services import services_of


class CredentialFromElsewhere(StepRule):
    """Credential crossing."""

    about = About(
        id="R03",
        title="Credential from outside the task was used",
        severity=Severity.HIGH,
        description="A credential first appeared in a file that has nothing to do with the task, "
        "as far as the record tells, and was sent to an API, or given to the client of a service, "
        "afterwards.",
        false_positives=(
            "A task that is about the file though no prompt, path or declaration says so.",
        ),
        tags=(
            "attack.t1552.001", "attack.t1528", "atlas.aml.t0055", "atlas.aml.t0098", "owasp.asi03",
        ),
    )  # fmt: skip

    def __init__(self) -> None:
        self._told: set[str] = set()

    def begin(self, event: Event, memory: Memory) -> Iterator[Finding]:
        """Yield one finding for each such credential, at its first use."""
        action = event.action
        used = () if event.is_told_by_requests else tuple(used_by(action))
        services = services_of(action, memory.blobs) if used else ()
        for fingerprint in used if services else ():
            first = memory.first.get(fingerprint)
            if fingerprint in self._told or first is None or action.start_ns < first.t_ns:
                continue
            origin = memory.origin_of(first)
            if origin is None or not origin.outside:
                continue
            self._told.add(fingerprint)
            is_timed = action.is_timed and first.is_timed
            yield finding_of(
                self.about,
                action,
                reason=f"{memory.name_of(fingerprint)} was first seen in {first.place} "
                f"(#{first.action}), outside the task: {origin.reason}; used on "
                f"{services[0]} in #{action.id}, "
                f"{seconds(action.start_ns - first.t_ns, is_timed=is_timed)} later",
                evidence=(first.action, action.id),
                certainty=weakest(origin.certainty, first.certainty),
                fingerprint=fingerprint,
            )
