"""The proxy's direct line to a recorder: real sockets, a recorder that hangs, dies, comes back."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

import pytest

from recorder.capture.proxy import line as line_module
from recorder.capture.proxy.line import DirectLine
from recorder.client import Client
from recorder.daemon import Daemon
from recorder.location import socket_path, spool_folder
from recorder.model import Kind, Phase, Record, Witness
from recorder.reader import Recording
from recorder.service import Service


def record(number: int) -> Record:
    return Record(
        witness=Witness.PROXY, phase=Phase.POINT, kind=Kind.API_REQUEST, name=f"GET /{number}"
    )


def line_to(recording: Path) -> DirectLine:
    client = Client(recording)

    def put_aside(records: Sequence[Record]) -> Future[None]:
        done: Future[None] = Future()
        client.put_aside(records)
        done.set_result(None)
        return done

    return DirectLine(socket_path(recording), put_aside)


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
            assert list(spool_folder(recording).iterdir())
        finally:
            os.kill(daemon.process.pid, signal.SIGCONT)
        await line.drain()
    Service.start(recording).stop()
    assert numbers(recording) == [1]
