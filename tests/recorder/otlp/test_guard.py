"""A web page can neither write evidence nor read it; whoever is elsewhere needs token and TLS."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import subprocess
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import grpc
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (
    OTLPSpanExporter as GrpcSpanExporter,
)
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter

from recorder.capture.otlp.limits import Limits
from recorder.model import Witness
from tests.recorder.otlp.conftest import (
    FLIGHTLOG,
    JSON,
    Station,
    everything,
    export_by_grpc,
    in_process,
    serving,
    trace_request,
    trusting,
)
from tests.recorder.proxy.conftest import make_certificate

TOKEN = "6f1c0d5e7b9a4832a1c4e6f80b2d3957"
BODY = trace_request().SerializeToString()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Host": "evil.example"},
        {"Host": "evil.example:4318"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "localhost.evil.example:80"},
        {"Host": ""},
    ],
)
def test_a_web_page_can_neither_write_nor_read(shared: Station, headers: dict[str, str]) -> None:
    for method, path in (("POST", "/v1/traces"), ("GET", "/"), ("OPTIONS", "/v1/traces")):
        answer = shared.request(method, path, BODY, {"Content-Type": JSON, **headers})
        assert answer.status == 403
        assert not any(name.startswith("access-control") for name in answer.headers)
    assert shared.records() == []
    assert all(r.witness is not Witness.OTLP for r in shared.everything())


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:4318", "127.9.9.9"]
)
def test_a_program_may_call_this_machine_by_any_of_its_names(shared: Station, host: str) -> None:
    answer = shared.post("/v1/traces", BODY, Host=host)
    assert answer.status == 200


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://localhost:4318/v1/traces", 200),
        ("HTTP://127.0.0.1/v1/traces?x=1", 200),
        ("http://localhost/v1/nothing", 404),
        ("http://evil.example/v1/traces", 403),
        ("http://localhost@evil.example/v1/traces", 403),
        ("ftp://localhost/v1/traces", 404),
    ],
)
def test_a_target_in_absolute_form_is_taken_where_it_names_us(
    shared: Station, target: str, status: int
) -> None:
    answer = shared.request(
        "POST", target, BODY, {"Content-Type": "application/x-protobuf", "Host": "localhost"}
    )
    assert answer.status == status


def test_a_page_cannot_send_by_grpc_either(shared: Station) -> None:
    with grpc.insecure_channel(shared.receiver.grpc.removeprefix("http://")) as channel:
        with pytest.raises(grpc.RpcError) as refused:
            export_by_grpc(channel, trace_request(), [("origin", "https://evil.example")])
        assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert shared.records() == []


@pytest.mark.parametrize(
    ("authority", "is_ours"),
    [
        ("evil.example", False),
        ("evil.example:4317", False),
        ("127.0.0.1.evil.example", False),
        ("10.0.0.1:4317", False),
        ("localhost", True),
        ("LOCALHOST:1", True),
        ("[::1]:4317", True),
        ("127.0.0.2:4317", True),
    ],
)
@pytest.mark.parametrize("way", ["grpc", "http"])
def test_a_name_that_was_made_to_lead_here_is_refused_by_grpc_too(
    shared: Station, way: str, authority: str, is_ours: bool
) -> None:
    address = getattr(shared.receiver, way).removeprefix("http://")
    options = [("grpc.default_authority", authority), ("grpc.enable_http_proxy", 0)]
    before = len(shared.records())
    with grpc.insecure_channel(address, options=options) as channel:
        if is_ours:
            for number in range(3):
                asked = trace_request(1, first=number + 1, name=f"{way} {authority}")
                assert export_by_grpc(channel, asked) == b""
        else:
            with pytest.raises(grpc.RpcError) as refused:
                export_by_grpc(channel, trace_request())
            assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert len(shared.records()) - before == (3 if is_ours else 0)


class Client:
    """Speaks HTTP/2 to the receiver by hand: clients of grpcio keep to one name a connection."""

    def __init__(self, address: str, cuts: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", urlsplit(address).port or 0), 10)
        self._cuts = cuts
        self._spoken = H2Connection(H2Configuration(True, "utf-8", validate_outbound_headers=False))
        self._spoken.initiate_connection()

    def export(self, body: bytes, said: list[tuple[str, str]]) -> str:
        """Return the gRPC status; empty where the connection is closed without one."""
        stream = self._spoken.get_next_available_stream_id()
        path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
        method = [(":method", "POST"), (":scheme", "http"), (":path", path), *said]
        rest = [("content-type", "application/grpc"), ("te", "trailers")]
        self._spoken.send_headers(stream, [*method, *rest])
        framed = b"\0" + len(body).to_bytes(4) + body
        while framed:
            self._spoken.send_data(stream, framed[:9000])
            framed = framed[9000:]
        self._spoken.end_stream(stream)
        sent = self._spoken.data_to_send()
        for at in range(0, len(sent), self._cuts):
            self._socket.sendall(sent[at : at + self._cuts])
        return self._status(stream)

    def _status(self, stream: int) -> str:
        while True:
            try:
                piece = self._socket.recv(65536)
            except ConnectionError:
                piece = b""
            if not piece:
                return ""
            for event in self._spoken.receive_data(piece):
                said = getattr(event, "headers", None) or []
                status = dict(said).get("grpc-status")
                if getattr(event, "stream_id", 0) == stream and status is not None:
                    return str(status)
            self._socket.sendall(self._spoken.data_to_send())

    def close(self) -> None:
        self._socket.close()


@pytest.mark.parametrize("way", ["grpc", "http"])
@pytest.mark.parametrize("cuts", [5, 65536])
def test_each_request_of_a_grpc_connection_is_asked_whom_it_is_for(
    shared: Station, way: str, cuts: int
) -> None:
    """Also where headers come in pieces, after large messages, and by another header."""
    before = len(shared.records())
    strangers: list[list[tuple[str, str]]] = [
        [(":authority", "evil.example")],
        [(":authority", "localhost"), (":authority", "evil.example")],
        [("host", "evil.example")],
        [],
    ]
    for stranger in strangers:
        with closing(Client(getattr(shared.receiver, way), cuts)) as client:
            for number in range(3):
                asked = trace_request(20, first=20 * number + 1).SerializeToString()
                assert client.export(asked, [(":authority", "localhost:4317")]) == "0"
            assert client.export(BODY, stranger) == ""
        with closing(Client(getattr(shared.receiver, way), cuts)) as client:
            assert client.export(BODY, stranger) in {"7", ""}
    assert len(shared.records()) - before == len(strangers) * 3 * 20


@pytest.mark.parametrize("way", ["grpc", "http"])
def test_metadata_that_is_no_text_harms_no_request(shared: Station, way: str) -> None:
    """Both ends send it as it is once they know that both of them are made of gRPC's core."""
    before = len(shared.records())
    with grpc.insecure_channel(getattr(shared.receiver, way).removeprefix("http://")) as channel:
        for number in range(3):
            asked = trace_request(1, first=number + 1, name=f"binary {way}")
            context: list[tuple[str, str | bytes]] = [("grpc-trace-bin", bytes(range(256)))]
            assert export_by_grpc(channel, asked, context) == b""
    assert len(shared.records()) - before == 3


def test_a_receiver_leaves_no_folder_for_what_is_behind_its_door(recording: Path) -> None:
    before = set(Path("/tmp").glob("flightlog-grpc-*"))
    with in_process(recording, Limits()) as receiver:
        assert receiver.endpoint.grpc
    assert set(Path("/tmp").glob("flightlog-grpc-*")) <= before


@pytest.fixture
def secured(tmp_path: Path) -> tuple[Path, list[str]]:
    """A certificate for loopback, and the options of a receiver that asks for the token."""
    certificate = make_certificate(tmp_path, "receiver")
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    options = [
        "--token-file", str(token), "--tls-cert", str(certificate), "--tls-key", str(certificate),
    ]  # fmt: skip
    return certificate, options


def test_another_address_needs_token_and_tls(
    recording: Path, secured: tuple[Path, list[str]]
) -> None:
    _, options = secured
    for given in ([], options[:2], options[2:]):
        done = subprocess.run(
            [FLIGHTLOG, "serve", "-r", str(recording), "--host", "0.0.0.0", *given],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 2
        assert done.stderr == (
            "Error: 0.0.0.0 can be reached from elsewhere: that takes --token-file, --tls-cert and "
            "--tls-key\n"
        )
    assert not recording.exists()


def post_tls(base: str, certificate: Path, **headers: str) -> int:
    connection = http.client.HTTPSConnection(
        "127.0.0.1", urlsplit(base).port, context=trusting(certificate), timeout=30
    )
    try:
        connection.request("POST", "/v1/traces", b"{}", {"Content-Type": JSON, **headers})
        answer = connection.getresponse()
        if answer.status == 401:
            assert answer.getheader("www-authenticate") == "Bearer"
            assert json.loads(answer.read())["code"] == 16
        return answer.status
    finally:
        connection.close()


def exported(exporter: SpanExporter) -> None:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("t").start_as_current_span("far"):
        pass
    provider.shutdown()


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
def test_whoever_has_the_token_is_served_over_tls(
    recording: Path,
    secured: tuple[Path, list[str]],
    host: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    certificate, options = secured
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)  # counts for more than what an exporter is told
    with serving(recording, "--host", host, *options) as served:
        http_base, grpc_base = served.addresses
        assert http_base.startswith("https://")
        for wrong in ({}, {"Authorization": "Bearer " + "0" * 32}, {"Authorization": TOKEN}):
            assert post_tls(http_base, certificate, **wrong) == 401
        assert post_tls(http_base, certificate, Authorization=f"bearer {TOKEN}") == 200
        assert TOKEN not in served.said

        with pytest.raises(ssl.SSLError):
            post_tls(http_base, Path(ssl.get_default_verify_paths().openssl_cafile))
        plain = http.client.HTTPConnection("127.0.0.1", urlsplit(http_base).port, timeout=30)
        plain.request("POST", "/v1/traces", b"{}")
        with pytest.raises((http.client.HTTPException, OSError)):
            plain.getresponse()
        plain.close()

        port = urlsplit(http_base).port
        shown = {"Authorization": f"Bearer {TOKEN}"}
        exported(
            OTLPSpanExporter(
                endpoint=f"https://127.0.0.1:{port}/v1/traces",
                headers=shown,
                certificate_file=str(certificate),
            )
        )
        credentials = grpc.ssl_channel_credentials(certificate.read_bytes())
        address = f"127.0.0.1:{urlsplit(grpc_base).port}"
        exported(
            GrpcSpanExporter(
                endpoint=address,
                credentials=credentials,
                headers=[("authorization", f"Bearer {TOKEN}")],
            )
        )
        with grpc.secure_channel(address, credentials) as channel:
            for metadata in ([], [("authorization", "Bearer wrong")]):
                with pytest.raises(grpc.RpcError) as refused:
                    export_by_grpc(channel, trace_request(), metadata)
                assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    names = [r.name for r in everything(recording) if r.witness is Witness.OTLP]
    assert names.count("far") == 2
    assert "step" not in names
