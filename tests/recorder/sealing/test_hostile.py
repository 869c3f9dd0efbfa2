"""Whatever an agent writes, however long or crooked: it is read in time, and sealed or left."""

from __future__ import annotations

import base64
import json
import sys
from types import FrameType

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recorder.sealing import Sealer
from tests.recorder.factories import record

KEY = b"k" * 32
SIZE = 10_000
CALLS = 500
"""Of what is done once for a text, and of patterns that are compiled at their first use."""
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
    "login(a, ", "login('a', 'b", "new PDO(a, b, ", "set_password('", "auth=('a', 'b", "admin | ",
    "root / a1B!cdef ", "password a1B!cdef ", "chpasswd:\n", "chpasswd <<E\na:bbbb\n",
    'expect "assword" send "', "a LOGIN b ", "AUTH ", "USER a\nPASS ", ":5432:a:b:c",
    "token: |\n a\n", "<a name='token'>", "<name>token</name><value>", '"random_password" ',
    " -u a -p b",
    "isql a b ", "nmcli password ", "snmpget -c ", "psexec a/b:c",
    "reg add /v passw /d ", "\\u0026token=",
    "token=a&", '{"a": "\\"',
    "echo a1B!cdef | su -S ", "echo -e 'a\nb' | vpn ", "login <<< a1B!cdef ", "<(echo a1B!cdef) ",
    "INSERT INTO a (token) VALUES ('b'), ", "insert into a (token, b) values (",
    "user,token\na,b\n",
    "token | a\n---+---\nb | c\n", "\ntoken | abcde", "UPDATE a SET b = 'c' WHERE d = 'token' ",
    "Credentials(a, 'b', 'c", "jwt.sign(a, 'b", "Fernet('", "btoa('a:b", "Client('a', 'b",
    "'token'), '",
    "-p a1B!cdef ", "-u a:b1C!def ", '"-u", "a:b', "password -> a1B!c ", "token for a b c: ",
    "$ cat token\nabcdef1\n", "use a1B!cdef as password ", "Authorization: Xy a1b2c3d4e5 ",
    "Authorization: Digest a=b, ", "code=a1b2c3d4&authorization_code ", "SecureString --value a",
    "user a b1C!def\n", '"a" * "b1C!def" *\n', "token:\n  default: a1\n", "a@b.cd:a1B!cdef\n",
    "secret 0 a1B!c ", "radius key a1B!c ", "PSK 'a", "{SSHA}abcd", "u: a p: b1C!d ",
    "'a1B!cdef'; // token ",
    "<token value='a' ", "**token:** ", "пароль: a", "arn:aws:secret:", "echo a | ",
    "openssl -pass pass:", "Private-Lines: 1\n",
    '{"text":"a1"},', '"a1b2c3d4",', '\\"a1b2c3d4\\", ', "QUFBQUFBQUFBQUFBQUFBQUFB\n",
    "616161616161616161\\n", "OWIyZjZmMGUtN2U5Yi00ZjM1LThhMmYtMmE1MWMxZDdjMGFh",
]  # fmt: skip


def calls_for(text: str) -> int:
    """Return how many functions are called while a text is sealed."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sealer = Sealer(KEY)
    sealer.seal_text("API_TOKEN=9b2f6f0e-7e9b-4f35-8a2f-2a51c1d7c0aa")
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        sealed = sealer.seal_text(text)
    finally:
        sys.setprofile(before)
    assert "9b2f6f0e" not in sealed.text
    return calls


@pytest.mark.parametrize("piece", REPEATED)
def test_work_grows_as_a_text_of_one_kind_does(piece: str) -> None:
    """What one call takes the benchmark sees; a pattern that never ends, the time limit."""
    small = calls_for(piece * (SIZE // len(piece)))
    large = calls_for(piece * (4 * SIZE // len(piece)))
    assert large <= 4.4 * small + CALLS


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


SAID = [
    "token", "API_TOKEN=abc123def456", "Bearer abc123def456ghi789jkl", 'it\'s "so"', "a\nb",
    "machine a login b password c1d2e3", "a\nCookie: sid=abc123def456", "<token>abc1",
    "d2e3</token>", 'name="password"\r\n\r\nabc123', "mysql -p'abc123", "password 'abc",
    "C:\\abc123\\",
    "-----BEGIN PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7",
    "-----END PRIVATE KEY-----", "https://h/?a=1&token=abc123def456&b=2", "curl -u a:b1c2d3e4",
]  # fmt: skip
json_texts = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=12)
    | st.sampled_from(SAID)
    | st.lists(st.sampled_from("\\\"'{}:,= "), max_size=8).map("".join),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["token", "password", "a", "cookie"]), inner, max_size=4)
    ),
    max_leaves=10,
)


@settings(max_examples=100, deadline=None)
@given(json_texts, st.integers(0, 2), st.none() | st.integers(0, 2))
@example(["", [-17956000011, "-----BEGIN PRIVATE KEY-----"], {"token": None}], 0, None)
@example(["a", ["bc", 12345], "// the password"], 1, None)
def test_json_stays_json_however_often_it_is_escaped(
    value: object, times: int, indent: int | None
) -> None:
    text = json.dumps(value, indent=indent)
    for _ in range(times):
        text = json.dumps({"body": text}, indent=indent)
    sealed = Sealer(KEY).seal_text(text).text
    for _ in range(times):
        sealed = json.loads(sealed)["body"]
    json.loads(sealed)


@pytest.mark.parametrize("times", range(3))
@pytest.mark.parametrize("value", ["ab\\cd\\", 'ab"cd1', '"}, {"b": "c', 'abc1\\"', "a'b\\\\c"])
def test_a_secret_of_escapes_is_sealed_whole_and_known_as_it_is(value: str, times: int) -> None:
    text = json.dumps({"token": value, "b": 1})
    for _ in range(times):
        text = json.dumps({"body": text})
    sealer = Sealer(KEY)
    sealed = sealer.seal_text(text).text
    for _ in range(times):
        sealed = json.loads(sealed)["body"]
    assert json.loads(sealed) == {"token": f"⟦token:{sealer.fingerprint(value)}⟧", "b": 1}


@pytest.mark.parametrize("times", range(3))
def test_a_known_secret_is_sealed_where_a_finder_takes_half_an_escape_along(times: int) -> None:
    value = "m{{h}o)p${e]nob(ody[finds>-_$#thisone}}"
    text = json.dumps([f'if ("{value}" == passwd) {{'])
    for _ in range(times):
        text = json.dumps({"body": text})
    sealer = Sealer(KEY)
    sealer.seal_text(f'password => "{value}"')
    sealed = sealer.seal_text(text).text
    assert value not in sealed
    for _ in range(times):
        sealed = json.loads(sealed)["body"]
    assert json.loads(sealed) == [f'if ("⟦password:{sealer.fingerprint(value)}⟧" == passwd) {{']


def test_deep_nesting_in_a_text_is_only_text() -> None:
    for opening, closing in (("[", "]"), ('{"token":', "}"), ("(", ")"), ("<a>", "</a>")):
        text = opening * 50_000 + "API_TOKEN=abc123def456" + closing * 50_000
        sealed = Sealer(KEY).seal(record(attributes={"text": text}))
        assert sealed.blobs
        assert len(sealed.seals) >= 1


def test_a_run_of_base64_behind_an_escape_is_sealed_without_the_escapes_letter() -> None:
    sealer = Sealer(KEY)
    sealer.seal_text("API_TOKEN=123456789012345678-ab")
    written = base64.b64encode(b"123456789012345678-abc").decode()
    sealed = json.loads(sealer.seal_text(json.dumps({"text": f"a\n{written}\n"})).text)
    assert written[:12] not in sealed["text"]
    assert sealed["text"].startswith("a\n⟦")
