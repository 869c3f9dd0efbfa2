"""A recording may lie in a folder of any name, and every command that reads one finds it there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.command_line import flightlog
from tests.recorder.factories import record, write

NAMES = ["a b", "two\nlines", "?mode=rwc", "#part", "100%25", "'quoted\"", "-r", "ü☃", "\x1b[2J",
         os.fsdecode(b"\xff\xfe")]  # fmt: skip
COMMANDS = ["verify", "sessions", "findings", "incident", "report", "credentials", "completeness",
            "credential seals", "controls", "replay", "tail --once", "query SELECT(1)"]  # fmt: skip


@pytest.fixture(params=NAMES, ids=ascii)
def recording(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    written = write(tmp_path / "flight.db", [record()])
    folder = tmp_path / request.param
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system takes no such name")
    return Path(shutil.move(written, folder / "flight.db"))


def test_a_recording_in_a_folder_of_any_name_is_read_by_every_command(recording: Path) -> None:
    for command in COMMANDS:
        words = command.split()
        done = flightlog(*words, "-r", recording)
        assert done.returncode == 0, (command, done.stderr)
        assert "\x1b" not in done.stdout + done.stderr, command


def test_what_is_not_there_is_named_in_one_line(recording: Path) -> None:
    done = flightlog("sessions", "-r", recording.with_name("none.db"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: no recording at ")
    assert "\x1b" not in done.stderr


def test_a_report_goes_into_a_folder_of_any_name(recording: Path) -> None:
    place = recording.with_name("report.md")
    done = flightlog("report", "-r", recording, "-o", place)
    assert (done.returncode, done.stdout) == (0, "")
    assert "\x1b" not in done.stderr
    assert place.read_text().startswith("# Session")
