"""Is a deed what a credential is for, going by a person's words?

`read only` allows what only reads; a pattern (`customDomain*`) allows the operations that it fits;
other words allow the operations whose names share one with them, verbs aside.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from analyzer.model import Effect, Judgement

__all__ = ["beyond"]

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_READ_ONLY = re.compile(r"\bread[- ]?only\b|\bonly (?:for )?reading\b", re.IGNORECASE)
VERBS = frozenset({
    "create", "delete", "update", "upsert", "get", "list", "set", "add", "remove", "destroy", "put",
    "post", "patch", "read", "write", "only", "for", "the", "and", "of", "to", "in", "a", "an",
    "use", "used", "all", "no", "never", "api", "graphql", "token", "key", "not",
})  # fmt: skip


def beyond(purpose: str, judgement: Judgement) -> str:
    """Return why a deed is outside a purpose; empty where it is inside, or nothing tells."""
    if not purpose:
        return ""
    effect, operation = judgement.effect, judgement.operation
    if _READ_ONLY.search(purpose):
        harmless = effect is Effect.READ
        return "" if harmless else f"it does not only read ({effect.value})"
    name = operation.rpartition(".")[2]
    if not name or effect is Effect.READ:
        return ""
    patterns = [word for word in re.split(r"[\s,;]+", purpose) if "*" in word]
    if patterns:
        fits = any(fnmatchcase(name, pattern) for pattern in patterns)
        return "" if fits else f"{name} fits none of its patterns"
    meant = _words(purpose)
    if not meant or meant & _words(name):
        return ""
    return f"{name} shares no word with it"


def _words(text: str) -> set[str]:
    found = {word.lower().removesuffix("s") for word in _WORD.findall(text)}
    return {word for word in found if word not in VERBS and len(word) > 1}
