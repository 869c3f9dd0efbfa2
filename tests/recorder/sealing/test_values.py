"""What is known to be a secret is sealed wherever and however it turns up, and never stored."""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock
from urllib.parse import quote

import pytest
import zstandard
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from recorder.model import Json, Kind, Phase
from recorder.sealing import SealedRecord, Sealer, known
from recorder.sealing.forms import recallable_forms
from recorder.sealing.harmless import is_harmless
from recorder.sealing.marks import Marker
from recorder.sealing.recall import Recall
from recorder.store import Store
from tests.recorder.factories import record
from tests.recorder.sealing.test_structure import PLACES, SHAPED_ONLY

SECRETS = (
    "Zx81/kk+Q0ppW&W7 '\"é",  # what every encoding changes
    "Xk9\"m\\P2'v$Lq R7",
    "Wi6p$S5y$OtU4ww!",
    "Tf3s@V8b:RwX1zz",
    "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "Qw7dkeh3",
)
KEY = b"k" * 32


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def in_double_quotes(value: str) -> str:
    return re.sub(r'["\\$`]', r"\\\g<0>", value)


def backslashed(value: str) -> str:
    return re.sub(r"[^\w\-./@:,+=%]", r"\\\g<0>", value)


def escaped(signs: str, value: str, digits: str) -> str:
    return re.sub(signs, lambda m: f"\\u{ord(m[0]):04{digits}}", value)


ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "base64": b64,
    "base64 without padding": lambda v: b64(v).rstrip("="),
    "base64url": lambda v: base64.urlsafe_b64encode(v.encode()).decode(),
    "base64 twice": lambda v: b64(b64(v)),
    "basic auth": lambda v: "Basic " + b64(f"user:{v}"),
    "basic auth the other way round": lambda v: "Basic " + b64(f"{v}:user"),
    "basic auth, token alone": lambda v: "Basic " + b64(f"{v}:"),
    "hex": lambda v: v.encode().hex(),
    "upper hex": lambda v: v.encode().hex().upper(),
    "hex escapes": lambda v: "".join(f"\\x{byte:02x}" for byte in v.encode()),
    "percent": lambda v: quote(v, safe=""),
    "percent, every byte": lambda v: "".join(f"%{byte:02X}" for byte in v.encode()),
    "percent twice": lambda v: quote(quote(v, safe=""), safe=""),
    "JSON": lambda v: json.dumps(v)[1:-1],
    "JSON in JSON": lambda v: json.dumps(json.dumps(v)[1:-1])[1:-1],
    "unicode escapes": lambda v: "".join(f"\\u{ord(c):04x}" for c in v),
    "shell quotes": lambda v: shlex.quote(v)[1:-1] if shlex.quote(v) != v else v,
    "shell backslashes": lambda v: "".join(c if c.isalnum() else f"\\{c}" for c in v),
    "shell quotes in JSON": lambda v: json.dumps(shlex.quote(v)),
    "quotes ended for each quote": lambda v: v.replace("'", r"'\''"),
    "quotes ended for each quote, in JSON": lambda v: json.dumps(v.replace("'", r"'\''")),
    "double quotes of a shell": in_double_quotes,
    "double quotes of a shell, in JSON": lambda v: json.dumps(in_double_quotes(v)),
    "printf %q": backslashed,
    "printf %q in JSON": lambda v: json.dumps(backslashed(v)),
    "ANSI-C quotes": lambda v: v.replace("\\", r"\\").replace("'", r"\'"),
    "SQL": lambda v: v.replace("'", "''"),
    "doubled double quotes": lambda v: v.replace('"', '""'),
    "JSON three times": lambda v: json.dumps(json.dumps(json.dumps(v))),
    "base64 of JSON": lambda v: b64(json.dumps({"t": v})),
    "percent of JSON": lambda v: quote(json.dumps(v)[1:-1]),
    "base64 in a form": lambda v: quote(b64(v), safe=""),
    "hex with colons": lambda v: v.encode().hex(":"),
    "upper hex with colons": lambda v: v.encode().hex(":").upper(),
    "hex with blanks": lambda v: v.encode().hex(" "),
    "percent in small letters": lambda v: re.sub("%..", lambda m: m[0].lower(), quote(v, safe="")),
    "reversed": lambda v: v[::-1],
    "JSON of .NET": lambda v: escaped(r"[\"&'+<>`\x7f-\uffff]", v.replace("\\", r"\\"), "X"),
    "JSON of Go": lambda v: escaped("[&<>]", json.dumps(v, ensure_ascii=False)[1:-1], "x"),
    "unicode escapes of signs": lambda v: escaped(r"[^\w]|_", v, "x"),
    "unicode escapes of signs, upper": lambda v: escaped(r"[^\w]|_", v, "X"),
}


def knowing(secret: str) -> Sealer:
    """Return a sealer that met a secret in a header of another session."""
    sealer = Sealer(KEY)
    attributes = {"http.request.header.x-api-key": [secret]}
    sealer.seal(record(kind=Kind.API_REQUEST, session="another", attributes=attributes))
    return sealer


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("secret", SECRETS)
def test_every_encoding_of_a_known_value_is_sealed(secret: str, encoding: str) -> None:
    sealer = knowing(secret)
    written = ENCODINGS[encoding](secret)
    sealed = sealer.seal_text(f"output [ {written} ] end")
    assert written.removeprefix("Basic ").rstrip("=") not in sealed.text
    assert {place.fingerprint for place in sealed.places} == {sealer.fingerprint(secret)}
    assert re.fullmatch(r"""output \[ (Basic )?[\\'"]*⟦[^⟧]+⟧(=|%3D|[\\'"])* \] end""", sealed.text)


EVENT = 'event: delta\ndata: {{"type":"delta","delta":{{"type":"text","text":"{}"}}}}\n\n'
SPLIT = {
    "two literals": "a = '{}' + '{}'",
    "two literals side by side": 'a = "{}" "{}"',
    "over a line's end": "curl -H {}\\\n    {}",
    "events of a stream": "".join([EVENT.format("so: {}"), EVENT.format("{} it is")]),
    "chunks of a tool's result": '{"chunks":[{"text":"so: {}"},{"text":"{} it is"}]}',
    "a list of strings": '["a","so:{}","{}","b"]',
    "a list over several lines": '[\n  "{}",\n  "{}"\n]',
    "events inside JSON": r'{"stdout":"data: {\"delta\":\"{}\"}\n\ndata: {\"delta\":\"{}\"}\n\n"}',
    "a list inside JSON": r'{"stdout":"[\"{}\",\n \"{}\"]"}',
    "events of OpenAI's": (
        'data: {"choices":[{"delta":{"content":"{}"}}]}\n\n'
        'data: {"choices":[{"delta":{"content":"{}"}}]}\n\n'
    ),
}
TOKEN = "9b2f6f0e-7e9b-4f35-8a2f-2a51c1d7c0aa"


@pytest.mark.parametrize("form", SPLIT)
def test_a_known_value_in_pieces_is_sealed(form: str) -> None:
    sealer = Sealer(KEY)
    sealer.seal_text(f"API_TOKEN={TOKEN}")
    before, between, after = SPLIT[form].split("{}")
    sealed = sealer.seal_text(f"{before}{TOKEN[:17]}{between}{TOKEN[17:]}{after}")
    assert TOKEN[:17] not in sealed.text
    assert TOKEN[17:] not in sealed.text
    assert sealed.text.startswith(before)
    assert sealed.text.endswith(after)


FRAMED = [form for form in SPLIT if "list" in form or "chunks" in form or "events" in form]


@pytest.mark.parametrize("form", FRAMED)
@pytest.mark.parametrize("recalled", [False, True], ids=["known", "recalled"])
def test_what_stands_between_the_pieces_of_a_known_value_stays(form: str, recalled: bool) -> None:
    sealer = Sealer(KEY)
    if recalled:  # another process saw the value
        forms = recallable_forms(TOKEN, sealer.fingerprint(TOKEN), Marker(KEY))
        sealer = Sealer(KEY, recall=Recall(KEY, forms=[*forms]))
    else:
        sealer.seal_text(f"API_TOKEN={TOKEN}")
    before, between, after = SPLIT[form].split("{}")
    sealed = sealer.seal_text(f"{before}{TOKEN[:17]}{between}{TOKEN[17:]}{after}")
    assert {place.fingerprint for place in sealed.places} == {sealer.fingerprint(TOKEN)}
    token = sealed.places[0].token
    assert sealed.text == f"{before}{token}{between}{token}{after}"
    assert sealed.places[1].length == len(TOKEN)


IN_LINES: dict[str, Callable[[str], str]] = {
    "base64": lambda v: base64.encodebytes(v.encode()).decode(),
    "base64 with Windows' ends": lambda v: (
        base64.encodebytes(v.encode()).decode().replace("\n", "\r\n")
    ),
    "base64 in JSON": lambda v: json.dumps(base64.encodebytes(v.encode()).decode())[1:-1],
    "hex": lambda v: "\n".join(re.findall(".{1,60}", v.encode().hex())),
}


@pytest.mark.parametrize("encode", IN_LINES.values(), ids=IN_LINES)
@pytest.mark.parametrize("before", range(40, 60))
def test_a_known_value_over_the_end_of_an_encodings_line_is_sealed(
    before: int, encode: Callable[[str], str]
) -> None:
    sealer = Sealer(KEY)
    sealer.seal_text("DB_PASSWORD=Qw7dkeh3KDne8Zt")
    text = f"$ cat\n{encode('q' * before + 'Qw7dkeh3KDne8Zt' + 'z' * 50)}\n$"
    sealed = sealer.seal_text(text)
    assert {place.fingerprint for place in sealed.places} == {sealer.fingerprint("Qw7dkeh3KDne8Zt")}
    assert sealed.text.startswith("$ cat\n")
    assert sealed.text.endswith("\n$")
    plain = encode("q" * before + "z" * 65)
    assert sealer.seal_text(f"$ cat\n{plain}\n$").text == f"$ cat\n{plain}\n$"


def test_forms_of_a_known_value_on_lines_of_their_own_are_told_each() -> None:
    sealer = Sealer(KEY)
    sealer.seal_text(f"API_TOKEN={TOKEN}")
    written = [TOKEN.encode().hex(), b64(TOKEN), b64(f"user:{TOKEN}"), TOKEN]
    sealed = sealer.seal_text("\n".join(written))
    assert [p.span.encoding for p in sealed.places] == ["hex", "base64", "base64", ""]
    assert sealed.text.count("\n") == 3


def test_a_run_of_base64_in_which_a_secret_stands_many_times_is_gone_along_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sealer = Sealer(KEY)
    sealer.seal_text("DB_PASSWORD=Qw7dkeh3KDne8Zt")
    widened = Mock(wraps=known.whole_base64_run)
    monkeypatch.setattr(known, "whole_base64_run", widened)
    sealed = sealer.seal_text(f"see {b64('x' * 10 + 'Qw7dkeh3KDne8Zt' * 500)} end")
    assert sealed.text == f"see {sealed.places[0].token} end"
    assert widened.call_count == 1


def test_words_that_follow_each_other_in_a_list_are_left_alone() -> None:
    sealer = Sealer(KEY)
    sealer.seal_text(f"API_TOKEN={TOKEN}")
    text = '["--name","abc123","Some","words","9b2f6f0e-7e9b"]'
    assert sealer.seal_text(text).text == text


def test_an_issuers_token_that_comes_in_the_pieces_of_a_stream_is_found() -> None:
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    pieces = [token[:3], token[3:21], token[21:]]
    body = "".join(EVENT.format(piece) for piece in pieces)
    sealed = Sealer(KEY).seal_text(body)
    assert not any(piece in sealed.text for piece in pieces[1:])
    for line in sealed.text.splitlines():
        if line.startswith("data: "):
            json.loads(line.removeprefix("data: "))


@pytest.mark.parametrize("cut", [4, 12, 18, 30, 34])
@pytest.mark.parametrize("encode", [str, b64, lambda v: v.encode().hex()])
def test_a_known_value_split_over_two_records_is_nowhere_whole(
    cut: int, encode: Callable[[str], str]
) -> None:
    sealer = Sealer(KEY)
    sealer.seal_text(f"API_TOKEN={TOKEN}")
    written = encode(TOKEN)
    first = sealer.seal_text(f"chunk one {written[:cut]}").text
    second = sealer.seal_text(f"{written[cut:]} chunk two").text
    assert written not in first + second
    left = first.removeprefix("chunk one ") + second.removesuffix(" chunk two")
    longest = max(len(piece) for piece in left.replace("⟦", "⟧").split("⟧")[::2])
    assert longest < 8, "so little of it stays that it says nothing"


def test_what_the_end_of_a_text_gives_away_is_sealed_at_its_beginning() -> None:
    text = f"{TOKEN} … {b64(TOKEN)} … export API_TOKEN={TOKEN}"
    sealed = Sealer(KEY).seal_text(text)
    assert TOKEN not in sealed.text
    assert b64(TOKEN) not in sealed.text
    assert [place.span.detector for place in sealed.places] == [
        "known_value", "known_value", "assignment",
    ]  # fmt: skip


def test_what_a_later_attribute_gives_away_is_sealed_in_an_earlier_one() -> None:
    attributes = {"a.output": f"saw {TOKEN}", "b.command": f"curl -u me:{TOKEN} https://h"}
    sealed = Sealer(KEY).seal(record(attributes=attributes))
    assert TOKEN not in everything(sealed)


secrets = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_\-]{11,39}", fullmatch=True).filter(
    lambda v: (
        len(set(v)) > 6
        and any(c.isdigit() for c in v)
        and any(c.isalpha() for c in v)
        and not is_harmless(v)
    )
)


def everything(sealed: SealedRecord) -> str:
    """All that would be written of a record."""
    blobs = (zstandard.ZstdDecompressor().decompress(blob.data).decode() for blob in sealed.blobs)
    return json.dumps(dict(sealed.fields), ensure_ascii=False) + "".join(blobs)


@settings(max_examples=60, deadline=None)
@given(
    secret=secrets,
    place=st.sampled_from([place for place in PLACES if place not in SHAPED_ONLY]),
    encoding=st.sampled_from([*ENCODINGS]),
    padding=st.sampled_from(["", "é\n" * 3000]),
    phase=st.sampled_from([Phase.START, Phase.END]),
)
def test_any_secret_in_any_place_in_any_encoding_is_never_stored(
    secret: str, place: str, encoding: str, padding: str, phase: Phase
) -> None:
    written = ENCODINGS[encoding](secret)
    assume(written == secret or len(secret) >= 12)
    sealer = Sealer(KEY)
    first = sealer.seal(record(phase=phase, attributes={"a": PLACES[place].format(secret)}))
    text = f"{padding} [ {written} ] {padding}"
    nested: dict[str, Json] = {"output": [text, {"deep": [written]}], "text": text}
    second = sealer.seal(record(name=f"ran {written}", attributes=nested))
    for sealed in (first, second):
        stored = everything(sealed)
        assert secret not in stored
        assert json.dumps(written.removeprefix("Basic "))[1:-1].rstrip("=") not in stored


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(values=st.lists(secrets, min_size=20, max_size=20, unique=True))
def test_no_byte_of_a_recording_holds_a_secret(values: list[str], tmp_path: Path) -> None:
    folder = tmp_path / str(abs(hash(tuple(values))))
    folder.mkdir(exist_ok=True)  # an example that failed is tried again
    store = Store.open(folder / "flight.db")
    sealer = Sealer(store.fingerprint_key)
    names = [place for place in PLACES if place not in SHAPED_ONLY]
    texts = [
        PLACES[names[n % len(names)]].format(value) + "\n" + b64(value)
        for n, value in enumerate(values)
    ]
    store.append([sealer.seal(record(attributes={"text": text})) for text in texts])
    written = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    store.close()
    written += [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    assert sum(map(len, written)) > 10_000
    for value in values:
        for form in (value, b64(value).rstrip("="), value.encode().hex()):
            assert not any(form.encode() in content for content in written)
