"""The recorder as a process of its own: `python -m recorder.daemon --recording PATH`.

Prints one line of JSON when it is ready and ends on SIGTERM, SIGINT or when its launcher's end of
the standard input closes, so that a launcher that dies leaves nothing running.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Self

from recorder.child import ReadyChild, StartError, python_command
from recorder.errors import FlightlogError, RecorderBusyError, RecordingError
from recorder.service import Service

__all__ = ["Daemon", "main"]

BUSY = 3
"""Exit code by which the launcher knows that another process is the recorder."""


class Daemon:
    """A recorder process that this process launched. Leaving the context stops it."""

    def __init__(self, child: ReadyChild) -> None:
        self._child = child
        self.process = child.process

    @classmethod
    def launch(cls, recording: Path) -> Self:
        """Start a recorder process and wait until it records.

        Raises:
            RecorderBusyError: the recording has a recorder already.
            RecordingError: it could not start; the message is its own.
        """
        command, environment = python_command("recorder.daemon", "--recording", str(recording))
        try:
            return cls(ReadyChild.launch(command, environment=environment))
        except StartError as error:
            kind = RecorderBusyError if error.returncode == BUSY else RecordingError
            raise kind(str(error)) from error

    def stop(self) -> None:
        """Ask the recorder to finish and wait for it."""
        self._child.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()


def main(arguments: list[str] | None = None) -> int:
    """Record until told to stop; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m recorder.daemon", description=__doc__)
    parser.add_argument("--recording", type=Path, required=True, metavar="PATH")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        service = Service.start(options.recording)
    except FlightlogError as error:
        sys.stderr.write(f"Error: {error}\n")
        return BUSY if isinstance(error, RecorderBusyError) else error.exit_code
    sys.stdout.write(json.dumps({"recording": str(options.recording), "pid": os.getpid()}) + "\n")
    sys.stdout.flush()
    threading.Thread(target=_stop_at_end_of_input, args=(stop,), daemon=True).start()
    # A wait without a limit would not let a signal's handler run on every platform.
    while not stop.wait(1.0):
        pass
    service.stop()
    return 0


def _stop_at_end_of_input(stop: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
