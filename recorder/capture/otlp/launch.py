"""Start a receiver in a process of its own and learn where it listens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from recorder.child import ReadyChild, StartError, python_command
from recorder.environment import FLIGHTLOG_ONWARD
from recorder.errors import FlightlogError

__all__ = ["ReceiverProcess", "start_receiver"]


class ReceiverProcess:
    """A receiver that this process launched. A context manager: leaving it stops it."""

    def __init__(self, child: ReadyChild) -> None:
        self._child = child
        self.process = child.process
        self.http: str = child.ready["http"]
        """Base URL of OTLP/HTTP."""
        self.grpc: str = child.ready["grpc"]
        """URL of OTLP/gRPC."""

    @property
    def pid(self) -> int:
        """Process id of the receiver."""
        return self.process.pid

    def has_ended(self) -> bool:
        """Tell whether the receiver is gone."""
        return self.process.poll() is not None

    def errors(self) -> str:
        """Return what the receiver has said on its standard error so far."""
        return self._child.errors()

    def stop(self) -> None:
        """Ask the receiver to finish and wait for it; stopping twice is fine."""
        self._child.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()


def start_receiver(
    recording: Path,
    *,
    run: str = "",
    host: str = "127.0.0.1",
    http_port: int = 0,
    grpc_port: int = 0,
    pass_on: Mapping[str, Any] | None = None,
) -> ReceiverProcess:
    """Start a receiver on loopback and return once it takes requests.

    Args:
        recording: the recording; the receiver becomes its recorder, or hands records to it.
        run: id of the launch that it serves.
        host: address of this machine alone to listen on.
        http_port: port of OTLP/HTTP; 0 takes any free one.
        grpc_port: port of OTLP/gRPC; 0 takes any free one.
        pass_on: where telemetry goes on to (`recorder.launch.telemetry.destinations`).

    Raises:
        FlightlogError: it could not start; the message is its own.
    """
    command, environment = python_command(
        "recorder.capture.otlp",
        *("--recording", str(recording), "--run", run, "--host", host),
        *("--http-port", str(http_port), "--grpc-port", str(grpc_port)),
    )
    # Not on the command line, which others can read: an address may hold a password.
    environment = {**environment, FLIGHTLOG_ONWARD: json.dumps(pass_on or {})}
    try:
        return ReceiverProcess(ReadyChild.launch(command, environment=environment))
    except StartError as error:
        raise FlightlogError(str(error)) from error
