"""Secrets that are numbers: what JSON and attributes hold of them is sealed, and stays JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from recorder.model import Json
from recorder.sealing import Sealer
from tests.recorder.factories import record

KEY = b"k" * 32
PIN = "83920174"


@pytest.fixture
def sealer() -> Sealer:
    """Return one that knows a secret of digits."""
    knowing = Sealer(KEY)
    knowing.seal_text(f"DB_PASSWORD={PIN}\n")
    return knowing


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    return [leaf for item in value for leaf in leaves(item)] if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    "document",
    [
        {"id": int(PIN)},
        [int(PIN)],
        {"a": [1, int(PIN), {"b": int(PIN)}], "c": True},
        {"a": int(PIN) + 0.5},
    ],
)
@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("indent", [None, 2])
def test_a_known_number_in_json_becomes_a_string(
    sealer: Sealer, document: Any, depth: int, indent: int | None
) -> None:
    text = json.dumps(document, indent=indent)
    for _ in range(depth):
        text = json.dumps({"body": text})
    sealed = sealer.seal_text(text).text
    assert PIN not in sealed
    inner = json.loads(sealed)
    for _ in range(depth):
        inner = json.loads(inner["body"])
    was, now = leaves(document), leaves(inner)
    assert len(now) == len(was)
    for before, after in zip(was, now, strict=True):
        assert str(after).startswith("⟦") if PIN in str(before) else after == before


@pytest.mark.parametrize("text", [PIN, f" {PIN}\n", f"{PIN} {PIN}", f"x: {PIN}\n"])
def test_what_is_no_document_gets_no_quotes(sealer: Sealer, text: str) -> None:
    sealed = sealer.seal_text(text).text
    assert PIN not in sealed
    assert '"' not in sealed


def test_two_secrets_in_one_number_are_one_place(sealer: Sealer) -> None:
    sealed = sealer.seal_text(json.dumps({"a": int(PIN + PIN)}))
    assert len(sealed.places) == 1
    assert str(json.loads(sealed.text)["a"]).startswith("⟦")


@pytest.mark.parametrize("name", ["password", "db_password", "passcode", "pinCode", "PWD"])
def test_a_password_that_json_has_as_a_number_is_sealed(name: str) -> None:
    sealed = Sealer(KEY).seal_text(f'{{"user": "me", "{name}": 5739201846, "age": 41}}')
    told = json.loads(sealed.text)
    assert str(told[name]).startswith("⟦")
    assert told["age"] == 41


@pytest.mark.parametrize(
    "text",
    [
        '{"password_length": 5739201846}',
        '{"tokens": 57392018, "input_tokens": 573920}',
        '{"password": 12, "passwords": 573920}',
        '{"key": 57392018, "token": 57392018}',
        '{"password_changed_at": 1764530000}',
    ],
)
def test_counts_and_times_stay_numbers(text: str) -> None:
    assert Sealer(KEY).seal_text(text).text == text


def attributes_of(sealer: Sealer, given: dict[str, Json]) -> Any:
    return sealer.seal(record(attributes=given)).fields["attributes"]


def test_numbers_of_attributes_are_sealed_each_time(sealer: Sealer) -> None:
    given: dict[str, Json] = {
        "pid": 4, "nested": {"x": [int(PIN)]}, "id": int(PIN), "db.password": 573920,
    }  # fmt: skip
    for _ in range(6):
        sealed = attributes_of(sealer, given)
        assert PIN not in json.dumps(sealed)
        assert "573920" not in json.dumps(sealed)
        assert sealed["pid"] == 4


def test_a_number_becomes_secret_while_its_record_is_common() -> None:
    sealer = Sealer(KEY)
    given: dict[str, Json] = {"id": int(PIN), "model": "m"}
    for _ in range(4):
        assert attributes_of(sealer, given)["id"] == int(PIN)
    sealer.seal_text(f"DB_PASSWORD={PIN}\n")
    assert PIN not in json.dumps(attributes_of(sealer, given))
