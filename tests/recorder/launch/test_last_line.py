"""The last line of `flightlog run` where what was seen cannot be written down."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing

import pytest

from recorder.model import Phase
from recorder.waiting import waiting_in
from tests.recorder.launch.conftest import Ground

WITHOUT_PRIVILEGE = ("setpriv", "--bounding-set", "-all", "--inh-caps", "-all", "--")
"""Makes root obey the modes of its own files."""


@pytest.fixture
def ground(ground: Ground) -> Ground:
    """Runs without proxy and receiver: it is about what a run says of itself."""
    ground.ways = ("--no-proxy", "--no-otlp")
    return ground


def test_an_end_that_could_not_be_written_is_not_said_to_be_recorded(ground: Ground) -> None:
    begun = ground.command("sh", "-c", "echo ready; read line; exit 7")
    process = subprocess.Popen(
        begun,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    with closing(sqlite3.connect(ground.recording, isolation_level=None)) as other:
        # Another program holds the file, as a full disk would.
        other.execute("BEGIN IMMEDIATE")
        _, said = process.communicate("\n", timeout=90)
        waiting = waiting_in(ground.recording.with_name(ground.recording.name + ".spool"))
        other.execute("ROLLBACK")
    assert process.returncode == 7
    assert "recorded its start; not seen: its end, which could not be written" in said
    assert f"{waiting} records wait in the spool" in said
    assert ground.run("true").stderr.startswith("flightlog: recorded its start and end;")
    ended = [record for record in ground.records(name="run") if record.phase is Phase.END]
    assert {record.attributes["process.exit.code"] for record in ended} == {7, 0}


def test_a_recording_that_may_not_be_written_is_refused_before_the_command_runs(
    ground: Ground,
) -> None:
    assert ground.run("true").returncode == 0
    before = len(ground.records())
    ground.recording.chmod(0o444)
    privilege = WITHOUT_PRIVILEGE if os.geteuid() == 0 else ()
    done = subprocess.run(
        [*privilege, *ground.command("echo", "ran")],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"Error: cannot write {ground.recording}: Permission denied\n"
    assert len(ground.records()) == before
