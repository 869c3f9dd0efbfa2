"""Pieces of a known secret, each in a text of its own: however long it is, and in however many."""

from __future__ import annotations

import base64
import json
import random

import pytest

from recorder.sealing import Sealer

KEY = bytes(range(32))
BYTES = random.Random(7).randbytes(9000)
LENGTHS = [60, 599, 601, 1400, 6000]


def a_secret(length: int) -> str:
    """Return a token of so many characters."""
    return f"v9-{base64.urlsafe_b64encode(BYTES).decode()}"[:length]


def knowing(secret: str) -> Sealer:
    sealer = Sealer(KEY)
    sealer.seal_text(json.dumps({"api_token": secret}))
    return sealer


@pytest.mark.parametrize("pieces", [2, 3])
@pytest.mark.parametrize("length", LENGTHS)
def test_every_piece_of_a_known_secret_is_told_as_it(length: int, pieces: int) -> None:
    secret = a_secret(length)
    sealer = knowing(secret)
    size = -(-length // pieces)
    for at in range(0, length, size):
        sealed = sealer.seal_text(secret[at : at + size])
        assert [place.fingerprint for place in sealed.places] == [sealer.fingerprint(secret)]
        assert sealed.text == sealed.places[0].token


@pytest.mark.parametrize("length", LENGTHS)
def test_a_text_that_is_cut_in_a_known_secret_keeps_none_of_it(length: int) -> None:
    secret = a_secret(length)
    sealer = knowing(secret)
    for cut in (9, 40, length - 9):
        first = sealer.seal_text(f"mcp__x__{secret[:cut]}")
        second = sealer.seal_text(f"{secret[cut:]} is the rest")
        token = second.places[0].token
        assert (first.text, second.text) == (f"mcp__x__{token}", f"{token} is the rest")


def test_a_text_that_is_like_a_piece_and_no_piece_stays() -> None:
    secret = a_secret(1400)
    sealer = knowing(secret)
    for text in (secret[200:215], f"{secret[200:230]}~{secret[230:260]}"[20:45], "v9-and no more"):
        assert sealer.seal_text(text).text == text


def test_so_many_long_secrets_take_no_more_than_their_place() -> None:
    sealer = Sealer(KEY)
    many = [f"{number:03}{a_secret(6000)}" for number in range(90)]
    for secret in many:
        sealer.seal_text(json.dumps({"api_token": secret}))
    assert sealer.seal_text(f"x {many[0][:300]}").places
    assert sealer.seal_text(f"x {many[-1]} y").places, "whole, it is found all the same"
    assert sealer.seal_text("2026-11-30 GET /v1/projects/9f8e7d6c/volumes").places == ()
