"""Clients that trust somebody else than the run's authority, and servers that want to know them."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import grpc
import pytest

from recorder.model import Phase, StoredRecord
from tests.recorder.launch.conftest import Ground

PYTHON = sys.executable
BODY = '{"path": "/things", "name": "Zoë"}'
PINNING = """
import http.client, hashlib, os, ssl, sys, urllib.parse
fingerprint, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
proxy = urllib.parse.urlsplit(os.environ["HTTPS_PROXY"])
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
connection = http.client.HTTPSConnection(proxy.hostname, proxy.port, context=context)
connection.set_tunnel(host, port)
connection.connect()
if hashlib.sha256(connection.sock.getpeercert(True)).hexdigest() != fingerprint:
    sys.exit("not the certificate that I know")
connection.request("GET", "/things")
print(connection.getresponse().read().decode())
"""


@pytest.fixture
def ground(ground: Ground) -> Ground:
    """Without a receiver of telemetry: nobody sends any here."""
    return replace(ground, ways=("--no-otlp",))


def opaque(ground: Ground, port: int) -> list[StoredRecord]:
    return [r for r in ground.records() if r.name == f"opaque 127.0.0.1:{port}"]


def reasons(records: list[StoredRecord]) -> set[object]:
    return {record.attributes["flightlog.reason"] for record in records}


@pytest.mark.skipif(shutil.which("wget") is None, reason="there is no wget here")
def test_wget_is_seen_on_the_wire(ground: Ground) -> None:
    done = ground.run("wget", "-q", "-O", "-", ground.upstream.url("/things"))
    assert (done.returncode, done.stdout) == (0, BODY), done.stderr
    assert len(ground.requests("/things")) == 1


@pytest.mark.parametrize(
    "client",
    [("curl", "-sS", "--cacert"), ("wget", "-q", "-O", "-", "--ca-certificate")],
    ids=["curl", "wget"],
)
def test_a_client_that_is_told_whom_to_trust_comes_through_the_first_time(
    ground: Ground, client: tuple[str, ...]
) -> None:
    if shutil.which(client[0]) is None:
        pytest.skip(f"there is no {client[0]} here")
    trusted = str(ground.upstream.certificate)
    done = ground.run(*client, trusted, ground.upstream.url("/things"))
    assert (done.returncode, done.stdout) == (0, BODY), done.stderr
    port = ground.upstream.server_address[1]
    assert reasons(opaque(ground, port)) == {"client_told_to_trust_other_roots"}
    assert "(no hooks, no telemetry); the content sent to 127.0.0.1; " in done.stderr


def test_a_client_that_closes_after_the_handshake_comes_through_from_then_on(
    ground: Ground,
) -> None:
    host, port = ground.upstream.server_address[:2]
    known = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((str(host), int(port))))
    pinning = [PYTHON, "-c", PINNING, hashlib.sha256(known).hexdigest(), str(host), str(port)]
    loop = 'for i in 1 2 3; do "$0" "$@"; done'
    done = ground.run("sh", "-c", loop, *pinning)
    assert done.stdout.strip().splitlines() == [BODY, BODY], done.stderr
    assert done.stderr.count("not the certificate that I know") == 1
    refused, *through = opaque(ground, int(port))
    assert refused.attributes["error.type"] == "closed_after_handshake_without_a_request"
    assert [record.phase for record in through] == [Phase.START, Phase.END] * 2


def test_a_program_that_sends_requests_is_not_left_unread_for_a_connection_it_does_not_use(
    ground: Ground,
) -> None:
    host, port = ground.upstream.server_address[:2]
    program = PINNING.partition("if hashlib")[0] + (
        "connection.request('GET', '/things'); connection.getresponse().read()\n"
        "for i in range(2):\n"
        "    spare = http.client.HTTPSConnection(proxy.hostname, proxy.port, context=context)\n"
        "    spare.set_tunnel(host, port); spare.connect(); spare.close()\n"
        "    connection.request('GET', '/things'); connection.getresponse().read()\n"
    )
    done = ground.run(PYTHON, "-c", program, "-", str(host), str(port))
    assert done.returncode == 0, done.stderr
    assert len(ground.requests("/things")) == 3
    assert opaque(ground, int(port)) == []


@contextlib.contextmanager
def asking_server(certificate: str, version: ssl.TLSVersion) -> Iterator[int]:
    """A TLS server that answers only clients with a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.load_verify_locations(certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = version
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        stop = threading.Event()

        def serve() -> None:
            while True:
                connection, _ = server.accept()
                if stop.is_set():
                    connection.close()
                    return
                connection.settimeout(10)
                with connection, contextlib.suppress(OSError):
                    secure = context.wrap_socket(connection, True)
                    secure.recv(65536)
                    secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nknown")
                    secure.unwrap()
                    secure.close()

        thread = threading.Thread(target=serve)
        thread.start()
        port = server.getsockname()[1]
        yield port
        stop.set()
        socket.create_connection(("127.0.0.1", port)).close()
        thread.join()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2])
def test_a_server_that_asks_for_the_clients_certificate_gets_it(
    ground: Ground, version: ssl.TLSVersion
) -> None:
    certificate = str(ground.upstream.certificate)
    with asking_server(certificate, version) as port:
        client = f"curl -sS --cert {certificate} --key {certificate} https://127.0.0.1:{port}/"
        # Roots by the environment: by an option, it would not be read from the start.
        own = f"cat $SSL_CERT_FILE {certificate} > own.pem; export CURL_CA_BUNDLE=$PWD/own.pem"
        folder = ground.recording.parent.parent
        # The first is passed on in the middle of its handshake, the second before.
        done = ground.run("sh", "-c", f"cd {folder}; {own}; {client}; {client}")
    assert (done.returncode, done.stdout) == (0, "knownknown"), done.stderr
    assert reasons(opaque(ground, port)) == {"server_asks_for_a_client_certificate"}
    phases = [record.phase for record in opaque(ground, port)]
    assert phases == [Phase.START, Phase.END] * 2


def test_a_host_that_is_exempted_is_let_through_from_the_first_connection(ground: Ground) -> None:
    options = ["--opaque", "127.0.0.1"]
    program = f"CURL_CA_BUNDLE={ground.upstream.certificate} exec curl -sS {{}}"
    url = ground.upstream.url("/things")
    done = ground.run("sh", "-c", program.format(url), options=options)
    assert (done.returncode, done.stdout) == (0, BODY), done.stderr
    assert ground.requests("/things") == []
    assert reasons(opaque(ground, ground.upstream.server_address[1])) == {"opaque_on_request"}


GRPC = """
import grpc, sys
channel = grpc.secure_channel(sys.argv[1], grpc.ssl_channel_credentials())
print(channel.unary_unary("/flight.Log/Say")(b"hello", timeout=20).decode())
"""


@contextlib.contextmanager
def grpc_server(certificate: bytes) -> Iterator[int]:
    def say(request: bytes, _context: grpc.ServicerContext) -> bytes:
        return request + b" yourself"

    server = grpc.server(ThreadPoolExecutor(2))
    methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        "Say": grpc.unary_unary_rpc_method_handler(say)
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("flight.Log", methods),))
    credentials = grpc.ssl_server_credentials([(certificate, certificate)])
    port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait()


@pytest.mark.parametrize("has_own", [False, True])
def test_grpc_over_tls_is_seen_on_the_wire(ground: Ground, has_own: bool) -> None:
    certificate = ground.upstream.certificate
    own = {"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(certificate)} if has_own else {}
    with grpc_server(certificate.read_bytes()) as port:
        done = ground.run(PYTHON, "-c", GRPC, f"127.0.0.1:{port}", **own)
    assert (done.returncode, done.stdout) == (0, "hello yourself\n"), done.stderr
    assert len(ground.requests("/flight.Log/Say")) == 1
