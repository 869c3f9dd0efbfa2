"""How the last word of a filter may go on: operators, and values that the session really has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice

from analyzer.filters import Scope, help_entries
from analyzer.filters.grammar import as_pattern
from analyzer.filters.operators import FLAGS
from analyzer.model import Action, Finding

__all__ = ["endings"]

MOST = 12
NAME = re.compile(r"[a-z]{2,}(?::|>=|>)")
"""How a condition begins, in the examples of the help."""
LOOKED_AT = 20_000
"""Actions of which the values are offered."""
VALUES: Mapping[str, Callable[[Action], Iterable[str]]] = {
    "lane": lambda action: (action.lane.value,),
    "kind": lambda action: (action.kind.value,),
    "status": lambda action: (action.outcome.value.replace(" ", "-"),),
    "tool": lambda action: (as_pattern(action.name),),
    "witness": lambda action: (witness.value for witness in action.witnesses),
    "effect": lambda action: (action.judgement.effect.value,),
    "cred": lambda action: (seen.fingerprint[:4] for seen in action.sightings),
}


def endings(
    text: str, actions: Iterable[Action], findings: Iterable[Finding], scope: Scope
) -> Sequence[str]:
    """Return whole texts that the last word could be completed to, a dozen at most.

    Args:
        text: what was typed so far.
        actions: those of which the values are offered.
        findings: what the rules found in them.
        scope: where the filter is used.
    """
    head, space, last = text.rpartition(" ")
    word = last.lstrip("-(")
    head += space + last[: len(last) - len(word)]
    name, colon, begun = word.partition(":")
    if colon:
        values = _values(name, actions, findings)
        found = [f"{name}:{value}" for value in values if value.startswith(begun)]
    else:
        begun_names = (NAME.match(sign) for sign, _ in help_entries(scope))
        signs = {name.group() for name in begun_names if name is not None}
        signs |= {flag.name for flag in FLAGS if scope in flag.scopes}
        found = [sign for sign in sorted(signs) if sign.startswith(word)]
    return [head + ending for ending in found[:MOST]]


def _values(name: str, actions: Iterable[Action], findings: Iterable[Finding]) -> list[str]:
    if name == "rule":
        return sorted({finding.rule for finding in findings})
    value_of = VALUES.get(name)
    if value_of is None:
        return []
    # Of a long session the beginning: a key must not wait for a million actions.
    seen = islice(actions, LOOKED_AT)
    return sorted({value for action in seen for value in value_of(action)})
