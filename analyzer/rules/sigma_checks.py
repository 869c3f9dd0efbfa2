"""What of a detection can be told to be wrong by its own key: its modifiers, and its patterns.

Sigma's parser names the rule alone; whoever writes one wants the line and the field.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

import re2  # type: ignore[import-untyped]  # it ships no types
import yaml
from sigma.modifiers import modifier_mapping

from analyzer.rules.predicates import compiled

__all__ = ["Fault", "fault_in"]

type Fault = tuple[str, str, int]
"""What is wrong, with which key, at which line."""


def fault_in(node: yaml.Node) -> Fault | None:
    """Return the first thing that is wrong with the keys of a detection, in the file's order."""
    return next(_faults(node), None)


def _faults(node: yaml.Node) -> Iterator[Fault]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _faults(item)
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode):
            yield from _of_key(key, value)
        yield from _faults(value)


def _of_key(key: yaml.ScalarNode, value: yaml.Node) -> Iterator[Fault]:
    _, *modifiers = str(key.value).split("|")
    line = int(key.start_mark.line) + 1
    for modifier in modifiers:
        if modifier not in modifier_mapping:
            near = get_close_matches(modifier, modifier_mapping, n=1)
            hint = (
                f" ({near[0]}?)" if near else f"; there are {', '.join(sorted(modifier_mapping))}"
            )
            yield f"no such modifier: {modifier}{hint}", str(key.value), line
            return
    if "re" not in modifiers:
        return
    patterns = value.value if isinstance(value, yaml.SequenceNode) else [value]
    for pattern in patterns:
        try:
            compiled(str(pattern.value))
        except re2.error as error:
            why = _words(error)
            yield f"is no pattern of RE2: {why}", str(key.value), int(pattern.start_mark.line) + 1
            return


def _words(error: Exception) -> str:
    told = error.args[0] if error.args else ""
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
