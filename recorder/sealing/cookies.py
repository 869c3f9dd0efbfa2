"""Find cookies where they stand apart from headers: in jars, and in what browsers export."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from recorder.sealing.clues import Clue
from recorder.sealing.exact import Exact
from recorder.sealing.harmless import is_harmless
from recorder.sealing.looks import is_wordlike
from recorder.sealing.spans import SecretSpan

__all__ = ["CLUES"]

_Q = r"""\\{0,3}["'`]"""
LONG = 6_100
"""Characters of an object around the key that tells it."""
_TAB = r"(?:[ ]?\t|\\{1,3}t)"
"""Also as JSON writes it."""
_LINE = Exact(
    rf"(?:^|(?<=[:→>\"+\s]))(?:#HttpOnly_)?[\w.\-]{{3,120}}{_TAB}(?:TRUE|FALSE){_TAB}/[^\s\"]{{0,200}}?{_TAB}"
    rf"(?:TRUE|FALSE){_TAB}\d{{1,15}}(?:\.\d{{1,9}})?{_TAB}[^\s\"\\]{{1,120}}{_TAB}(?P<value>[^\s\"\\⟦⟧]{{8,4096}})",
    re.MULTILINE,
)
"""Of a jar as curl and wget keep it."""
_OBJECT = Exact(
    rf"\{{(?=[^{{}}]{{0,6000}}?{_Q}(?:httpOnly|hostOnly|sameSite){_Q}\s{{0,4}}:)[^{{}}]{{0,6000}}?{_Q}value{_Q}\s{{0,4}}:\s{{0,4}}{_Q}(?P<value>[^\"'`\\⟦⟧]{{8,4096}})",
    re.IGNORECASE,
)
"""As a browser exports it, or a program that drives one."""


def _cookies(form: Exact, text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in form.finditer(text, start, end):
        value = match["value"]
        is_word = is_wordlike(value) and not any(map(str.isdigit, value))
        if not (is_word or value.isdigit() or is_harmless(value)):
            yield SecretSpan(*match.span("value"), "cookie", "document")


CLUES = (
    Clue(rf"(?:TRUE|FALSE){_TAB}\d{{1,15}}", 600, 4_300, partial(_cookies, _LINE)),
    Clue(
        r"(?:httponly|hostonly|samesite)[\\\"'`]{1,4}\s{0,4}:", LONG, LONG,
        partial(_cookies, _OBJECT),
    ),
)  # fmt: skip
"""A clue for each way to keep them."""
