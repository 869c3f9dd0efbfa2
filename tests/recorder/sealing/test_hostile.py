"""Whatever an agent writes, however long or crooked: it is read in time, and sealed or left."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.sealing import Sealer
from tests.recorder.factories import record

KEY = b"k" * 32
SIZE = 200_000
REPEATED = [
    "a", "A1", "=", '"', "'", "\\", "\n", " ", "⟦", "é", "-", "{", "[", "<", "|", "token", "token=",
    "token: ", '"token": "', "password is ", "secret.", "--token ", "curl -u a", "curl -b '",
    "mysql -p", "https://a:", "https://a:b@", "://aaaaaaaaaaaaaa", "?token=", "eyJ", "eyJhbGci.",
    "Bearer ", "Authorization: Basic ", "Cookie: a=b; ", "<token>", "<token a='", "|token|\n",
    "| token |\n|---|\n", "kind: Secret\n", "kind: Secret\ndata:\n  a: bbbbb\n",
    'data: {"text":"',
    'data: {"text":"a"}\n', 'name="token"\r\n', 'name="token"\r\n\r\n', "'a' + ", "''", "a\\\n",
    "-----BEGIN PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n", "machine a login b ",
    "PASSWORD '", "IDENTIFIED BY ", "ENV TOKEN ", "set -x token ", 'variable "token" {',
    "cookies: [",
    '"cookies": [{"value": "', "ConvertTo-SecureString -a ", "jdbc:oracle:thin:a/", '"a" == token',
    '"token", "', "name: token\nvalue: ", "AAAA", "0123456789abcdef", "key key key ", "github ",
    "arn:aws:secret:", "echo a | ", "openssl -pass pass:", "Private-Lines: 1\n",
]  # fmt: skip


@pytest.mark.parametrize("piece", REPEATED)
def test_long_texts_of_one_kind_are_read_in_time(piece: str) -> None:
    """A pattern that goes back and forth would take hours for these: the limit is pytest's own."""
    text = piece * (SIZE // len(piece))
    sealer = Sealer(KEY)
    sealer.seal_text("API_TOKEN=9b2f6f0e-7e9b-4f35-8a2f-2a51c1d7c0aa")
    sealed = sealer.seal_text(text)
    assert "9b2f6f0e" not in sealed.text


crooked = st.lists(st.one_of(st.sampled_from(REPEATED), st.text(max_size=12)), max_size=40).map(
    "".join
)


@settings(max_examples=200, deadline=None)
@given(crooked)
def test_places_lie_in_the_text_one_behind_the_other(text: str) -> None:
    sealer = Sealer(KEY)
    sealed = sealer.seal_text(text)
    last = 0
    rebuilt = ""
    for place in sealed.places:
        assert last <= place.span.start < place.span.end <= len(text)
        rebuilt += text[last : place.span.start] + place.token
        last = place.span.end
    assert rebuilt + text[last:] == sealed.text


SAID = ["token", "API_TOKEN=abc123def456", "Bearer abc123def456ghi789jkl", 'it\'s "so"', "a\nb"]
# A value that ends in a backslash still loses its closing quote where JSON stands in JSON.
PLAIN = st.text(st.characters(exclude_characters="\\"), max_size=12)
json_texts = st.recursive(
    st.none() | st.booleans() | st.integers() | PLAIN | st.sampled_from(SAID),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["token", "password", "a", "cookie"]), inner, max_size=4)
    ),
    max_leaves=10,
)


@settings(max_examples=100, deadline=None)
@given(json_texts, st.integers(0, 2))
def test_json_stays_json_however_often_it_is_escaped(value: object, times: int) -> None:
    text = json.dumps(value)
    for _ in range(times):
        text = json.dumps({"body": text})
    sealed = Sealer(KEY).seal_text(text).text
    for _ in range(times):
        sealed = json.loads(sealed)["body"]
    json.loads(sealed)


def test_deep_nesting_in_a_text_is_only_text() -> None:
    for opening, closing in (("[", "]"), ('{"token":', "}"), ("(", ")"), ("<a>", "</a>")):
        text = opening * 50_000 + "API_TOKEN=abc123def456" + closing * 50_000
        sealed = Sealer(KEY).seal(record(attributes={"text": text}))
        assert sealed.blobs
        assert len(sealed.seals) >= 1
