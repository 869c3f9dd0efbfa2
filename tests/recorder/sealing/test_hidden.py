"""What somebody might write so that a secret is not seen, or is taken for one that is sealed."""

from __future__ import annotations

import json
import random
import string

import pytest

from recorder.sealing import Sealer

LETTERS = string.ascii_letters + string.digits
PAT = "ghp_" + "".join(random.Random(3).choices(LETTERS, k=36))
PASSWORD = "Qw7dkeh3KDne8Zt"


def sealed(text: str) -> str:
    """Return a text as a new recorder would store it."""
    return str(Sealer(b"k" * 32).seal_text(text).text)


@pytest.mark.parametrize(
    "text",
    [
        f"x ⟦x:{PAT}⟧",
        f"⟦github-pat:{PAT}⟧",
        f"⟦{PAT}",
        f"password=⟦{PASSWORD}⟧",
        f'{{"password": "⟦{PASSWORD}⟧"}}',
        f"export API_TOKEN=ab⟧{PASSWORD}",
        f"mysql --password=⟦{PASSWORD}",
    ],
)
def test_brackets_of_a_token_hide_nothing(text: str) -> None:
    assert PAT not in sealed(text)
    assert PASSWORD not in sealed(text)


def test_a_token_of_ours_stays_as_it_is() -> None:
    token = "⟦github-pat:" + "0a" * 16 + "⟧"
    assert sealed(f"Authorization: Bearer {token}") == f"Authorization: Bearer {token}"


@pytest.mark.parametrize(
    "form",
    [
        "PASSWORD={}", "export X_TOKEN={}", '{{"token": "{}"}}', "tool --token {} --yes",
        "https://a.example/?api_token={}&page=3", "Authorization: Bearer {}",
        "db_password: {}\nother: 1",
    ],
)  # fmt: skip
def test_long_values_are_sealed_to_their_end(form: str) -> None:
    value = "".join(random.Random(5).choices(LETTERS, k=9000))
    stored = sealed(form.format(value))
    assert not any(value[at : at + 12] in stored for at in range(len(value) - 12))
    assert stored.count("⟦") == 1


def test_each_variable_of_an_environment_ends_at_its_nul() -> None:
    sealer = Sealer(b"k" * 32)
    text = f"DB_PASSWORD={PASSWORD}\0HOME=/root\0GITHUB_TOKEN={PAT}\0\nlater {PASSWORD}\n"
    stored = str(sealer.seal_text(text).text)
    assert PASSWORD not in stored
    assert PAT not in stored
    assert "\0HOME=/root\0" in stored


def test_a_value_with_a_newline_is_known_as_it_is_meant() -> None:
    sealer = Sealer(b"k" * 32)
    value = "Qc0vY1eUzA8cc\nPb9wZ2fVaB7dd"
    sealer.seal_text(json.dumps({"password": value}))
    assert value not in str(sealer.seal_text(f"in a file:\n{value}\n").text)
    assert "Pb9wZ2" not in str(sealer.seal_text(json.dumps({"text": f"so {value} it is"})).text)
