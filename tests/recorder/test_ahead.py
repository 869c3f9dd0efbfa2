"""What is written ahead of the hand-over: it outlives its process, is sealed, and goes again."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from recorder.ahead import WriteAhead
from recorder.aside import SealerAside
from recorder.errors import RecordingError
from recorder.location import spool_folder
from recorder.model import Record
from recorder.reader import Recording
from recorder.sealing import Sealer
from recorder.sealing.sealed import SealedRecord
from recorder.service import Service
from recorder.spool import Spool, make_folder, remove_if_empty, spool_lines
from recorder.taking_in import records_in, take_in
from recorder.waiting import waiting_in
from tests.recorder.factories import record

ROOT = Path(__file__).parents[2]
TOKEN = "rw_Fe26_9f8e7d6c5b4a39281706f5e4d3c2b1a0"
DEADLINE = 60.0
WRITER = """
import sys, time
from pathlib import Path
from recorder.ahead import WriteAhead
from recorder.sealing import Sealer
from tests.recorder.factories import record
ahead, sealer = WriteAhead(Path(sys.argv[1])), Sealer(b"k" * 32)
for number in range(3):
    ahead.write(sealer.seal(record(str(number))))
ahead.committed(1)
print("written", flush=True)
time.sleep(60)
"""


def sealed(name: str) -> SealedRecord:
    return Sealer(b"k" * 32).seal(record(name))


def names(folder: Path) -> list[str]:
    return [one.name for one in records_in(folder)]


def taken_in(folder: Path) -> list[str]:
    taken: list[str] = []
    take_in(folder, lambda spooled: taken.extend(r.name for r, _ in spooled.records))
    return taken


def test_what_is_committed_is_cut_off_and_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    ahead = WriteAhead(tmp_path / "spool")
    for number in range(3):
        ahead.write(sealed(str(number)))
    (path,) = (tmp_path / "spool").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    ahead.committed(2)
    assert "2" in names(path.parent)
    ahead.committed(1)
    assert not path.read_bytes().strip(b"\0")
    ahead.write(sealed("3"))
    assert names(path.parent) == ["3"]
    ahead.committed(1)
    ahead.leave()
    assert not path.parent.exists()


def test_a_long_file_is_followed_by_another_and_goes_when_all_in_it_is_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recorder.ahead.FILE_BYTES", 6 * len(spool_lines([sealed("0")])))
    ahead = WriteAhead(tmp_path)
    for number in range(20):
        ahead.write(sealed(str(number)))
        if number >= 4:
            ahead.committed(1)  # there is always something that is not
        assert set(names(tmp_path)) >= {str(n) for n in range(max(0, number - 3), number + 1)}
    assert len(list(tmp_path.iterdir())) <= 3


def test_nobody_takes_in_what_a_process_that_lives_writes_ahead(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        assert taken_in(tmp_path) == []
        assert waiting_in(tmp_path) == 0
        process.send_signal(signal.SIGKILL)
    # The first was committed, and stood there until the others were.
    assert waiting_in(tmp_path) == 3
    assert taken_in(tmp_path) == ["0", "1", "2"]
    assert not tmp_path.exists()


def test_what_has_arrived_meanwhile_does_not_come_twice_and_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    arrived, missing = record("arrived"), record("missing")
    service = Service.start(path)
    assert service.submit(arrived, wait=True)
    sealer = SealerAside(path)
    for several in ([arrived], [arrived, missing]):
        ahead = WriteAhead(spool_folder(path))
        for one in several:
            ahead.write(*sealer.seal(one))
        ahead.leave()
        limit = time.monotonic() + DEADLINE
        while list(spool_folder(path).glob("*")):
            assert time.monotonic() < limit
            time.sleep(0.02)
    service.stop()
    sealer.close()
    with Recording.open(path) as reader:
        stored = [(r.name, r.attributes.get("flightlog.count")) for r in reader.records()]
    assert [name for name, _ in stored if name in {"arrived", "missing"}] == ["arrived", "missing"]
    assert [count for name, count in stored if name == "spool"] == [1]


def test_records_that_keep_coming_do_not_keep_the_spool_waiting(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    service = Service.start(path)
    sealer = SealerAside(path)
    ahead = WriteAhead(spool_folder(path))
    ahead.write(*sealer.seal(record("left")))
    sealer.close()
    ahead.leave()
    limit = time.monotonic() + DEADLINE
    while list(spool_folder(path).glob("*")):
        assert time.monotonic() < limit
        assert service.submit(record("busy"), wait=True)
        time.sleep(0.1)
    service.stop()


def test_on_a_full_disk_nothing_is_written_ahead_and_no_file_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr("recorder.ahead.os.write", lambda fd, zeros: write(fd, zeros[:20]))
    with pytest.raises(OSError, match="space"):
        WriteAhead(tmp_path).write(sealed("a"))
    monkeypatch.undo()
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr("recorder.ahead.SPACE_BYTES", 1 << 62)
    with pytest.raises(OSError, match="space"):
        WriteAhead(tmp_path).write(sealed("a"))
    assert not list(tmp_path.iterdir())


def test_who_is_killed_in_the_middle_of_a_line_leaves_the_lines_before_it(tmp_path: Path) -> None:
    ahead = WriteAhead(tmp_path)
    ahead.write(sealed("whole"))
    (path,) = tmp_path.iterdir()
    before = path.read_bytes().rstrip(b"\0")
    ahead.write(sealed("half"))
    after = path.read_bytes()
    ahead.leave()
    # A line's first byte is written last.
    path.write_bytes(before + b"\0" + after[len(before) + 1 :])
    found: list[tuple[list[str], int]] = []
    take_in(tmp_path, lambda s: found.append(([r.name for r, _ in s.records], s.torn)))
    assert found == [(["whole"], 0)]


def test_only_sealed_records_are_written(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="sealed"):
        WriteAhead(tmp_path).write(record())  # type: ignore[arg-type]


def test_secret_that_another_witness_gave_away_is_sealed_before_and_after_it_became_known(
    tmp_path: Path,
) -> None:
    path = tmp_path / "flight.db"
    first, second = TOKEN, TOKEN.swapcase()
    bare = {
        first: record(attributes={"a": f"say {first}"}),
        second: record(attributes={"a": second}),
    }
    service = Service.start(path)
    assert service.submit(record(attributes={"b": f"API_TOKEN={first}"}), wait=True)
    sealer = SealerAside(path)
    assert first.encode() not in line_of(sealer, bare[first])
    assert second.encode() in line_of(sealer, bare[second]), "nothing tells that it is one yet"
    assert service.submit(record(attributes={"b": f"API_TOKEN={second}"}), wait=True)
    limit = time.monotonic() + DEADLINE
    while second.encode() in line_of(sealer, bare[second]):
        assert time.monotonic() < limit
        time.sleep(0.02)
    sealer.close()
    service.stop()


def test_secret_has_the_token_that_it_has_in_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    service = Service.start(path)
    assert service.submit(record("a", attributes={"a": f"RAILWAY_TOKEN={TOKEN}"}), wait=True)
    service.stop()
    sealer = SealerAside(path)
    line = line_of(sealer, record(attributes={"http.request.header.authorization": [TOKEN]}))
    sealer.close()
    with Recording.open(path) as reader:
        (stored,) = (r for r in reader.records() if r.name == "a")
    token = str(stored.attributes["a"]).partition("=")[2]
    assert token.startswith("⟦railway-token:")
    assert token.encode() in line


def test_without_a_recording_there_is_no_sealer(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no recording"):
        SealerAside(tmp_path / "flight.db")


def line_of(sealer: SealerAside, one: Record) -> bytes:
    ready, secrets = sealer.seal(one)
    return spool_lines([ready], secrets)


def test_a_folder_that_others_keep_removing_is_made(tmp_path: Path) -> None:
    folder, over = tmp_path / "spool", threading.Event()

    def remove() -> None:
        while not over.is_set():
            remove_if_empty(folder)

    removers = [threading.Thread(target=remove) for _ in range(2)]
    for remover in removers:
        remover.start()
    try:
        for _ in range(2000):
            make_folder(folder)
    finally:
        over.set()
        for remover in removers:
            remover.join()
    make_folder(folder)
    assert folder.is_dir()


def test_a_spool_whose_folder_cannot_be_is_an_error_and_not_waited_for(tmp_path: Path) -> None:
    in_the_way, nowhere = tmp_path / "file", tmp_path / "nowhere"
    in_the_way.touch()
    nowhere.symlink_to(tmp_path / "missing")
    for folder in (in_the_way, nowhere):
        with pytest.raises(OSError, match="File exists"):
            Spool(folder).append(sealed("1"))
        with pytest.raises(OSError, match="File exists"):
            WriteAhead(folder).write(sealed("1"))


def test_a_folder_that_goes_with_its_last_file_costs_nobody_a_record(tmp_path: Path) -> None:
    folder, taken = tmp_path / "spool", list[str]()
    made = [[sealed(f"{writer} {number}") for number in range(100)] for writer in range(3)]

    def write(records: list[SealedRecord]) -> None:
        spool = Spool(folder)
        for one in records:
            spool.append(one)

    writers = [threading.Thread(target=write, args=(records,)) for records in made]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers) or folder.exists():
        taken += taken_in(folder)
    assert sorted(taken) == sorted(one.fields["name"] for records in made for one in records)
