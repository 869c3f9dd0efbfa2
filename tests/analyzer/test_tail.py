"""`flightlog tail` over every witness: late words update an action, gaps show, filters choose."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analyzer.analysis import analyze
from analyzer.live import LiveFeed, Step
from recorder.model import Kind, Phase, Record, Status, Witness
from recorder.reader import Recording
from recorder.sealing import Sealer
from recorder.store import Store
from tests.analyzer.factories import ns
from tests.analyzer.test_commands import RUN as FLIGHTLOG
from tests.analyzer.test_joining import SESSION, told
from tests.command_line import flightlog
from tests.recorder.factories import write

HOSTILE = "\x1b]2;owned\x07\x1b[31mred\u202e"


def append(store: Store, *records: Record) -> None:
    sealer = Sealer(store.fingerprint_key, store.credentials())
    store.append([sealer.seal(record) for record in records], checkpoint=False)


def gap(at: float) -> Record:
    return Record(
        witness=Witness.RECORDER, phase=Phase.POINT, kind=Kind.LIFECYCLE, name="gap",
        t_ns=ns(at), observed_ns=ns(at),
        attributes={"flightlog.count": 3, "flightlog.reason": f"queue full {HOSTILE}"},
    )  # fmt: skip


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A call told of by two witnesses that disagree, one with no result, a gap, hostile text."""
    hostile = json.dumps({"command": f"echo {HOSTILE}"})
    return write(tmp_path / "flight.db", [
        told(Witness.HOOK, Phase.START, 1, call_id="a"),
        told(Witness.HOOK, Phase.END, 2, call_id="a", status=Status.OK),
        told(Witness.OTLP, Phase.WHOLE, 1, call_id="a", process__exit__code=1),
        gap(2.5),
        told(Witness.HOOK, Phase.START, 3, call_id="b", arguments=hostile),
        told(Witness.HOOK, Phase.POINT, 4, kind=Kind.LIFECYCLE, name="Stop", call_id=""),
    ])  # fmt: skip


def documents(*arguments: str | Path) -> list[dict[str, Any]]:
    done = flightlog("tail", "last", "--once", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_line_of_json_tells_all_that_was_said_and_what_contradicts(recorded: Path) -> None:
    found = documents("-r", recorded)
    assert [(d["event"], d.get("name")) for d in found] == [
        ("started", "Bash"), ("ended", "Bash"), ("gap", "gap"),
        ("started", "Bash"), ("ended", "Bash"), ("noted", "Stop"),
    ]  # fmt: skip
    ended = found[1]
    assert ended["witnesses"] == ["hook", "otlp"]
    assert (ended["transport"], ended["exit_code"], ended["outcome"]) == ("ok", 1, "failed")
    (contradiction,) = ended["contradictions"]
    assert contradiction["records"] == [2, 3]
    assert {(s["about"], s["witness"], s["record"]) for s in ended["said"]} >= {
        ("transport", "hook", 2), ("exit code", "otlp", 3),
    }  # fmt: skip
    assert [x["basis"] for x in ended["links"]] == ["call id"]
    assert found[4]["outcome"] == "no result"
    assert found[4]["duration_ns"] is None


def test_people_see_the_gap_the_contradiction_and_that_no_result_was_recorded(
    recorded: Path,
) -> None:
    done = flightlog("tail", "last", "--once", "-r", recorded)
    lines = done.stdout.splitlines()
    assert any(line.endswith("CONTRADICTION") for line in lines)
    assert any(line.endswith("no result recorded") for line in lines)
    assert any("recorder gap" in line and "3, queue full" in line for line in lines)
    assert not set(done.stdout) & {"\x1b", "\x07", "\u202e"}


@pytest.mark.parametrize(
    ("options", "events"),
    [
        (("--kind", "lifecycle"), ["gap", "noted"]),
        (("--witness", "otlp"), ["started", "ended", "gap"]),
        (("--status", "no-result"), ["gap", "started", "ended"]),
        # When the failed one started, nobody knew yet that it would fail.
        (("--status", "no-result", "--status", "failed"), ["ended", "gap", "started", "ended"]),
        (("--text", "LS -LA"), ["started", "ended", "gap"]),
        (("--kind", "prompt"), ["gap"]),
    ],
)  # fmt: skip
def test_filters_choose_actions_and_never_hide_a_gap(
    options: tuple[str, ...], events: list[str], recorded: Path
) -> None:
    assert [d["event"] for d in documents("-r", recorded, *options)] == events


def test_what_a_call_does_is_told_and_chosen_by_when_it_starts_as_in_a_report(
    tmp_path: Path,
) -> None:
    commands = [
        "ls -la",
        "cat notes.txt",
        "echo a > b",
        "rm -rf /srv/data",
        "curl -X DELETE https://api.example.com/v1/volumes/9",
        "git push --force origin main",
        "psql -c 'DROP TABLE users'",
        "./unknown.sh",
    ]
    records = []
    for number, command in enumerate(commands):
        given = json.dumps({"command": command})
        records.append(
            told(Witness.HOOK, Phase.START, number, call_id=str(number), arguments=given)
        )
    path = write(tmp_path / "flight.db", records)
    with Recording.open(path) as recording:
        calls = [a for a in analyze(recording, SESSION).actions if a.id > 0]
    effects = [a.judgement.effect for a in calls if a.kind is Kind.TOOL_CALL]
    assert len(set(effects)) >= 4

    def chosen(*options: str) -> list[str]:
        return [str(d["effect"]) for d in documents("-r", path, *options) if "effect" in d]

    assert chosen() == [effect.value for effect in effects]
    for effect in set(effects):
        expected = [effect.value] * effects.count(effect)
        assert chosen("--filter", f"effect:{effect.value}") == expected
    assert len(chosen("--filter", "destroys")) == sum(effect.destroys for effect in effects)


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    path = write(tmp_path / "flight.db", [
        told(Witness.HOOK, Phase.START, n, call_id=f"c{n}") for n in range(3000)
    ])  # fmt: skip
    command = [*FLIGHTLOG, "tail", "last", "--once", "-n", "9999", "--json", "-r", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


def test_late_words_of_another_witness_update_the_action_and_start_no_other(
    tmp_path: Path,
) -> None:
    path = tmp_path / "flight.db"
    store = Store.open(path)
    append(store, told(Witness.HOOK, Phase.START, 1))
    with Recording.open(path) as recording:
        feed = LiveFeed(recording, lambda _row: True)
        (started,) = feed.look()
        append(store, told(Witness.HOOK, Phase.END, 2, status=Status.OK))
        (ended,) = feed.look()
        append(store, told(Witness.OTLP, Phase.WHOLE, 1, process__exit__code=1))
        (updated,) = feed.look()
        assert [e.step for e in (started, ended, updated)] == [
            Step.STARTED, Step.ENDED, Step.UPDATED,
        ]  # fmt: skip
        assert {e.action.id for e in (started, ended, updated)} == {1}
        assert len(updated.action.contradictions) == 1
        append(store, told(Witness.OTLP, Phase.WHOLE, 1, process__exit__code=1))
        assert feed.look() == [], "nothing that was not known"
    store.close()


def test_two_actions_that_turn_out_to_be_one_are_said_to_be(tmp_path: Path) -> None:
    """An SDK names the call's id only when the call has ended: until then nothing joins them."""
    path = tmp_path / "flight.db"
    store = Store.open(path)
    span = "cd" * 8

    def of_sdk(phase: Phase, at: float, call_id: str) -> Record:
        record = told(Witness.SDK, phase, at, call_id=call_id, arguments='{"command": "x"}')
        return replace(record, ref=span, span_id=span, trace_id="ab" * 16)

    append(store, told(Witness.HOOK, Phase.START, 1))
    append(store, of_sdk(Phase.START, 60, ""))
    with Recording.open(path) as recording:
        feed = LiveFeed(recording, lambda _row: True)
        assert [(e.step, e.action.id) for e in feed.look()] == [
            (Step.STARTED, 1), (Step.STARTED, 2),
        ]  # fmt: skip
        append(store, of_sdk(Phase.END, 61, "toolu_1"))
        merged, ended = feed.look()
        assert (merged.step, merged.former, merged.action.id) == (Step.MERGED, 2, 1)
        assert (ended.step, ended.action.id) == (Step.ENDED, 1)
        assert feed.running() == []
    store.close()


def test_sessions_say_who_told_of_them_and_how_many_calls_twice(recorded: Path) -> None:
    table = flightlog("sessions", "--calls", "-r", recorded).stdout.splitlines()
    assert "TOLD BY" in table[0]
    assert "CALLS TWICE" in table[0]
    assert "hook+otlp" in table[1]
    assert "1/2" in table[1]
    (row,) = json.loads(flightlog("sessions", "--calls", "--json", "-r", recorded).stdout)
    assert row["witnesses"] == {"hook": 4, "otlp": 1}
    assert row["calls"]["no_result"] == row["calls"]["contradictions"] == 1


def test_completeness_tells_people_and_machines_the_same(recorded: Path) -> None:
    done = flightlog("completeness", "-r", recorded)
    assert done.returncode == 0, done.stderr
    assert "1 of 2 tool calls are told of or seen by two witnesses or more" in done.stdout
    assert "#1 exit code: success (hook, record 2), but exit code 1 (otlp, record 3)" in done.stdout
    assert not set(done.stdout) & {"\x1b", "\x07", "\u202e"}
    document = json.loads(flightlog("completeness", "--json", "-r", recorded).stdout)
    assert document["session"] == SESSION
    assert document["twice"] == [1]
    assert document["disputes"][0]["records"] == [2, 3]
    assert flightlog("completeness", "nobody", "-r", recorded).returncode == 2


@pytest.mark.parametrize("style", ["md", "html", "json"])
def test_reports_show_contradictions_with_their_records(style: str, recorded: Path) -> None:
    text = flightlog("report", "--format", style, "--no-verify", "-r", recorded).stdout
    assert "success (hook, record 2), but exit code 1 (otlp, record 3)" in text
    assert "no result" in text
    if style == "json":
        report = json.loads(text)
        assert report["disputes"][0]["records"] == [2, 3]
        entry = report["timeline"][0]["entries"][0]
        assert (entry["transport"], entry["exit_code"]) == ("ok", 1)
        assert {"record": 3, "witness": "otlp", "about": "exit code", "value": "1"} in entry["said"]
