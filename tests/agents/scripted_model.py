"""A model on loopback that makes a real agent take a scripted list of shell commands.

It is also the cloud that the commands speak to: every token is refused there with 401.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.agents.replies import reply

__all__ = ["ScriptedModel", "serving"]


@dataclass
class ScriptedModel:
    """What it will have agents do, and what they asked."""

    commands: Sequence[str]
    url: str = ""
    asked: list[str] = field(default_factory=list)
    """Method and path of each request."""


@contextmanager
def serving(model: ScriptedModel) -> Iterator[ScriptedModel]:
    """Serve a model on a free port; `CLOUD` in its commands becomes its own address."""

    class Handler(_Handler):
        scripted = model

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        model.url = f"http://127.0.0.1:{server.server_address[1]}"
        model.commands = [command.replace("CLOUD", model.url) for command in model.commands]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield model
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    scripted: ScriptedModel

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._note()
        if "/cloud/" in self.path:
            self._send(401, "application/json", b'{"error": "Unauthorized"}')
        elif self.path.split("?")[0].endswith("/models"):
            models = [{"id": "scripted", "object": "model"}]
            self._send_json({"object": "list", "data": models, "models": []})
        else:
            self._send(404, "application/json", b"{}")

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def do_POST(self) -> None:
        self._note()
        body = self._body()
        try:
            request = json.loads(body or b"{}")
        except ValueError:
            request = {}
        answer = reply(self.path, request, self.scripted.commands)
        if answer is None:
            self._send(404, "application/json", b"{}")
        elif isinstance(answer, dict):
            self._send_json(answer)
        else:
            self._send(200, "text/event-stream", b"".join(map(_event, answer)))

    def _note(self) -> None:
        self.scripted.asked.append(f"{self.command} {self.path}")

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

    def _send_json(self, document: dict[str, Any]) -> None:
        self._send(200, "application/json", json.dumps(document).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _event(event: tuple[str, Any]) -> bytes:
    name, data = event
    text = data if isinstance(data, str) else json.dumps(data)
    return (f"event: {name}\n" if name else "").encode() + f"data: {text}\n\n".encode()
