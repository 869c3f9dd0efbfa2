"""Blank what tools print before each line: its number, a difference's sign, a container's name.

A name and its value often stand on lines of their own (`<key>` above `<string>`, a head above its
rows), and some names count at a line's beginning alone. What looks for them need not know what was
printed between.
"""

from __future__ import annotations

import re

from recorder.sealing.names import NAME_WORDS

__all__ = ["without_margins"]

_MARGIN = re.compile(
    r"[ ]{0,8}(?P<number>\d{1,6})(?P<mark>→|[ ]?\t)|(?P<quote>> )"
    r"|(?P<name>[A-Za-z][\w.\-]{1,40}[ ]{1,20}\|[ ])"
)
"""Before a second line: a number, `> `, a container's name as Compose prints it."""
_WORDS = re.compile(r"(?:(?:[A-Za-z]+|\w{0,12})[.\-| ]+)*")
"""What a container may be called that is not to be seen: no token is in it."""
_SECRET = re.compile(NAME_WORDS, re.IGNORECASE)
WIDTH = 6
"""Characters of the column at whose right `cat -n` has its numbers. A table's rows begin with such
as stand at the left, and without their tabulator nothing would be in its column."""
_HUNK = "\n@@ -"
FARTHEST_HUNK = 500
"""Characters before the first hunk of a difference."""
_HUNKS = re.compile(r"(?:^|\n)@@ -[^\n]*+(?:\n[+\- \\@][^\n]*+|\n(?=\n[+\- ]))*+")
"""A hunk, and those that follow it in the same file: what another tool prints behind begins with
signs of its own (`-----BEGIN`, an option)."""
_SIGN = re.compile(r"\n[+\-](?![+\-]{2}[ ]|-{4}(?:BEGIN|END)[ ])")


def without_margins(text: str) -> str:
    """Return a text of the same length with blanks for what is printed before each of its lines.

    Its first lines are looked at alone: most texts have nothing there, and have to be told in no
    time. Files that `grep -n` prints are left: it is lines it prints, not files.
    """
    second = text.find("\n") + 1
    if not second:
        return text
    found = _MARGIN.match(text, second)
    if found is None:
        is_difference = text.startswith(_HUNK[1:]) or text.find(_HUNK, 0, FARTHEST_HUNK) >= 0
        return _HUNKS.sub(_without_signs, text) if is_difference else text
    if found["mark"]:
        return _without_numbers(text, second, found)
    begin = found[0]
    is_name = _WORDS.fullmatch(begin) is not None and _SECRET.search(begin) is None
    if begin not in text[:second] or not (found["quote"] or is_name):
        return text
    return _without_first(text, second, begin).replace(f"\n{begin}", f"\n{' ' * len(begin)}")


def _without_numbers(text: str, second: int, found: re.Match[str]) -> str:
    """Return a text without the numbers of its lines, if they are numbered indeed."""
    mark, number = found["mark"], int(found["number"])
    before = f"{number - 1}{mark}"
    is_column = mark == "→" or (found[0][0] == " " and len(found[0]) - len(mark) >= WIDTH)
    third = _MARGIN.match(text, text.find("\n", second) + 1) if is_column else None
    if before not in text[:second] and (third is None or third["number"] != str(number + 1)):
        return text
    text = _without_first(text, second, before)
    # All of one width, as most are, are blanked without a look at each; what stands behind them may
    # begin with a number, too (a plain text has no NUL).
    width = len(found[0])
    text = re.sub(rf"\n[ \d]{{{width - 1 - len(mark)}}}\d{mark}", "\n" + "\0" * width, text)
    if mark in text:
        text = re.sub(rf"\n[ ]{{0,8}}\d{{1,6}}{mark}", _blank, text)
    return text.replace("\0", " ")


def _without_first(text: str, second: int, begin: str) -> str:
    """Return a text without what stands before its first line, be it in a string of JSON."""
    first = text.find(begin, 0, second)
    if first < 0 or text[:first].rstrip(" ")[-1:] not in {"", '"'}:
        return text
    return text[:first] + " " * len(begin) + text[first + len(begin) :]


def _without_signs(hunks: re.Match[str]) -> str:
    return _SIGN.sub("\n ", hunks[0])


def _blank(match: re.Match[str]) -> str:
    return "\n" + " " * (len(match[0]) - 1)
