"""A secret that holds another: each is itself, whichever was met first."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from recorder import semconv
from recorder.model import Kind, Role
from recorder.sealing import Sealer
from tests.recorder.factories import record

KEY = bytes(range(32))
KNOWN = "Qw7dkeh3KDne8Zt"
LONGER = [f"{KNOWN}-stage.77", f"pre/+{KNOWN}==", f"{KNOWN}{KNOWN}", f"x9_{KNOWN}!", f"ä7{KNOWN}"]
PLACES: dict[str, Callable[[str], str]] = {
    "JSON": lambda v: json.dumps({"api_password": v}, ensure_ascii=False),
    "JSON within JSON": lambda v: json.dumps({"stdout": json.dumps({"api_password": v})}),
    "a variable": "export API_PASSWORD='{}'; ls".format,
    "an argument": "tool --password '{}' run".format,
}
LATER: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "base64": lambda v: base64.b64encode(v.encode()).decode(),
    "hex": lambda v: v.encode().hex(),
}


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("longer", LONGER)
def test_a_longer_secret_is_not_the_known_one_in_it(longer: str, place: str, later: str) -> None:
    sealer = Sealer(KEY)
    sealer.seal_text(f"DB_PASSWORD={KNOWN}")
    of_longer, of_known = sealer.fingerprint(longer), sealer.fingerprint(KNOWN)
    for text in (PLACES[place](longer), f"see {LATER[later](longer)} there"):
        assert [p.fingerprint for p in sealer.seal_text(text).places] == [of_longer]
    for text in (PLACES[place](KNOWN), f"see {LATER[later](KNOWN)} there"):
        assert [p.fingerprint for p in sealer.seal_text(text).places] == [of_known]


AROUND = [
    "API_TOKEN={}; ls", "API_TOKEN={}&user=bob", "password is {}.", "--token={},", "Bearer {}\\nx",
    "https://bob:{}@db.example.com/x", "'--password={}'", "Cookie: sid={}; theme=dark",
    "token={}%26user%3Dbob", "(API_TOKEN={})", "API_TOKEN={}==",
]  # fmt: skip


@pytest.mark.parametrize("around", AROUND)
def test_what_stands_around_a_known_secret_makes_it_no_other(around: str) -> None:
    sealer = Sealer(KEY)
    sealer.seal_text(f"DB_PASSWORD={KNOWN}")
    sealed = sealer.seal_text(around.format(KNOWN))
    assert [p.fingerprint for p in sealed.places] == [sealer.fingerprint(KNOWN)]


USERS = ["x-access-token", "token", "x-token-auth", "api_key", "password", "svc.secret", "a+token"]
HOSTS = ["@github.com/acme/infra", "@db:5432/shop?sslmode=require", "@[::1]:80/x,https://h/y"]


@pytest.mark.parametrize("scheme", ["https", "ssh", "postgresql+psycopg", "amqps"])
@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("user", USERS)
def test_the_host_behind_a_password_is_no_part_of_it_whatever_its_user_is_called(
    user: str, host: str, scheme: str
) -> None:
    for value in (KNOWN, "83920174", "ghp_" + "Bqyt1T5AlQzhk7Q2bmXkthaYWyv1kKB5oiAK"):
        for around in ("git clone {}", '{{"url": "{}"}}', "export REMOTE='{}'; ls", "{} and {}"):
            text = around.format(*[f"{scheme}://{user}:{value}{host}"] * 2)
            places = Sealer(KEY).seal_text(text).places
            assert {text[p.span.start : p.span.end] for p in places} == {value}, text
            assert len(places) == text.count(value)


def test_a_name_in_a_url_that_has_no_host_behind_its_value_still_tells_a_secret() -> None:
    for text in (f"https://token:{KNOWN} is it", f"tcp://password:{KNOWN}/x", f"token:{KNOWN}@x"):
        assert KNOWN not in Sealer(KEY).seal_text(text).text


GITHUB = "ghp_" + "Bqyt1T5AlQzhk7Q2bmXkthaYWyv1kKB5oiAK"
STRIPE = "sk_live_" + "mMoFZEYjyhgLUCPiUCGUfT7E"
PAIRS = {
    f"deploy:{KNOWN}": KNOWN,
    f"x-access-token:{GITHUB}": GITHUB,
    f"{GITHUB}:x-oauth-basic": GITHUB,
    f"{STRIPE}:": STRIPE,
    f":{KNOWN}": KNOWN,
    f"me:{KNOWN}:with:colons": f"{KNOWN}:with:colons",
}
BASIC: dict[str, Callable[[str], str]] = {
    "in a text": "curl -H 'Authorization: Basic {}' https://h".format,
    "in a request": "GET / HTTP/1.1\r\nAuthorization: Basic {}\r\n\r\n".format,
    "in JSON": lambda v: json.dumps({"headers": {"authorization": f"Basic {v}"}}),
}


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("pair", PAIRS)
def test_behind_basic_stands_the_secret_that_is_in_it(pair: str, *, is_known: bool) -> None:
    encoded = base64.b64encode(pair.encode()).decode()
    for place in BASIC.values():
        sealer = Sealer(KEY)
        if is_known:
            sealer.seal_text(f"API_PASSWORD='{PAIRS[pair]}'")
        sealed = sealer.seal_text(place(encoded))
        (seal,) = sealed.places
        assert seal.fingerprint == sealer.fingerprint(PAIRS[pair])
        assert seal.span.encoding == "base64"
        assert encoded not in sealed.text
        (bare,) = sealer.seal_text(f"is it {PAIRS[pair]}?").places
        assert bare.fingerprint == seal.fingerprint


@pytest.mark.parametrize("header", ["Basic", "basic"])
@pytest.mark.parametrize("pair", PAIRS)
def test_a_request_that_carries_it_uses_the_secret_in_its_header(pair: str, header: str) -> None:
    sealer = Sealer(KEY)
    encoded = base64.b64encode(pair.encode()).decode()
    name = semconv.HTTP_REQUEST_HEADER + "authorization"
    request = record("GET", kind=Kind.API_REQUEST, attributes={name: [f"{header} {encoded}"]})
    (seal,) = sealer.seal(request).seals
    assert (seal.fingerprint, seal.encoding) == (sealer.fingerprint(PAIRS[pair]), "base64")
    assert seal.role is Role.USED


def test_what_is_no_pair_behind_basic_is_sealed_as_it_is() -> None:
    for value in ("kJ83hf9Dk3j4nf93kd0sQ2x", "bm9jb2xvbmhlcmVhdGFsbA==", "dXM6"):
        sealer = Sealer(KEY)
        (seal,) = sealer.seal_text(f"Authorization: Basic {value}xx").places
        assert seal.fingerprint == sealer.fingerprint(f"{value}xx")
