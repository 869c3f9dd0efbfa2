"""A text without its escapes is the same in whichever way they are taken out of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.sealing.plain import plain_of

PIECES = (
    "\\", "\\n", "\\r\\n", "\\t", "\\u0026", "\\u003e", "\\\\\\n", " \n", " \t", "\n", "\r\n", "\0",
    "n", "u0026", "x", "é", " ", "\x1b[31m", "⟦", f"⟦token:{'a' * 32}⟧",
)  # fmt: skip
RARE = "x" * 2000
"""With it a text has so few backslashes that it is taken apart at them."""


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_rare_escapes_are_taken_out_as_many_are(text: str) -> None:
    plain = plain_of(f"{text}y")
    assert plain_of(f"{text}y{RARE}") == plain + RARE
    assert plain_of(f"{text}y{RARE}{'y' * 6000}{text}y").endswith(plain_of(f"y{text}y"))
    assert len(plain) == len(text) + 1


@pytest.mark.parametrize("padding", ["", RARE])
@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"a\nb", "a \nb"),
        (r"a\r\nb", "a   \nb"),
        (r"a\\\nb", "a   \nb"),
        ("a\\ \nb", "a  \nb"),
        (r"\\\\host\tb", r"\\\\host" + " \tb"),
        (r"a \\\nb", "a \\\\ \nb"),
        (r"a\u0026\u003cb\x", "a     &     <b\\x"),
        ("a\r\nb\0c", "a \nb\nc"),
        ("a\x1b[31mb⟦c", "a     b~c"),
    ],
)
def test_escapes_are_blanks(text: str, plain: str, padding: str) -> None:
    assert plain_of(text + padding) == plain + padding


@pytest.mark.parametrize("padding", ["", RARE])
@pytest.mark.parametrize("text", ["", "a b", r"a\"b", r"a \\b\x", f"⟦token:{'a' * 32}⟧", "\x1b"])
def test_a_text_without_escapes_is_itself(text: str, padding: str) -> None:
    whole = text + padding
    assert plain_of(whole) is whole
