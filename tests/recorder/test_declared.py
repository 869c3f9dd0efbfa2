"""What a user declares is sealed by value everywhere, told in the recording, and kept nowhere."""

from __future__ import annotations

import base64
import json
import os
import pty
import stat
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import recorder
from analyzer.analysis import analyze
from analyzer.following import answers_of
from recorder import semconv
from recorder.capture.proxy.ahead import Ahead
from recorder.client import Client
from recorder.commands.credential import command
from recorder.errors import FlightlogError
from recorder.leaving import leave_behind
from recorder.location import credentials_file
from recorder.model import Kind, Phase, Record
from recorder.reader import Recording
from recorder.service import Service
from recorder.store import Store
from recorder.verify import verify
from tests.analyzer.factories import ACCOUNT_TOKEN, wipe
from tests.recorder.factories import record, take_spool_in

VALUE = "kx/7Qm+pL2vR9tZw4Ns8"
WORDS = "correct-horse"


def run(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(command, list(arguments), input=given)


def add(name: str = "domains", value: str = VALUE, *more: str) -> Result:
    done = run("add", name, "--stdin", *more, given=value + "\n")
    assert done.exit_code == 0, done.output
    return done


def told(text: str) -> Record:
    return record(phase=Phase.END, attributes={semconv.GEN_AI_TOOL_RESULT: text})


def recorded(path: Path, *records: Record) -> None:
    service = Service.start(path)
    for one in records:
        assert service.submit(one, wait=True, timeout_seconds=30)
    service.stop()


def at_rest(*folders: Path) -> bytes:
    files = [p for folder in folders for p in folder.rglob("*") if p.is_file()]
    return b"".join(p.read_bytes() for p in files)


def test_a_declared_value_is_sealed_bare_and_encoded_in_every_recording(
    tmp_path: Path, own_folders: Path
) -> None:
    add("domains", VALUE, "--scope", "project", "--purpose", "customDomain*")
    forms = [VALUE, base64.b64encode(VALUE.encode()).decode(), VALUE.encode().hex(), VALUE[::-1]]
    for name in ("one.db", "two.db"):
        recorded(tmp_path / name, *(told(f"bare {form} here") for form in reversed(forms)))
        with Recording.open(tmp_path / name) as recording:
            records = list(recording.records())
            prints = {seal.fingerprint for r in records for seal in r.seals}
        assert len(prints) == 1
        said = [r for r in records if r.kind is Kind.CREDENTIAL]
        assert [r.attributes[semconv.CREDENTIAL_PURPOSE] for r in said] == ["customDomain*"]
        assert prints.pop() in str(said[0].attributes[semconv.CREDENTIAL_SECRET])
        assert verify(tmp_path / name).ok
    kept = at_rest(tmp_path, own_folders)
    assert [form for form in forms if form.encode() in kept] == []
    assert stat.S_IMODE(credentials_file().stat().st_mode) == 0o600


def by_client(path: Path, one: Record) -> None:
    assert not Client(path).submit(one), "there is no recorder"


def by_hook(path: Path, one: Record) -> None:
    payload = {
        "hook_event_name": "PostToolUse", "session_id": "s", "tool_name": "Bash",
        "tool_use_id": "t", "tool_input": {},
        "tool_response": one.attributes[semconv.GEN_AI_TOOL_RESULT],
    }  # fmt: skip
    flightlog = str(Path(sys.executable).with_name("flightlog"))
    subprocess.run(
        [flightlog, "hook", "claude-code", "-r", str(path)], input=json.dumps(payload).encode(),
        env={**os.environ, "FLIGHTLOG_LINGER": "0"}, check=True, timeout=60,
    )  # fmt: skip


def by_proxy(path: Path, one: Record) -> None:
    Service.start(path).stop()
    ahead = Ahead(path)
    assert ahead.write(one)
    ahead.close()


def at_an_agents_end(path: Path, one: Record) -> None:
    store = Store.open(path)
    leave_behind(store, [one])
    store.close()


@pytest.mark.parametrize("way", [by_client, by_hook, by_proxy, at_an_agents_end])
def test_what_is_declared_is_told_in_a_recording_that_began_later_by_whoever_meets_it(
    way: Callable[[Path, Record], None], tmp_path: Path
) -> None:
    add("domains", VALUE, "--purpose", "customDomain*")
    path = tmp_path / "flight.db"
    way(path, told(f"bare {VALUE} here"))
    for _ in range(2):
        take_spool_in(path)
    with Recording.open(path) as recording:
        records = list(recording.records())
    (said,) = (r for r in records if r.kind is Kind.CREDENTIAL)
    assert said.attributes[semconv.CREDENTIAL_PURPOSE] == "customDomain*"
    (seal,) = {(s.credential_class, s.fingerprint) for r in records for s in r.seals if r != said}
    assert said.attributes[semconv.CREDENTIAL_SECRET] == f"⟦{seal[0]}:{seal[1]}⟧"
    assert VALUE.encode() not in at_rest(tmp_path)


def test_the_running_recorder_is_told_and_seals_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    service = Service.start(path)
    assert service.submit(told(f"bare {WORDS} here, {VALUE}"), wait=True, timeout_seconds=30)
    for name, value in (("phrase", WORDS), ("key", VALUE)):
        assert "the running recorder knows it" in add(name, value, "-r", str(path)).output
    assert service.submit(told(f"again {WORDS}"), wait=True, timeout_seconds=30)
    service.stop()
    assert VALUE.encode() not in at_rest(tmp_path)
    assert verify(path).ok
    with Recording.open(path) as recording:
        last = [r for r in recording.records() if r.kind is Kind.TOOL_CALL][-1]
    assert [s.credential_class for s in last.seals] == ["phrase"], "even plain words, when declared"


def test_an_agent_declares_what_it_holds(tmp_path: Path) -> None:
    program = (
        "import recorder\n"
        f"recorder.start({str(tmp_path / 'flight.db')!r})\n"
        "@recorder.tool\n"
        f"def echo(): return 'bare {VALUE}'\n"
        "with recorder.session('s'):\n"
        f"    recorder.credential({VALUE + chr(10)!r}, name='billing', purpose='read only')\n"
        "    echo()\n"
        "recorder.stop()\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
    assert VALUE.encode() not in at_rest(tmp_path)
    with Recording.open(tmp_path / "flight.db") as recording:
        answers = answers_of(recording, analyze(recording, "s"))
    assert [life.declared for life in answers.lives] == [
        {"name": "billing", "purpose": "read only"}
    ]


def test_declaring_is_nothing_where_nothing_records() -> None:
    recorder.credential(VALUE, name="x")


def test_a_recording_of_before_is_told_of_by_the_settings(tmp_path: Path) -> None:
    path = wipe().write(tmp_path / "flight.db")
    add("domains", ACCOUNT_TOKEN, "--purpose", "custom domains only")
    with Recording.open(path) as recording:
        answers = answers_of(recording, analyze(recording, "session-a"))
    assert ["domains (" in s.text for s in answers.misused] == [True]
    assert "declared in this machine's settings" in answers.misused[0].text


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "domains", VALUE),
        ("add", "domains", VALUE, "--stdin"),
        ("add", "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8", "--stdin"),
        ("add", "domains", "--stdin", "--purpose", "token=" + VALUE),
    ],
)
def test_a_value_on_the_command_line_is_refused_and_not_repeated(arguments: tuple[str]) -> None:
    done = run(*arguments, given=VALUE)
    assert done.exit_code == 2
    assert "never goes on a command line" in done.output
    assert VALUE not in done.output
    assert not credentials_file().exists()


@pytest.mark.parametrize(
    ("given", "words"), [("", "no value came"), ("short", "5 characters"), ("x" * 70_000, "longer")]
)
def test_a_value_that_cannot_be_followed_is_refused(given: str, words: str) -> None:
    done = run("add", "x", "--stdin", given=given)
    assert isinstance(done.exception, FlightlogError)
    assert words in str(done.exception)


@pytest.mark.parametrize("around", ["{}", " {}", "{}\r\n", "\t{} \n\n", "\ufeff{}"])
def test_blanks_around_a_declared_value_are_none_of_it(around: str) -> None:
    assert add("x", VALUE).output.split()[3] in add("x", around.format(VALUE)).output
    assert "lines" not in add("x", around.format(VALUE)).output


def test_a_value_of_several_lines_is_declared_with_a_warning_but_for_a_key() -> None:
    assert "has 2 lines" in add("entry", f"{VALUE}\nurl: https://example.com").output
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----"
    assert "lines" not in add("key", key).output


def test_a_plain_word_is_declared_with_a_warning_and_a_name_of_two_lines_is_not() -> None:
    plain = add("house", "correcthorse")
    assert plain.exit_code == 0
    assert "plain word" in plain.output
    assert "plain word" not in add("other", VALUE + "1").output
    assert run("add", "two\nlines", "--stdin", given=VALUE).exit_code == 2


def test_without_a_terminal_it_asks_for_standard_input() -> None:
    assert "give the value with --stdin" in run("add", "x").output


def test_on_a_terminal_the_value_is_asked_for_and_not_echoed(own_folders: Path) -> None:
    main, other = pty.openpty()
    flightlog = str(Path(sys.executable).with_name("flightlog"))
    asked = subprocess.Popen(
        [flightlog, "credential", "add", "typed"], stdin=other, stdout=other, stderr=other,
        start_new_session=True,
    )  # fmt: skip
    os.close(other)
    shown = b""
    while b"Value: " not in shown:
        shown += os.read(main, 1000)
    os.write(main, VALUE.encode() + b"\n")
    while True:
        try:
            shown += (more := os.read(main, 1000))
        except OSError:
            break
        if not more:
            break
    os.close(main)
    assert asked.wait(60) == 0
    assert b"declared typed" in shown
    assert VALUE.encode() not in shown
    assert VALUE.encode() not in at_rest(own_folders)


def test_what_is_declared_is_listed_replaced_and_removed() -> None:
    add("domains", VALUE, "--environment", "staging")
    assert "in place of domains" in add("shop", VALUE).output, "one value has one name"
    listed: dict[str, Any] = json.loads(run("list", "--json").output)
    assert [d["name"] for d in listed["declared"]] == ["shop"]
    assert "shop" in run("list").output
    assert run("remove", "shop").exit_code == 0
    assert isinstance(run("remove", "shop").exception, FlightlogError)
    assert "nothing is declared" in run("list").output


def test_a_value_that_was_changed_for_another_is_still_sealed_and_named(
    tmp_path: Path,
) -> None:
    path = tmp_path / "flight.db"
    newer = ACCOUNT_TOKEN
    add("domains", VALUE, "--purpose", "customDomain*")
    assert "its former value is sealed as before" in add("domains", newer).output
    recorded(path, told(f"cat notes: {VALUE} and {newer}"))
    held = path.read_bytes()
    assert VALUE.encode() not in held
    assert newer.encode() not in held
    with Recording.open(path) as recording:
        names = [
            r.attributes[semconv.CREDENTIAL_NAME]
            for r in recording.records()
            if r.kind is Kind.CREDENTIAL
        ]
    assert names == ["domains", "domains"]
    listed = json.loads(run("list", "--json").output)["declared"]
    former = listed[0]
    assert [bool(d["replaced"]) for d in listed] == [True, False]
    assert "replaced" in run("list").output
    # Back again: the other one is the former one then.
    add("domains", VALUE)
    listed = json.loads(run("list", "--json").output)["declared"]
    assert [(d["fingerprint"] == former["fingerprint"], bool(d["replaced"])) for d in listed] == [
        (False, True), (True, False),
    ]  # fmt: skip
    assert run("remove", listed[0]["fingerprint"]).exit_code == 0
    assert len(json.loads(run("list", "--json").output)["declared"]) == 1


def test_a_false_seal_is_listed_and_allowed_for_its_class_alone(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    recorded(path, told(f"cache_key {ACCOUNT_TOKEN}"), told("the access key x8Kq2LmZ9pTr4WvB"))
    seals = json.loads(run("seals", "-r", str(path), "--json").output)
    false = [s for s in seals if s["suspected"]]
    assert false, seals
    fingerprint = false[0]["fingerprint"]
    assert fingerprint in run("seals", "-r", str(path), "--suspected").output
    assert run("allow", fingerprint[:8], "-r", str(path)).exit_code == 0
    assert VALUE not in credentials_file().read_text()
    again = [told(f"cache_key {ACCOUNT_TOKEN}"), told("the access key x8Kq2LmZ9pTr4WvB")]
    header = {semconv.HTTP_REQUEST_HEADER + "authorization": "Bearer x8Kq2LmZ9pTr4WvB"}
    recorded(path, *again, record(kind=Kind.API_REQUEST, attributes=header))
    with Recording.open(path) as recording:
        later = [r for r in recording.records() if r.kind is not Kind.LIFECYCLE][2:]
    assert fingerprint not in {s.fingerprint for r in later[:2] for s in r.seals}
    assert later[2].seals, "in a header it is sealed all the same"
    assert run("allow", fingerprint[:8], "--remove").exit_code == 0
    assert isinstance(run("allow", fingerprint[:8], "--remove").exception, FlightlogError)


@pytest.mark.parametrize("way", ["the same recorder", "another one", "nobody yet"])
@pytest.mark.parametrize("found", ["API_KEY={} here", "--password {} here", "the access key {}"])
def test_what_is_allowed_stays_readable_whoever_comes_by_it_and_a_header_seals_it_still(
    found: str, way: str, tmp_path: Path
) -> None:
    path, value = tmp_path / "flight.db", "zQ8mX2vN5kR9pL3w"
    service = Service.start(path)
    assert service.submit(told(found.format(value)), wait=True, timeout_seconds=30)
    (seal,) = json.loads(run("seals", "-r", str(path), "--json").output)
    if way != "the same recorder":
        service.stop()
    assert run("allow", seal["fingerprint"], "-r", str(path)).exit_code == 0
    header = f"curl -H 'Authorization: Bearer {value}' https://a.example"
    later = [told(found.format(value)), told(header), told(f"{found.format(value)}\n{header}")]
    if way == "nobody yet":
        client = Client(path)
        for one in later:
            client.submit(one)
        client.close()
        take_spool_in(path)
    else:
        if way == "another one":
            service = Service.start(path)
        for one in later:
            assert service.submit(one, wait=True, timeout_seconds=30)
        service.stop()
    with Recording.open(path) as recording:
        texts = [
            str(r.attributes[semconv.GEN_AI_TOOL_RESULT])
            for r in recording.records()
            if r.kind is Kind.TOOL_CALL
        ]
    assert texts[1] == found.format(value)
    assert value not in texts[2]
    first, _, second = texts[3].partition("\n")
    assert first == found.format(value)
    assert value not in second


@pytest.mark.parametrize("restarted", [False, True])
def test_what_is_declared_is_sealed_though_it_was_allowed_and_cannot_be_allowed(
    restarted: bool, tmp_path: Path
) -> None:
    path, value = tmp_path / "flight.db", "zQ8mX2vN5kR9pL3w"
    service = Service.start(path)
    submit = partial(service.submit, wait=True, timeout_seconds=30)
    assert submit(told(f"API_KEY={value} here"))
    (seal,) = json.loads(run("seals", "-r", str(path), "--json").output)
    assert run("allow", seal["fingerprint"], "-r", str(path)).exit_code == 0
    assert submit(told(f"API_KEY={value} there"))
    with Recording.open(path) as recording:
        assert any(value in str(dict(r.attributes)) for r in recording.records())
    if restarted:
        service.stop()
        service = Service.start(path)
        submit = partial(service.submit, wait=True, timeout_seconds=30)
    add("deploy", value, "-r", str(path))
    assert submit(told(f"API_KEY={value} again, and {value}"))
    service.stop()
    assert value.encode() not in at_rest(tmp_path)
    assert verify(path).ok
    refused = run("allow", seal["fingerprint"], "-r", str(path))
    assert "is declared as deploy" in str(refused.exception)


@pytest.mark.parametrize("digits", ["abc", "not-hex-digits"])
def test_a_fingerprint_that_is_none_is_refused(digits: str) -> None:
    assert run("allow", digits).exit_code == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[credential]\n", "is no TOML"),
        ("[[credential]]\nname = 'x'\n", "[[credential]] 1: expected a text under 'fingerprint'"),
        ("[[credential]]\nname = 'x'\nfingerprint = 'zz'\n", "32 hexadecimal digits"),
        ("credential = 3\n", "write credential entries as [[credential]] tables"),
        ("[[allowed]]\nrecording = 'r'\n", "[[allowed]] 1"),
    ],
)
def test_settings_that_cannot_be_read_are_named_and_stop_no_recorder(
    tmp_path: Path, text: str, words: str
) -> None:
    credentials_file().parent.mkdir(parents=True)
    credentials_file().write_text(text)
    assert words in str(run("list").exception)
    recorded(tmp_path / "flight.db", told("fine"))
    assert verify(tmp_path / "flight.db").ok
