"""One recorder, many processes: hand-over, acknowledgement, spool, lock, death."""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from recorder.client import Client
from recorder.daemon import Daemon
from recorder.errors import RecorderBusyError, RecordingError
from recorder.location import lock_path, socket_path, spool_folder
from recorder.model import Kind, Phase, StoredRecord
from recorder.reader import Recording
from recorder.service import Service
from recorder.store import Store
from recorder.verify import verify
from tests.recorder.factories import TOKEN, record

DEADLINE = 60.0


def records_of(path: Path) -> list[StoredRecord]:
    with Recording.open(path) as reader:
        return list(reader.records())


def wait_for(path: Path, number: int) -> list[StoredRecord]:
    """Return the tool calls of a recording as soon as there are so many."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        found = [r for r in records_of(path) if r.kind is Kind.TOOL_CALL]
        if len(found) >= number:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{number} records did not arrive")


def test_records_from_several_threads_arrive_once_and_in_each_threads_order(
    tmp_path: Path,
) -> None:
    path = tmp_path / "flight.db"
    service = Service.start(path)
    client = Client(path)

    def send(thread: int) -> None:
        for number in range(50):
            client.submit(record(f"t{thread}", attributes={"n": number}))

    threads = [threading.Thread(target=send, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for(path, 200)
    client.close()
    service.stop()
    for sender in range(4):
        numbers = [r.attributes["n"] for r in records_of(path) if r.name == f"t{sender}"]
        assert numbers == list(range(50))
    assert verify(path).ok


def test_an_acknowledged_record_is_committed_when_submit_returns(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    with Daemon.launch(path):
        client = Client(path)
        assert client.submit(record("first"), wait=True)
        assert "first" in [r.name for r in records_of(path)]
        client.close()


def test_files_are_private_and_no_secret_is_in_any_byte(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    with Daemon.launch(path):
        client = Client(path)
        client.submit(record(attributes={"a": f"API_TOKEN={TOKEN}"}), wait=True)
        live = {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()}
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in tmp_path.iterdir()}
        client.close()
    assert {"flight.db", "flight.db-wal"} <= set(live)
    for name, content in live.items():
        assert TOKEN.encode() not in content, name
    assert modes["flight.db"] == modes["flight.db-wal"] == modes["flight.db.sock"] == 0o600


def test_while_no_recorder_answers_records_wait_sealed_and_are_taken_in_once(
    tmp_path: Path,
) -> None:
    path = tmp_path / "flight.db"
    with Daemon.launch(path):
        pass
    client = Client(path)
    big = "x" * 9000 + f" API_TOKEN={TOKEN}"
    assert not client.submit(record("spooled", attributes={"a": big}))
    client.close()
    (spool,) = spool_folder(path).glob("*")
    assert TOKEN.encode() not in spool.read_bytes()
    assert stat.S_IMODE(spool.stat().st_mode) == 0o600
    copy = spool.read_bytes()
    with Daemon.launch(path):
        wait_for(path, 1)
    assert not spool_folder(path).exists()
    spool.parent.mkdir()
    spool.write_bytes(copy + b'{"fields": {"id": "to')
    with Daemon.launch(path):
        deadline = time.monotonic() + DEADLINE
        while list(spool_folder(path).glob("*")) and time.monotonic() < deadline:
            time.sleep(0.02)
    stored = records_of(path)
    (taken,) = [r for r in stored if r.name == "spooled"]
    with Recording.open(path) as reader:
        whole = reader.blob(taken.blobs["a"].digest)
    assert whole is not None
    assert whole.startswith(b"x" * 9000)
    assert b"API_TOKEN=\xe2\x9f\xa6" in whole
    assert [r.attributes["flightlog.count"] for r in stored if r.name == "spool_torn"] == [1]
    assert len(taken.seals) == 1
    assert verify(path).ok
    assert verify(path).gaps == 1


def test_a_secret_that_the_recording_knows_waits_sealed_wherever_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    with Daemon.launch(path):
        client = Client(path)
        assert client.submit(record(attributes={"a": f"API_TOKEN={TOKEN}"}), wait=True)
        client.close()
    client = Client(path)
    client.submit(record(attributes={"a": f"say {TOKEN} to it"}))
    client.close()
    (spool,) = spool_folder(path).glob("*")
    assert TOKEN.encode() not in spool.read_bytes()


def test_a_client_finds_the_recorder_again_after_it_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    daemon = Daemon.launch(path)
    client = Client(path)
    assert client.submit(record("before"), wait=True)
    daemon.process.kill()
    daemon.process.wait()
    daemon.stop()
    client.submit(record("between"))
    with Daemon.launch(path):
        deadline = time.monotonic() + DEADLINE
        while not client.submit(record("after"), wait=True) and time.monotonic() < deadline:
            time.sleep(0.1)
        names = {r.name for r in wait_for(path, 3)}
    client.close()
    assert {"before", "between", "after"} <= names
    assert verify(path).ok


def send_until_killed(path: str, acknowledged: str) -> None:
    client = Client(Path(path))
    with Path(acknowledged).open("a") as log:
        for number in range(100_000):
            if client.submit(record(f"n{number}"), wait=True):
                log.write(f"n{number}\n")
                log.flush()


@pytest.mark.parametrize("then", ["speaks on", "leaves"])
def test_what_a_killed_recorder_had_not_read_is_not_lost(tmp_path: Path, then: str) -> None:
    path = tmp_path / "flight.db"
    daemon = Daemon.launch(path)
    client = Client(path)
    assert client.submit(record("0"), wait=True)
    for number in range(1, 300):
        client.submit(record(str(number)))
    os.kill(daemon.process.pid, signal.SIGSTOP)
    for number in range(300, 600):
        assert client.submit(record(str(number)))
    daemon.process.kill()
    daemon.stop()
    if then == "speaks on":
        client.submit(record("600"))
    client.close()
    said = [str(n) for n in range(601 if then == "speaks on" else 600)]
    with Daemon.launch(path):
        found = sorted(wait_for(path, len(said)), key=lambda r: int(r.name))
    assert [r.name for r in found] == said
    assert not spool_folder(path).exists()
    assert verify(path).ok


def test_more_than_is_held_for_a_recorder_that_died_is_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recorder.client.MOST_UNSURE", 100)
    path = tmp_path / "flight.db"
    daemon = Daemon.launch(path)
    client = Client(path)
    assert client.submit(record("0"), wait=True)
    os.kill(daemon.process.pid, signal.SIGSTOP)
    for number in range(1, 600):
        client.submit(record(str(number)))
    daemon.process.kill()
    daemon.stop()
    client.close()
    with Daemon.launch(path):
        kept = {int(r.name) for r in wait_for(path, 100)}
    gaps = [r.attributes["flightlog.count"] for r in records_of(path) if r.name == "gap"]
    # It may have taken one or two more before it stopped: nobody can know.
    (told,) = gaps
    assert 600 - len(kept) <= int(str(told)) < 600
    assert set(range(560, 600)) <= kept


@pytest.mark.parametrize("seed", range(3))
def test_nothing_acknowledged_is_lost_when_recorder_and_agent_are_killed(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    path, log = tmp_path / "flight.db", tmp_path / "acknowledged"
    daemon = Daemon.launch(path)
    agent = multiprocessing.get_context("spawn").Process(
        target=send_until_killed, args=(str(path), str(log))
    )
    agent.start()
    deadline = time.monotonic() + DEADLINE
    while not (log.exists() and log.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(chance.uniform(0.05, 0.4))  # the random moment is what is tested
    daemon.process.kill()
    os.kill(agent.pid or 0, signal.SIGKILL)
    agent.join()
    agent.close()
    daemon.process.wait()
    daemon.stop()
    with Daemon.launch(path):
        pass
    stored = {r.name for r in records_of(path)}
    said = [line for line in log.read_text().split("\n")[:-1] if line]
    assert said
    assert set(said) <= stored
    assert verify(path).ok


def test_many_who_begin_a_recording_at_once_begin_one(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    together = threading.Barrier(8)

    def begin(_: int) -> str:
        together.wait(DEADLINE)
        store = Store.open(path)
        store.close()
        return store.log_id

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(begin, range(8)))
    with Recording.open(path) as reader:
        assert found == {reader.meta.log_id}
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_there_is_one_recorder_and_the_second_is_told_who(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    with Daemon.launch(path) as daemon:
        with pytest.raises(RecorderBusyError, match=str(daemon.process.pid)):
            Service.start(path)
        with pytest.raises(RecorderBusyError, match="being recorded by process"):
            Daemon.launch(path)
    service = Service.start(path)
    with pytest.raises(RecorderBusyError, match="this process"):
        Service.start(path)
    service.stop()


def test_a_recorder_ends_with_its_launcher(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    program = (
        "import sys, time; from pathlib import Path; from recorder.daemon import Daemon\n"
        f"d = Daemon.launch(Path({str(path)!r})); print(d.process.pid, flush=True); time.sleep(60)"
    )
    launcher = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert launcher.stdout is not None
    pid = int(launcher.stdout.readline())
    launcher.kill()
    launcher.communicate()
    deadline = time.monotonic() + DEADLINE
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()
    assert [r.name for r in records_of(path) if r.phase is Phase.END] == ["recorder"]


def test_garbage_on_the_socket_neither_stops_the_recorder_nor_is_recorded(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    service = Service.start(path)
    for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\xff\xff\xff\xff" + b"x" * 100, b"\0\0\0\2{]"):
        with socket.socket(socket.AF_UNIX) as attacker:
            attacker.connect(str(socket_path(path)))
            attacker.sendall(garbage)
    client = Client(path)
    assert client.submit(record("good"), wait=True)
    client.close()
    service.stop()
    assert [r.name for r in records_of(path)] == ["recorder", "good", "recorder"]


def test_a_locked_recording_costs_the_agent_nothing_and_the_records_come_later(
    tmp_path: Path,
) -> None:
    path = tmp_path / "flight.db"
    service = Service.start(path)
    assert service.submit(record("before"), wait=True)
    intruder = sqlite3.connect(path, isolation_level=None)
    intruder.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    assert not service.submit(record("during"), wait=True, timeout_seconds=0.2)
    assert time.monotonic() - began < 1.0
    deadline = time.monotonic() + DEADLINE
    while not spool_folder(path).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    intruder.execute("ROLLBACK")
    intruder.close()
    assert "during" in {r.name for r in wait_for(path, 2)}
    service.stop()
    assert verify(path).ok


def test_what_neither_recording_nor_spool_could_take_is_counted_and_the_gap_says_why(
    tmp_path: Path,
) -> None:
    path = tmp_path / "flight.db"
    service = Service.start(path)
    assert service.submit(record("before"), wait=True, timeout_seconds=30)
    spool_folder(path).write_text("in the way")
    locker = sqlite3.connect(path, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    assert not service.submit(record("lost"), wait=True, timeout_seconds=60)
    locker.execute("ROLLBACK")
    locker.close()
    assert service.submit(record("after"), wait=True, timeout_seconds=60)
    service.stop()
    with Recording.open(path) as recording:
        stored = list(recording.records())
    (gap,) = (r.attributes for r in stored if r.name == "gap")
    assert gap["flightlog.count"] == 1
    assert "neither the recording nor the spool" in str(gap["flightlog.reason"])
    assert [r.name for r in stored if r.kind is Kind.TOOL_CALL] == ["before", "after"]


def test_a_path_too_long_for_a_socket_is_recorded_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / ("deep" * 30)
    folder.mkdir()
    path = folder / "flight.db"
    service = Service.start(path)
    assert socket_path(path).parent != folder
    client = Client(path)
    assert client.submit(record("far"), wait=True)
    client.close()
    service.stop()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act for somebody else")
def test_a_stranger_s_folder_for_sockets_is_neither_served_nor_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ("deep" * 30) / "flight.db"
    path.parent.mkdir()
    somebody = 61_000 + os.getpid() % 1_000
    strangers = Path(f"/tmp/flightlog-{somebody}")
    strangers.mkdir()
    try:
        monkeypatch.setattr(os, "getuid", lambda: somebody)
        with pytest.raises(RecordingError, match="belongs to somebody else"):
            Service.start(path)
        assert not Client(path).submit(record("unseen"), wait=True)
        assert list(strangers.iterdir()) == []
    finally:
        strangers.rmdir()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda p: p.write_text("not a database at all, but long enough to be looked at"), "no"),
        (lambda p: sqlite3.connect(p).execute("CREATE TABLE t (a)").connection.close(), "another"),
    ],
)
def test_what_is_no_recording_is_not_written_to(tmp_path: Path, make: object, said: str) -> None:
    path = tmp_path / "flight.db"
    make(path)  # type: ignore[operator]
    before = path.read_bytes()
    with pytest.raises(RecordingError, match=said):
        Service.start(path)
    assert path.read_bytes() == before
    # The lock is free again.
    path.unlink()
    Service.start(path).stop()
    assert lock_path(path).exists()


def test_a_disk_without_room_for_a_byte_refuses_in_our_words_and_is_let_go_of(
    tmp_path: Path,
) -> None:
    path = tmp_path / "flight.db"
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, most))
    try:
        with pytest.raises(RecordingError):
            Service.start(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))
    Service.start(path).stop()


def test_a_pipe_or_a_device_is_neither_replaced_nor_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(RecordingError, match="a device, a pipe or a socket"):
        Service.start(pipe)
    with pytest.raises(RecordingError, match="a device, a pipe or a socket"):
        Recording.open(pipe)
    assert not Client(pipe).submit(record("unseen"), wait=True)
    assert {path.name for path in tmp_path.iterdir()} <= {"pipe", spool_folder(pipe).name}
    assert stat.S_ISFIFO(pipe.stat().st_mode)
