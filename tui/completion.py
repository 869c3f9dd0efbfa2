"""How the last word of a filter may go on: operators, and values that the session really has."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.filters import Scope, help_entries
from analyzer.filters.grammar import as_pattern
from tui.scene import Scene

__all__ = ["endings"]

MOST = 12


def endings(text: str, scene: Scene | None) -> Sequence[str]:
    """Return whole texts that the last word could be completed to, a dozen at most."""
    head, space, word = text.rpartition(" ")
    name, colon, begun = word.partition(":")
    if colon:
        found = [f"{name}:{value}" for value in _values(name, scene) if value.startswith(begun)]
    else:
        signs = {sign.partition(":")[0] for sign, _ in help_entries(Scope.ACTIONS) if ":" in sign}
        found = [f"{sign}:" for sign in sorted(signs) if sign.isalpha() and sign.startswith(word)]
    return [head + space + ending for ending in found[:MOST]]


def _values(name: str, scene: Scene | None) -> list[str]:
    if scene is None:
        return []
    actions = scene.analysis.actions
    known = {
        "lane": {a.lane.value for a in actions},
        "kind": {a.kind.value for a in actions},
        "status": {a.outcome.value.replace(" ", "-") for a in actions},
        "tool": {as_pattern(a.name) for a in actions},
        "witness": {w.value for a in actions for w in a.witnesses},
        "effect": {a.judgement.effect.value for a in actions},
        "rule": {f.rule for f in scene.analysis.findings},
        "cred": {c.fingerprint[:4] for c in scene.analysis.credentials},
    }
    return sorted(known.get(name, ()))
