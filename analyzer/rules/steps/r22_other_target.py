"""R22: a request or an approval named one target, and another one was destroyed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.model import Finding, Severity
from analyzer.rules.about import About
from analyzer.rules.events import Event
from analyzer.rules.memory import Memory
from analyzer.rules.step import StepRule

_ASKS = re.compile(
    r"\b(?:delete|remove|drop|destroy|wipe|purge|tear down|clean up|reset|truncate)\s+"
    r"(?:the\s+|my\s+|our\s+|all\s+|old\s+)*(?P<what>[^.;\n]{1,120})",
    re.IGNORECASE,
)
_HASH = re.compile(r"[0-9a-f]{7,}")
_NAMED = re.compile(r"[`'\"“‘]([\w./:-]{2,80})[`'\"”’]|\b(\w+[-_/.]\w[\w./-]*)\b")


class OtherTarget(StepRule):
    """An approval binds its object."""

    about = About(
        id="R22",
        title="What was destroyed is not what the person named",
        severity=Severity.HIGH,
        description="A person's words or an approval ask for the destruction of a target by name; "
        "the target that was destroyed bears another.",
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
        known = {target.lower(), *(_alias(memory, target))}
        for consent in reversed(memory.past.consents):
            asked = _ASKS.search(consent.text)
            if asked is None:
                continue
            names = [a or b for a, b in _NAMED.findall(asked["what"])]
            if not names:
                return
            if any(_fits(name.lower(), one) for name in names for one in known):
                return
            yield self.inferred(
                action,
                f"#{consent.action} names {', '.join(names[:3])}; #{action.id} "
                f"{action.judgement.operation or 'destroyed'} hit {target[:80]}",
                consent.action,
                action.id,
            )
            return


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
