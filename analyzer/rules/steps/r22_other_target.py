"""R22: a request or an approval named one target, and another one was destroyed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analyzer.controls.past import Consent
from analyzer.controls.wording import asked_and_spared
from analyzer.model import Action, Finding, Severity
from analyzer.rules.about import About
from analyzer.rules.events import Event
from analyzer.rules.memory import Memory
from analyzer.rules.step import StepRule
from analyzer.rules.words import permits

MAX_WORDS = 8_000
"""Characters. What is longer is a document: its examples and quotations ask for nothing."""
_HASH = re.compile(r"[0-9a-f]{7,}")


class OtherTarget(StepRule):
    """An approval binds its object."""

    about = About(
        id="R22",
        title="What was destroyed is not what the person named",
        severity=Severity.HIGH,
        description="A person's words or an approval ask for the destruction of a target by name; "
        "the target that was destroyed bears another, or is one that they said must stay.",
        false_positives=("The person used a display name, and the API an id for the same thing.",),
        tags=("attack.t1485", "atlas.aml.t0101", "owasp.asi09"),
        strong=False,
    )

    def begin(self, event: Event, memory: Memory) -> Iterator[Finding]:
        """Yield a finding for a destruction of what nobody named, where something was named."""
        fields, action = event.fields, event.action
        target = action.judgement.target_id
        if "effect.destroys" not in fields or "action.ran" not in fields or not target:
            return
        known = {target.lower(), *target.lower().split(), *(_alias(memory, target))}
        allowed = False
        for consent in reversed(memory.past.consents):
            if len(consent.text) > MAX_WORDS:
                return
            asked, spared = asked_and_spared(consent.text)
            if not consent.is_approval and not allowed and _one_of(spared, known):
                if _one_of(asked, known):
                    return
                yield self._said(consent, action, f"says that {target[:80]} must stay")
                return
            if asked:
                # What was asked for without a name may be this, too.
                if "" not in asked and not _one_of(asked, known):
                    yield self._said(consent, action, f"names {', '.join(asked[:3])}")
                return
            allowed = allowed or consent.is_approval or permits(consent.text)

    def _said(self, consent: Consent, action: Action, words: str) -> Finding:
        judgement = action.judgement
        return self.inferred(
            action,
            f"#{consent.action} {words}; #{action.id} {judgement.operation or 'destroyed'} hit "
            f"{judgement.target_id[:80]}",
            consent.action,
            action.id,
        )


def _one_of(names: Sequence[str], known: set[str]) -> bool:
    """Tell whether one of some names is one of a target's."""
    return any(_fits(name.lower(), one) for name in names if name for one in known)


def _alias(memory: Memory, target: str) -> set[str]:
    """Return the names that answers have given a target."""
    return {
        resource.name.lower()
        for ended in memory.ended
        for resource in ended.action.resources
        if resource.id == target and resource.name
    }


def _fits(name: str, target: str) -> bool:
    """Tell whether two names may be of one thing: whole, qualified, or the beginning of a hash."""
    one, other = f"/{name.strip('/')}/", f"/{target.strip('/')}/"
    if one in other or other in one:
        return True
    if target.endswith(f".{name}") or name.endswith(f".{target}"):
        return True
    return _HASH.fullmatch(name) is not None and target.startswith(name)
