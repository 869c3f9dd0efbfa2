"""Find secrets by the shape that their issuer gives them (`recorder.sealing.issuers`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, partial

from recorder.sealing.branches import branches_of
from recorder.sealing.clues import Clue
from recorder.sealing.data import is_in_data
from recorder.sealing.exact import Exact
from recorder.sealing.issuers import SHAPES, Shape
from recorder.sealing.platform_issuers import PLATFORM_SHAPES
from recorder.sealing.prefixes import public_prefix
from recorder.sealing.service_issuers import SERVICE_SHAPES
from recorder.sealing.spans import SecretSpan

__all__ = ["ALL_SHAPES", "CLUES", "Shape"]

_OPTIONAL_END = re.compile(r"(?:=\{0,\d\}|\(\?:[^()]*\)(?:\?|\{0,\d\}))$")
_REPEAT_AT_END = re.compile(r"\{(?P<least>\d+)(?:,\d+)?\}$")
_REPEAT_AT_BEGIN = re.compile(
    r"(?P<letters>\[(?:\\.|[^\]\\])*\]|\\d)\{(?P<least>\d+)(?:,\d+)?\}(?=.)"
)
_LED_BY_LETTERS = re.compile(r"(?:\(\?:)?[A-Za-z0-9_]{2}(?![?*+{])")
_PLACEHOLDER = re.compile(r"your[_\-]|[_\-]here$", re.IGNORECASE)
_SAYS_FAKE = re.compile(
    r"[_\-](?:[Ff]ake(?![a-z])|[Mm]ock(?![a-z])|[Dd]ummy(?![a-z]))[A-Za-z_\-]*\d{0,8}$|^A[KS]IA[A-Z0-9]{9}EXAMPLE$"
)
"""What says of itself in words that it is none, and the keys of Amazon's manuals."""
ENOUGH = 16
"""Letters of a token's last run that are looked for."""
ENOUGH_BEFORE = 8
"""Letters of a run that stands before what tells a token."""
LONG = 60
"""Characters of a token from which on few different ones are a pattern: `AQEBAQEB…`."""
VARIED = 12
_DIGIT = re.compile(r"\d")
TELLING = 6
"""Letters of a prefix that turn up in no data by chance."""
REACH = 160
"""Characters around a token in which the word must stand that tells it from other things."""
# The letter that ends an escape sequence touches what stands behind it, as does that of a `\\n`.
_BEFORE = Exact(
    r"(?<![A-Za-z0-9])|(?<=\x1b\[\dm)|(?<=\x1b\[\d\dm)|(?<=\x1b\[\d\d;\d\dm)|(?<=\x1b\[[mK])|(?<=\\[nrt])"
)


def _find(shape: Shape, text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _matches(shape, text, start, end):
        if text.startswith("(", match.end()) and not _DIGIT.search(match[0]):
            continue  # a call of what is named like a token: `hvs.startWithParticipants(…)`
        is_listed = bool(shape.hint)
        if len(shape.hint) < TELLING and is_in_data(text, *match.span(), is_listed=is_listed):
            continue
        if _is_random(shape, match[0]) and _has_its_word(shape, text, match):
            yield SecretSpan(
                match.start(),
                match.end(),
                shape.credential_class,
                "shape",
                public_prefix(match[0], shape.hint),
            )


def _matches(shape: Shape, text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """Yield what is written as a shape says, and begins where a word does.

    What stands before it is looked at last: a pattern that begins with that is tried at every
    letter, ten times as slowly.
    """
    exact = _exact(shape)
    if not _is_bounded_last(shape):
        yield from exact.finditer(text, start, end)
        return
    while match := exact.search(text, start, end):
        start = match.end()
        if _BEFORE.match(text, match.start()):
            yield match
        else:
            start = match.start() + 1


def _is_bounded_last(shape: Shape) -> bool:
    """Return whether what stands before a token is looked at last.

    Not where a token may begin with any letter: a long run would be read again from each of them.
    """
    return shape.bounded and _LED_BY_LETTERS.match(shape.pattern) is not None


def _is_random(shape: Shape, token: str) -> bool:
    """Return whether a token looks made by chance rather than written as a placeholder or word."""
    varied = len(set(token.removeprefix(shape.hint))) >= (5 if len(shape.hint) >= 5 else 7)
    end = token[-LONG:]
    if _PLACEHOLDER.search(end) or _SAYS_FAKE.search(end):
        return False
    if len(token) >= LONG and len(set(token)) < VARIED:
        return False
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
        before = "" if _is_bounded_last(shape) else f"(?:{_BEFORE.pattern})"
        expression = f"{before}{expression}(?![A-Za-z0-9])"
    return re.compile(expression)


def _reach(pattern: str) -> int:
    """Return how many characters a token can have at the most."""
    return len(pattern) + sum(int(most) for most in re.findall(r"(\d+)\}", pattern))


def _trigger(shape: Shape) -> str:
    """Return the beginning of a token as far as it tells it from ordinary text.

    With the whole of it every further letter of a long run would be one more hit, and a picture in
    base64 a million; and long counts make a slow automaton.
    """
    # Before a bounded token stands what is neither letter nor digit, or the end of an escape.
    before = "(?:^|[^A-Za-z0-9]|[mKnrt])" if shape.bounded else ""
    return "|".join(_cut(branch, before) for branch in branches_of(shape.pattern))


def _cut(branch: str, before: str) -> str:
    led_by_class = _REPEAT_AT_BEGIN.match(branch)
    if led_by_class:
        # What counts stands behind a run of letters, and where that begins makes no difference.
        least = min(ENOUGH_BEFORE, int(led_by_class["least"]))
        branch = f"{led_by_class['letters']}{{{least}}}{branch[led_by_class.end() :]}"
        before = ""
    while (shorter := _OPTIONAL_END.sub("", branch)) != branch:
        branch = shorter
    repeat = _REPEAT_AT_END.search(branch)
    if repeat and repeat.start() > 0:
        branch = f"{branch[: repeat.start()]}{{{min(ENOUGH, int(repeat['least']))}}}"
    return before + branch


def _clue(shape: Shape) -> Clue:
    reach = _reach(shape.pattern)
    if shape.is_rare:
        return Clue(shape.near, REACH + reach, REACH + reach, partial(_find, shape))
    return Clue(
        _trigger(shape), reach, reach, partial(_find, shape),
        ignore_case=False, is_bare=shape.is_bare,
    )  # fmt: skip


ALL_SHAPES = (*SHAPES, *PLATFORM_SHAPES, *SERVICE_SHAPES)
CLUES = tuple(map(_clue, ALL_SHAPES))
"""A clue for each issuer's format."""
