"""The case file: who said what and when, nothing lost, no secret kept, the recording untouched."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest

from analyzer.casefile import CaseFile, CaseFileError, Sort, case_path
from tests.analyzer.factories import Flight, wipe

TOKEN = "ghp_" + "x7Kq2Vb9Tn4Wm8Zr3Lp6Hd1Jc5Yf0Sg2Aq4E"


def test_what_is_said_is_kept_with_who_and_when(tmp_path: Path) -> None:
    recording = tmp_path / "flight.db"
    anna, ben = CaseFile(recording, who="anna"), CaseFile(recording, who="ben")
    assert anna.entries("s") == ()
    assert not case_path(recording).exists()
    assert anna.toggle_bookmark("s", 7)
    ben.add("s", 7, Sort.NOTE, "why?")
    ben.add("s", 7, Sort.TAG, "leak")
    ben.add("other", 7, Sort.NOTE, "elsewhere")
    entries = anna.entries("s")
    assert [(e.sort, e.text, e.who) for e in entries] == [
        (Sort.BOOKMARK, "", "anna"),
        (Sort.NOTE, "why?", "ben"),
        (Sort.TAG, "leak", "ben"),
    ]
    assert entries[0].at_ns <= entries[1].at_ns
    said = anna.remarks("s")[7]
    assert (said.is_marked, said.notes, said.tags) == (True, ("why?",), frozenset({"leak"}))
    assert stat.S_IMODE(case_path(recording).stat().st_mode) == 0o600


def test_what_is_taken_back_stays_in_the_file(tmp_path: Path) -> None:
    anna, ben = (CaseFile(tmp_path / "flight.db", who=who) for who in ("anna", "ben"))
    assert anna.toggle_bookmark("s", 7)
    assert not ben.toggle_bookmark("s", 7)
    assert anna.entries("s") == ()
    with sqlite3.connect(anna.path) as db:
        assert db.execute("SELECT who, withdrawn_by FROM entries").fetchall() == [("anna", "ben")]
    db.close()


def test_the_last_decision_on_a_finding_holds(tmp_path: Path) -> None:
    case = CaseFile(tmp_path / "flight.db")
    case.add("s", 41, Sort.DISMISSED, "a test account", rule="R07")
    case.add("s", 41, Sort.ACCEPTED, rule="R07")
    case.add("s", 31, Sort.DISMISSED, "known", rule="R03")
    decided = case.decisions("s")
    assert decided["R07", 41].sort is Sort.ACCEPTED
    assert decided["R03", 31].text == "known"


def test_a_secret_in_a_note_is_sealed_and_the_recording_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLIGHTLOG_KEYS", str(tmp_path / "keys"))
    recording = Flight(session="quiet").write(tmp_path / "flight.db", wipe())
    before = recording.read_bytes()
    case = CaseFile(recording)
    case.add("s", 1, Sort.NOTE, f"it used {TOKEN} here")
    (entry,) = case.entries("s")
    assert TOKEN not in entry.text
    assert entry.text.startswith("it used ⟦")
    assert TOKEN.encode() not in case.path.read_bytes()
    assert recording.read_bytes() == before
    # On another machine, without the keys, it is sealed all the same, and no key is made.
    monkeypatch.setenv("FLIGHTLOG_KEYS", str(tmp_path / "none"))
    CaseFile(recording).add("s", 2, Sort.NOTE, TOKEN)
    assert TOKEN not in case.entries("s")[1].text
    assert not (tmp_path / "none").exists()


def test_what_is_no_case_file_is_refused_in_one_line(tmp_path: Path) -> None:
    recording = tmp_path / "flight.db"
    with sqlite3.connect(case_path(recording)) as db:
        db.execute("CREATE TABLE x (y)")
    db.close()
    before = case_path(recording).read_bytes()
    with pytest.raises(CaseFileError, match="is no case file: move it away"):
        CaseFile(recording).entries("s")
    with pytest.raises(CaseFileError, match="is no case file: move it away"):
        CaseFile(recording).add("s", 1, Sort.NOTE, "x")
    assert case_path(recording).read_bytes() == before
    os.remove(case_path(recording))
    case_path(recording).write_bytes(b"nonsense" * 100)
    with pytest.raises(CaseFileError, match="cannot be used: file is not a database"):
        CaseFile(recording).entries("s")
    with pytest.raises(CaseFileError, match="cannot be used: No such file"):
        CaseFile(tmp_path / "no" / "flight.db").toggle_bookmark("s", 1)
    with pytest.raises(CaseFileError, match="write at most 4,000"):
        CaseFile(tmp_path / "a.db").add("s", 1, Sort.NOTE, "x" * 4001)
