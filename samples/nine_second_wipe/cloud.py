"""Serve the sample cloud on loopback: `python cloud.py --root DIR --port 0 --tls`.

Prints one line of JSON on stdout when it listens (address, CA, tokens, ids, paths) and writes the
tokens nowhere else. SIGTERM and Ctrl-C end it, and with `--attended` its launcher's
death does. Only the wire is here; answers are `cloud_api`'s.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socketserver
import ssl
import sys
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from cloud_access import Caller, identify
from cloud_api import Api
from cloud_state import Cloud
from cloud_tls import loopback_context

LOOPBACK = "127.0.0.1"
ENDPOINT = "/graphql/v2"
MAX_BODY_BYTES = 1024 * 1024
REQUESTS_PER_HOUR = 1_000
"""Railway's limit on the Hobby plan (100 on Free, 10,000 on Pro)."""
HOUR = 3_600.0


class RateLimit:
    """Counts a caller's requests in windows of an hour."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[float, int]] = {}

    def count(self, caller: Caller) -> dict[str, str]:
        """Count one request; return the headers, with `Retry-After` when it is one too many."""
        now = time.time()
        with self._lock:
            began, used = self._windows.get(caller.name, (now, 0))
            if now - began >= HOUR:
                began, used = now, 0
            self._windows[caller.name] = (began, used + 1)
        left = REQUESTS_PER_HOUR - used - 1
        reset = int(began + HOUR)
        headers = {
            "X-RateLimit-Limit": str(REQUESTS_PER_HOUR),
            "X-RateLimit-Remaining": str(max(0, left)),
            "X-RateLimit-Reset": str(reset),
        }
        return headers if left >= 0 else headers | {"Retry-After": str(max(1, reset - int(now)))}


@dataclass(frozen=True, slots=True)
class Service:
    """What every request is answered with."""

    cloud: Cloud
    api: Api
    limit: RateLimit


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "sample-cloud"
    sys_version = ""
    timeout = 60
    # Head and body leave in one segment: sent apart, the second waits for the client's delayed ACK.
    wbufsize = -1
    service: ClassVar[Service]

    def do_POST(self) -> None:
        """Answer a GraphQL request."""
        body = self._body()
        if body is None:
            return
        if self.path.partition("?")[0] != ENDPOINT:
            self._reply(404, _error("Not Found"))
            return
        if self.headers.get_content_type() != "application/json":
            self._reply(415, _error("The body must be application/json."))
            return
        caller = identify(
            self.service.cloud,
            self.headers.get("Authorization"),
            self.headers.get("Project-Access-Token"),
        )
        headers = self.service.limit.count(caller)
        if "Retry-After" in headers:
            self._reply(429, _error("You are being ratelimited. Please try again later"), headers)
            return
        try:
            payload: object = json.loads(body)
        except (ValueError, RecursionError):
            self._reply(400, _error("The body is not JSON."), headers)
            return
        status, answer = self.service.api.answer(payload, caller)
        self._reply(status, answer, headers)

    def do_GET(self) -> None:
        """Refuse: the endpoint takes POST only."""
        self._reply(405, _error("Use POST."), {"Allow": "POST"})

    def _body(self) -> bytes | None:
        """Read the whole body, or answer that it cannot be read and return None."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self.close_connection = True
            self._reply(411, _error("A Content-Length is needed."))
            return None
        if int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            self._reply(413, _error("The body is too large."))
            return None
        return self.rfile.read(int(length))

    def _reply(
        self, status: int, answer: dict[str, Any], headers: dict[str, str] | None = None
    ) -> None:
        body = json.dumps(answer, separators=(",", ":")).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Stay quiet: a request line in a log is one place more for a secret to end up in."""


class Server(ThreadingHTTPServer):
    """A threaded server that neither looks its own name up nor prints a client's mishaps."""

    daemon_threads = True
    block_on_close = False

    def server_bind(self) -> None:
        """Bind without HTTPServer's reverse look-up of the address, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore broken connections; name other failures in one line."""
        error = sys.exception()
        if not isinstance(error, ConnectionError | ssl.SSLError | TimeoutError):
            sys.stderr.write(f"cloud: a request failed: {type(error).__name__}\n")


def ready_line(cloud: Cloud, url: str, ca: Path | None) -> str:
    """Return what a launcher needs to know, as one line of JSON."""
    return json.dumps(
        {
            "url": url,
            "ca": str(ca or ""),
            "account_token": cloud.account_secret,
            "project_token": cloud.project_secret,
            "project_id": cloud.project.id,
            "other_project_id": cloud.other_project.id,
            "production_environment_id": cloud.production.id,
            "staging_environment_id": cloud.staging.id,
            "api_service_id": cloud.api_service.id,
            "volume_id": next(iter(cloud.volumes)),
            "volume_name": next(iter(cloud.volumes.values())).name,
            "volume_folder": str(cloud.volume_folder),
            "production_volume_instance_id": next(iter(cloud.volume_instances)),
        }
    )


def serve(root: Path, port: int, *, tls: bool, speed: float, attended: bool) -> None:
    """Serve until a signal comes, or with `attended` until standard input ends.

    Raises:
        OSError: the port is in use, or the folder cannot be written.
    """
    server = Server((LOOPBACK, port), Handler)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    cloud = Cloud(root.absolute(), speed=speed)
    Handler.service = Service(cloud, Api(cloud), RateLimit())
    ca = None
    if tls:
        context, ca = loopback_context(cloud.root / "tls")
        # The handshake happens in the connection's own thread, at its first read.
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    if attended:
        threading.Thread(target=_end_with_launcher, args=(server,), daemon=True).start()
    url = f"{'https' if tls else 'http'}://{LOOPBACK}:{server.server_port}{ENDPOINT}"
    sys.stdout.write(ready_line(cloud, url, ca) + "\n")
    sys.stdout.flush()
    with server:
        server.serve_forever(poll_interval=0.1)


def _end_with_launcher(server: Server) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    server.shutdown()


def _error(message: str) -> dict[str, Any]:
    return {"errors": [{"message": message}]}


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("must be above 0")
    return value


def main() -> int:
    """Read the options and serve; 2 when that cannot begin."""
    options = argparse.ArgumentParser(description="the sample cloud of the nine-second wipe")
    options.add_argument("--root", type=Path, required=True, help="an empty folder for its data")
    options.add_argument("--port", type=int, default=0, help="0: any free one")
    options.add_argument("--tls", action="store_true", help="serve HTTPS with a throw-away CA")
    options.add_argument("--speed", type=_positive, default=1.0, help="squeezes a deletion's time")
    options.add_argument("--attended", action="store_true", help="end when standard input ends")
    given = options.parse_args()
    try:
        serve(given.root, given.port, tls=given.tls, speed=given.speed, attended=given.attended)
    except (OSError, OverflowError) as error:
        what = getattr(error, "strerror", None) or error
        sys.stderr.write(f"cloud: cannot serve on port {given.port} from {given.root}: {what}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
