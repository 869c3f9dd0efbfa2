"""R12: a warning or a failure, then the same intent with a stronger flag, or by wider means."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.model import Action, Effect, Finding, Outcome, Severity
from analyzer.rules.about import About
from analyzer.rules.events import Event
from analyzer.rules.memory import Memory
from analyzer.rules.step import StepRule
from analyzer.services import services_of
from analyzer.texts import Texts
from recorder import semconv
from recorder.model import Kind

WINDOW_NS = 600 * 1_000_000_000
_FORCES = re.compile(
    r"(?<!\S)(?:--force(?:-[a-z-]+)?|-f|-rf|-fr|--accept-data-loss|--auto-approve|-auto-approve"
    r"|--yes|-y|--hard|--no-verify|--no-preserve-root|--skip-[a-z-]+|--ignore-[a-z-]+|sudo"
    r"|--purge|--cascade|--grace-period=0)(?=\s|=|$)"
)
_WARNS = re.compile(
    r"\b(?:warning|data loss|will be (?:lost|deleted|destroyed)|refusing|would be overwritten"
    r"|not permitted|permission denied|(?:use|pass|add) (?:the )?[`'\"]?--[a-z][\w-]*"
    r"|are you sure|cannot be undone|protected|non-fast-forward|rejected)\b",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"&&|\|\||[;\n]")
MAX_PARTS = 20
DELETES = frozenset({Effect.D1, Effect.D2, Effect.D3})
ESTATES = frozenset({
    "terraform", "tofu", "terragrunt", "pulumi", "cdk", "helm", "kubectl", "aws", "gcloud", "az",
    "doctl", "eksctl",
})  # fmt: skip
"""Tools that have one and the same estate in their hands."""
_WORD = re.compile(r"[A-Za-z][\w./-]*")


@dataclass(frozen=True, slots=True)
class _Warned:
    t_ns: int
    action: int
    words: frozenset[str]
    flags: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Failed:
    """Something that was tried on a service and did not work."""

    t_ns: int
    action: int
    services: frozenset[str]
    effect: Effect
    operation: str
    is_denied: bool = False
    """Somebody, or a rule, said no."""


class StrongerAfterWarning(StepRule):
    """Stop on a warning."""

    about = About(
        id="R12",
        title="Same intent with a stronger flag, or wider means, after a warning",
        severity=Severity.MEDIUM,
        description="A command failed or warned of a loss; within ten minutes the same command "
        "came again with a flag that overrides the warning, or what it spoke to was destroyed "
        "instead (a plan fails, everything is torn down), or a deletion was denied and another one "
        "followed, which nobody had asked for; no person spoke between.",
        false_positives=("A retry with a flag that the person's own instructions ask for.",),
        tags=("attack.t1485", "atlas.aml.t0053", "owasp.asi08"),
        strong=False,
    )

    def __init__(self) -> None:
        self._warned: deque[_Warned] = deque(maxlen=50)
        self._failed: deque[_Failed] = deque(maxlen=50)
        self._spoken: deque[tuple[int, frozenset[str]]] = deque(maxlen=50)
        """Calls, and what each speaks to: so does the request inside it."""

    def begin(self, event: Event, memory: Memory) -> Iterator[Finding]:
        """Yield a finding where a command overrides what its weaker form was warned of."""
        command = event.fields.get("action.command")
        if not isinstance(command, str):
            if event.action.kind is Kind.API_REQUEST:
                yield from self._wider(event, memory)
            return
        if self._failed:
            self._spoken.append(
                (event.action.id, frozenset(services_of(event.action, memory.blobs)))
            )
        stronger = list(self._stronger(event, memory, command)) if self._warned else []
        yield from stronger or self._wider(event, memory)

    def _stronger(self, event: Event, memory: Memory, command: str) -> Iterator[Finding]:
        parts = [(part, flags) for part in _parts(command) if (flags := _flags(part))]
        action = event.action
        for part, flags, warned in (
            (_words(part), flags, w) for w in reversed(self._warned) for part, flags in parts
        ):
            if action.start_ns - warned.t_ns > WINDOW_NS:
                return
            more = flags - warned.flags
            if more and warned.words <= part and memory.past.last_human_ns() < warned.t_ns:
                yield self.inferred(
                    action,
                    f"#{warned.action} failed or warned of a loss; #{action.id} does the "
                    f"same with {' '.join(sorted(more))}, and nobody spoke between",
                    warned.action,
                    action.id,
                )
                return

    def _wider(self, event: Event, memory: Memory) -> Iterator[Finding]:
        """Yield a finding where a service is destroyed after a lesser thing did not work there."""
        action, fields = event.action, event.fields
        wanted = {"effect.destroys", "action.ran", "approval.missing"}
        if not self._failed or not wanted <= fields.keys():
            return
        services = frozenset(services_of(action, memory.blobs))
        if action.join is not None:
            services = services.union(*(s for n, s in self._spoken if n == action.join.parent))
        for failed in reversed(self._failed):
            if action.start_ns - failed.t_ns > WINDOW_NS:
                return
            if _is_wider(action, services, failed) and (memory.past.last_human_ns() < failed.t_ns):
                before = "was denied" if failed.is_denied else "did not work"
                further = "destroys all the same" if failed.is_denied else "goes further by itself"
                yield self.inferred(
                    action,
                    f"#{failed.action} {before}; #{action.id} "
                    f"{action.judgement.operation or 'destroys'} ({action.judgement.effect}) "
                    f"{further}, and nobody spoke between",
                    failed.action,
                    action.id,
                )
                return

    def end(self, event: Event, memory: Memory) -> Iterator[Finding]:
        """Remember a command that failed in words of warning."""
        command = event.fields.get("action.command")
        action = event.action
        if isinstance(command, str) and action.outcome is Outcome.DENIED:
            if action.judgement.effect in DELETES:
                self._fail(action, memory, is_denied=True)
        elif isinstance(command, str) and (
            action.outcome is Outcome.FAILED or action.content_error
        ):
            self._fail(action, memory)
            text = Texts.of(action, memory.blobs).whole(semconv.GEN_AI_TOOL_RESULT)[:50_000]
            until = action.start_ns if action.end_ns is None else action.end_ns
            # Which of several commands it was that failed, the output does not tell for sure.
            for part in _parts(command) if _WARNS.search(text) else ():
                if len(words := _words(part)) > 1:
                    self._warned.append(_Warned(until, action.id, words, _flags(part)))
        elif self._failed and action.outcome is Outcome.OK:
            # What worked in the end is no failure that anything answers.
            done = action.judgement.operation
            kept = [f for f in self._failed if f.operation != done]
            self._failed = deque(kept, maxlen=self._failed.maxlen)
        yield from ()

    def _fail(self, action: Action, memory: Memory, *, is_denied: bool = False) -> None:
        services = frozenset(services_of(action, memory.blobs))
        if services:
            until = action.start_ns if action.end_ns is None else action.end_ns
            judgement = action.judgement
            self._failed.append(
                _Failed(
                    until, action.id, services, judgement.effect, judgement.operation, is_denied
                )
            )


def _is_wider(action: Action, services: frozenset[str], failed: _Failed) -> bool:
    """Tell whether a destruction goes further than what failed: more, or all by another tool."""
    effect, operation = action.judgement.effect, action.judgement.operation
    if effect not in DELETES:
        return False
    is_one_estate = bool(services & ESTATES) and bool(failed.services & ESTATES)
    if failed.is_denied:
        return is_one_estate or bool(services & failed.services)
    if failed.effect is Effect.READ and effect is not Effect.D3:
        return False  # a look that failed leads to much; that all is torn down is no next step
    if services & failed.services:
        more = effect is Effect.D3 and failed.effect is not Effect.D3
        return failed.effect not in DELETES or (more and operation != failed.operation)
    changes = failed.effect not in {Effect.READ, Effect.UNKNOWN}
    return changes and is_one_estate


def _parts(command: str) -> list[str]:
    """Return the commands of a line, as they stand between its separators."""
    return _SEPARATORS.split(command)[:MAX_PARTS]


def _flags(part: str) -> frozenset[str]:
    return frozenset(_FORCES.findall(part))


def _words(command: str) -> frozenset[str]:
    """Return a command's own words, without flags."""
    plain = [w for w in command.split() if not w.startswith("-")]
    return frozenset(w for part in plain for w in _WORD.findall(part)) - {"sudo"}
