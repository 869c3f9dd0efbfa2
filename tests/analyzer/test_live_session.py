"""One session looked at while it grows: each look is small, exact, and says who writes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.live_session import MOST, Look, dropped_by, live_session
from analyzer.writing import FRESH_NS, SILENT_NS, Writing, last_spoken, writer_of
from recorder.model import Phase, StoredRecord
from recorder.own_words import gap, own_record
from recorder.reader import Recording
from recorder.sealing import Sealer
from recorder.store import Store
from tests.analyzer.factories import CWD, Flight

NOW = 1_800_000_000 * 10**9


def spoken(phase: Phase, pid: int | None, tmp_path: Path) -> StoredRecord:
    path = tmp_path / "spoken.db"
    store = Store.open(path)
    sealer = Sealer(store.fingerprint_key, store.credentials())
    store.append([sealer.seal(own_record("recorder", phase, {}))], checkpoint=True)
    store.close()
    with Recording.open(path) as recording:
        said = last_spoken(recording)
    assert said is not None
    return replace(said, pid=pid, observed_ns=NOW)


def dead_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    return child.pid


@pytest.mark.parametrize(
    ("phase", "is_there", "silent_ns", "expected"),
    [
        (Phase.START, True, 60 * 10**9, Writing.WRITES),
        (Phase.START, False, FRESH_NS + 1, Writing.GONE),
        (Phase.START, False, FRESH_NS - 1, Writing.WRITES),
        (Phase.START, True, SILENT_NS + 1, Writing.GONE),
        (Phase.END, True, 0, Writing.STOPPED),
    ],
)
def test_who_writes_is_told_by_what_the_recorder_said_and_whether_it_is_there(
    phase: Phase, is_there: bool, silent_ns: int, expected: Writing, tmp_path: Path
) -> None:
    said = spoken(phase, os.getpid() if is_there else dead_process(), tmp_path)
    found = writer_of(said, NOW, NOW + silent_ns)
    assert found.writing is expected
    assert found.is_over is (expected in {Writing.GONE, Writing.STOPPED})


def test_a_recorder_that_stopped_and_records_after_it_are_somebody_elses(tmp_path: Path) -> None:
    said = spoken(Phase.END, os.getpid(), tmp_path)
    assert writer_of(said, NOW + 1, NOW + 1).writing is Writing.WRITES
    assert writer_of(None, NOW, NOW).writing is Writing.UNKNOWN


def test_looks_are_small_and_together_tell_everything_once(tmp_path: Path) -> None:
    flight = Flight(ends=None)
    for n in range(600):
        flight.tool(1.0 + n / 100, "Read", {"file_path": f"src/{n % 40}.py"}, result="ok")
    path = flight.write(tmp_path / "flight.db")
    with live_session(path, flight.session) as session:
        looks: list[Look] = []
        while (look := session.look()) is not None:
            looks.append(look)
        assert [look.read for look in looks[:2]] == [MOST, MOST]
        assert looks[0].waiting == looks[-1].seq - MOST
        assert looks[-1].waiting == 0
        assert len({e.action.id for look in looks for e in look.events}) == 601
        state = looks[-1].state
        assert (state.cwd, state.files) == (CWD, 40)
        store = Store.open(path)
        sealer = Sealer(store.fingerprint_key, store.credentials())
        store.append([sealer.seal(gap(5, "too fast"))])
        later = session.look(time.time_ns() + 1)
        assert later is not None
        assert dropped_by(later.remarks) == 5
        assert session.look(time.time_ns() + 1) is None
        store.close()
