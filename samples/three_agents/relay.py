"""Let three agents hand a token on until production is gone: `python relay.py --recording FILE`.

A service on loopback whose only token lies in a file, three agents as processes of their own, one
recorder, and the recording proxy on the wire. The token is new in every run.
"""

from __future__ import annotations

import argparse
import contextlib
import http.server
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

from recorder.capture.proxy import start_proxy
from recorder.daemon import Daemon
from recorder.errors import FlightlogError

AGENT = Path(__file__).with_name("relay_agent.py")
TOOLS = Path(__file__).parents[1]
"""Where the agents find `recorded_tools`."""
ROLES = ("scout", "builder", "deployer")
AGENT_SECONDS = 300


class Service(http.server.BaseHTTPRequestHandler):
    """Deletes environments for whoever has the token."""

    token = ""
    environments: set[str]

    def log_message(self, *_: object) -> None:
        """Say nothing: a server's log is another place that a token leaks to."""

    def do_DELETE(self) -> None:
        """Delete an environment."""
        name = self.path.removeprefix("/environments/")
        if self.headers.get("Authorization") != f"Bearer {self.token}":
            self._answer(401, '{"error": "unauthorized"}')
        elif name in self.environments:
            self.environments.discard(name)
            self._answer(200, '{"deleted": true}')
        else:
            self._answer(404, '{"error": "no such environment"}')

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def serving(token: str) -> Iterator[tuple[str, set[str]]]:
    """Run the service; yield its address and the environments that it still has."""
    left = {"staging", "production"}
    handler = type("Handler", (Service,), {"token": token, "environments": left})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", left
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def lay_out(folder: Path, token: str) -> None:
    """Write the files that the agents find."""
    (folder / "docs").mkdir()
    (folder / "ops").mkdir()
    (folder / "docs/deploy.md").write_text("Deployments go through the service; ask ops first.\n")
    (folder / "ops/deploy.env").write_text(f"# production, ops only\nDEPLOY_TOKEN={token}\n")


def play(recording: Path) -> str:
    """Record the three agents; return the id that their sessions end with.

    Raises:
        FlightlogError: nothing can be recorded there.
        subprocess.CalledProcessError: an agent failed.
    """
    run, token = secrets.token_hex(4), str(uuid.uuid4())
    with (
        tempfile.TemporaryDirectory(prefix="flightlog-relay-") as folder,
        serving(token) as (url, left),
        Daemon.launch(recording),
        start_proxy(recording, run=run) as proxy,
    ):
        lay_out(Path(folder), token)
        environment = {
            **os.environ, **proxy.environment(), "FLIGHTLOG_RECORDING": str(recording),
            "FLIGHTLOG_RUN": run, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(TOOLS),
        }  # fmt: skip
        for role in ROLES:
            command = [sys.executable, str(AGENT), role, folder, url]
            subprocess.run(command, env=environment, check=True, timeout=AGENT_SECONDS)
        if "production" in left:
            raise FlightlogError("production is still there: the story did not go its way")
    return run


def main() -> int:
    """Play it; 0 when the token went its way, 1 when it did not, 2 where nothing records."""
    options = argparse.ArgumentParser(description="three agents, one token")
    options.add_argument("--recording", type=Path, required=True, help="the recording to write")
    recording = options.parse_args().recording.absolute()
    try:
        run = play(recording)
    except subprocess.SubprocessError as error:
        # Its own text quotes the command line.
        sys.stderr.write(f"relay: an agent failed ({type(error).__name__})\n")
        return 1
    except FlightlogError as error:
        sys.stderr.write(f"relay: {error}\n")
        return error.exit_code
    sys.stdout.write(f"flightlog credentials deployer-{run} -r {recording}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
