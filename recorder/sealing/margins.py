"""Take away what tools print before each line: its number, a difference's sign, a container's name.

A name and its value often stand on lines of their own (`<key>` above `<string>`, a head above its
rows), and some names count at a line's beginning alone. What looks for them reads the file itself:
blanks in the place of a margin would make a setting look like a line of code.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import accumulate

from recorder.sealing.names import NAME_WORDS
from recorder.sealing.spans import SecretSpan

__all__ = ["Bare", "bare_of"]

_MARGIN = re.compile(
    r"[ ]{0,8}(?P<number>\d{1,6})(?P<mark>→|[ ]?\t)|(?P<quote>> |\+(?=[^+\n]))"
    r"|(?P<name>[A-Za-z][\w.\-]{1,40}[ ]{1,20}\|[ ])"
)
"""Before a second line: a number, `> `, the sign of what a difference adds, a container's name as
Compose prints it."""
_WORDS = re.compile(r"(?:(?:[A-Za-z]+|\w{0,12})[.\-| ]+)*")
"""What a container may be called that is not to be seen: no token is in it."""
_SECRET = re.compile(NAME_WORDS, re.IGNORECASE)
WIDTH = 6
"""Characters of the column at whose right `cat -n` has its numbers. A table's rows begin with such
as stand at the left, and without their tabulator nothing would be in its column."""
_PATCH = re.compile(r"(?:^|\n)@@(?: [^\n]*)?\n|\*\*\* (?:Add|Update) File: ")
FARTHEST_HUNK = 500
"""Characters before the first hunk of a difference."""
_HUNKS = re.compile(
    r"(?:^|\n)(?:@@(?: [^\n]*+)?(?=\n)|\*\*\* (?:Add|Update) File: [^\n]*+)"
    r"(?:\n[+\- \\@][^\n]*+|\n(?=\n[+\- ]))*+"
)
"""A hunk, and those that follow it in the same file: what another tool prints behind begins with
signs of its own (`-----BEGIN`, an option)."""
_SIGN = re.compile(r"\n[+\- ](?![+\-]{2}[ ]|-{4}(?:BEGIN|END)[ ])")

type Places = list[tuple[int, int]]
"""Where margins begin and end, in order."""


class Bare:
    """A plain text without its margins."""

    def __init__(self, plain: str, text: str, margins: Callable[[], Places]) -> None:
        """Take a text, what is left of it, and what tells where its margins stood.

        Most texts hold nothing, and nobody asks for that.
        """
        self.text = text
        self._plain = plain
        self._margins = margins

    @cached_property
    def _pieces(self) -> tuple[Sequence[int], Sequence[int]]:
        """Where here the pieces begin that are left, and where in the plain text."""
        margins = self._margins()
        begins = [0, *(end for _, end in margins)]
        ends = [*(begin for begin, _ in margins), len(self._plain)]
        lengths = (end - begin for begin, end in zip(begins, ends, strict=True))
        return [0, *accumulate(lengths)][:-1], begins

    def placed(self, span: SecretSpan) -> SecretSpan:
        """Return a span of this text as one of the plain text, with its value as it is here."""
        start, end = self._original(span.start), self._original(span.end - 1) + 1
        value = span.value
        if not value and end - start != span.end - span.start:
            value = self.text[span.start : span.end]
        return replace(span, start=start, end=end, value=value)

    def _original(self, position: int) -> int:
        here, there = self._pieces
        piece = bisect_right(here, position) - 1
        return there[piece] + position - here[piece]


def bare_of(plain: str) -> Bare | None:
    """Return a text without what is printed before each of its lines; None where nothing is.

    Its first lines are looked at alone: most texts have nothing there, and have to be told in no
    time. Files that `grep -n` prints are left: it is lines it prints, not files.
    """
    second = plain.find("\n") + 1
    if not second:
        return None
    found = _MARGIN.match(plain, second)
    if found is None or (found["quote"] == "+" and not _first(plain, second, "+")):
        begin = plain[:FARTHEST_HUNK]
        is_difference = ("@@" in begin or "***" in begin) and _PATCH.search(begin) is not None
        return _of_difference(plain) if is_difference else None
    if found["mark"]:
        return _numbered(plain, second, found)
    begin = found[0]
    is_name = _WORDS.fullmatch(begin) is not None and _SECRET.search(begin) is None
    if begin not in plain[:second] or not (found["quote"] or is_name):
        return None
    return _without(plain, second, begin, re.escape(begin))


def _of_difference(plain: str) -> Bare:
    text = _HUNKS.sub(lambda hunks: _SIGN.sub("\n", hunks[0]), plain)
    return Bare(plain, text, lambda: [
        (sign.start() + 1, sign.end())
        for hunks in _HUNKS.finditer(plain)
        for sign in _SIGN.finditer(plain, *hunks.span())
    ])  # fmt: skip


def _numbered(plain: str, second: int, found: re.Match[str]) -> Bare | None:
    """Return a text without the numbers of its lines, if they are numbered indeed."""
    mark, number = found["mark"], int(found["number"])
    before = f"{number - 1}{mark}"
    is_column = mark == "→" or (found[0][0] == " " and len(found[0]) - len(mark) >= WIDTH)
    third = _MARGIN.match(plain, plain.find("\n", second) + 1) if is_column else None
    if before not in plain[:second] and (third is None or third["number"] != str(number + 1)):
        return None
    return _without(plain, second, before, rf"[ ]{{0,8}}\d{{1,6}}{mark}")


def _without(plain: str, second: int, begin: str, margin: str) -> Bare:
    """Return a text without what stands before its first line, and before the others."""
    first = _first(plain, second, begin)
    head = plain[: second - 1]
    for start, end in first:
        head = head[:start] + head[end:]
    pattern = re.compile(rf"\n{margin}")
    text = head + "\n".join(pattern.split(plain[second - 1 :]))
    return Bare(plain, text, lambda: [
        *first,
        *((found.start() + 1, found.end()) for found in pattern.finditer(plain, second - 1)),
    ])  # fmt: skip


def _first(text: str, second: int, begin: str) -> Places:
    """Return where a margin stands before the first line, be it in a string of JSON."""
    first = text.find(begin, 0, second)
    before = text[: max(0, first)].rstrip(" ")
    return [] if first < 0 or before[-1:] not in {"", '"'} else [(len(before), first + len(begin))]
