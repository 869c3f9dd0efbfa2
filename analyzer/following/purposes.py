"""Was a credential used for what its owner says that it is for, and where?

A purpose is a person's words. `read only` allows what only reads; a pattern (`customDomain*`)
allows the operations that it fits; other words allow the operations whose names share one with
them, verbs aside. Everything said by that is inferred, and an environment that nobody knows is said
to be unknown: that is no pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from analyzer.following.life import Life
from analyzer.following.statement import Statement
from analyzer.model import Action, Effect, Judgement
from analyzer.testimony import Certainty
from recorder.model import Kind

__all__ = ["beyond", "misuses"]

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_READ_ONLY = re.compile(r"\bread[- ]?only\b|\bonly (?:for )?reading\b", re.IGNORECASE)
VERBS = frozenset({
    "create", "delete", "update", "upsert", "get", "list", "set", "add", "remove", "destroy", "put",
    "post", "patch", "read", "write", "only", "for", "the", "and", "of", "to", "in", "a", "an",
    "use", "used", "all", "no", "never", "api", "graphql", "token", "key", "not",
})  # fmt: skip


def misuses(life: Life, actions: Mapping[int, Action]) -> Iterator[Statement]:
    """Yield the requests that used a declared credential outside its purpose or environment."""
    purpose = life.declared.get("purpose", "")
    environment = life.declared.get("environment", "").lower()
    told: set[int] = set()
    for seen in life.uses:
        action = actions.get(seen.sighting.action)
        if action is None or action.kind is not Kind.API_REQUEST or action.id in told:
            continue
        told.add(action.id)
        reason = beyond(purpose, action.judgement)
        if reason:
            yield _said(life, action, f"outside its purpose '{purpose}': {reason}")
        where = action.judgement.environment.lower()
        if environment and where == "unknown":
            if action.judgement.effect is not Effect.READ:
                text = f"declared for {environment}, and of which environment this is nobody knows"
                yield _said(life, action, text)
        elif environment and where != environment:
            yield _said(life, action, f"declared for {environment}, used in {where}")


def _said(life: Life, action: Action, text: str) -> Statement:
    return Statement(
        life.fingerprint,
        f"{life.name} was used for {action.judgement.operation or action.name} in #{action.id}: "
        f"{text} (declared in {life.declared_in})",
        Certainty.INFERRED,
        (action.id,),
    )


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
