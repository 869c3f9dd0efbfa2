"""The commands as people and machines run them, on real recordings."""

from __future__ import annotations

import json
import os
import pty
import select
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from analyzer.commands.sessions import short_ids
from recorder.client import Client
from tests.analyzer.factories import ACCOUNT_TOKEN, PROJECT_TOKEN, Flight
from tests.command_line import flightlog
from tests.recorder.factories import record
from tui import cli

RUN = [sys.executable, "-c", "from tui.cli import main; main()"]
HOSTILE = "\x1b]2;owned\x07\x1b[31m\u202eevil"


def in_a_terminal(*arguments: str | Path, merged: bool = False, **variables: str) -> str:
    """Return what a command writes when its stdout, and with `merged` its stderr, is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*RUN, *map(str, arguments)],
        stdout=theirs,
        stderr=theirs if merged else None,
        env={**{k: v for k, v in os.environ.items() if k != "NO_COLOR"}, **variables},
    )
    os.close(theirs)
    written = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            data = os.read(ours, 65536)
        except OSError:  # Linux says EIO once the other end is closed
            break
        if not data:
            break
        written += data
    process.wait(10)
    os.close(ours)
    return written.decode()


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    flight = Flight(session="s-1" + HOSTILE, ends=None)
    flight.prompt(1.0, HOSTILE)
    flight.tool(2.0, f"Tool{HOSTILE}", {"x": HOSTILE}, lasts=None)
    flight.request(3.0, "DELETE", f"/{HOSTILE}", {"authorization": f"Bearer {ACCOUNT_TOKEN}"})
    return flight.write(tmp_path / "hostile.db")


def test_sessions_lists_the_newest_first_and_says_which_ended(flown: Path) -> None:
    done = flightlog("sessions", "-r", flown)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].split()[:2] == ["SESSION", "STARTED"]
    assert [line.split()[0] for line in lines[1:]] == ["session-a", "quiet-one"]
    assert all("ended" in line for line in lines[1:])


def test_sessions_as_json_is_json_and_nothing_else(flown: Path) -> None:
    rows = json.loads(flightlog("sessions", "-r", flown, "--json").stdout)
    assert [row["id"] for row in rows] == ["session-a", "quiet-one"]
    assert rows[0]["ended"] is True


def test_the_recording_may_be_named_by_the_environment(flown: Path) -> None:
    assert "session-a" in flightlog("sessions", FLIGHTLOG_RECORDING=str(flown)).stdout


@pytest.mark.parametrize("style", ["md", "html", "json"])
def test_report_takes_the_newest_session_unless_told_otherwise(flown: Path, style: str) -> None:
    newest = flightlog("report", "-r", flown, "--format", style)
    assert newest.returncode == 0
    assert "volumeDelete" in newest.stdout
    assert "L0 self" in newest.stdout
    assert newest.stderr == ""
    other = flightlog("report", "quiet", "-r", flown, "--format", style)
    assert "volumeDelete" not in other.stdout
    assert "Bash ls" in other.stdout


def test_report_writes_a_file_and_says_so_on_stderr(flown: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.html"
    done = flightlog("report", "last", "-r", flown, "--format", "html", "-o", target)
    assert (done.returncode, done.stdout) == (0, "")
    assert str(target) in done.stderr
    assert target.read_text().startswith("<!doctype html>")


def test_report_to_a_dash_goes_to_standard_output(flown: Path) -> None:
    told = flightlog("report", "-r", flown, "-o", "-").stdout
    assert told.startswith("# Session")
    assert "volumeDelete" in told


def test_report_without_verification_says_so(flown: Path) -> None:
    assert "not verified" in flightlog("report", "-r", flown, "--no-verify").stdout


def test_findings_are_listed_with_their_reasons(flown: Path) -> None:
    done = flightlog("findings", "-r", flown)
    assert done.returncode == 0
    assert "C R07" in done.stdout
    assert "outside the task" in done.stdout
    assert "\x1b" not in done.stdout, "no colour where there is no terminal"


@pytest.mark.parametrize(
    ("session", "level", "code"),
    [("last", "critical", 1), ("last", "low", 1), ("quiet-one", "low", 0)],
)
def test_findings_can_fail_a_build(flown: Path, session: str, level: str, code: int) -> None:
    done = flightlog("findings", session, "-r", flown, "--fail-on", level)
    assert done.returncode == code


def test_findings_as_json_name_their_evidence(flown: Path) -> None:
    rows = json.loads(flightlog("findings", "-r", flown, "--json").stdout)
    core = next(row for row in rows if row["rule"] == "R07")
    assert core["severity"] == "critical"
    assert core["certainty"] == "inferred"
    assert len(core["evidence"]) == 3


def test_tail_once_prints_the_newest_session_in_order_and_ends(flown: Path) -> None:
    done = flightlog("tail", "--once", "-n", "100", "-r", flown)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert any("started" in line and "Bash curl" in line for line in lines)
    assert any("ended" in line and "volumeDelete" in line and "D1" in line for line in lines)
    assert not any("quiet" in line for line in lines)
    times = [line.split()[0] for line in lines]
    assert times == sorted(times)


def test_tail_as_json_is_one_object_a_line(flown: Path) -> None:
    done = flightlog("tail", "--once", "--json", "-n", "100", "-r", flown)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    deletion = [row for row in rows if row.get("effect") == "D1"]
    assert [row["event"] for row in deletion] == ["started", "ended"]
    assert deletion[0]["parent"] is not None
    assert "trace context" in deletion[0]["join"]
    assert [row["outcome"] for row in deletion] == ["open", "ok"]


@pytest.mark.parametrize(
    "arguments",
    [["sessions"], ["findings"], ["tail", "--once"], ["tail", "--once", "--json"], ["report"]],
)
def test_hostile_text_and_secrets_reach_no_output(hostile: Path, arguments: list[str]) -> None:
    done = flightlog(*arguments, "-r", hostile)
    assert done.returncode == 0
    for text in (done.stdout, done.stderr):
        assert not {"\x1b", "\x07", "\u202e"} & set(text)
        assert ACCOUNT_TOKEN not in text
        assert PROJECT_TOKEN not in text


def test_colour_is_for_terminals_that_want_it(flown: Path) -> None:
    plain = in_a_terminal("findings", "-r", flown, NO_COLOR="1")
    assert "R07" in plain
    assert "\x1b[" not in plain
    assert "\x1b[31m" in in_a_terminal("findings", "-r", flown)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["sessions", "-r", "{missing}"], "no recording at"),
        (["report", "-r", "{text}"], "not a SQLite database"),
        (["findings", "nobody", "-r", "{good}"], "no session 'nobody'"),
        (["tail", "--once", "-r", "{empty}"], "an empty file"),
        (["report", "-r", "{good}", "-o", "{folder}/no/such/out.md"], "cannot write"),
        (["report", "-r", "{good}", "--format", "pdf"], "pdf"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_code_two(
    flown: Path, tmp_path: Path, arguments: list[str], says: str
) -> None:
    (tmp_path / "text.db").write_text("just a text file, long enough to have a header" * 5)
    (tmp_path / "empty.db").touch()
    names = {
        "missing": tmp_path / "missing.db",
        "text": tmp_path / "text.db",
        "empty": tmp_path / "empty.db",
        "good": flown,
        "folder": tmp_path,
    }
    done = flightlog(*[a.format(**names) for a in arguments])
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "arguments", [["replay", "last"], ["report"], ["findings"], ["tail", "--once"], ["sessions"]]
)
def test_a_full_disk_is_one_line_and_a_reader_that_leaves_is_no_error(
    flown: Path, arguments: list[str]
) -> None:
    command = shlex.join([*RUN, *arguments, "-r", str(flown)])

    def shell(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    full = shell(f"{command} > /dev/full")
    assert full.returncode == 2
    assert full.stderr.splitlines() == ["Error: cannot write the output: No space left on device"]
    # The reader is gone before the first line comes.
    left = shell(f"{command} | (exec <&-; sleep 0)")
    assert (left.returncode, left.stderr) == (0, "")


@pytest.fixture(scope="module")
def tampered(flown: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recording with one byte of the newer session's deletion changed."""
    copy = tmp_path_factory.mktemp("tampered") / "flight.db"
    with sqlite3.connect(flown) as good, sqlite3.connect(copy) as changed:
        good.backup(changed)
        changed.execute(
            "UPDATE records SET body = CAST(replace(CAST(body AS TEXT), 'volumeDelete', "
            "'volumeDelets') AS BLOB) WHERE seq = (SELECT min(seq) FROM records WHERE "
            "kind = 'api_request' AND instr(CAST(body AS TEXT), 'volumeDelete'))"
        )
    good.close()
    changed.close()
    return copy


def test_the_time_line_and_the_list_say_that_the_recording_was_changed(tampered: Path) -> None:
    replay = flightlog("replay", "last", "-r", tampered)
    assert replay.stdout.splitlines()[1].startswith("chain BAD at record ")
    listed = flightlog("sessions", "-r", tampered)
    assert "NOT as it was written" in listed.stderr
    headings, newer, older = listed.stdout.splitlines()
    assert newer[headings.index("CHAIN") :].startswith("BAD")
    assert older[headings.index("CHAIN") :].startswith("ok")


@pytest.mark.parametrize(
    "words", ["findings", "incident", "credentials", "completeness", "controls"]
)
def test_what_stands_on_a_changed_recording_says_so_to_people_and_machines(
    words: str, tampered: Path, flown: Path
) -> None:
    told = flightlog(words, "last", "-r", tampered)
    assert told.stdout.startswith("chain BAD at record ")
    assert "NOT as it was written" in told.stderr
    machine = flightlog(words, "last", "-r", tampered, "--json")
    assert '"chain": "BAD"' in machine.stdout
    json.loads(machine.stdout)
    left = flightlog(words, "last", "-r", tampered, "--no-verify")
    assert left.stdout.startswith("not verified\n")
    assert left.stderr == ""
    assert flightlog(words, "last", "-r", flown).stdout.startswith("chain ok (L0 self)\n")


@pytest.mark.parametrize(
    "words",
    ["sessions", "findings", "report", "incident", "credentials", "completeness", "controls",
     "credential seals"],
)  # fmt: skip
def test_every_output_says_that_records_wait_and_are_not_in_it(words: str, tmp_path: Path) -> None:
    path = Flight().write(tmp_path / "flight.db")
    assert "spool" not in flightlog(*words.split(), "-r", path).stderr
    client = Client(path)
    client.submit(record("late"))
    client.close()
    told = flightlog(*words.split(), "-r", path)
    assert told.returncode == 0
    assert told.stderr.count("1 record waits in the spool") == 1
    assert "in the spool beside" not in told.stdout


def test_an_intact_recording_says_so_and_one_that_was_not_looked_at_too(flown: Path) -> None:
    assert flightlog("replay", "last", "-r", flown).stdout.splitlines()[1] == "chain ok (L0 self)"
    assert flightlog("findings", "-r", flown).stdout.startswith("chain ok (L0 self)\n")
    assert flightlog("findings", "-r", flown, "--no-verify").stdout.startswith("not verified\n")
    rows = json.loads(flightlog("sessions", "-r", flown, "--json").stdout)
    assert {row["chain"] for row in rows} == {"ok"}


@pytest.mark.parametrize("at", ["R99", "99:99", "soon"])
def test_a_moment_that_the_session_has_not_is_one_line_in_a_pipe_and_on_a_terminal(
    flown: Path, at: str
) -> None:
    piped = flightlog("replay", "last", "--at", at, "-r", flown)
    assert (piped.returncode, piped.stdout) == (2, "")
    assert f"--at {at}: " in piped.stderr
    assert f"--at {at}: " in in_a_terminal(
        "replay", "last", "--at", at, "-r", flown, merged=True, TERM="xterm-256color"
    )


def words_of(group: click.Group, *before: str) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*before, name)
        if isinstance(command, click.Group):
            yield from words_of(command, *before, name)


@pytest.mark.parametrize("words", list(words_of(cli.flightlog)), ids=" ".join)
def test_help_has_an_example_that_names_the_command_and_fits_a_terminal(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = flightlog(*words, "--help").stdout
    assert "\n  Example:\n" in text, "on a line of its own"
    assert "\\b" not in text
    assert f"flightlog {words[0]}" in text
    assert [line for line in text.splitlines() if len(line) > 80] == []


def test_reading_a_recording_needs_no_right_to_write_it(flown: Path) -> None:
    before = flown.read_bytes()
    assert flightlog("report", "-r", flown).returncode == 0
    assert flown.read_bytes() == before


def test_a_short_id_means_one_session_alone() -> None:
    ids = ["messages-fa4e-1", "messages-fa4e-2", "messages-fa", "0123456789abcdef", "b"]
    short = short_ids(ids)
    assert short["0123456789abcdef"] == "0123456789ab"
    assert short["messages-fa"] == "messages-fa"
    for one in ("messages-fa4e-1", "messages-fa4e-2", "0123456789abcdef", "b"):
        assert [other for other in ids if other.startswith(short[one])] == [one]
