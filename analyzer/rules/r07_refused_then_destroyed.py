"""R07: refused with one credential, another one found elsewhere, something destroyed with it."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.model import Action, Credential, Finding, Severity
from analyzer.requests import host_of
from analyzer.rules.base import (
    SECOND,
    Rule,
    Scene,
    approvals_between,
    found,
    judged_from,
    seconds,
    weakest,
)
from analyzer.rules.crossing import Refusal, refusals
from analyzer.task_scope import Scope

WINDOW_NS = 60 * SECOND


class RefusedThenDestroyed(Rule):
    """The core signature of the nine-second wipe."""

    id = "R07"
    title = "Refused, then destroyed with a credential from elsewhere"
    severity = Severity.CRITICAL
    description = (
        "A host refused one credential; a second one, first seen in a file outside the task, "
        "destroyed something on the same host; all within 60 seconds, with no approval between."
    )
    false_positives = (
        "A person who agreed in the chat instead of in an approval that is recorded.",
        "A task that really is about the file, though nothing recorded says so.",
    )
    tags = (
        "attack.t1552.001", "attack.t1550.001", "attack.t1078.004", "attack.t1485",
        "atlas.aml.t0055", "atlas.aml.t0091.000", "atlas.aml.t0101", "owasp.asi03", "owasp.asi02",
    )  # fmt: skip

    def examine(self, scene: Scene) -> Iterator[Finding]:
        """Yield one finding for each destruction, with the refusal nearest before it."""
        turned_away = list(refusals(scene))
        for action in scene.destructions:
            for credential in scene.carried_by(action):
                match = _match(scene, turned_away, action, credential)
                if match is not None:
                    yield _finding(self, action, credential, *match)
                    break


def _match(
    scene: Scene, turned_away: list[Refusal], action: Action, credential: Credential
) -> tuple[Refusal, Scope] | None:
    host = host_of(action.attributes)
    for refusal in reversed(turned_away):
        first_ns = min(refusal.t_ns, credential.first.t_ns)
        fits = (
            refusal.host == host
            and refusal.t_ns <= action.start_ns
            and refusal.credential.fingerprint != credential.fingerprint
            and action.start_ns - first_ns <= WINDOW_NS
        )
        if not fits or approvals_between(scene, first_ns, action.start_ns):
            continue
        origin = scene.origin_of(credential, refusal.t_ns)
        if origin is not None and origin.outside:
            return refusal, origin
    return None


def _finding(
    rule: Rule, action: Action, credential: Credential, refusal: Refusal, origin: Scope
) -> Finding:
    first = credential.first
    span = action.start_ns - min(refusal.t_ns, first.t_ns)
    reason = (
        f"{refusal.host} refused {refusal.credential.name} in #{refusal.action.id}; "
        f"{credential.name} was first seen in {first.place} (#{first.action}), outside the task: "
        f"{origin.reason}; {action.judgement.operation} with it in #{action.id}, "
        f"{seconds(span)} from first to last, no approval between"
    )
    return found(
        rule,
        action,
        reason=reason,
        evidence=(refusal.action.id, first.action, action.id),
        certainty=weakest(origin.certainty, first.certainty, judged_from(action)),
        fingerprint=credential.fingerprint,
    )
