"""Which recording is meant: the demo's may be read in place of the user's, never written."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from recorder.commands import hook, install, mcp, run, serve, verify
from recorder.daemon import Daemon
from recorder.location import (
    DEFAULT_NAME,
    DEMO_NAME,
    named_recording,
    recording_option_for,
    recording_to_write,
    resolve_recording,
    spool_folder,
)
from recorder.reader import Recording
from tests.command_line import flightlog

MAIN = [sys.executable, "-c", "from tui.cli import main; main()"]


@pytest.fixture
def demo() -> Path:
    """The demo's recording, whole and at rest, with nothing of the user's own beside it."""
    path = named_recording(DEMO_NAME)
    Daemon.launch(path).stop()
    return path


def records_in(path: Path) -> int:
    with Recording.open(path) as reader:
        return reader.last_seq()


def test_a_reader_gets_the_demos_recording_until_there_is_an_own_one(
    demo: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert resolve_recording(None) == demo
    own = named_recording(DEFAULT_NAME)
    own.touch()
    assert resolve_recording(None) == own
    assert capfd.readouterr() == ("", "")


def test_that_the_demo_stands_in_is_said_where_recordings_are_chosen_and_nowhere_else(
    demo: Path,
) -> None:
    record = "import recorder; recorder.start('demo')\nwith recorder.session(): pass"
    subprocess.run([sys.executable, "-c", record], check=True, timeout=60)

    def complaint(*command: str) -> str:
        done = flightlog(*command)
        assert done.returncode == 0
        return done.stderr

    assert "no recording of your own yet" in complaint("sessions")
    for quiet in (["sessions", "-r", "demo"], ["replay"], ["verify"], ["query", "SELECT 1"]):
        assert complaint(*quiet) == ""
    assert demo.exists()


def test_the_python_api_writes_to_the_users_own(demo: Path) -> None:
    before = records_in(demo)
    program = "import recorder; recorder.start(agent='mine')\nwith recorder.session(): pass"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    assert records_in(named_recording(DEFAULT_NAME)) > 0
    assert records_in(demo) == before


def test_a_hook_writes_to_the_users_own(demo: Path) -> None:
    payload = {"hook_event_name": "Stop", "session_id": "s1"}
    subprocess.run(
        [*MAIN, "hook", "claude-code"], input=json.dumps(payload).encode(), check=True, timeout=60
    )
    own = named_recording(DEFAULT_NAME)
    assert own.exists() or any(spool_folder(own).glob("*"))
    assert not spool_folder(demo).exists()


def test_the_receiver_writes_to_the_users_own(demo: Path) -> None:
    before = records_in(demo)
    command = [*MAIN, "serve", "--http-port", "0", "--grpc-port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as receiver:
        assert receiver.stderr
        said = receiver.stderr.readline()
        receiver.send_signal(signal.SIGINT)
        receiver.wait(60)
    assert f"into {named_recording(DEFAULT_NAME)}" in said
    assert records_in(demo) == before


def test_help_says_where_a_command_writes_and_where_another_reads() -> None:
    def said_by(module: object) -> str:
        command = getattr(module, "command")  # noqa: B009 - modules of one shape
        return " ".join(CliRunner().invoke(command, ["--help"]).output.split())

    for writer in (hook, install, mcp, run, serve):
        assert "then your own (flight)." in said_by(writer)
        assert "demo's" not in said_by(writer)
    assert "or the demo's until there is one" in said_by(verify)


def test_what_is_suggested_opens_the_recording_that_is_meant(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, elsewhere = named_recording(DEFAULT_NAME), tmp_path / "a folder" / "x.db"
    assert recording_option_for(own) == ""
    # Not even while it stands in: the suggestion must hold once there is an own one.
    assert recording_option_for(demo) == " -r demo"
    for path in (own, demo, elsewhere):
        option = shlex.split(recording_option_for(path))
        assert resolve_recording(option[1] if option else None) == path or path == own
    monkeypatch.setenv("FLIGHTLOG_RECORDING", str(elsewhere))
    assert recording_to_write(None) == elsewhere
    assert recording_option_for(elsewhere) == ""
    assert recording_option_for(own) == " -r flight"


@pytest.mark.parametrize("kind", ["folder", "nothing"])
def test_a_folder_of_the_same_name_hides_no_recording(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if kind == "folder":
        (tmp_path / "work").mkdir()
    assert resolve_recording("work") == named_recording("work")


def test_a_file_of_that_name_here_is_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "work").touch()
    assert resolve_recording("work") == Path("work")
