"""The proxy's direct line to a recorder: real sockets, a recorder that hangs, dies, comes back."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

import pytest

from recorder.capture.proxy import line as line_module
from recorder.capture.proxy.ahead import LARGEST_BYTES, Ahead
from recorder.capture.proxy.line import DirectLine
from recorder.client import Client
from recorder.daemon import Daemon
from recorder.location import socket_path, spool_folder
from recorder.model import Kind, Phase, Record, Witness
from recorder.reader import Recording
from recorder.service import Service
from recorder.taking_in import records_in

DEADLINE = 60.0


def record(number: int, body: str = "") -> Record:
    return Record(
        witness=Witness.PROXY,
        phase=Phase.POINT,
        kind=Kind.API_REQUEST,
        name=f"GET /{number}",
        attributes={"body": body},
    )


def line_to(recording: Path, ahead: Ahead | None = None) -> DirectLine:
    client = Client(recording)

    def put_aside(records: Sequence[Record]) -> Future[None]:
        done: Future[None] = Future()
        client.put_aside(records)
        done.set_result(None)
        return done

    return DirectLine(socket_path(recording), put_aside, ahead)


def numbers(recording: Path) -> list[int]:
    with Recording.open(recording) as reader:
        names = [r.name for r in reader.records() if r.witness is Witness.PROXY]
    return [int(name.removeprefix("GET /")) for name in names]


async def test_all_that_is_taken_arrives_once_and_in_order(tmp_path: Path) -> None:
    recording = tmp_path / "flight.db"
    service = Service.start(recording)
    line = line_to(recording)
    for number in range(1000):
        assert line.take(record(number))
        if number % 100 == 0:
            await asyncio.sleep(0)
    await line.drain()
    service.stop()
    assert numbers(recording) == list(range(1000))
    assert not spool_folder(recording).exists()


async def test_what_nobody_waits_for_is_in_the_recorders_hands_at_once(tmp_path: Path) -> None:
    recording = tmp_path / "flight.db"
    with socket.socket(socket.AF_UNIX) as recorder:
        recorder.bind(str(socket_path(recording)))
        recorder.listen()
        line = line_to(recording)
        assert line.take(record(7))
        # Not a step of the loop in between: the answer to the request could have gone out in it.
        connection, _ = recorder.accept()
        with connection:
            connection.settimeout(5)
            assert b"GET /7" in connection.recv(65536)


async def test_what_is_waited_for_is_committed_when_it_is_told(tmp_path: Path) -> None:
    recording = tmp_path / "flight.db"
    service = Service.start(recording)
    line = line_to(recording)
    told = [line.take_and_tell(record(number)) for number in range(50)]
    for number, settled in enumerate(told):
        assert settled is not None
        await settled
        assert number in numbers(recording)
    await line.drain()
    service.stop()
    assert sorted(numbers(recording)) == list(range(50))


async def test_without_a_recorder_nothing_is_taken(tmp_path: Path) -> None:
    line = line_to(tmp_path / "flight.db")
    assert not line.take(record(1))
    assert line.take_and_tell(record(1)) is None
    await line.drain()


async def test_recorder_that_is_killed_loses_nothing_and_nothing_comes_twice(
    tmp_path: Path,
) -> None:
    recording = tmp_path / "flight.db"
    with Daemon.launch(recording) as daemon:
        line = line_to(recording)
        for number in range(300):
            assert line.take(record(number))
        await asyncio.sleep(0)
        os.kill(daemon.process.pid, signal.SIGSTOP)
        told = line.take_and_tell(record(300))
        assert told is not None
        await asyncio.sleep(0)
        daemon.process.kill()
        daemon.process.wait()
        await told
        await line.drain()
    Service.start(recording).stop()
    assert sorted(numbers(recording)) == list(range(301))


async def test_recorder_that_hangs_is_given_up_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "HANG_SECONDS", 0.1)
    recording = tmp_path / "flight.db"
    with Daemon.launch(recording) as daemon:
        line = line_to(recording)
        os.kill(daemon.process.pid, signal.SIGSTOP)
        try:
            told = line.take_and_tell(record(1))
            assert told is not None
            await told
            assert list(spool_folder(recording).glob("*"))
        finally:
            os.kill(daemon.process.pid, signal.SIGCONT)
        await line.drain()
    Service.start(recording).stop()
    assert numbers(recording) == [1]


def ahead_of(recording: Path) -> set[str]:
    return {one.name for one in records_in(spool_folder(recording))}


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(int(DEADLINE / 0.01)):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("not in time")


async def test_what_is_small_is_written_ahead_at_once_and_cut_off_when_it_is_committed(
    tmp_path: Path,
) -> None:
    recording = tmp_path / "flight.db"
    service = Service.start(recording)
    line = line_to(recording, Ahead(recording))
    for number in range(300):
        assert line.write_ahead(record(number))
        # Not a step of the loop in between: the request could have gone on in it.
        assert f"GET /{number}" in ahead_of(recording)
        if number % 10 == 0:
            await asyncio.sleep(0)
    await until(lambda: not ahead_of(recording))
    assert numbers(recording) == list(range(300))
    await line.drain()
    service.stop()
    assert numbers(recording) == list(range(300))
    assert not spool_folder(recording).exists()


async def test_what_is_large_is_not_sealed_on_the_loop_and_keeps_its_place(tmp_path: Path) -> None:
    recording = tmp_path / "flight.db"
    service = Service.start(recording)
    line = line_to(recording, Ahead(recording))
    large = "all of it " * (LARGEST_BYTES // 10)
    assert line.take(record(0))
    assert not line.write_ahead(record(1, large))
    assert line.take(record(1, large))
    assert line.take(record(2))
    settled = line.take_and_tell(record(3, large))
    assert settled is not None
    await settled
    assert numbers(recording) == [0, 1, 2, 3]
    await line.drain()
    service.stop()


async def test_without_a_recorder_it_waits_and_the_next_one_has_it_though_nothing_follows(
    tmp_path: Path,
) -> None:
    recording = tmp_path / "flight.db"
    Service.start(recording).stop()
    line = line_to(recording, Ahead(recording))
    assert line.write_ahead(record(1))
    assert ahead_of(recording) == {"GET /1"}
    service = Service.start(recording)
    await until(lambda: numbers(recording) == [1])
    assert line.write_ahead(record(2))
    await until(lambda: numbers(recording) == [1, 2])
    await line.drain()
    service.stop()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
async def test_recorder_that_dies_or_hangs_loses_nothing_that_was_written_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(line_module, "HANG_SECONDS", 0.2)
    recording = tmp_path / "flight.db"
    with Daemon.launch(recording) as daemon:
        line = line_to(recording, Ahead(recording))
        for each in range(50):
            assert line.take(record(each))
            await asyncio.sleep(0.001)
        os.kill(daemon.process.pid, number)
        for each in range(50, 100):
            assert line.take(record(each))
            await asyncio.sleep(0.01)
        await line.drain()
        os.kill(daemon.process.pid, signal.SIGCONT)
    Service.start(recording).stop()
    assert sorted(numbers(recording)) == list(range(100))
    assert not spool_folder(recording).exists()
