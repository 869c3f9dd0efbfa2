"""Where a report may be written: everywhere but over the evidence."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.casefile import CaseFile
from recorder.location import spool_folder
from tests.command_line import flightlog


@pytest.fixture
def recording(flown: Path, tmp_path: Path) -> Path:
    """A recording with all that may lie beside one, and another one in the same folder."""
    copy = tmp_path / "flight.db"
    shutil.copy(flown, copy)
    shutil.copy(flown, tmp_path / "other.db")
    CaseFile(copy).toggle_bookmark("quiet-one", 2)
    spool_folder(copy).mkdir()
    settings = copy.with_name("flight.db.guard.json")
    for beside in (copy.with_name("flight.db-wal"), settings, spool_folder(copy) / "1.waiting"):
        beside.write_bytes(b"")
    return copy


def linked(recording: Path) -> Path:
    link = recording.with_name("report.html")
    link.symlink_to(recording)
    return link


def hard_linked(recording: Path) -> Path:
    link = recording.with_name("report.html")
    os.link(recording, link)
    return link


EVIDENCE: dict[str, Callable[[Path], Path]] = {
    "itself": lambda recording: recording,
    "a link to it": linked,
    "a hard link to it": hard_linked,
    "another recording": lambda recording: recording.with_name("other.db"),
    "its case file": lambda recording: recording.with_name("flight.db.case"),
    "its log of writes": lambda recording: recording.with_name("flight.db-wal"),
    "its guard's settings": lambda recording: recording.with_name("flight.db.guard.json"),
    "a record that waits": lambda recording: spool_folder(recording) / "1.waiting",
}


@pytest.mark.parametrize("case", EVIDENCE)
def test_a_report_is_written_over_no_evidence(recording: Path, case: str) -> None:
    place = EVIDENCE[case](recording)
    before = place.read_bytes()
    done = flightlog("report", "-r", recording, "-o", place)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Error: cannot write {place}: ")
    assert place.read_bytes() == before


@pytest.mark.parametrize("name", ["flight.db.html", "flight.html", "old report.md"])
def test_a_report_takes_the_place_of_an_older_one(recording: Path, name: str) -> None:
    place = recording.with_name(name)
    place.write_text("an older report")
    assert flightlog("report", "-r", recording, "-o", place).returncode == 0
    assert "volumeDelete" in place.read_text()
