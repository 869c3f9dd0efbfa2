"""The recorder as a process of its own: `python -m recorder.daemon --recording PATH`.

Prints one line of JSON when it is ready and ends on SIGTERM, SIGINT or when its launcher's end of
the standard input closes, so that a launcher that dies leaves nothing running. With `--shared` it
stays after that for as long as others are connected, and says so in a second line.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Self

from recorder.child import ReadyChild, StartError, python_command
from recorder.core_dumps import no_core_dump
from recorder.errors import FlightlogError, RecorderBusyError, RecordingError
from recorder.service import Service

__all__ = ["Daemon", "main"]

BUSY = 3
"""Exit code by which the launcher knows that another process is the recorder."""
LOOK_SECONDS = 0.1
LEAVING_SECONDS = 0.3
"""How long a launcher that left may take to let go of its own connections."""
LINGER_SECONDS = 1.0
"""How long a shared recorder stays after its last client."""


class Daemon:
    """A recorder process that this process launched. Leaving the context stops it."""

    def __init__(self, child: ReadyChild, *, shared: bool) -> None:
        self._child = child
        self._shared = shared
        self.process = child.process

    @classmethod
    def launch(cls, recording: Path, *, shared: bool = False) -> Self:
        """Start a recorder process and wait until it records.

        Args:
            recording: the recording.
            shared: it stays after `stop` while others than this process are connected to it.

        Raises:
            RecorderBusyError: the recording has a recorder already.
            RecordingError: it could not start; the message is its own.
        """
        arguments = ["--recording", str(recording), *(["--shared"] if shared else [])]
        command, environment = python_command("recorder.daemon", *arguments)
        try:
            return cls(ReadyChild.launch(command, environment=environment), shared=shared)
        except StartError as error:
            kind = RecorderBusyError if error.returncode == BUSY else RecordingError
            raise kind(str(error)) from error

    def stop(self) -> None:
        """Ask the recorder to finish and wait for it, or until it says that it stays."""
        if self._shared:
            self._child.let_go()
        else:
            self._child.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()


def main(arguments: list[str] | None = None) -> int:
    """Record until told to stop; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m recorder.daemon", description=__doc__)
    parser.add_argument("--recording", type=Path, required=True, metavar="PATH")
    parser.add_argument("--shared", action="store_true", help="stay while others are connected")
    options = parser.parse_args(arguments)
    no_core_dump()
    stop, launcher_left = threading.Event(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        service = Service.start(options.recording)
    except FlightlogError as error:
        sys.stderr.write(f"Error: {error}\n")
        return BUSY if isinstance(error, RecorderBusyError) else error.exit_code
    ready = {"recording": str(options.recording), "pid": os.getpid()}
    with contextlib.suppress(OSError):  # whoever launched it has gone: as its input's end says, too
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
    at_end = launcher_left if options.shared else stop
    threading.Thread(target=_set_at_end_of_input, args=(at_end,), daemon=True).start()
    # A wait without a limit would not let a signal's handler run on every platform.
    while not stop.wait(LOOK_SECONDS) and not launcher_left.is_set():
        pass
    if not stop.is_set():
        _serve_others(service, stop)
    service.stop()
    return 0


def _serve_others(service: Service, stop: threading.Event) -> None:
    """Stay for as long as anybody is connected, and a moment longer: some are just changing."""
    limit = time.monotonic() + LEAVING_SECONDS
    while not service.idle_seconds:
        if time.monotonic() > limit:
            break
        stop.wait(0.01)
    else:
        return
    with contextlib.suppress(OSError):
        sys.stdout.write(json.dumps({"stays": True}) + "\n")
        sys.stdout.flush()
    while service.idle_seconds < LINGER_SECONDS and not stop.wait(LOOK_SECONDS):
        pass


def _set_at_end_of_input(event: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    event.set()


if __name__ == "__main__":
    sys.exit(main())
