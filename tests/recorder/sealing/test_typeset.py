"""Secrets in texts that went through a page, a word processor or a chat: with its quotes."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest

from recorder.sealing import Sealer
from recorder.sealing.plain import plain_of

KEY = b"k" * 32
SECRET = "xR7kQ2mV9pLw3sN8bT4yHc6d"
PLACES = (
    '{"user": "app", "password": "§"}',
    "db:\n  password: '§'",
    'token = "§"',
    "tool --password '§' run",
    'curl -H "X-Api-Key: §" https://a.dev/',
    "The password is §.",
    'connect(host="h", user="u", password="§")',
)
TYPESET: dict[str, Callable[[str], str]] = {
    "blanks that do not break": lambda text: text.replace(" ", "\u00a0"),
    "quotes of a word processor": lambda text: re.sub(r'"([^"\n]*)"', r"“\1”", text),
    "entities": html.escape,
    "decimal entities": lambda text: text.replace('"', "&#34;").replace("'", "&#39;"),
}


@pytest.mark.parametrize("typeset", TYPESET)
@pytest.mark.parametrize("place", PLACES)
def test_a_secret_is_the_same_however_its_place_was_typeset(typeset: str, place: str) -> None:
    text = TYPESET[typeset](place.replace("§", SECRET))
    places = Sealer(KEY).seal_text(text).places
    assert Sealer(KEY).fingerprint(SECRET) in {place.fingerprint for place in places}
    assert len(plain_of(text)) == len(text)
