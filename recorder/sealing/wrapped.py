"""Texts of base64 or hexadecimal that are broken into lines, put together."""

from __future__ import annotations

import re
import string
from itertools import pairwise

from recorder.sealing.joints import Joined, Parts
from recorder.sealing.offsets import in_characters

__all__ = ["unwrapped"]

_LETTERS = (string.ascii_letters + string.digits + "+/_-").encode()
_RUN = r"[A-Za-z0-9+/_\-]"
_SORTS = bytes(
    ord("a") if byte in _LETTERS else byte if byte in b"\r\n\\" else ord(" ") for byte in range(256)
)
"""Sorts the bytes of a text: letters of a run, what ends a line, and the rest."""
_ENDS = tuple(
    (end, b"a" * 16 + end.translate(_SORTS) + b"aa") for end in (b"\n", b"\r\n", b"\\n", b"\\r\\n")
)
"""Ends of a line, as they are and as in JSON; and each between a long word and another, sorted:
one string is found five times as fast as a pattern."""
_WORD = re.compile(rf"{_RUN}{{2,1000}}+={{0,2}}")


def unwrapped(text: str, raw: bytes) -> Joined | None:
    """Return the broken words of a text, each put together; None where there are none.

    Args:
        text: any text.
        raw: the same in UTF-8.
    """
    ends = _between_words(raw)
    if not ends:
        return None
    if len(raw) != len(text):
        places = in_characters(raw, (place for end in ends for place in end))
        ends = [(places[begin], places[end]) for begin, end in ends]
    parts = Parts(text)
    behind = (0, 0)
    for (stop, begin), (following, _) in pairwise([*ends, (len(text), 0)]):
        if behind[1] == stop:
            this = behind
        else:
            start = stop
            while start > max(behind[1], stop - 1000) and _is_letter(text[start - 1]):
                start -= 1
            this = (start, stop)
        word = _WORD.match(text, begin, following)
        if word is not None:
            behind = word.span()
            parts.meet(this, behind)
    return parts.joined()


def _between_words(raw: bytes) -> list[tuple[int, int]]:
    """Return the ends of lines between a long word and another, in order."""
    found: list[tuple[int, int]] = []
    # One byte is told in no time where it is rare; two take as long as sorting all.
    present = [
        (end, between) for end, between in _ENDS if raw.find(end[:1]) >= 0 and raw.find(end) >= 0
    ]
    sorts = raw.translate(_SORTS) if present else b""
    for end, between in present:
        at = sorts.find(between)
        while at >= 0:
            begin = at + 16
            if raw.startswith(end, begin):
                found.append((begin, begin + len(end)))
            at = sorts.find(between, at + 1)
    return sorted(found)


def _is_letter(letter: str) -> bool:
    return letter.isascii() and (letter.isalnum() or letter in "+/_-")
