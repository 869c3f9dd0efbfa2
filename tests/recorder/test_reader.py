"""Bad recordings get one clear line; good ones read back what was written."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from recorder.client import Client
from recorder.errors import (
    DamagedRecordingError,
    FlightlogError,
    NewerFormatError,
    NotARecordingError,
    RecordingNotFoundError,
    SessionNotFoundError,
)
from recorder.model import Kind, Phase, Record
from recorder.reader import Recording
from recorder.safe_text import safe_text, shorten_seals
from tests.command_line import flightlog
from tests.recorder.factories import record, write


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write(tmp_path / "flight.db", [record(f"t{i}", session=f"s{i % 3}") for i in range(30)])


def test_records_are_read_in_order_by_session_and_in_pages(recording: Path) -> None:
    with Recording.open(recording) as reader:
        assert [r.seq for r in reader.records(page=7)] == list(range(1, 31))
        assert [r.name for r in reader.records(session="s1", page=4)][:3] == ["t1", "t4", "t7"]
        assert [r.seq for r in reader.records(after=10, until=13)] == [11, 12, 13]
        first = reader.record(1)
        assert first is not None
        assert (first.phase, first.time_ns) == (Phase.POINT, 1_700_000_000_000_000_000)
        assert reader.record(99) is None


def test_a_session_is_found_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    names = ["alpha-1", "alpha-2", "beta"]
    path = write(tmp_path / "flight.db", [record(session=name) for name in names])
    with Recording.open(path) as reader:
        assert reader.session("be").id == "beta"
        with pytest.raises(SessionNotFoundError, match="2 sessions"):
            reader.session("alpha")
        with pytest.raises(SessionNotFoundError, match="newest: beta, alpha-2, alpha-1"):
            reader.session("gamma")


def test_a_session_that_is_not_there_may_wait_in_the_spool(tmp_path: Path) -> None:
    path = write(tmp_path / "r.db", [record("first")])
    with Recording.open(path) as reader, pytest.raises(SessionNotFoundError) as told:
        reader.session("nosuch")
    assert "spool" not in str(told.value)
    client = Client(path)
    client.submit(record("late"))
    client.close()
    with Recording.open(path) as reader, pytest.raises(SessionNotFoundError) as told:
        reader.session("nosuch")
    assert "1 record waits in the spool" in str(told.value)
    assert "\n" not in str(told.value)


def test_a_session_has_ended_when_its_own_span_has_and_not_one_inside_it(tmp_path: Path) -> None:
    def span(phase: Phase, ref: str) -> Record:
        return record("session", kind=Kind.LIFECYCLE, phase=phase, ref=ref)

    inner = [span(Phase.START, "outer"), span(Phase.START, "inner"), span(Phase.END, "inner")]
    with Recording.open(write(tmp_path / "a.db", inner)) as reader:
        assert [row.ended for row in reader.sessions()] == [False]
    with Recording.open(write(tmp_path / "b.db", [*inner, span(Phase.END, "outer")])) as reader:
        assert [row.ended for row in reader.sessions()] == [True]


def newer(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("UPDATE meta SET format_version = 9")
    db.commit()
    db.close()


def other_program(path: Path) -> None:
    path.unlink()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE notes (text)")
    db.close()


def torn_page(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[16384 : 16384 * 12] = os.urandom(16384 * 11)
    path.write_bytes(content)


BAD: dict[str, tuple[object, type[FlightlogError], str]] = {
    "absent": (Path.unlink, RecordingNotFoundError, "no recording at"),
    "a folder": (lambda p: (p.unlink(), p.mkdir()), NotARecordingError, "cannot read"),
    "empty": (lambda p: p.write_bytes(b""), NotARecordingError, "empty file"),
    "a text": (lambda p: p.write_text("hello " * 100), NotARecordingError, "not a SQLite"),
    "another program's": (other_program, NotARecordingError, "another program"),
    "a newer format": (newer, NewerFormatError, "has format 9"),
    "cut short": (lambda p: os.truncate(p, 40_000), DamagedRecordingError, "is truncated"),
    "torn pages": (torn_page, DamagedRecordingError, "damaged or truncated"),
}


def read_all(path: Path) -> None:
    with Recording.open(path) as reader:
        reader.sessions()
        list(reader.records())


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line_and_exit_code_2(recording: Path, case: str) -> None:
    damage, error, said = BAD[case]
    damage(recording)  # type: ignore[operator]
    with pytest.raises(error, match=said):
        read_all(recording)
    before = recording.read_bytes() if recording.is_file() else None
    for arguments in (["verify", str(recording)], ["sessions", "-r", str(recording)]):
        done = flightlog(*arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert done.stderr.startswith("Error: ")
        assert done.stderr.count("\n") == 1
        assert str(recording) in done.stderr
    assert (recording.read_bytes() if recording.is_file() else None) == before


def test_a_record_that_cannot_be_read_is_named_and_the_others_are_there(recording: Path) -> None:
    db = sqlite3.connect(recording)
    db.execute("UPDATE records SET body = x'00ff' WHERE seq = 5")
    db.commit()
    db.close()
    with Recording.open(recording) as reader:
        stored = list(reader.records(session="s1"))
    assert [r.seq for r in stored][:3] == [2, 5, 8]
    assert stored[1].name == "unreadable"
    assert "#5" in str(stored[1].attributes)


def test_a_recording_on_read_only_media_can_be_read(recording: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cd"
    folder.mkdir()
    shutil.copy(recording, folder / "flight.db")
    program = (
        "from recorder import Recording; import sys\n"
        "print(sum(1 for _ in Recording.open(sys.argv[1]).records()))"
    )
    folder.chmod(0o555)
    (folder / "flight.db").chmod(0o444)
    # Root may write anywhere: as nobody the folder is truly read-only.
    command = [sys.executable, "-c", program, str(folder / "flight.db")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    folder.chmod(0o755)
    assert done.stdout == "30\n"


ATTACKS = [
    "\x1b]52;c;aGk=\x07",
    "\x1b[2J",
    "\x9b31m",
    "\u202egnp.exe",
    "a\u200bb",
    "\x00",
    "\r",
    "\ud800",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_safe_text_shows_what_would_act_and_drops_nothing(attack: str) -> None:
    safe = safe_text(f"before{attack}after")
    assert safe.startswith("before")
    assert safe.endswith("after")
    assert all(c.isprintable() or c == " " for c in safe)
    assert len(safe) > len("beforeafter")


def test_newlines_stay_only_where_they_are_asked_for() -> None:
    assert safe_text("a\nb\r\nc") == "a⏎b⏎c"
    assert safe_text("a\nb\r\nc\td", keep_newlines=True) == "a\nb\nc    d"


def test_seals_are_shortened_for_narrow_screens() -> None:
    token = "⟦railway-api-token:d6609b78c9ab1a9d32c96116921a8ba9⟧"
    assert shorten_seals(f"x {token} y") == "x ⟦railway-api-token:d660⟧ y"
