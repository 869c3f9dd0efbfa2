"""A log that was rewritten while nobody recorded is told by what was signed here before."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from recorder.location import keys_folder
from recorder.merkle import Frontier, leaf_hash
from recorder.reader import Recording
from recorder.service import Service
from recorder.signed_here import SignedHere
from recorder.verify import VerifyReport, verify
from tests.recorder.factories import record

WORDS = "records was signed here and is not in the recording any more"


def recorded(path: Path, *names: str, durability: str | None = None) -> None:
    service = Service.start(path, durability=durability)
    for name in names:
        assert service.submit(record(name), wait=True, timeout_seconds=30)
    service.stop()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "flight.db"
    recorded(path, "delete_volume", "Read")
    assert verify(path).ok
    return path


def rewritten(path: Path) -> None:
    """Change a record and all that follows from it, without the key: no checkpoint is left."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        frontier = Frontier()
        for seq, body in db.execute("SELECT seq, body FROM records ORDER BY seq").fetchall():
            forged = body.replace(b"delete_volume", b"list__volumes")
            leaf = leaf_hash(forged)
            frontier.append(leaf)
            db.execute(
                "UPDATE records SET body = ?, leaf = ?, name = replace(name, ?, ?) WHERE seq = ?",
                (forged, leaf, "delete_volume", "list__volumes", seq),
            )
        db.execute("UPDATE frontier SET size = ?, stack = ?", (frontier.size, frontier.to_bytes()))
        db.execute("DELETE FROM checkpoints")


def told(report: VerifyReport) -> list[str]:
    return [problem.what for problem in report.problems if WORDS in problem.what]


def gaps(path: Path) -> list[str]:
    with Recording.open(path) as reader:
        return [str(one.attributes) for one in reader.records() if one.name == "gap"]


def test_a_rewritten_log_is_told_before_and_after_the_next_recorder_signs_it(
    recording: Path,
) -> None:
    rewritten(recording)
    assert told(verify(recording))
    recorded(recording, "Write")
    recorded(recording, "Write")
    report = verify(recording)
    assert report.unsigned == 0, "the new recorder signed all of it"
    assert len(report.problems) == len(told(report)) == 1
    (gap,) = gaps(recording)
    assert WORDS in gap


def test_a_tail_that_was_cut_off_with_its_checkpoints_is_told(recording: Path) -> None:
    former = recording.with_name("former.db")
    shutil.copy(recording, former)
    recorded(recording, "Write")
    shutil.copy(former, recording)
    assert len(told(verify(recording))) == 1
    assert verify(former).ok, "a copy elsewhere is what it is"


def test_a_copy_goes_its_own_way(recording: Path) -> None:
    copy = recording.with_name("copy.db")
    shutil.copy(recording, copy)
    recorded(copy, "Write")
    recorded(recording, "Read")
    recorded(copy, "Write")
    assert verify(recording).ok
    assert verify(copy).ok
    assert gaps(copy) == gaps(recording) == []


def test_what_a_power_failure_may_take_is_not_remembered(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    recorded(path, "Read", durability="normal")
    with Recording.open(path) as reader:
        log_id = reader.meta.log_id
    assert SignedHere(path, log_id).notes() == []
    recorded(path, "Read")
    assert len(SignedHere(path, log_id).notes()) == 1


def test_a_folder_that_takes_nothing_keeps_nobody_from_recording(recording: Path) -> None:
    with Recording.open(recording) as reader:
        folder = keys_folder(reader.meta.log_id)
    (note,) = folder.glob("signed-*")
    note.unlink()
    note.mkdir()
    recorded(recording, "Write")
    assert verify(recording).ok
    assert not list(folder.glob(".signed-*")), "nothing is left beside it"
