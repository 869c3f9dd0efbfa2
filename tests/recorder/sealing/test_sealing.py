"""No secret survives sealing, one secret is one token, and ordinary text is left alone."""

from __future__ import annotations

import ast
import base64
import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.model import Json, Kind, Phase, Role
from recorder.sealing import SealedRecord, Sealer
from recorder.spool import Spool
from recorder.store import Store
from tests.recorder.factories import TOKEN, record

ROOT = Path(__file__).parents[3]


def sealed_text(text: str, sealer: Sealer | None = None) -> str:
    sealer = sealer or Sealer(b"k" * 32)
    value = sealer.seal(record(attributes={"text": text})).fields["attributes"]["text"]
    assert isinstance(value, str)
    return value


PLACES = {
    "dotenv": "RAILWAY_API_TOKEN={}",
    "dotenv quoted": 'RAILWAY_API_TOKEN="{}"',
    "export": "export RAILWAY_API_TOKEN='{}'",
    "grep output": "scripts/domains/renew.env:3:RAILWAY_API_TOKEN={}",
    "numbered lines": "     3→RAILWAY_API_TOKEN={}\n     4→OTHER=1",
    "bearer header in argv": 'curl -sS -X POST https://h/g -H "Authorization: Bearer {}" -d x',
    "project token header": "curl -H 'Project-Access-Token: {}' https://h",
    "header in escaped JSON": '{{"command": "curl -H \\"Authorization: Bearer {}\\" https://h"}}',
    "yaml": "auth:\n  token: {}\n",
    "json": '{{"apiKey": "{}", "n": 1}}',
    "ini": "[cloud]\nsecret_key = {}\n",
    "toml": 'password = "{}"',
    "option": "deploy --token {} --yes",
    "option with equals": "deploy --api-key={} --yes",
    "curl user": "curl -u admin:{} https://h",
    "dsn": "postgres://app:{}@db.internal:5432/prod",
    "query": "GET https://h/x?access_token={}&page=2",
    "environment prefix": "PGPASSWORD={} psql -h db",
    "sql": "ALTER USER app PASSWORD '{}'",
    "sql identified": "CREATE USER app IDENTIFIED BY '{}'",
    "mysql": "mysql -u root -p{} shop",
    "cookie header in text": "Cookie: token {}",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("secret", [TOKEN, "Zx81-kkQ0ppWW7", "hunter2hunter2"])
def test_a_secret_is_sealed_by_the_place_it_stands_in(place: str, secret: str) -> None:
    text = PLACES[place].format(secret)
    sealed = sealed_text(text)
    assert secret not in sealed
    assert re.search(r"⟦[a-z0-9-]+:[0-9a-f]{32}⟧", sealed)
    # What is no secret stays: the text around the seal is unchanged.
    before, after = PLACES[place].format("\0").split("\0")
    assert sealed.startswith(before)
    assert sealed.endswith(after)


@pytest.mark.parametrize(
    "secret",
    [
        "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
        "AKIA" + "QWERTYUIOPASDFGH",
        "sbp_" + "0123456789abcdef" * 2 + "01234567",
        "xoxb-" + "123456789012-abcdefABCDEF",
        "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    ],
)
def test_an_issuers_format_is_sealed_anywhere(secret: str) -> None:
    assert secret not in sealed_text(f"the value {secret} stood in a sentence")


BENIGN = [
    "token = get_token()",
    "def f(password: str, token: str | None = None) -> str:",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "volume 3d2c42fb-0000-4000-8000-000000000000 READY",
    "max_tokens=4096, input_tokens: 812",
    "see https://example.org/docs/tokens?page=2",
    'if token == "":',
    'curl -H "Authorization: Bearer $RAILWAY_TOKEN" https://h',
    "RAILWAY_TOKEN=${RAILWAY_TOKEN}",
    "API_KEY=<your key>",
    "PASSWORD=changeme",
    "the compass=north; bypass=yes",
    "key: value\nauthor: somebody\n",
    "sha512-9nf4i2PO7Jt1yQm5Yq6UhLr0mVQv1q8Zt0oXk7c2b5M=",
    "import os; token = os.environ['TOKEN']",
]


@pytest.mark.parametrize("text", BENIGN)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert sealed_text(text) == text


def test_each_seal_names_the_line_that_its_secret_stands_in() -> None:
    text = "a\n\nAPI_TOKEN=abc123def456\nb API_TOKEN=ghi123jkl456 API_TOKEN=abc123def456\n\n"
    sealed = Sealer(b"k" * 32).seal(record(attributes={"text": text + "API_TOKEN=mno123pqr456"}))
    assert [seal.place for seal in sealed.seals] == [f"text:line {n}" for n in (3, 4, 4, 6)]


def test_the_same_secret_has_the_same_token_everywhere_and_another_under_another_key() -> None:
    sealer = Sealer(b"k" * 32)
    first = sealed_text(f"API_TOKEN={TOKEN}", sealer)
    header = sealer.seal(
        record(
            kind=Kind.API_REQUEST,
            attributes={"http.request.header.authorization": [f"Bearer {TOKEN}"]},
        )
    )
    token = first.removeprefix("API_TOKEN=")
    assert header.fields["attributes"]["http.request.header.authorization"] == [f"Bearer {token}"]
    assert header.seals[0].role is Role.USED
    assert sealed_text(f"API_TOKEN={TOKEN}", Sealer(b"l" * 32)) != first


def encodings(value: str) -> dict[str, str]:
    raw = value.encode()
    return {
        "plain": value,
        "json": json.dumps(value),
        "json twice": json.dumps(json.dumps(value)),
        "percent": quote(value, safe=""),
        "hex": raw.hex(),
        "base64": base64.b64encode(raw).decode(),
        "base64 in user:pass": base64.b64encode(b"user:" + raw).decode(),
        "base64 at the third alignment": base64.b64encode(b"ab" + raw + b"c").decode(),
        "base64url": base64.urlsafe_b64encode(raw).decode(),
        "reversed": value[::-1],
    }


@given(
    st.text(
        st.characters(codec="utf-8", categories=("L", "N", "P"), exclude_characters="'\"`\\"),
        min_size=12,
        max_size=60,
    ).filter(lambda v: len(set(v)) > 4 and any(c.isdigit() for c in v) and "⟦" not in v)
)
def test_a_known_secret_is_found_in_every_encoding(value: str) -> None:
    sealer = Sealer(b"k" * 32)
    sealer.seal(record(attributes={"http.request.header.x-api-key": [value]}))
    for name, encoded in encodings(value).items():
        sealed = sealed_text(f"output [ {encoded} ] end", sealer)
        assert encoded not in sealed, name
        assert sealed.startswith("output [ "), name
        assert sealed.endswith(" ] end"), name


@given(st.text(max_size=300))
def test_sealing_twice_changes_nothing_more(text: str) -> None:
    sealer = Sealer(b"k" * 32)
    once = sealed_text(text, sealer)
    assert sealed_text(once, sealer) == once


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=20), json_values, max_size=6))
def test_whatever_an_agent_sends_can_be_sealed_and_stored_as_json(
    attributes: dict[str, Json],
) -> None:
    sealed = Sealer(b"k" * 32).seal(record(attributes=attributes))
    json.loads(json.dumps(sealed.fields))


def test_a_json_body_stays_json() -> None:
    body = json.dumps({"password": 'with "quotes" and \\ 1', "n": [1, {"token": TOKEN}]})
    document = json.loads(sealed_text(body))
    assert document["n"][1]["token"].startswith("⟦token:")
    assert "quotes" not in json.dumps(document)


def test_headers_cookies_and_basic_passwords_are_sealed_by_name() -> None:
    sealer = Sealer(b"k" * 32)
    basic = base64.b64encode(b"admin:S3cret-Passw0rd").decode()
    headers: dict[str, Json] = {
        "http.request.header.cookie": ["sid=abc123def456; theme=dark99"],
        "http.request.header.x-vault-token": ["s.0123456789"],
        "http.request.header.proxy-authorization": [f"Basic {basic}"],
        "http.response.header.set-cookie": ["sid=zzz999yyy888; Path=/; Max-Age=60; HttpOnly"],
        "http.request.header.accept": ["*/*"],
    }
    sealed = sealer.seal(record(kind=Kind.API_REQUEST, attributes=headers))
    text = json.dumps(sealed.fields)
    for secret in ("abc123def456", "s.0123456789", basic, "zzz999yyy888"):
        assert secret not in text
    assert "Path=/" in text
    assert "Max-Age=60" in text
    assert '["*/*"]' in text
    assert "S3cret-Passw0rd" not in sealed_text("password was S3cret-Passw0rd", sealer)


def test_roles_tell_use_from_exposure() -> None:
    sealer = Sealer(b"k" * 32)
    text = f"API_TOKEN={TOKEN}"
    start = record(phase=Phase.START, attributes={"gen_ai.tool.call.arguments": text})
    end = record(phase=Phase.END, attributes={"gen_ai.tool.call.result": text})
    answer = record(kind=Kind.API_REQUEST, attributes={"flightlog.http.response.body": text})
    roles = [sealer.seal(r).seals[0].role for r in (start, end, answer)]
    assert roles == [Role.USED, Role.EXPOSED, Role.EXPOSED]


def test_a_large_value_goes_to_a_blob_and_its_beginning_cuts_no_token() -> None:
    text = "x" * 1010 + f" API_TOKEN={TOKEN} " + "y" * 9000
    sealed = Sealer(b"k" * 32).seal(record(attributes={"text": text}))
    beginning = sealed.fields["attributes"]["text"]
    assert len(beginning) < 1100
    assert beginning.count("⟦") == beginning.count("⟧")
    assert sealed.fields["blobs"]["text"]["digest"] == sealed.blobs[0].digest.hex()
    assert sealed.blobs[0].size > 10_000


def test_a_name_that_could_carry_a_secret_names_no_class() -> None:
    leaky = "a8f5f167f44f4964e6c998dee827110c_TOKEN"
    assert "⟦secret:" in sealed_text(f"{leaky}=abc123def456")


def test_store_and_spool_take_sealed_records_only(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "flight.db")
    with pytest.raises(TypeError, match="sealed"):
        store.append([record()])  # type: ignore[list-item]
    store.close()
    with pytest.raises(TypeError, match="sealed"):
        Spool(tmp_path / "spool").append(record())  # type: ignore[arg-type]


def test_only_the_sealer_makes_sealed_records() -> None:
    makers = set()
    for path in [*ROOT.glob("recorder/**/*.py"), *ROOT.glob("analyzer/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == SealedRecord.__name__:
                makers.add(path.relative_to(ROOT).as_posix())
    assert makers == {"recorder/sealing/sealer.py"}


def test_half_a_surrogate_pair_hides_nothing() -> None:
    sealer = Sealer(b"k" * 32)
    sealed_text(f"API_TOKEN={TOKEN}", sealer)
    odd = sealed_text("PASSWORD='half\ud83d-1234567'", sealer)
    assert "1234567" not in odd
    for text in (f"\udcff {TOKEN} \ud83d", "again half\ud83d-1234567 \ud83d"):
        sealed = sealed_text(text, sealer)
        assert TOKEN not in sealed
        assert "1234567" not in sealed
