"""Receivers in processes of their own, on loopback, and raw clients for what no SDK would send."""

from __future__ import annotations

import asyncio
import http.client
import os
import socket
import ssl
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from recorder.capture.otlp.launch import ReceiverProcess, start_receiver
from recorder.capture.otlp.limits import Limits
from recorder.capture.otlp.server import Endpoint, Settings, serve
from recorder.model import Kind, StoredRecord, Witness
from recorder.reader import Recording

CORPUS = Path(__file__).parents[4] / "shared" / "corpora" / "transcripts.tar.xz"
FLIGHTLOG = str(Path(sys.executable).with_name("flightlog"))
PROTOBUF = "application/x-protobuf"
JSON = "application/json"
DEADLINE = 60.0
TRACE_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
SECRET = "hunter2-swordfish-91"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Station:
    """A receiver and the recording that it writes."""

    recording: Path
    receiver: ReceiverProcess
    since: int = 0
    """Number of the last record before this test."""

    @property
    def port(self) -> int:
        return urlsplit(self.receiver.http).port or 0

    def post(self, path: str, body: bytes, content_type: str = PROTOBUF, **headers: str) -> Answer:
        """Send one request on a connection of its own; `_` in header names stands for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", path, body, {"Content-Type": content_type, **named})

    def request(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, named, answer.read())
        finally:
            connection.close()

    def raw(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE)

    def records(self, kind: Kind | None = None, name: str = "") -> list[StoredRecord]:
        """Return what was received."""
        return [
            r
            for r in self.everything()
            if r.witness is Witness.OTLP
            and r.name != "resource"
            and (kind is None or r.kind is kind)
            and (not name or r.name == name)
        ]

    def gaps(self) -> list[StoredRecord]:
        return [r for r in self.everything() if r.name == "gap"]

    def everything(self) -> list[StoredRecord]:
        """Return all that was recorded since the test began."""
        return [r for r in everything(self.recording) if r.seq > self.since]


def everything(recording: Path) -> list[StoredRecord]:
    with Recording.open(recording) as reader:
        return list(reader.records())


def bytes_at_rest(recording: Path) -> bytes:
    files = [path for path in recording.parent.rglob("*") if path.is_file()]
    return b"".join(path.read_bytes() for path in files)


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition."""
    limit = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < limit, f"not in time: {what}"
        time.sleep(0.02)


def trace_request(
    count: int = 1,
    *,
    name: str = "step",
    first: int = 1,
    attributes: Mapping[str, str] | None = None,
) -> ExportTraceServiceRequest:
    """Return spans of a trace of their own, numbered from `first` in their span ids."""
    request = ExportTraceServiceRequest()
    trace_id = os.urandom(16)
    entry = request.resource_spans.add()
    entry.resource.attributes.add(key="service.name").value.string_value = "test-agent"
    scope = entry.scope_spans.add()
    scope.scope.name = "test"
    for number in range(first, first + count):
        span = scope.spans.add(
            name=name,
            trace_id=trace_id,
            span_id=number.to_bytes(8),
            start_time_unix_nano=1_790_000_000_000_000_000,
            end_time_unix_nano=1_790_000_000_500_000_000,
        )
        for key, value in (attributes or {}).items():
            span.attributes.add(key=key).value.string_value = value
    return request


def export_by_grpc(
    channel: grpc.Channel,
    request: ExportTraceServiceRequest | bytes,
    metadata: Sequence[tuple[str, str | bytes]] = (),
) -> bytes:
    """Export by hand, with no exporter's retries; return the response's bytes."""
    call: Any = channel.unary_unary(TRACE_EXPORT)
    raw = request if isinstance(request, bytes) else request.SerializeToString()
    return bytes(call(raw, metadata=list(metadata), timeout=DEADLINE))


def log_request(*names: str) -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    entry = request.resource_logs.add()
    entry.resource.attributes.add(key="service.name").value.string_value = "test-agent"
    scope = entry.scope_logs.add()
    for name in names:
        scope.log_records.add(event_name=name, time_unix_nano=1_790_000_000_000_000_000)
    return request


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    folder = tmp_path / "flight"
    folder.mkdir()
    return folder / "flight.db"


@pytest.fixture
def station(recording: Path) -> Iterator[Station]:
    with start_receiver(recording) as receiver:
        yield Station(recording, receiver)
        assert receiver.has_ended() or receiver.errors() == ""


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, ReceiverProcess]]:
    """A receiver for a module's tests, and its recording."""
    folder = tmp_path_factory.mktemp("receiver")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLIGHTLOG_KEYS", str(folder / "keys"))
        recording = folder / "flight" / "flight.db"
        recording.parent.mkdir()
        with start_receiver(recording) as receiver:
            yield recording, receiver


@pytest.fixture
def shared(receiver: tuple[Path, ReceiverProcess]) -> Station:
    """A station that others used before: not for who counts gaps, which may be told of later."""
    recording, process = receiver
    assert process.errors() == ""
    with Recording.open(recording) as reader:
        return Station(recording, process, reader.last_seq())


@dataclass
class Served:
    """`flightlog serve` as a person starts it."""

    process: subprocess.Popen[str]
    said: str
    addresses: tuple[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def serving(recording: Path, *options: str) -> Iterator[Served]:
    """Run `flightlog serve` on free ports until the block ends."""
    process = subprocess.Popen(
        [
            FLIGHTLOG,
            "serve",
            "-r",
            str(recording),
            "--http-port",
            "0",
            "--grpc-port",
            "0",
            *options,
        ],
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env=dict(os.environ),
    )
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        words = said.split()
        assert words[:3] == ["receiving", "OTLP", "at"], said + process.stderr.read()
        yield Served(process, said, (words[3], words[6]))
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(DEADLINE)
        if process.stderr is not None:
            process.stderr.close()


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


@pytest.fixture(scope="session")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of what real agents emitted; skips where the corpora are absent."""
    if not CORPUS.exists():
        pytest.skip(f"the corpora are not here ({CORPUS.parent.name} beside the project)")
    folder = tmp_path_factory.mktemp("captured")
    with tarfile.open(CORPUS) as archive:
        archive.extractall(
            folder, members=[m for m in archive if m.name.endswith(".otlp.jsonl")], filter="data"
        )
    return folder / "transcripts" / "captured"


@dataclass
class InProcess:
    """A receiver in this process, where its limits can be chosen and its commits watched."""

    endpoint: Endpoint
    recording: Path

    @property
    def port(self) -> int:
        return urlsplit(self.endpoint.http).port or 0

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE)

    def post(self, path: str, body: bytes, content_type: str = PROTOBUF) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            connection.request("POST", path, body, {"Content-Type": content_type})
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, named, answer.read())
        finally:
            connection.close()

    def received(self) -> list[StoredRecord]:
        return [
            r
            for r in everything(self.recording)
            if r.witness is Witness.OTLP and r.name != "resource"
        ]


@contextmanager
def in_process(recording: Path, limits: Limits) -> Iterator[InProcess]:
    """Run a receiver on a thread of this process until the block ends."""
    settings = Settings(recording, http_port=0, grpc_port=0, limits=limits)
    found: Future[tuple[Endpoint, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def main() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        await serve(settings, stop, lambda endpoint: found.set_result((endpoint, loop, stop)))

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(asyncio.run, main())
        until(lambda: found.done() or running.done(), "the receiver")
        if running.done():
            running.result()
        endpoint, loop, stop = found.result()
        try:
            yield InProcess(endpoint, recording)
        finally:
            loop.call_soon_threadsafe(stop.set)
            running.result(DEADLINE)
