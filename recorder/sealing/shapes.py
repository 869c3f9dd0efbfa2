"""Find secrets by the shape that their issuer gives them (`recorder.sealing.issuers`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, partial

from recorder.sealing.clues import Clue
from recorder.sealing.issuers import SHAPES, Shape
from recorder.sealing.prefixes import public_prefix
from recorder.sealing.spans import SecretSpan

__all__ = ["CLUES"]

REACH = 160
"""Characters around a token in which the word must stand that tells it from other things."""
# The letter that ends an escape sequence touches what stands behind it, as does that of a `\\n`.
_AFTER_COLOUR = (
    r"(?<=\x1b\[\dm)|(?<=\x1b\[\d\dm)|(?<=\x1b\[\d\d;\d\dm)|(?<=\x1b\[[mK])|(?<=\\[nrt])"
)


def _find(shape: Shape, text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _exact(shape).finditer(text, start, end):
        if _is_random(shape, match[0]) and _has_its_word(shape, text, match):
            yield SecretSpan(
                match.start(),
                match.end(),
                shape.credential_class,
                "shape",
                public_prefix(match[0], shape.hint),
            )


def _is_random(shape: Shape, token: str) -> bool:
    """Return whether a token looks made by chance rather than written as a placeholder or word."""
    varied = len(set(token.removeprefix(shape.hint))) >= 7
    return varied and (len(shape.hint) >= 3 or any(c.isdigit() for c in token))


def _has_its_word(shape: Shape, text: str, match: re.Match[str]) -> bool:
    if not shape.near:
        return True
    around = text[max(0, match.start() - REACH) : match.end() + REACH]
    return re.search(shape.near, around, re.IGNORECASE) is not None


@cache
def _exact(shape: Shape) -> re.Pattern[str]:
    """Return a shape's own pattern, compiled when its clue is found for the first time."""
    expression = f"(?:{shape.pattern})"
    if shape.bounded:
        expression = rf"(?:(?<![A-Za-z0-9])|{_AFTER_COLOUR}){expression}(?![A-Za-z0-9])"
    return re.compile(expression)


def _reach(pattern: str) -> int:
    """Return how many characters a token can have at the most."""
    return len(pattern) + sum(int(most) for most in re.findall(r"(\d+)\}", pattern))


CLUES = tuple(
    Clue(s.pattern, _reach(s.pattern), _reach(s.pattern), partial(_find, s), ignore_case=False)
    for s in SHAPES
)
"""A clue for each issuer's format."""
