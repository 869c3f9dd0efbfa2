"""Blocks of base64 hold every word by chance: no secret is there, but what is beside them is."""

from __future__ import annotations

import base64
import random

import pytest

from recorder.sealing import Sealer

KEY = b"k" * 32
MADE = random.Random(5).randbytes(1_500_000)
TOKENS = ("ghp_" + "a1B2c3D4e5F6" * 3, "xoxb-1234567890-AbCdEfGh1234", "AKIAQWERTYUIOPASDFGH")

WRITTEN = {
    "one line": base64.b64encode(MADE).decode(),
    "lines": base64.encodebytes(MADE).decode(),
    "a picture in JSON": f'{{"image": "data:image/png;base64,{base64.b64encode(MADE).decode()}"}}',
    "lines in JSON": base64.encodebytes(MADE[:300_000]).decode().replace("\n", "\\n"),
    "for URLs": base64.urlsafe_b64encode(MADE).decode(),
}


@pytest.mark.parametrize("written", WRITTEN)
def test_data_holds_no_secret(written: str) -> None:
    assert Sealer(KEY).find(WRITTEN[written]) == []


@pytest.mark.parametrize("token", TOKENS)
def test_tokens_beside_data_are_found(token: str) -> None:
    block = base64.encodebytes(MADE[:2000]).decode()
    listed = "\n".join([token] * 30)
    for text in (f"{block}{token}\n{block}", f'"{block}", "{token}"', f"TOKEN={token}", listed):
        assert token not in Sealer(KEY).seal_text(text).text


def test_tokens_of_a_list_are_found_however_long_they_are() -> None:
    made = random.Random(6)
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    tokens = ["sk-proj-" + "".join(made.choices(letters, k=120)) for _ in range(20)]
    sealed = Sealer(KEY).seal_text("\n".join(tokens)).text
    assert not any(token in sealed for token in tokens)
