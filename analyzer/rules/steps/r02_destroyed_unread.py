"""R02: something was destroyed without having been looked at."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.controls.wording import names_whole
from analyzer.effects.places import environment_in
from analyzer.model import Finding, Severity
from analyzer.resources import ALIVE, UNDESCRIBED, UNKNOWN
from analyzer.rules.about import About
from analyzer.rules.base import judged_from
from analyzer.rules.events import Event
from analyzer.rules.memory import Memory
from analyzer.rules.step import StepRule, finding_of
from analyzer.services import services_of
from analyzer.texts import Texts
from recorder import semconv
from recorder.model import Kind

MAX_OUTPUT = 50_000
MAX_SHOWN = 24
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
            "Of a command: its target was looked at by a tool that prints it under another name.",
        ),
        tags=("attack.t1485", "atlas.aml.t0101", "owasp.asi02"),
    )

    def __init__(self) -> None:
        self._seen: dict[str, list[int]] = {}

    def begin(self, event: Event, memory: Memory) -> Iterator[Finding]:
        """Yield one finding for each destruction of a target that nothing had described."""
        action = event.action
        target, kind = action.judgement.target_id, action.judgement.target_type
        if (
            "effect.destroys" not in event.fields
            or "action.ran" not in event.fields
            or not target
            or action.judgement.environment != UNKNOWN
        ):
            return
        # Of an API that no catalogue describes nobody can tell what a read of it looks like.
        if action.kind is Kind.API_REQUEST:
            if kind == UNDESCRIBED:
                return
            seen, told = self._seen.get(target, []), False
        elif _is_of_a_service(event, memory):
            seen, told = _read_before(memory, target)
        else:
            return
        if told:
            return
        if seen:
            what = f"the answers that named it ({', '.join(f'#{n}' for n in seen)}) did not say"
            read = f"{what} its environment"
        else:
            read = "no answer before had named it at all"
        what = f"{kind} {_short(target)}".lstrip()
        yield finding_of(
            self.about,
            action,
            reason=f"#{action.id} destroyed {what}: {read}",
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


def _is_of_a_service(event: Event, memory: Memory) -> bool:
    """Tell whether a command destroyed something elsewhere that no person's words name."""
    return (
        "target.remote" in event.fields
        and "approval.missing" in event.fields
        and not event.is_told_by_requests
        and bool(services_of(event.action, memory.blobs))
    )


def _read_before(memory: Memory, target: str) -> tuple[list[int], bool]:
    """Return which outputs named a target, and whether one said its environment beside it."""
    seen: list[int] = []
    names = {target, *(part for part in target.split("/") if part and not part.endswith(":"))}
    for ended in memory.ended:
        action = ended.action
        if action.kind is not Kind.TOOL_CALL or ended.went_wrong:
            continue
        output = Texts.of(action, memory.blobs).whole(semconv.GEN_AI_TOOL_RESULT)[:MAX_OUTPUT]
        if not any(name in output for name in names):
            continue
        lines = [line for line in output.splitlines() if any(names_whole(line, n) for n in names)]
        if any(environment_in(line)[0] != UNKNOWN for line in lines):
            return seen, True
        if lines:
            seen.append(action.id)
    return seen, False


def _short(target: str) -> str:
    return f"{target[:8]}…" if len(target) > MAX_SHOWN else target
