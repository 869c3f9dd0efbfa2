"""Texts of base64 or hexadecimal that are broken into lines, put together."""

from __future__ import annotations

import re
import string
from itertools import pairwise

from recorder.sealing.database import Database, Pattern
from recorder.sealing.joints import Joined, Parts
from recorder.sealing.offsets import in_characters

__all__ = ["unwrapped"]

_LETTERS = (string.ascii_letters + string.digits + "+/_-").encode()
_RUN = r"[A-Za-z0-9+/_\-]"
_SORTS = bytes(
    ord("a") if byte in _LETTERS else ord("\n") if byte in b"\r\n\\" else ord(" ")
    for byte in range(256)
)
"""Sorts the bytes of a text: letters of a run, what an end of a line begins with, and the rest."""
_ENDS = (b"\n", b"\r\n", b"\\n", b"\\r\\n")
"""Ends of a line, as they are and as in JSON."""
_LONG = 16
_BEFORE_END = b"a" * _LONG + b"\n"
"""A long word and what follows it, sorted: a string is found five times as fast as a pattern."""
_ENDS_OF_WORDS = Database([Pattern(0, _BEFORE_END.decode(), ignore_case=False)])
_SHORT = 1000
"""Bytes of a text that is sooner searched for the first of them."""
_AT_EDGES = 40
"""Ends of lines from a text's edges on, between which there are all the bytes of a fragment."""
_WORD = re.compile(rf"{_RUN}{{2,1000}}+={{0,2}}")


def unwrapped(text: str, raw: bytes, *, edges: bool = False) -> Joined | None:
    """Return the broken words of a text, each put together; None where there are none.

    Args:
        text: any text.
        raw: the same in UTF-8.
        edges: only as much of them as may be a fragment of a secret, at the first one's beginning
            and the last one's end.
    """
    ends = _between_words(raw)
    if not ends:
        return None
    if edges and len(ends) > 2 * _AT_EDGES:
        ends = ends[:_AT_EDGES] + ends[-_AT_EDGES:]
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
    sorts = raw.translate(_SORTS)
    if len(sorts) < _SHORT and _BEFORE_END not in sorts:
        return []
    begins: list[int] = []
    _ENDS_OF_WORDS.scan(sorts, lambda _n, _start, end, _flags, _context: begins.append(end - 1))
    return [
        (begin, begin + len(end))
        for begin in begins
        for end in _ENDS
        if raw.startswith(end, begin) and sorts.startswith(b"aa", begin + len(end))
    ]


def _is_letter(letter: str) -> bool:
    return letter.isascii() and (letter.isalnum() or letter in "+/_-")
