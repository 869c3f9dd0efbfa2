"""R18: what a person demanded was lost when the context was compacted, and then broken."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.model import Finding, Severity
from analyzer.rules.about import About
from analyzer.rules.events import Event
from analyzer.rules.memory import Memory
from analyzer.rules.step import StepRule
from analyzer.rules.words import Demand, constraints_in
from analyzer.texts import Texts
from recorder import semconv
from recorder.model import Kind

_COMPACTS = re.compile(r"compact|summar(?:y|ize|ise)|context.?(?:reset|truncat)", re.IGNORECASE)
_WORD = re.compile(r"[a-z]{4,}")
MOST = 50


class ForgottenConstraint(StepRule):
    """A demand outlives a compaction."""

    about = About(
        id="R18",
        title="A person's demand was lost in a compaction, then broken",
        severity=Severity.HIGH,
        description="A prompt demanded to be asked before, or forbade something; the context was "
        "compacted, nothing after it repeats the demand, and a harmful action followed with no "
        "approval.",
        false_positives=(
            "A compaction whose summary keeps the demand, but does not pass the recorder.",
        ),
        tags=("owasp.asi06", "owasp.asi10", "attack.t1485"),
        strong=False,
    )

    def __init__(self) -> None:
        self._demands: list[Demand] = []
        self._lost: list[Demand] = []
        self._compacted = 0

    def begin(self, event: Event, memory: Memory) -> Iterator[Finding]:
        """Yield a finding for the first harm after a demand was lost."""
        action = event.action
        if action.kind is Kind.PROMPT:
            text = Texts.of(action, memory.blobs).whole(semconv.PROMPT_TEXT)
            self._hear(action.id, text)
        elif action.kind is Kind.LIFECYCLE and _COMPACTS.search(action.name):
            self._lost, self._demands = [*self._lost, *self._demands][-MOST:], []
            self._compacted = action.id
        elif self._lost and "effect.harms" in event.fields and "approval.missing" in event.fields:
            lost, self._lost = self._lost[0], []
            yield self.inferred(
                action,
                f"#{lost.action} demands '{lost.words[:120]}'; #{self._compacted} compacted "
                f"the context and nothing after it says so again; #{action.id} "
                f"{action.judgement.operation or action.title[:80]} came without an approval",
                lost.action,
                self._compacted,
                action.id,
            )

    def _hear(self, number: int, text: str) -> None:
        self._demands += [Demand(number, words) for words in constraints_in(text)]
        self._demands = self._demands[-MOST:]
        said = set(_WORD.findall(text.lower()))
        self._lost = [d for d in self._lost if not _repeated(d, said)]


def _repeated(demand: Demand, said: set[str]) -> bool:
    words = set(_WORD.findall(demand.words.lower()))
    return bool(words) and len(words & said) * 2 >= len(words)
