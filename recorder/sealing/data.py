"""Tell what lies in a block of base64: pictures, certificates and archives hold every word."""

from __future__ import annotations

import re
import string
from itertools import takewhile

__all__ = ["is_in_data"]

_LETTERS = string.ascii_letters + string.digits + "+/-_"
_LETTERS_OF_LINES = f"{_LETTERS} \r\n\\"
_LINE_END = re.compile(r"(?:[\r\n]|\\[rn])+")
REACH = 1024
"""Characters before and behind a find that are looked at."""
BLOCK = 400
"""Letters around a find from which on it is a part of data: no token stands in as many."""
LEAST_LINE = 60
"""Letters of a line of data: 64 in PEM, 76 in MIME."""
LEAST_LINES = 2
"""Of such lines around it."""


def is_in_data(text: str, start: int, end: int, *, is_listed: bool = True) -> bool:
    """Return whether a find is a small part of a long run of base64, in one line or many.

    Args:
        text: what it was found in.
        start: its first character.
        end: the one behind its last.
        is_listed: a whole line of many may be a find, as in a list of tokens.
    """
    before, after = text[max(0, start - REACH) : start], text[end : end + REACH]
    if _last_run(before, _LETTERS) + _first_run(after, _LETTERS) >= BLOCK:
        return True
    heads = _lines(before[len(before) - _last_run(before, _LETTERS_OF_LINES) :])
    tails = _lines(after[: _first_run(after, _LETTERS_OF_LINES)])
    if is_listed and not heads[-1] and not tails[0]:
        return False
    own = _lines(heads[-1] + text[start:end] + tails[0])
    around = [*takewhile(_is_full, heads[-2:0:-1]), *takewhile(_is_full, tails[1:-1])]
    return all(map(_is_full, own)) and len(around) >= LEAST_LINES


def _lines(run: str) -> list[str]:
    return [line.strip(" ") for line in _LINE_END.split(run)]


def _is_full(line: str) -> bool:
    return len(line) >= LEAST_LINE and " " not in line


def _last_run(text: str, letters: str) -> int:
    return len(text) - len(text.rstrip(letters))


def _first_run(text: str, letters: str) -> int:
    return len(text) - len(text.lstrip(letters))
