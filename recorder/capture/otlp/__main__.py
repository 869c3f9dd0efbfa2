"""`python -m recorder.capture.otlp`: one receiver, ended by a signal or by the end of its input.

Prints one line of JSON when it takes requests: the URLs of both transports.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from recorder.capture.otlp.onward import Destination, said_headers
from recorder.capture.otlp.process import run
from recorder.capture.otlp.server import Endpoint, Settings
from recorder.capture.otlp.signals import Signal
from recorder.environment import FLIGHTLOG_ONWARD, FLIGHTLOG_RUN
from recorder.errors import FlightlogError


def main(arguments: list[str] | None = None) -> int:
    """Run the receiver and return the exit code: 0 when it was stopped, 2 when it cannot start."""
    options = _parser().parse_args(arguments)
    settings = Settings(
        recording=options.recording,
        host=options.host,
        http_port=options.http_port,
        grpc_port=options.grpc_port,
        run=options.run,
        onward=_onward(os.environ.get(FLIGHTLOG_ONWARD, "")),
    )
    try:
        run(settings, _say, also_stop=_at_end_of_input)
    except FlightlogError as error:
        sys.stderr.write(f"Error: {error}\n")
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m recorder.capture.otlp", description=__doc__)
    parser.add_argument("--recording", type=Path, required=True, metavar="PATH")
    parser.add_argument("--run", default=os.environ.get(FLIGHTLOG_RUN, ""))
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--http-port", type=int, default=0)
    parser.add_argument("--grpc-port", type=int, default=0)
    return parser


def _onward(said: str) -> dict[Signal, Destination]:
    """Return where to pass telemetry on to, as `recorder.launch.telemetry.destinations` tells."""
    return {
        Signal(name): Destination(
            to["url"],
            to["protocol"] == "grpc",
            said_headers(to["headers"]),
            to["certificate"],
            to["client_certificate"],
            to["client_key"],
        )
        for name, to in json.loads(said or "{}").items()
    }


def _say(endpoint: Endpoint) -> None:
    sys.stdout.write(json.dumps({**asdict(endpoint), "pid": os.getpid()}) + "\n")
    sys.stdout.flush()


def _at_end_of_input(stop: Callable[[], None]) -> None:
    """Stop when whoever launched this process has gone."""

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        stop()

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
