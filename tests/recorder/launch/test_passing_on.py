"""Telemetry that the user's environment sends elsewhere gets there, too, and the agent sees nothing
of it.
"""

from __future__ import annotations

import gzip
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from recorder.capture.otlp.launch import start_receiver
from recorder.model import Kind
from recorder.reader import Recording
from recorder.verify import verify
from tests.recorder.launch.conftest import Ground
from tests.recorder.launch.test_telemetry import AGENT, calls

PYTHON = sys.executable
KEY = "hcaik-Q7rT2vX9kLm4pZw8sBn"


@dataclass
class Collector:
    """The user's own endpoint."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    """Statuses of its next answers; then 200."""
    got: list[tuple[str, str, list[str]]] = field(default_factory=list)
    """Path, key, and the names of the spans of each request that it took."""


@contextmanager
def collecting(*answers: int) -> Iterator[Collector]:
    collector = Collector(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            status = collector.answers.pop(0) if collector.answers else 200
            if status == 200:
                request = ExportTraceServiceRequest.FromString(body)
                spans = [s.name for r in request.resource_spans for c in r.scope_spans
                         for s in c.spans]  # fmt: skip
                key = self.headers.get("x-api-key", "")
                collector.got.append((self.path, key, spans))
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_users_collector_gets_what_the_agent_exports_with_its_key(ground: Ground) -> None:
    with collecting(503) as collector:
        done = ground.run(
            *(PYTHON, "-c", AGENT, "http"),
            OTEL_EXPORTER_OTLP_ENDPOINT=f"{collector.url}/otlp/",
            OTEL_EXPORTER_OTLP_HEADERS=f"x-api-key={KEY}",
            OTEL_EXPORTER_OTLP_COMPRESSION="gzip",
        )
    assert done.returncode == 0
    assert collector.got == [("/otlp/v1/traces", KEY, ["execute_tool first"])]
    assert calls(ground) == ["call-first"]
    assert "; its telemetry also went where OTEL_EXPORTER_OTLP_ENDPOINT said; " in done.stderr
    assert ground.records(Kind.API_REQUEST) == [], "that is no request of the agent's"
    assert KEY.encode() not in ground.bytes_at_rest()
    assert verify(ground.recording).ok


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_it_goes_on_by_the_protocol_that_the_user_said(
    ground: Ground, tmp_path: Path, protocol: str
) -> None:
    beyond = tmp_path / "beyond" / "flight.db"
    with start_receiver(beyond) as collector:
        url = collector.http if protocol == "http" else collector.grpc
        done = ground.run(
            *(PYTHON, "-c", AGENT, "http"),
            OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=url + ("/v1/traces" if protocol == "http" else ""),
            OTEL_EXPORTER_OTLP_TRACES_PROTOCOL="grpc" if protocol == "grpc" else "http/protobuf",
        )
    assert "its telemetry also went where OTEL_EXPORTER_OTLP_TRACES_ENDPOINT said" in done.stderr
    with Recording.open(beyond) as reader:
        assert [r.ref for r in reader.records() if r.kind is Kind.TOOL_CALL] == ["call-first"]


def test_a_collector_that_refuses_is_told_of_and_the_agent_sees_nothing(ground: Ground) -> None:
    with collecting(403) as collector:
        done = ground.run(*(PYTHON, "-c", AGENT, "http"), OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
        host = urlsplit(collector.url).netloc
    assert done.returncode == 0
    assert len(done.stderr.splitlines()) == 1
    assert (
        "; 1 export of its telemetry did not get where OTEL_EXPORTER_OTLP_ENDPOINT said; "
        in done.stderr
    )
    (gap,) = ground.records(name="not_passed_on")
    reason = str(gap.attributes["flightlog.reason"])
    assert reason == f"exports could not be passed on to {host}: HTTP 403"
    assert calls(ground) == ["call-first"]


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], str]:
    """Returns an agent of that name that exports by OpenTelemetry."""

    def make(name: str) -> str:
        path = tmp_path / name
        path.write_text(f"#!{PYTHON}\nimport sys\nsys.argv[1:] = ['http']\n{AGENT}")
        path.chmod(0o755)
        return str(path)

    return make


ALL_OF_COPILOT = {
    "COPILOT_OTEL_ENABLED": "true",
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true",
}


@pytest.mark.parametrize(("asked", "goes_on"), [({}, False), (ALL_OF_COPILOT, True)])
def test_what_an_agent_says_only_for_the_recording_stays_here(
    ground: Ground, program: Callable[[str], str], asked: dict[str, str], goes_on: bool
) -> None:
    with collecting() as collector:
        done = ground.run(program("copilot"), OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, **asked)
    assert calls(ground) == ["call-first"]
    assert bool(collector.got) is goes_on
    said = "its telemetry, which says more here than you asked for, did not go where"
    assert (said in done.stderr) is not goes_on


@pytest.mark.parametrize("address", ["http://127.0.0.1:port", "http://user:pw@[collector:4318"])
def test_an_address_that_is_none_costs_the_agent_nothing_and_is_not_quoted(
    ground: Ground, program: Callable[[str], str], address: str
) -> None:
    done = ground.run(program("any"), OTEL_EXPORTER_OTLP_ENDPOINT=address)
    assert done.returncode == 0
    assert calls(ground) == ["call-first"]
    (told,) = ground.records(name="not_passed_on")
    reason = str(told.attributes["flightlog.reason"])
    assert "exports could not be passed on to an address that is none" in reason
    assert "pw" not in reason
