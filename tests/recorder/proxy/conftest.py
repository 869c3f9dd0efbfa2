"""A stage for the proxy: a recorder, the proxy as a child process, and TLS servers on loopback."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import http.server
import ipaddress
import json
import os
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from recorder.capture.proxy import ProxyOptions, ProxyProcess, start_proxy
from recorder.location import spool_folder
from recorder.model import Phase, Record, StoredRecord
from recorder.reader import Recording
from recorder.service import Service
from recorder.taking_in import records_in

BIG = bytes(range(32, 127)) * 55_000
DEADLINE = 60.0


class Cloud(http.server.BaseHTTPRequestHandler):
    """A server that notes what the recording held when each request reached it."""

    protocol_version = "HTTP/1.1"
    server: Upstream

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        if self.path.startswith("/events"):
            self._events()
        elif self.path == "/big":
            self._big()
        else:
            self._plain()

    def do_POST(self) -> None:
        body = self._body()
        self.server.note_arrival(self.path)
        self._answer(json.dumps({"sha256": hashlib.sha256(body).hexdigest()}).encode())

    def _plain(self) -> None:
        self.server.note_arrival(self.path)
        body = json.dumps({"path": self.path, "name": "Zoë"}, ensure_ascii=False).encode()
        if self.path == "/gzip":
            self._answer(gzip.compress(body), ("Content-Encoding", "gzip"))
        elif self.path == "/missing":
            self._answer(b"no such thing", status=404)
        else:
            self._answer(body, ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))

    def _big(self) -> None:
        self._answer(BIG, ("Content-Type", "text/plain"))

    def _events(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"data: first\n\n")
        self.server.first_event_seen.wait(DEADLINE)
        with contextlib.suppress(OSError):
            self.wfile.write(b"data: second\n\n")
        self.close_connection = True

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, body: bytes, *headers: tuple[str, str], status: int = 200) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Upstream(http.server.ThreadingHTTPServer):
    """The cloud's socket, with TLS."""

    daemon_threads = True

    def __init__(self, certificate: Path, recording: Path) -> None:
        super().__init__(("127.0.0.1", 0), Cloud)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.certificate = certificate
        self.recording = recording
        self.arrivals: dict[str, list[Record | StoredRecord]] = {}
        self.first_event_seen = threading.Event()

    def note_arrival(self, path: str) -> None:
        """Keep what outlives everybody of this path now, before anything was answered: what is
        written ahead, and what is in the recording already.
        """
        written = records_in(spool_folder(self.recording))
        recorded = _records(self.recording, lambda record: True)
        seen: dict[str, Record | StoredRecord] = {record.id: record for record in written}
        seen |= {record.id: record for record in recorded}
        self.arrivals[path] = [r for r in seen.values() if r.attributes.get("url.path") == path]

    def handle_error(self, *_: object) -> None:
        """A refused handshake is what some tests are about."""

    def url(self, path: str) -> str:
        return f"https://127.0.0.1:{self.server_address[1]}{path}"


@dataclass
class Stage:
    recording: Path
    upstream: Upstream
    proxy: ProxyProcess
    stranger: Upstream
    """Has a certificate that nobody vouches for."""
    pinned: Upstream
    """For clients that refuse the proxy's certificate: they are remembered for a server."""

    def curl(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
        process = self.begin_curl(*arguments, **environment)
        out, err = process.communicate(timeout=DEADLINE)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def begin_curl(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["curl", "--silent", "--show-error", "--max-time", str(DEADLINE), *arguments],
            env={**os.environ, **self.proxy.environment(), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def pair(self, path: str) -> tuple[StoredRecord, StoredRecord]:
        """Wait for the start and the end of the request to a path and return them."""
        records = self.records(path, lambda found: any(r.phase is Phase.END for r in found))
        (start,) = (record for record in records if record.phase is Phase.START)
        (end,) = (record for record in records if record.phase is Phase.END)
        return start, end

    def records(
        self, path: str, enough: Callable[[list[StoredRecord]], bool]
    ) -> list[StoredRecord]:
        return self.matching(lambda r: r.attributes.get("url.path") == path, enough)

    def matching(
        self,
        wanted: Callable[[StoredRecord], bool],
        enough: Callable[[list[StoredRecord]], bool],
    ) -> list[StoredRecord]:
        """Wait until enough of the records wanted are there, and return them."""
        limit = time.monotonic() + DEADLINE
        while not enough(found := _records(self.recording, wanted)):
            assert time.monotonic() < limit, f"not on record in time: {found}"
            time.sleep(0.02)
        return found

    def whole(self, record: StoredRecord, name: str) -> str:
        """Return an attribute, from its blob where it was too long for the record."""
        if name not in record.blobs:
            return str(record.attributes[name])
        with Recording.open(self.recording) as opened:
            content = opened.blob(record.blobs[name].digest)
        assert content is not None
        return content.decode()


def _records(recording: Path, wanted: Callable[[StoredRecord], bool]) -> list[StoredRecord]:
    with Recording.open(recording) as opened:
        return [record for record in opened.records() if wanted(record)]


def make_certificate(folder: Path, name: str) -> Path:
    """Write a self-signed certificate for 127.0.0.1 with its key and return the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    san = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(san, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / f"{name}.pem"
    path.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return path


@contextlib.contextmanager
def serving(server: Upstream) -> Iterator[Upstream]:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("proxy")
    recording = folder / "flight.db"
    known, unknown = make_certificate(folder, "known"), make_certificate(folder, "unknown")
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        patch.setenv("FLIGHTLOG_KEYS", str(folder / "keys"))
        service = Service.start(recording)
        stack.callback(service.stop)
        upstream = stack.enter_context(serving(Upstream(known, recording)))
        stranger = stack.enter_context(serving(Upstream(unknown, recording)))
        pinned = stack.enter_context(serving(Upstream(known, recording)))
        proxy = stack.enter_context(
            start_proxy(recording, run="run-7", options=ProxyOptions(known))
        )
        yield Stage(recording, upstream, proxy, stranger, pinned)
