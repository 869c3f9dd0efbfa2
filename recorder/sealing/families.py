"""Patterns with a part in common: looked for as one, and each by itself only where that stands.

Two dozen patterns speak of a name like `token` or `password` with something before or behind it.
Each is an automaton of its own that runs at every such word; put together they cost as much as one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from recorder.sealing.branches import branches_of

__all__ = ["Family", "families_of"]

_BEGINS_WITH_ONE_LETTER = re.compile(r"(?:\[(?:\\.|[^\]\\])*\]|\\?[^\w\s(\[\\]|\\n)(?!\\s)")
"""Of what stands before the part: a pattern of these in common with others is quickly begun. Words
before it would make of all together what is slower than each."""
LONGEST = 640
"""Characters of a match, from its first to its last."""
FARTHEST = 400
"""Characters of it that stand before, or behind, the end of the part in common."""


@dataclass(frozen=True, slots=True)
class Family:
    """Patterns that are looked for as one."""

    pattern: str
    """Matches wherever one of them does."""
    members: tuple[int, ...]
    before: int
    """Bytes before the end of what `pattern` matches at which a member's match can begin."""
    after: int
    """Bytes behind it at which that can end."""


def families_of(patterns: Mapping[int, str], part: str) -> list[Family]:
    """Return the families among patterns, each of two or more.

    Args:
        patterns: by number.
        part: what they may have in common, a group by itself.
    """
    heads: dict[int, str] = {}
    tails: dict[int, str] = {}
    for number, pattern in patterns.items():
        head, found, tail = pattern.partition(part)
        if not found or not (_is_whole(head) and _is_whole(tail)):
            continue
        if not head:
            tails[number] = tail
        elif _BEGINS_WITH_ONE_LETTER.match(head):
            heads[number] = head
    families = []
    if len(tails) > 1:
        families.append(Family(f"{part}(?:{_any(tails)})", tuple(tails), LONGEST, 0))
    if len(heads) > 1:
        families.append(Family(f"(?:{_any(heads)}){part}", tuple(heads), FARTHEST, FARTHEST))
    return families


def _any(patterns: Mapping[int, str]) -> str:
    return "|".join(dict.fromkeys(patterns.values()))


def _is_whole(piece: str) -> bool:
    """Return whether a piece of a pattern means the same wherever it stands."""
    try:
        re.compile(piece)
    except re.error:
        return False
    return len(branches_of(piece)) == 1
