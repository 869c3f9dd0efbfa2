"""Every issuer's format finds what it describes, and leaves placeholders and cut tokens alone."""

from __future__ import annotations

import random
import re
import string
from functools import partial
from typing import Any

import pytest

from recorder.sealing import Sealer
from recorder.sealing.shapes import ALL_SHAPES, Shape

KEY = b"k" * 32
parse: Any = re._parser.parse  # the only reader of patterns there is
MORE = 12
"""Repeats beyond the least that are tried."""
SPACES = {"CATEGORY_SPACE": " ", "CATEGORY_DIGIT": string.digits}


def token_of(shape: Shape, draw: random.Random) -> str:
    """Make a token of a format by chance."""
    for _ in range(200):
        token = "".join(map(partial(made, draw), parse(shape.pattern)))
        if any(map(str.isdigit, token)) and len(set(token)) >= min(14, len(token) - 4):
            return token
    return token


def made(draw: random.Random, part: tuple[Any, Any]) -> str:
    """Make what one part of a parsed pattern matches."""
    kind, what = str(part[0]), part[1]
    again = partial(made, draw)
    match kind:
        case "LITERAL":
            return chr(what)
        case "IN":
            return draw.choice(sorted(letters_of(what)))
        case "MAX_REPEAT":
            least, most, inner = what
            times = draw.randint(least, min(int(most), int(least) + MORE))
            return "".join("".join(map(again, inner)) for _ in range(times))
        case "SUBPATTERN":
            return "".join(map(again, what[3]))
        case "BRANCH":
            return "".join(map(again, draw.choice(what[1])))
        case _:
            return ""  # what only looks around


def letters_of(inside: list[tuple[Any, Any]]) -> set[str]:
    letters: set[str] = set()
    for kind, what in inside:
        if str(kind) == "RANGE":
            letters |= set(map(chr, range(what[0], what[1] + 1)))
        elif str(kind) == "CATEGORY":
            letters |= set(SPACES.get(str(what), string.ascii_letters + string.digits))
        elif str(kind) == "LITERAL":
            letters.add(chr(what))
        else:  # of what is excluded
            return set(string.ascii_letters + string.digits)
    return letters


WORDS = re.compile(r"[\\|].*")


def name_of(shape: Shape) -> str:
    return f"{ALL_SHAPES.index(shape)}-{shape.credential_class}"


@pytest.mark.parametrize("shape", ALL_SHAPES, ids=name_of)
def test_a_token_is_found_by_its_format(shape: Shape) -> None:
    draw = random.Random(shape.pattern)
    token = token_of(shape, draw)
    word = WORDS.sub("", shape.near.removeprefix(r"\b")) or "it"
    text = f"{word} says ({token}) here"
    spans = Sealer(KEY).find(text)
    begin = text.index(token)
    assert any(
        s.start <= begin + len(token) // 3 and begin + len(token) - 2 <= s.end and not s.suspected
        for s in spans
    ), text


@pytest.mark.parametrize("shape", [s for s in ALL_SHAPES if len(s.hint) >= 3], ids=name_of)
def test_a_prefix_with_a_placeholder_is_none(shape: Shape) -> None:
    for rest in ("xxxxxxxxxxxxxxxxxxxxxxxx", "...", "your_token_here", ""):
        text = f"it says {shape.hint}{rest} here"
        assert not Sealer(KEY).find(text), text
