"""Telemetry goes on over TLS as the user's environment says: with roots and client certificates."""

from __future__ import annotations

import http.server
import ssl
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from recorder.launch.telemetry import destinations
from tests.recorder.launch.conftest import Ground
from tests.recorder.launch.test_telemetry import AGENT, calls
from tests.recorder.proxy.conftest import make_certificate

PYTHON = sys.executable
KEY = "hcaik-Q7rT2vX9kLm4pZw8sBn"
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


@dataclass
class Collector:
    """The user's own endpoint, which lets in only whom it knows."""

    port: int
    got: list[tuple[str, list[str]]] = field(default_factory=list)
    """Key and the names of the spans of each request."""

    def take(self, key: str, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        spans = [s.name for r in request.resource_spans for c in r.scope_spans for s in c.spans]
        self.got.append((key, spans))


@contextmanager
def by_grpc(server: Path, client: Path) -> Iterator[Collector]:
    collector = Collector(0)

    def export(body: bytes, context: grpc.ServicerContext) -> bytes:
        sent = dict(context.invocation_metadata())
        collector.take(str(sent.get("x-api-key", "")), body)
        return b""

    class Handler(grpc.GenericRpcHandler):
        def service(
            self, details: grpc.HandlerCallDetails
        ) -> grpc.RpcMethodHandler[bytes, bytes] | None:
            found = details.method == EXPORT
            return grpc.unary_unary_rpc_method_handler(export) if found else None

    credentials = grpc.ssl_server_credentials(
        [(server.read_bytes(), server.read_bytes())],
        root_certificates=client.read_bytes(),
        require_client_auth=True,
    )
    running = grpc.server(ThreadPoolExecutor(2))
    running.add_generic_rpc_handlers((Handler(),))
    collector.port = running.add_secure_port("127.0.0.1:0", credentials)
    running.start()
    try:
        yield collector
    finally:
        running.stop(0).wait()


@contextmanager
def by_http(server: Path, client: Path) -> Iterator[Collector]:
    collector = Collector(0)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.take(self.headers.get("x-api-key", ""), body)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(client))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(server)
    running.socket = context.wrap_socket(running.socket, server_side=True)
    collector.port = running.server_port
    thread = threading.Thread(target=running.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield collector
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


def in_two_files(both: Path) -> tuple[Path, Path]:
    """Write the certificate and the key of one file into two."""
    content = both.read_bytes()
    key = load_pem_private_key(content, None)
    certificate, alone = both.with_suffix(".crt"), both.with_suffix(".key")
    certificate.write_bytes(x509.load_pem_x509_certificate(content).public_bytes(Encoding.PEM))
    alone.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, alone


@pytest.mark.parametrize("signal", ["", "TRACES_"])
@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_a_collector_that_asks_for_a_certificate_gets_it(
    ground: Ground, tmp_path: Path, protocol: str, signal: str
) -> None:
    server, client = make_certificate(tmp_path, "server"), make_certificate(tmp_path, "client")
    certificate, key = in_two_files(client)
    serving = by_grpc if protocol == "grpc" else by_http
    with serving(server, certificate) as collector:
        path = "/v1/traces" if signal and protocol != "grpc" else ""
        said = {
            "ENDPOINT": f"https://127.0.0.1:{collector.port}{path}",
            "PROTOCOL": protocol,
            "HEADERS": f"x-api-key={KEY}",
            "CERTIFICATE": str(server),
            "CLIENT_CERTIFICATE": str(certificate),
            "CLIENT_KEY": str(key),
        }
        environment = {f"OTEL_EXPORTER_OTLP_{signal}{name}": value for name, value in said.items()}
        if signal:
            # What is said of one signal counts before what is said of all.
            environment |= {f"OTEL_EXPORTER_OTLP_{name}": "/nowhere" for name in said
                            if name.endswith(("CERTIFICATE", "KEY"))}  # fmt: skip
        done = ground.run(PYTHON, "-c", AGENT, "http", **environment)
    assert done.returncode == 0
    assert collector.got == [(KEY, ["execute_tool first"])], done.stderr
    assert calls(ground) == ["call-first"]
    assert KEY.encode() not in ground.bytes_at_rest()
    assert key.read_bytes().splitlines()[1] not in ground.bytes_at_rest()


def test_a_file_that_is_no_certificate_is_told_of(ground: Ground, tmp_path: Path) -> None:
    words = tmp_path / "words"
    words.write_text("no certificate\n")
    done = ground.run(
        *(PYTHON, "-c", AGENT, "http"),
        OTEL_EXPORTER_OTLP_ENDPOINT="https://127.0.0.1:9",
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=str(words),
    )
    assert "1 export of its telemetry did not get where" in done.stderr
    (gap,) = ground.records(name="not_passed_on")
    assert str(gap.attributes["flightlog.reason"]) == (
        "exports could not be passed on to 127.0.0.1:9: a file that "
        "OTEL_EXPORTER_OTLP_…CERTIFICATE or …KEY names is none or cannot be read"
    )


@pytest.mark.parametrize(
    ("address", "insecure", "meant"),
    [
        ("collector:4317", "", "https://collector:4317"),
        ("collector:4317", "true", "http://collector:4317"),
        ("http://collector:4317", "", "http://collector:4317"),
        ("https://collector", "true", "https://collector"),
    ],
)
def test_an_address_of_grpc_without_a_scheme_means_tls(
    address: str, insecure: str, meant: str
) -> None:
    given = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": address,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
        "OTEL_EXPORTER_OTLP_INSECURE": insecure,
    }
    assert destinations(given)["TRACES"]["url"] == meant
