"""`flightlog credentials scan`, as people and programs run it."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from analyzer.commands.credentials import GroupWithDefault
from recorder.sealing import Sealer
from tests.recorder.factories import TOKEN, record
from tui.cli import flightlog

TEXT = f"é😀 API_TOKEN={TOKEN}\nand again: {TOKEN}\n"


def scan(text: str | bytes, *options: str) -> Result:
    return CliRunner().invoke(flightlog, ["credentials", "scan", *options], input=text)


def lines(*documents: object) -> str:
    return "".join(json.dumps(document) + "\n" for document in documents)


def test_places_are_characters_of_the_original_and_all_that_is_learned_is_sealed() -> None:
    done = scan(lines({"id": "a", "text": TEXT}), "--jsonl")
    assert done.exit_code == 0
    (found,) = map(json.loads, done.stdout.splitlines())
    assert found["id"] == "a"
    assert [TEXT[s["start"] : s["end"]] for s in found["seals"]] == [TOKEN, TOKEN]
    assert [s["detector"] for s in found["seals"]] == ["assignment", "known_value"]
    assert {(s["class"], s["suspected"]) for s in found["seals"]} == {("api-token", False)}
    assert TOKEN not in found["sealed"]
    assert found["sealed"].startswith("é😀 API_TOKEN=⟦api-token:")


def test_it_finds_what_capture_finds() -> None:
    texts = [TEXT, "curl -u admin:S3cr3t-9x https://h", "nothing", "key = AKIAQWERTYUIOPASDFGH"]
    done = scan(lines(*({"id": n, "text": t} for n, t in enumerate(texts))), "--jsonl")
    sealer = Sealer(b"k" * 32)
    for text, found in zip(texts, map(json.loads, done.stdout.splitlines()), strict=True):
        captured = sealer.seal(record(attributes={"text": text})).seals
        told = [(s["class"], s["detector"], s["suspected"]) for s in found["seals"]]
        assert told == [(s.credential_class, s.detector, s.suspected) for s in captured]


def test_a_bad_line_is_named_and_quoted_nowhere_and_the_rest_goes_on() -> None:
    bad = [b"no json S3cr3t", b'["S3cr3t"]', b'{"text": "S3cr3t"}', b'{"id": 1, "text": 5}',
           b"\xff\xfe", b"[" * 100_000]  # fmt: skip
    good = json.dumps({"id": 9, "text": "hello"}).encode()
    done = scan(b"\n".join([*bad, b"", good]), "--jsonl")
    assert done.exit_code == 2
    assert json.loads(done.stdout) == {"id": 9, "sealed": "hello", "seals": []}
    complaints = done.stderr.splitlines()
    assert [c.split(":")[1] for c in complaints] == [f" stdin line {n}" for n in range(1, 7)]
    assert all('expected {"id": ..., "text": "..."}' in complaint for complaint in complaints)
    assert "S3cr3t" not in done.output


def test_text_is_printed_sealed_byte_for_byte_with_what_was_found() -> None:
    done = scan(b"\xff " + TEXT.encode())
    assert done.exit_code == 0
    sealed, _, report = done.stdout_bytes.partition(b"\n\n")
    assert sealed.startswith("é😀".encode().join([b"\xff ", b" API_TOKEN="]))
    assert report.startswith(b"2 sealed (assignment 1, known_value 1)\n")
    assert TOKEN.encode() not in done.stdout_bytes
    assert scan("plain").stdout == "plain\n\nno secret found\n"
    assert scan("").exit_code == 0


def test_nothing_is_stored(own_folders: Path) -> None:
    scan(TEXT)
    kept = [file for file in own_folders.rglob("*") if file.is_file()]
    assert not any(TOKEN.encode() in file.read_bytes() for file in kept)
    assert kept == []


@pytest.mark.parametrize(
    ("arguments", "told"), [([], "one: None"), (["s-1"], "one: s-1"), (["two"], "two")]
)
def test_what_names_no_command_is_for_the_default(arguments: list[str], told: str) -> None:
    group = GroupWithDefault("g")
    group.default = "one"

    @group.command("one")
    @click.argument("session", required=False)
    def one(session: str | None) -> None:
        click.echo(f"one: {session}")

    @group.command("two")
    def two() -> None:
        click.echo("two")

    assert CliRunner().invoke(group, arguments).output == f"{told}\n"
