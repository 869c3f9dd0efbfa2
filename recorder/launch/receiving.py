"""Does anything receive telemetry where an agent's settings send it? If not: how, and start it.

Hooks start a recorder by themselves. A port is another matter: it is opened when a person says so.
"""

from __future__ import annotations

import os
import shlex
import socket
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from recorder.capture.otlp.guard import is_loopback
from recorder.errors import FlightlogError

__all__ = ["is_answered", "serve_behind", "serve_words"]

REACH_SECONDS = 0.5
START_SECONDS = 30.0
LOOK_SECONDS = 0.1
DEFAULT_PORT = 4318


def is_answered(endpoint: str) -> bool:
    """Tell whether something listens at an address, or it is no address of this machine."""
    host, port = _place(endpoint)
    if not is_loopback(host):
        return True
    try:
        socket.create_connection((host, port), REACH_SECONDS).close()
    except OSError:
        return False
    return True


def serve_words(recording: Path, endpoint: str) -> str:
    """Return the command that receives at an address, as a person types it."""
    return shlex.join(["flightlog", *_arguments(recording, endpoint)])


def serve_behind(recording: Path, endpoint: str) -> int:
    """Start it, away from this terminal, and return its process id once it receives.

    Raises:
        FlightlogError: it does not.
        OSError: no process can be started.
    """
    root = str(Path(__file__).resolve().parents[2])
    program = "from recorder.commands.serve import command; command()"
    quiet = [(os.POSIX_SPAWN_OPEN, n, os.devnull, os.O_RDWR, 0) for n in range(3)]
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, "-P", "-c", program, *_arguments(recording, endpoint)[1:]],
        {**os.environ, "PYTHONPATH": root},
        file_actions=quiet,
        setsid=True,
    )
    deadline = time.monotonic() + START_SECONDS
    while not is_answered(endpoint):
        ended, _ = os.waitpid(pid, os.WNOHANG)
        if ended or time.monotonic() > deadline:
            how = "ended at once" if ended else f"(process {pid}) does not answer yet"
            raise FlightlogError(
                f"the receiver that was started {how}; see why: {serve_words(recording, endpoint)}"
            )
        time.sleep(LOOK_SECONDS)
    return pid


def _arguments(recording: Path, endpoint: str) -> list[str]:
    host, port = _place(endpoint)
    words = ["serve", "--recording", str(recording)]
    if host not in {"127.0.0.1", "localhost"}:
        words += ["--host", host]
    if port != DEFAULT_PORT:
        # A receiver at the usual ports may have that of gRPC, which is served at this one as well.
        words += ["--http-port", str(port), "--grpc-port", "0"]
    return words


def _place(endpoint: str) -> tuple[str, int]:
    parts = urlsplit(endpoint)
    try:
        return parts.hostname or "127.0.0.1", parts.port or DEFAULT_PORT
    except ValueError:
        return parts.hostname or "127.0.0.1", DEFAULT_PORT
