"""Texts that are written in pieces: `'ab' + 'cd'`, `"ab" "cd"`, or over the end of a line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["EVENTS", "JOINT", "Joined", "joined", "joined_events"]

_JOINT = re.compile(
    r"""(?<=[^\s\\])(?:\\{0,3}(?P<quote>["'])\s{0,8}(?:[+.&]|\\?\n)?\s{0,8}\\{0,3}(?P=quote)|\\\r?\n[ \t]{0,40})(?=\S)"""  # noqa: E501
)
JOINT = r"""[^\s\\,:(\[{=](?:'\s{0,8}[+.&]?\s{0,8}\\?'|"\s{0,8}[+.&]?\s{0,8}\\?"|\\\r?\n[ \t]{0,40})[^\s,)\]}:]"""  # noqa: E501
"""The clue that such a place may be in a text; it ends behind the first character after it."""
_TEXT_OF = r"(?:text|partial_json|content|arguments|thinking|delta)"
_EVENT = re.compile(
    rf"^data:\s?\{{[^\n]{{0,2000}}?\"{_TEXT_OF}\"\s?:\s?\"(?P<value>(?:[^\"\\\n]|\\.)*)\"",
    re.MULTILINE,
)
EVENTS = rf"data:\s?\{{[^\n]{{0,2000}}\"{_TEXT_OF}\"\s?:\s?\""
"""The clue that a stream's event goes on with a text."""
REACH = 80
"""Characters that a joint has at the most, and one on either side."""
MOSTLY = 10


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
        joint = _JOINT.search(text, max(at, hit - MOSTLY), hit + 1) or _JOINT.search(
            text, max(at, hit - REACH), hit + 1
        )
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


def joined_events(text: str) -> Joined | None:
    """Return what the events of a stream (`text/event-stream`) deliver in pieces, put together."""
    events = list(_EVENT.finditer(text))
    if len(events) < 2:
        return None
    places: list[tuple[int, int]] = []
    length = 0
    for event in events:
        places.append((length, event.start("value")))
        length += len(event["value"])
    whole = "".join(event["value"] for event in events)
    return Joined(whole, [begin for begin, _ in places[1:]], places)
