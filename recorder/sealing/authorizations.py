"""Find the secrets of Authorization headers of any scheme, and of exchanges of OAuth, in a text."""

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


_Q = r"""(?:\\{0,3}["'`])?"""
_SCHEME = Exact(
    rf"\bauthorization{_Q}\s?[:=,]\s?{_Q}(?P<scheme>[A-Za-z][\w\-]{{1,24}})[ \t]+(?P<value>[^\s\"'`\\,;<>⟦⟧=]{{8,8192}}={{0,2}})(?=[\s\"'`\\,;]|$)",
    re.IGNORECASE,
)
_JOINED_SCHEME = Exact(
    r"\bauthorization\\{0,3}[\"'`]\s?[:=,]\s?\\{0,3}[\"'`][A-Za-z][\w\-]{1,24}[ ]?\\{0,3}[\"'`]\s{0,3}[+.&]\s{0,3}"
    r"(?P<quote>\\{0,3}[\"'`])(?P<value>[^\s\"'`\\,;<>⟦⟧]{8,8192})(?P=quote)",
    re.IGNORECASE,
)
"""A program puts the two together."""
_PARAMETERS = Exact(
    rf"\bauthorization{_Q}\s?[:=,]\s?{_Q}(?:[A-Za-z][\w\-]{{1,24}}[ \t]+)?(?P<parameters>\w{{2,30}}={_Q}[^\n]{{8,4000}})",
    re.IGNORECASE,
)
_PARAMETER = Exact(
    r"\b(?:response|mac|oauth_signature|oauth_token|signature|token|hash|token_secret|credential_secret)=\\{0,3}[\"']?(?P<value>[^\s\"'\\,⟦⟧]{8,2000})",
    re.IGNORECASE,
)
_CODE = Exact(r"(?<![\w\-])code=(?P<value>[^\s&\"'\\⟦⟧]{8,2000})")
_EXCHANGE = Exact(r"authorization_code")
AROUND = 2_000
"""Characters of a body in which the code and the kind of exchange stand."""


def _schemes(form: Exact, text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in form.finditer(text, start, end):
        value = match["value"]
        is_word = is_wordlike(value) or not any(map(str.isdigit, value))
        if not is_word and not is_harmless(value):
            yield SecretSpan(*match.span("value"), "authorization", "header")


def _parameters(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for header in _PARAMETERS.finditer(text, start, end):
        for match in _PARAMETER.finditer(text, *header.span("parameters")):
            if not is_harmless(match["value"]):
                yield SecretSpan(*match.span("value"), "authorization", "header")


def _codes(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _CODE.finditer(text, start, end):
        if not is_harmless(match["value"]) and _EXCHANGE.search(text, start, end):
            yield SecretSpan(*match.span("value"), "authorization-code", "body")


CLUES = (
    Clue(r"authorization[\\\"'`]{0,5}\s?[:=,]\s?[\\\"'`]{0,5}[a-z][\w\-]{1,24}[ \t]+[^\s\"'`\\,;<>=]{8}", 80, 8_400, partial(_schemes, _SCHEME)),
    Clue(r"authorization[\\\"'`]{1,4}\s?[:=,]\s?[\\\"'`]{1,4}[a-z][\w\-]{1,24}[ ]?[\\\"'`]{1,4}\s{0,3}[+.&]", 80, 8_400, partial(_schemes, _JOINED_SCHEME)),
    Clue(r"authorization[\\\"'`]{0,5}\s?[:=,]\s?[\\\"'`]{0,5}(?:[a-z][\w\-]{1,24}[ \t]+)?\w{2,30}=", 100, 4_200, _parameters),
    Clue(r"authorization_code", AROUND, AROUND, _codes),
)  # fmt: skip
"""A clue for each."""
