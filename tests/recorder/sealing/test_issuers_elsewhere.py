"""Issuers' tokens, written down apart from the tables, in places of all kinds."""

from __future__ import annotations

import pytest

from recorder.sealing import Sealer
from tests.recorder.sealing.issuer_tokens import KNOWN_BY_FORMAT, KNOWN_BY_NAME, tokens

KEY = b"k" * 32
BARE = ("here is {token} for you", "({token})", "https://h/x\n{token}\n", '["{token}"]')
NAMED = (
    "{upper}_KEY={token}",
    "export {upper}_TOKEN='{token}'",
    "{name}: {token}",
    '{{"{name}": "{token}"}}',
    "const {plain}Token = '{token}';",
    '{plain}_secret = "{token}"',
    "{plain}.api.key={token}",
    "curl -H 'X-{name}-Key: {token}' https://h",
    "{name} --api-key {token} run",
    "<add key='{plain}ApiKey' value='{token}' />",
)
ENOUGH = 0.97
"""Share of tokens: some come out as words or placeholders by chance."""


def missed(rows: str, places: tuple[str, ...]) -> list[str]:
    left = []
    for name, token in tokens(rows, 3):
        plain = name.replace("-", "")
        for place in places:
            text = place.format(token=token, name=name, plain=plain, upper=plain.upper())
            if token in Sealer(KEY).seal_text(text).text:
                left.append(text)
    return left


@pytest.mark.parametrize("places", [BARE, NAMED], ids=["bare", "named"])
def test_a_token_with_a_format_is_found_wherever_it_stands(places: tuple[str, ...]) -> None:
    left = missed(KNOWN_BY_FORMAT, places)
    assert len(left) <= (1 - ENOUGH) * len(KNOWN_BY_FORMAT.splitlines()) * len(places), left


def test_a_token_without_a_format_is_found_by_its_issuers_name() -> None:
    left = missed(KNOWN_BY_NAME, NAMED)
    assert len(left) <= (1 - ENOUGH) * len(KNOWN_BY_NAME.splitlines()) * len(NAMED), left
