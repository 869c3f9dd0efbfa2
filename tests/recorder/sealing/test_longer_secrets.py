"""A secret that holds another: each is itself, whichever was met first."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from recorder.sealing import Sealer

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
