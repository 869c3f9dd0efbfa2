"""Texts that are written in pieces: `'ab' + 'cd'`, `"ab" "cd"`, or over the end of a line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["JOINT", "Joined", "joined"]

_JOINT = re.compile(
    r"""(?<=[^\s\\])(?:\\{0,3}(?P<quote>["'])\s{0,8}(?:[+.&]|\\?\n)?\s{0,8}\\{0,3}(?P=quote)|\\\r?\n[ \t]{0,40})(?=\S)"""  # noqa: E501
)
JOINT = r"""[^\s\\,:(\[{=](?:'\s{0,8}[+.&]?\s{0,8}\\?'|"\s{0,8}[+.&]?\s{0,8}\\?"|\\\r?\n[ \t]{0,40})[^\s,)\]}:]"""  # noqa: E501
"""The clue that such a place may be in a text; it ends behind the first character after it."""
REACH = 80
"""Characters that a joint has at the most, and one on either side."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A text put together from its pieces."""

    text: str
    joints: Sequence[int]
    """Where in it pieces meet."""
    places: Sequence[tuple[int, int]]
    """(where a piece begins in it, where in the original)."""

    def original(self, position: int) -> int:
        """Return where a character stands in the text as it was."""
        begin, at = next(p for p in reversed(self.places) if p[0] <= position)
        return at + position - begin

    def is_across(self, start: int, end: int) -> bool:
        """Return whether a joint lies within."""
        return any(start < joint < end for joint in self.joints)


def joined(text: str, hits: Sequence[int]) -> Joined | None:
    """Return a text put together over its joints; None where there are none.

    Args:
        text: any text.
        hits: where the clue `JOINT` ends, ascending.
    """
    pieces: list[str] = []
    places: list[tuple[int, int]] = []
    at = length = 0
    for hit in hits:
        joint = _JOINT.search(text, max(at, hit - REACH), hit + 1)
        if joint is None:
            continue
        pieces.append(text[at : joint.start()])
        places.append((length, at))
        length += joint.start() - at
        at = joint.end()
    if not places:
        return None
    places.append((length, at))
    return Joined("".join([*pieces, text[at:]]), [begin for begin, _ in places[1:]], places)
