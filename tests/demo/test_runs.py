"""The demo however it runs and ends: watched, killed, on a terminal, without what it needs."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from analyzer.model import Outcome
from analyzer.state import StateIndex
from recorder.daemon import Daemon
from recorder.location import DEFAULT_NAME, DEMO_NAME, named_recording
from recorder.model import Kind
from recorder.reader import Recording
from recorder.verify import verify
from tests.command_line import flightlog
from tests.demo.command import demo
from tests.demo.seen import analysis_of, records_of, tokens_in
from tui.reenactment import ReenactmentError, reenact

SPEED = 9.0


def test_a_killed_agent_leaves_its_call_in_flight_in_the_recording(tmp_path: Path) -> None:
    recording = tmp_path / "flight.db"

    def kill_in_mid_call(line: str) -> None:
        if "delete" not in line or "+" not in line:
            return
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            sent = [
                r
                for r in records_of(recording)
                if r.kind is Kind.API_REQUEST and "volumeDelete" in str(r.attributes)
            ]
            if sent:
                break
            time.sleep(0.02)
        (agent,) = [
            child
            for child in psutil.Process().children(recursive=True)
            if any(part.endswith("agent.py") for part in child.cmdline())
        ]
        agent.send_signal(signal.SIGKILL)

    with pytest.raises(ReenactmentError, match="did not run to its end") as told:
        reenact(recording, speed=3.0, say=kill_in_mid_call)
    assert str(recording) in str(told.value)
    assert verify(recording).ok
    with Recording.open(recording) as reader:
        (row,) = reader.sessions()
    assert not row.ended
    analysis = analysis_of(recording, row.id)
    open_calls = [a for a in analysis.actions if a.outcome is Outcome.OPEN]
    assert "volumeDelete" in [a for a in open_calls if a.kind is Kind.TOOL_CALL][-1].title
    # What was sent may have been done: neither failed nor harmless because nobody heard the answer.
    (sent,) = [
        a
        for a in analysis.actions
        if a.kind is Kind.API_REQUEST and a.judgement.operation == "railway.volumeDelete"
    ]
    assert sent.outcome in {Outcome.OPEN, Outcome.NO_RESULT}
    assert {"R07", "R08"} <= {f.rule for f in analysis.findings if f.action == sent.id}
    states = {r.type: r.state for r in StateIndex(analysis).at(analysis.end_ns).resources}
    assert states["volume"] == states["backups"] == "unknown"
    report = flightlog("report", "-r", str(recording), "--format", "md").stdout
    assert "volumeDelete (D1)" in report
    assert "failed" not in report.split("volumeDelete (D1)")[1].splitlines()[0]
    text = flightlog("replay", "last", "--plain", "-r", str(recording)).stdout
    assert "open" in text


def test_the_demo_opens_the_replay_in_a_real_terminal_at_any_usual_size(
    tmp_path: Path, tmux: Callable[..., str]
) -> None:
    recording = tmp_path / "flight.db"
    program = shlex.join([sys.executable, "-c", "from tui.cli import main; main()"])
    command = f"{program} demo --fast -r {recording}; echo ended with $?; exec cat"
    tmux("new-session", "-d", "-s", "t", "-x", "120", "-y", "36", command)

    def until(*words: str) -> str:
        deadline = time.monotonic() + 60
        while True:
            screen = tmux("capture-pane", "-p", "-t", "t")
            if all(word in screen for word in words):
                return screen
            assert time.monotonic() < deadline, f"{words} did not appear in:\n{screen}"
            time.sleep(0.05)

    until("Replay ›", "RE-ENACTMENT", "chain ok", "findings C2")
    tmux("send-keys", "-t", "t", "e")
    until("Read scripts/domains/domains.env", "M R21 Hunting for secrets")
    tmux("send-keys", "-t", "t", "e")
    decisive = until("mutation volumeDelete", "C R07 Refused, then destroyed")
    assert "railway-api-token" in decisive
    assert "scripts/domains/domains.env" in decisive
    tmux("send-keys", "-t", "t", "G")
    until("DELETED", "GONE")
    tmux("resize-window", "-t", "t", "-x", "80", "-y", "24")
    until("Replay ›", "q Back")
    tmux("send-keys", "-t", "t", "F")
    until("R07", "R08")
    tmux("send-keys", "-t", "t", "q", "q", "q")
    until("ended with 0")


def test_the_tail_shows_a_call_while_it_is_still_running(tmp_path: Path) -> None:
    recording = tmp_path / "flight.db"
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    main = [sys.executable, "-c", "from tui.cli import main; main()"]
    with subprocess.Popen(
        [*main, "demo", "--no-tui", "--fast", "-r", str(recording)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as demo:
        deadline = time.monotonic() + 60
        while not recording.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        with subprocess.Popen(
            [*main, "tail", "--json", "-r", str(recording)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        ) as tail:
            seen = []
            has_ended = demo_done = False
            for line in tail.stdout or ():
                event = json.loads(line)
                seen.append(event)
                has_ended |= "session" in str(event.get("name")) and event["event"] == "ended"
                # What is found is told behind the events that it was found in, be they the last.
                if has_ended and {"R07", "R08"} <= {e.get("rule") for e in seen}:
                    break
            demo_done = demo.wait(60) == 0
            tail.send_signal(signal.SIGINT)
            assert tail.wait(60) == 0
    assert demo_done
    calls = [e for e in seen if "volumeDelete" in json.dumps(e) and e.get("kind") == "tool_call"]
    assert [e["event"] for e in calls] == ["started", "ended"]
    assert {e["rule"] for e in seen if e["event"] == "finding"} >= {"R07", "R08"}


def test_the_hints_at_the_end_open_this_recording_whatever_else_there_is(
    own_folders: Path,
) -> None:
    named_recording(DEFAULT_NAME).parent.mkdir(parents=True)
    Daemon.launch(named_recording(DEFAULT_NAME)).stop()
    done = demo("--fast")
    assert done.returncode == 0
    (hint,) = [line for line in done.stderr.splitlines() if line.startswith("next ")]
    (session,) = [line.split()[1] for line in done.stderr.splitlines() if "session  " in line]
    replay, report, check = [part.split()[1:] for part in hint.removeprefix("next").split("|")]
    assert session in flightlog(*replay).stdout
    page = own_folders / "wipe.html"
    assert flightlog(*[str(page) if part == page.name else part for part in report]).returncode == 0
    assert session in page.read_text()
    assert str(named_recording(DEMO_NAME)) in flightlog(*check).stdout


def processes_of(recording: Path, scratch: Path) -> list[psutil.Process]:
    """Return what still runs for a demo: its children name the recording or the scratch folder."""

    def texts(process: psutil.Process) -> str:
        about = process.info
        return " ".join([*(about["cmdline"] or ()), *(about["environ"] or {}).values()])

    running = psutil.process_iter(["cmdline", "environ"])
    return [p for p in running if str(recording) in texts(p) or str(scratch) in texts(p)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
def test_however_the_demo_ends_its_children_and_the_tokens_are_gone(
    tmp_path: Path, number: signal.Signals
) -> None:
    recording, scratch = tmp_path / "flight.db", tmp_path / "scratch"
    scratch.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", "from tui.cli import main; main()",
         "demo", "--no-tui", "-r", str(recording)],
        env={**os.environ, "TMPDIR": str(scratch)},
        stderr=subprocess.PIPE,
        text=True,
    ) as demo:  # fmt: skip
        assert demo.stderr
        for line in demo.stderr:
            if "+" in line:
                break
        assert tokens_in(scratch)
        demo.send_signal(number)
        said = demo.stderr.read()
        demo.wait(60)
    deadline = time.monotonic() + 60
    while (left := processes_of(recording, scratch)) or any(scratch.iterdir()):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
    assert verify(recording).ok
    if number is signal.SIGKILL:
        return
    assert demo.returncode == 128 + number
    assert f"interrupted; what was recorded until then is in {recording}" in said


def test_the_demo_says_in_one_line_what_it_lacks(tmp_path: Path) -> None:
    done = demo("--fast", PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "install curl" in done.stderr
    letter = tmp_path / "letter.db"
    letter.write_text("somebody's letter " * 20)
    done = demo("--fast", "-r", str(letter))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert done.stderr.splitlines()[0].startswith("Error: "), "it began before it looked"
    assert letter.read_text().startswith("somebody's")


def test_a_place_that_cannot_be_written_is_named_rightly(tmp_path: Path) -> None:
    keys, blocking = tmp_path / "keys", tmp_path / "file"
    keys.write_text("no folder")
    done = demo("-r", str(tmp_path / "x.db"), FLIGHTLOG_KEYS=str(keys))
    assert done.returncode == 2
    assert f"keys in {keys}" in done.stderr.splitlines()[-1]
    blocking.write_text("no folder")
    done = demo("-r", str(blocking / "x.db"))
    assert done.returncode == 2
    assert f"{blocking} is a file, not a folder" in done.stderr.splitlines()[-1]
    assert "File exists" not in done.stderr


@pytest.mark.parametrize("option", ["--cloud-port", "--proxy-port"])
def test_a_port_in_use_is_one_line_and_exit_code_2(tmp_path: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = demo("-r", str(tmp_path / "flight.db"), option, port)
    assert (done.returncode, done.stdout) == (2, "")
    assert [line for line in done.stderr.splitlines() if line.startswith("Error: ")] == [
        done.stderr.splitlines()[-1]
    ]
    assert port in done.stderr
    assert "in use" in done.stderr
