"""R02: something was destroyed without having been looked at."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.model import Finding, Severity
from analyzer.resources import ALIVE, UNDESCRIBED, UNKNOWN
from analyzer.rules.about import About
from analyzer.rules.base import judged_from
from analyzer.rules.events import Event
from analyzer.rules.memory import Memory
from analyzer.rules.step import StepRule, finding_of
from recorder.model import Kind

TARGETS = 10_000
"""Targets whose answers are remembered."""


class DestroyedUnread(StepRule):
    """Verify before destroying."""

    about = About(
        id="R02",
        title="Destroyed without reading its environment",
        severity=Severity.HIGH,
        description="Before the destruction no successful answer in this session named the target "
        "together with the environment that it belongs to, so the agent could not know what it "
        "destroyed.",
        false_positives=(
            "The agent knew the environment from an earlier session or from a file.",
            "The answer that named it did not pass the recording proxy, or is no GraphQL.",
        ),
        tags=("attack.t1485", "atlas.aml.t0101", "owasp.asi02"),
    )

    def __init__(self) -> None:
        self._seen: dict[str, list[int]] = {}

    def begin(self, event: Event, memory: Memory) -> Iterator[Finding]:
        """Yield one finding for each destruction of a target that nothing had described."""
        del memory
        action = event.action
        target, kind = action.judgement.target_id, action.judgement.target_type
        # Of an API that no catalogue describes nobody can tell what a read of it looks like.
        if (
            "effect.destroys" not in event.fields
            or "action.ran" not in event.fields
            or action.kind is not Kind.API_REQUEST
            or not target
            or kind == UNDESCRIBED
            or action.judgement.environment != UNKNOWN
        ):
            return
        seen = self._seen.get(target, [])
        if seen:
            what = f"the answers that named it ({', '.join(f'#{n}' for n in seen)}) did not say"
            read = f"{what} its environment"
        else:
            read = "no answer before had named it at all"
        yield finding_of(
            self.about,
            action,
            reason=f"#{action.id} destroyed {kind} {target[:8]}…: {read}",
            evidence=(*seen, action.id),
            certainty=judged_from(action),
        )

    def end(self, event: Event, memory: Memory) -> Iterator[Finding]:
        """Remember what an answer names."""
        del memory
        for resource in event.action.resources:
            if resource.state == ALIVE and len(self._seen) < TARGETS:
                numbers = self._seen.setdefault(resource.id, [])
                if event.action.id not in numbers[-20:]:
                    numbers.append(event.action.id)
        yield from ()
