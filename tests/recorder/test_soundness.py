"""A file that was changed beneath its records fails, whatever the records themselves say."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from recorder.reader import Recording
from recorder.verify import verify
from tests.recorder.factories import record, write


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write(tmp_path / "flight.db", [record(f"tool{n}", session="s") for n in range(40)])


def run(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            db.execute(statement)
        (version,) = db.execute("PRAGMA schema_version").fetchone()
        db.execute(f"PRAGMA schema_version = {version + 1}")


def problems(path: Path) -> str:
    report = verify(path)
    assert report.ok == (not report.problems)
    return "\n".join(problem.what for problem in report.problems)


def test_an_index_that_leaves_records_out_is_named(recording: Path) -> None:
    name = "name = 'records_by_session'"
    add = "UPDATE sqlite_schema SET sql = sql || ' WHERE seq <> 7' WHERE "
    take = "UPDATE sqlite_schema SET sql = replace(sql, ' WHERE seq <> 7', '') WHERE "
    run(recording, add + name)
    assert "the index records_by_session was changed" in problems(recording)
    run(recording, "REINDEX records_by_session", take + name)
    with Recording.open(recording) as reader:
        shown = {one.seq for one in reader.records(session="s")}
    assert 6 in shown
    assert 7 not in shown
    assert "row 7 missing from index records_by_session" in problems(recording)
    run(recording, "REINDEX records_by_session")
    assert problems(recording) == ""


def test_a_view_that_tells_less_and_a_trigger_are_named(recording: Path) -> None:
    run(
        recording,
        "DROP VIEW v_records",
        "CREATE VIEW v_records AS SELECT * FROM records WHERE kind <> 'tool_call'",
        "DROP VIEW v_sightings",
        'CREATE TRIGGER "\x1b]0;x\x07" AFTER INSERT ON records BEGIN SELECT 1; END',
    )
    told = problems(recording)
    assert "the view v_records was changed" in told
    assert "the view v_sightings is missing" in told
    assert "trigger ␛]0;x␇" in told
    assert "\x1b" not in told


def test_a_damaged_page_that_holds_no_record_is_named(recording: Path) -> None:
    with closing(sqlite3.connect(recording, isolation_level=None)) as db:
        (size,) = db.execute("PRAGMA page_size").fetchone()
        page = "SELECT rootpage FROM sqlite_schema WHERE name = 'records_by_session'"
        (number,) = db.execute(page).fetchone()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with recording.open("r+b") as file:
        file.seek((number - 1) * size)
        content = file.read(size)
        assert b"\x04\x0f\x01\x01s" in content, "a key of the index: session and number"
        file.seek((number - 1) * size)
        file.write(content.replace(b"\x04\x0f\x01\x01s", b"\x04\x0f\x01\x01t"))
    assert "the file is damaged, or was changed beneath its tables" in problems(recording)


def test_what_a_person_adds_for_questions_is_no_problem(recording: Path) -> None:
    run(recording, "CREATE INDEX mine ON records(kind)", "CREATE TABLE notes (said TEXT)")
    assert problems(recording) == ""


def test_a_recording_of_before_there_were_marks_verifies(recording: Path) -> None:
    run(recording, "DROP TABLE marks", "DROP TABLE forms", "DROP TABLE keys_kept")
    assert problems(recording) == ""
