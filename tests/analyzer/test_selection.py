"""Which session `last` is: the newest of an agent, whatever a cloud's log was filed under."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.commands.selection import chosen_session, newest_first
from recorder.audit import cloudtrail
from recorder.audit.entry import record_of
from recorder.errors import SessionNotFoundError
from recorder.model import Record
from recorder.reader import Recording
from tests.analyzer.factories import Flight, ns
from tests.recorder.audit import samples
from tests.recorder.factories import write

AT = "2026-06-01T12:00:00Z"


def logged() -> Record:
    return record_of(cloudtrail.entry_of(samples.cloudtrail("DeleteVolume", AT)), ns(0))


def flown(session: str, began: int) -> list[Record]:
    """Return the records of a session that began so many seconds into the tests' time."""
    flight = Flight(session=session)
    flight.tool(1, "Bash", {"command": "ls"}, "")
    return [replace(r, t_ns=(r.t_ns or 0) + began * 10**9) for r in flight.records]


def test_what_began_last_is_the_newest_whichever_was_recorded_first(tmp_path: Path) -> None:
    path = write(tmp_path / "f.db", [*flown("late", 900), *flown("early", 10)])
    with Recording.open(path) as recording:
        assert [row.id for row in newest_first(recording.sessions())] == ["late", "early"]
        assert chosen_session(recording, "last").id == "late"
        assert chosen_session(recording, None).id == "late"


def test_a_clouds_log_is_no_newest_session_beside_an_agents(tmp_path: Path) -> None:
    path = write(tmp_path / "f.db", [*flown("agent", -3600), logged()])
    with Recording.open(path) as recording:
        rows = newest_first(recording.sessions())
        assert rows[0].id != "agent"
        assert chosen_session(recording, "last").id == "agent"


def test_alone_a_clouds_log_is_what_there_is(tmp_path: Path) -> None:
    path = write(tmp_path / "f.db", [logged()])
    with Recording.open(path) as recording:
        assert chosen_session(recording, "last").id == recording.sessions()[0].id


def test_a_recording_without_sessions_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "f.db", [])
    with Recording.open(path) as recording, pytest.raises(SessionNotFoundError, match="no session"):
        chosen_session(recording, None)
