"""A user's own proxy on loopback: notes what it is asked for, wants credentials, passes it on."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import os
import re
import selectors
import socket
import socketserver
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from urllib.parse import urlsplit

_SECONDS = 20


class UserProxy(http.server.ThreadingHTTPServer):
    """CONNECT and requests in absolute form."""

    daemon_threads = True

    def __init__(self, authorization: str = "", refused: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.authorization = authorization
        self.refused = refused
        """Host that no tunnel is opened to."""
        self.asked: list[str] = []

    def address(self, credentials: str = "") -> str:
        return f"http://{credentials}127.0.0.1:{self.server_address[1]}"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: UserProxy

    def log_message(self, *_: object) -> None: ...

    def do_CONNECT(self) -> None:
        if not self._is_allowed():
            return
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port)), _SECONDS) as upstream:
            self.send_response(200)
            self.end_headers()
            _relay(self.connection, upstream)
        self.close_connection = True

    def do_GET(self) -> None:
        if not self._is_allowed():
            return
        url = urlsplit(self.path)
        upstream = http.client.HTTPConnection(url.hostname or "", url.port, timeout=_SECONDS)
        upstream.request("GET", url.path)
        body = upstream.getresponse().read()
        self._answer(200, body)

    def _is_allowed(self) -> bool:
        self.server.asked.append(f"{self.command} {self.path}")
        given = self.headers.get("Proxy-Authorization", "")
        if self.server.authorization and given != self.server.authorization:
            self._answer(407, b"who are you")
        elif self.server.refused and self.server.refused in self.path:
            self._answer(403, b"not on the list")
        else:
            return True
        return False

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _relay(one: socket.socket, other: socket.socket) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ, other)
        selector.register(other, selectors.EVENT_READ, one)
        while ready := selector.select(_SECONDS):
            for key, _ in ready:
                piece = key.fileobj.recv(65536)  # type: ignore[union-attr]
                if not piece:
                    return
                key.data.sendall(piece)


@contextlib.contextmanager
def served[T: socketserver.BaseServer](server: T) -> Iterator[T]:
    """Let a server of this process serve, in a thread of its own."""
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def user_proxy(
    authorization: str = "", refused: str = ""
) -> contextlib.AbstractContextManager[UserProxy]:
    return served(UserProxy(authorization, refused))


@dataclass(frozen=True)
class SocksProxy:
    """A real SOCKS proxy, mitmproxy's, that reads nothing of what passes."""

    port: int
    log: Path

    def said(self) -> str:
        """Return what it said of its connections."""
        return self.log.read_text()


@contextlib.contextmanager
def socks_proxy(pair: str) -> Iterator[SocksProxy]:
    """Run a SOCKS proxy that asks for a name and a password (`name:password`)."""
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "log"
        program = str(Path(sys.executable).with_name("mitmdump"))
        arguments = ["--mode", "socks5@127.0.0.1:0", "--ignore-hosts", ".*", "--proxyauth", pair]
        with log.open("w") as out:
            process = subprocess.Popen(
                [program, *arguments, "--set", f"confdir={name}"],
                stdout=out, stderr=out, env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
            try:
                deadline = time.monotonic() + 60
                while not (found := re.search(r"listening at \S+:(\d+)", log.read_text())):
                    assert process.poll() is None, log.read_text()
                    assert time.monotonic() < deadline, log.read_text()
                    time.sleep(0.05)
                yield SocksProxy(int(found[1]), log)
            finally:
                process.terminate()
                process.wait()


class _OldSocks(socketserver.BaseRequestHandler):
    """SOCKS 4 and 4A, by their authors' papers."""

    server: OldSocksProxy

    def handle(self) -> None:
        reader = self.request.makefile("rb")
        version, command, port, address = struct.unpack("!BBH4s", reader.read(8))
        user = _until_zero(reader)
        host = socket.inet_ntoa(address)
        if address[:3] == b"\0\0\0" and address[3]:
            host = _until_zero(reader)
        self.server.asked.append((user, f"{host}:{port}"))
        is_granted = (version, command) == (4, 1) and user == self.server.user
        self.request.sendall(struct.pack("!BBH4s", 0, 90 if is_granted else 91, port, address))
        if is_granted:
            with socket.create_connection((host, port), _SECONDS) as upstream:
                _relay(self.request, upstream)


def _until_zero(reader: BufferedReader) -> str:
    return b"".join(iter(lambda: reader.read(1), b"\0")).decode()


class OldSocksProxy(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, user: str) -> None:
        super().__init__(("127.0.0.1", 0), _OldSocks)
        self.user = user
        self.asked: list[tuple[str, str]] = []
        """User and where to, as each connection said it."""


def old_socks_proxy(user: str) -> contextlib.AbstractContextManager[OldSocksProxy]:
    """Run a proxy of SOCKS 4 that lets one user through."""
    return served(OldSocksProxy(user))
