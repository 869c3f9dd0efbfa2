"""Templates of what holds secrets: a placeholder beside a public prefix, or nothing at all."""

from __future__ import annotations

import pytest

from recorder.sealing import Sealer

KEY = b"k" * 32
PLACES = (
    "SECRET_KEY = 'django-insecure-{}'",
    'firebase deploy --token "1//{}"',
    "DATABASE_PASSWORD=pscale_pw_{}",
    'curl -H "Authorization: Bearer rnd_{}" https://api.h.dev/v1/services',
    "APP_KEY=base64:{}",
    "apikey {}-us14",
    '{{"name":"Cookie","value":"sessionid={}"}}',
    "< set-cookie: JSESSIONID={}; Path=/; Secure",
    "NEO4J_AUTH=neo4j/{}",
    "nsupdate -y hmac-sha256:ddns:{}",
    "redis-cli -u redis://default:{}@cache:6379 ping",
)
PLACEHOLDERS = ("<YOUR_SECRET>", "<redacted>", "${APP_SECRET}", "{{ secrets.VALUE }}", "changeme")


@pytest.mark.parametrize("place", PLACES)
def test_a_placeholder_behind_a_public_prefix_is_no_secret(place: str) -> None:
    texts = [place.format(placeholder) for placeholder in PLACEHOLDERS]
    sealed = [text for text in texts if Sealer(KEY).find(text)]
    assert sealed == []


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_in_its_place_is_one(place: str) -> None:
    secret = "xR7kQ2mV9pLw3sN8bT4yHc6d"
    assert secret not in Sealer(KEY).seal_text(place.format(secret)).text


@pytest.mark.parametrize(
    "text",
    [
        "RAILS_MASTER_KEY= bin/rails server",
        "API_TOKEN= ./run --all",
        "OC_PASS='${OC_PASS}' php occ user:add --password-from-env jdoe",
        "MY_PASSWORD=xxxxxxxxxxxx uv sync",
    ],
)
def test_what_stands_behind_nothing_is_no_secret(text: str) -> None:
    assert [text[span.start : span.end] for span in Sealer(KEY).find(text)] == []


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("password: aB<cde>9!x4", "aB<cde>9!x4"),
        ("DB_PASSWORD=p4$SWORD99xyz", "p4$SWORD99xyz"),
        ("DB_PASSWORD= xR7kQ2mV9pLw", "xR7kQ2mV9pLw"),
        ("AccountName=a;AccountKey=xR7kQ2mV9pLw3sN8bT4yHc6dxR7kQ2mV9pLw3sN8bT4yHc6d", None),
        ("doveadm auth test jdoe 'xR7kQ2m!V9p'", "xR7kQ2m!V9p"),
    ],
)
def test_what_only_resembles_a_template_is_sealed(text: str, secret: str | None) -> None:
    secret = secret or text.rpartition("=")[2]
    places = Sealer(KEY).seal_text(text).places
    assert [place.fingerprint for place in places] == [Sealer(KEY).fingerprint(secret)]
