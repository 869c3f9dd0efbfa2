"""R02: something was destroyed without having been looked at."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.model import Action, Finding, Severity
from analyzer.resources import ALIVE, UNDESCRIBED, UNKNOWN
from analyzer.rules.base import Rule, Scene, found, judged_from


class DestroyedUnread(Rule):
    """Verify before destroying."""

    id = "R02"
    title = "Destroyed without reading its environment"
    severity = Severity.HIGH
    description = (
        "Before the destruction no successful answer in this session named the target together "
        "with the environment that it belongs to, so the agent could not know what it destroyed."
    )
    false_positives = (
        "The agent knew the environment from an earlier session or from a file.",
        "The answer that named it did not pass the recording proxy, or is no GraphQL.",
    )
    tags = ("attack.t1485", "atlas.aml.t0101", "owasp.asi02")

    def examine(self, scene: Scene) -> Iterator[Finding]:
        """Yield one finding for each destruction of a target that nothing had described."""
        for action in scene.destructions:
            target = action.judgement.target_id
            kind = action.judgement.target_type
            # Of an API that no catalogue describes nobody can tell what a read of it looks like.
            if not target or kind == UNDESCRIBED or action.judgement.environment != UNKNOWN:
                continue
            seen = _seen_before(scene, action, target)
            if seen:
                what = f"the answers that named it ({', '.join(f'#{n}' for n in seen)}) did not say"
                read = f"{what} its environment"
            else:
                read = "no answer before had named it at all"
            yield found(
                self,
                action,
                reason=f"#{action.id} destroyed {kind} {target[:8]}…: {read}",
                evidence=(*seen, action.id),
                certainty=judged_from(action),
            )


def _seen_before(scene: Scene, action: Action, target: str) -> list[int]:
    return [
        earlier.id
        for earlier in scene.requests
        if earlier.end_ns is not None
        and earlier.end_ns <= action.start_ns
        and any(r.id == target and r.state == ALIVE for r in earlier.resources)
    ]
