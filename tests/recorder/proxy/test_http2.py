"""HTTP/2 on both sides of the proxy: requests, streams, and what stands on record of them."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded

from recorder.model import Phase, Status
from tests.recorder.proxy.tls_server import TlsServer

if TYPE_CHECKING:
    from tests.recorder.proxy.conftest import Stage

DEADLINE = 60.0
UPLOAD = 96 * 1024 * 1024


class Server(TlsServer):
    """Speaks HTTP/2 only; answers a request by two pieces, the second when it is told to."""

    def __init__(self, stage: Stage) -> None:
        self.go_on = threading.Event()
        self.taking = threading.Event()
        """Unset, the server takes nothing of a body."""
        self.taking.set()
        self.bodies: dict[str, bytearray] = {}
        self._stage = stage
        super().__init__(stage.upstream.certificate, ["h2"])

    def speak(self, tls: ssl.SSLSocket) -> None:
        paths: dict[int, str] = {}
        h2 = H2Connection(H2Configuration(client_side=False))
        h2.initiate_connection()
        tls.sendall(h2.data_to_send())
        while data := tls.recv(65536):
            for event in h2.receive_data(data):
                if isinstance(event, RequestReceived):
                    fields = dict(event.headers or ())
                    paths[event.stream_id] = fields[b":path"].decode()
                elif isinstance(event, DataReceived):
                    self.taking.wait(DEADLINE)
                    path = paths[event.stream_id]
                    self.bodies.setdefault(path, bytearray()).extend(event.data or b"")
                    h2.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id)
                elif isinstance(event, StreamEnded):
                    self._answer(h2, tls, event.stream_id, paths[event.stream_id])
            tls.sendall(h2.data_to_send())

    def _answer(self, h2: H2Connection, tls: ssl.SSLSocket, stream: int, path: str) -> None:
        self._stage.upstream.note_arrival(path)
        h2.send_headers(stream, [(":status", "200"), ("content-type", "text/event-stream")])
        h2.send_data(stream, b"data: first\n\n")
        tls.sendall(h2.data_to_send())
        self.go_on.wait(DEADLINE)
        h2.send_data(stream, b"data: second\n\n", end_stream=True)


@pytest.fixture
def server(stage: Stage) -> Iterator[Server]:
    running = Server(stage)
    try:
        yield running
    finally:
        running.close()


def test_http2_stays_http2_and_its_stream_passes_without_delay(
    stage: Stage, server: Server
) -> None:
    curl = stage.begin_curl(
        "-N", "--http2", "-w", "%{http_version}", f"https://127.0.0.1:{server.port}/h2/events"
    )
    assert curl.stdout is not None
    # The server sends the second event only once the first one has come out of curl.
    assert curl.stdout.readline() == b"data: first\n"
    server.go_on.set()
    rest, _ = curl.communicate(timeout=DEADLINE)
    assert rest.endswith(b"data: second\n\n2")
    start, end = stage.pair("/h2/events")
    assert start.attributes["url.full"] == f"https://127.0.0.1:{server.port}/h2/events"
    assert (end.status, end.attributes["http.response.status_code"]) == (Status.OK, 200)
    assert end.attributes["flightlog.http.response.body"] == "data: first\n\ndata: second\n\n"


def test_http2_request_is_on_record_with_its_body_before_the_server_has_its_end(
    stage: Stage, server: Server
) -> None:
    server.go_on.set()
    body = '{"query":"mutation { volumeDelete }"}'
    stage.curl(
        "--http2", "-d", body, "-o", os.devnull, f"https://127.0.0.1:{server.port}/h2/delete"
    )
    assert server.bodies["/h2/delete"] == body.encode()
    seen = stage.upstream.arrivals["/h2/delete"]
    assert seen[0].phase is Phase.START
    assert any(r.attributes.get("flightlog.http.request.body") == body for r in seen)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_server_that_is_not_reached_is_an_answer_of_the_method_that_asked(
    stage: Stage, method: str
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # and never listens
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/unreached-{method}"
        how = ["--head"] if method == "HEAD" else ["-X", method]
        said = ["-w", "%{http_version} %{http_code}", "-o", os.devnull]
        done = stage.curl("--http2", *how, *said, url)
    assert (done.returncode, done.stdout) == (0, b"2 502"), done.stderr
    assert stage.pair(f"/unreached-{method}")[1].status is Status.ERROR


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc here")
def test_an_http2_upload_waits_with_the_client_and_not_in_the_proxys_memory(
    stage: Stage, server: Server, tmp_path: Path
) -> None:
    server.go_on.set()
    server.taking.clear()
    upload = tmp_path / "upload"
    with upload.open("wb") as file:
        file.truncate(UPLOAD)
    before = memory(stage)
    curl = stage.begin_curl(
        *("--http2", "--max-time", "100", "-T", str(upload)),
        f"https://127.0.0.1:{server.port}/h2/upload",
    )
    time.sleep(1.5)  # long enough for all of it to come here, were it let to
    held = memory(stage) - before
    server.taking.set()
    out, err = curl.communicate(timeout=120)
    assert curl.returncode == 0, err
    assert out.startswith(b"data: first")
    assert len(server.bodies["/h2/upload"]) == UPLOAD
    assert held < UPLOAD / 4


def memory(stage: Stage) -> int:
    """Bytes that the proxy has had in memory at most."""
    status = Path(f"/proc/{stage.proxy.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024
