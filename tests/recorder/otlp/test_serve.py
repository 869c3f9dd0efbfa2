"""`flightlog serve` as a process: how it starts, refuses to, ends, and is killed."""

from __future__ import annotations

import http.client
import os
import random
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import grpc
import pytest

from recorder.capture.otlp.launch import start_receiver
from recorder.daemon import Daemon
from recorder.model import Witness
from recorder.verify import verify
from tests.recorder.otlp.conftest import (
    FLIGHTLOG,
    PROTOBUF,
    Station,
    everything,
    export_by_grpc,
    serving,
    trace_request,
    until,
)


def refused(recording: Path, *options: str) -> str:
    """Return the one line that `serve` says when it cannot start."""
    done = subprocess.run(
        [FLIGHTLOG, "serve", "-r", str(recording), *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


def test_a_port_that_is_taken_is_said_in_one_line(recording: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = str(other.getsockname()[1])
        line = refused(recording, "--http-port", taken, "--grpc-port", "0")
        assert f"port {taken} of 127.0.0.1 is in use by another program" in line
        assert "--http-port" in line
        line = refused(recording, "--http-port", "0", "--grpc-port", taken)
        assert f"port {taken} of 127.0.0.1 cannot be had" in line
        assert "--grpc-port" in line


def test_files_that_do_not_serve_are_named(recording: Path, tmp_path: Path) -> None:
    short, words, gone = tmp_path / "short", tmp_path / "words", tmp_path / "gone"
    short.write_text("swordfish91\n")
    words.write_text("no certificate\n")
    ports = ("--http-port", "0", "--grpc-port", "0")
    line = refused(recording, "--token-file", str(short), *ports)
    assert str(short) in line
    assert "swordfish" not in line
    assert str(gone) in refused(recording, "--token-file", str(gone), *ports)
    assert str(tmp_path) in refused(recording, "--token-file", str(tmp_path), *ports)
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe" * 20)
    assert str(binary) in refused(recording, "--token-file", str(binary), *ports)
    for unsendable in ("pässwörd-swordfish91", "swordfish91-swordfish91\nof two lines"):
        short.write_text(unsendable, encoding="utf-8")
        line = refused(recording, "--token-file", str(short), *ports)
        assert "one line of ASCII" in line
        assert "swordfish" not in line
    tls = ("--tls-cert", str(words), "--tls-key", str(words))
    assert "no certificate and key that fit" in refused(recording, *tls, *ports)
    missing = ("--tls-cert", str(gone), "--tls-key", str(words))
    assert str(gone) in refused(recording, *missing, *ports)
    assert "go together" in refused(recording, "--tls-cert", str(words), *ports)
    assert "nowhere.invalid" in refused(recording, "--host", "nowhere.invalid", *ports)


def test_it_speaks_to_no_recording_that_it_cannot_write(recording: Path) -> None:
    recording.write_text("this is somebody's letter, and no recording at all" * 99)
    line = refused(recording, "--http-port", "0", "--grpc-port", "0")
    assert str(recording) in line
    assert recording.read_text().startswith("this is somebody's letter")


def send(base: str, first: int, count: int = 1) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(base).port, timeout=60)
    try:
        body = trace_request(count, first=first).SerializeToString()
        connection.request("POST", "/v1/traces", body, {"Content-Type": PROTOBUF})
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_on_a_signal(recording: Path, how: signal.Signals) -> None:
    with serving(recording) as served:
        base = served.addresses[0]
        assert send(base, 1, 700) == 200
        idle = socket.create_connection(("127.0.0.1", urlsplit(base).port or 0))
        served.process.send_signal(how)
        assert served.process.wait(60) == 0
        assert served.process.stderr is not None
        assert served.process.stderr.read() == ""
        idle.close()
    assert not recording.with_name(recording.name + "-wal").exists(), "folded into the file"
    assert len([r for r in everything(recording) if r.name == "step"]) == 700
    assert [r.phase.value for r in everything(recording) if r.name == "recorder"] == [
        "start",
        "end",
    ]
    assert verify(recording).ok


def test_beside_a_recorder_that_runs_already_it_hands_records_to_it(recording: Path) -> None:
    with Daemon.launch(recording), serving(recording) as served:
        assert "through its recorder" in served.said
        assert send(served.addresses[0], 1, 1500) == 200
        assert len([r for r in everything(recording) if r.name == "step"]) == 1500
    assert verify(recording).ok


def test_when_that_recorder_dies_clients_are_told_to_come_again(recording: Path) -> None:
    with Daemon.launch(recording) as daemon, start_receiver(recording) as receiver:
        station = Station(recording, receiver)
        assert send(receiver.http, 1) == 200
        daemon.process.kill()
        daemon.process.wait()
        assert send(receiver.http, 2) == 503
        with Daemon.launch(recording):
            until(lambda: send(receiver.http, 3) == 200, "the new recorder")
            until(lambda: {"2", "3"} <= {r.span_id[-1] for r in station.records()}, "the spool")


def test_it_ends_with_whoever_launched_it(recording: Path) -> None:
    receiver = start_receiver(recording)
    assert receiver.process.stdin is not None
    receiver.process.stdin.close()
    assert receiver.process.wait(60) == 0
    receiver.stop()


class Load:
    """Clients that send spans one by one and remember which were acknowledged."""

    def __init__(self, http_port: int, grpc_port: int) -> None:
        self.acknowledged: list[int] = []
        self._ports = http_port, grpc_port
        self._threads = [
            threading.Thread(target=self._by_http if n % 2 else self._by_grpc, args=(n,))
            for n in range(6)
        ]
        for thread in self._threads:
            thread.start()

    def _by_http(self, number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._ports[0], timeout=30)
        first = number * 1_000_000
        try:
            while True:
                first += 3
                body = trace_request(3, first=first).SerializeToString()
                connection.request("POST", "/v1/traces", body, {"Content-Type": PROTOBUF})
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    self.acknowledged += range(first, first + 3)
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()

    def _by_grpc(self, number: int) -> None:
        first = number * 1_000_000
        with grpc.insecure_channel(f"127.0.0.1:{self._ports[1]}") as channel:
            while True:
                first += 3
                try:
                    export_by_grpc(channel, trace_request(3, first=first))
                except grpc.RpcError:
                    return
                self.acknowledged += range(first, first + 3)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()


@pytest.mark.parametrize("beside_a_daemon", [False, True])
def test_killed_at_any_moment_under_load_it_loses_nothing_that_was_acknowledged(
    recording: Path, beside_a_daemon: bool
) -> None:
    acknowledged: set[int] = set()
    for _ in range(3):
        daemon = Daemon.launch(recording) if beside_a_daemon else None
        receiver = start_receiver(recording)
        victim = daemon.process if daemon is not None else receiver.process
        load = Load(urlsplit(receiver.http).port or 0, urlsplit(receiver.grpc).port or 0)
        enough = random.randint(30, 300)
        until(lambda: len(load.acknowledged) >= enough, "acknowledged spans")  # noqa: B023 - called at once
        time.sleep(random.random() * 0.05)  # at any moment, not at that of an acknowledgement
        os.kill(victim.pid, signal.SIGKILL)
        if daemon is not None:
            os.kill(receiver.pid, signal.SIGKILL)
        load.join()
        receiver.stop()
        if daemon is not None:
            daemon.stop()
        acknowledged |= set(load.acknowledged)
        stored = {
            int(r.span_id, 16)
            for r in everything(recording)
            if r.witness is Witness.OTLP and r.span_id
        }
        assert acknowledged <= stored
    with Daemon.launch(recording):
        pass
    assert verify(recording).ok
