"""What the screens read from a real recording."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from recorder import semconv
from recorder.errors import NotARecordingError, SessionNotFoundError
from tests.recorder.factories import record, write
from tui.source import RecordingSource, find_session


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    big = {semconv.GEN_AI_TOOL_RESULT: "line of output\n" * 2_000}
    records = [record(session="first"), record(session="second", attributes=big)]
    return write(tmp_path / "flight.db", records)


def test_sessions_come_newest_first_and_are_found_by_name_beginning_and_last(
    recording: Path,
) -> None:
    source = RecordingSource(recording)
    assert [row.id for row in source.sessions()] == ["second", "first"]
    assert find_session(recording, "sec").id == "second"
    assert find_session(recording, "last").id in {"first", "second"}
    with pytest.raises(SessionNotFoundError, match="no session 'third'"):
        find_session(recording, "third")


def test_a_session_is_analysed_once_while_nothing_is_added(recording: Path) -> None:
    source = RecordingSource(recording)
    assert source.load("second") is source.load("second")


def test_a_long_value_is_read_whole(recording: Path) -> None:
    source = RecordingSource(recording)
    (action,) = (a for a in source.load("second").analysis.actions if a.blob_of)
    digest = action.blob_of[semconv.GEN_AI_TOOL_RESULT]
    assert source.blob(digest) == b"line of output\n" * 2_000
    assert source.blob("00" * 32) is None


def test_integrity_is_said_with_its_level_and_a_changed_byte_with_its_record(
    recording: Path,
) -> None:
    source = RecordingSource(recording)
    intact = source.integrity(lambda: True)
    assert intact is not None
    assert intact.is_intact
    assert intact.words == "chain ok (L0 self)"
    db = sqlite3.connect(recording)
    (body,) = db.execute("SELECT body FROM records WHERE seq = 2").fetchone()
    changed_body = bytes(body).replace(b"Bash", b"Bush")
    db.execute("UPDATE records SET body = ? WHERE seq = 2", (changed_body,))
    db.commit()
    db.close()
    changed = source.integrity(lambda: True)
    assert changed is not None
    assert not changed.is_intact
    assert changed.words == "chain BAD at record 2"


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_text("hello")
    with pytest.raises(NotARecordingError):
        RecordingSource(path).sessions()
