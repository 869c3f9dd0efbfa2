"""Take a recording's spool in: become its recorder for a while, unless there is one.

It stays for as long as it is used, so that one hook pays for the start of a recorder and those
that follow find one. It leaves with its recording.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from recorder.core_dumps import no_core_dump
from recorder.environment import FLIGHTLOG_LINGER, FLIGHTLOG_RUN
from recorder.errors import FlightlogError, RecorderBusyError
from recorder.service import Service

__all__ = ["main", "settle"]

LINGER_SECONDS = 120.0
LOOK_SECONDS = 1.0


def settle(recording: Path, linger_seconds: float = 0.0) -> bool:
    """Take the spool in; return whether this process did (a running recorder does it by itself).

    Args:
        recording: the recording.
        linger_seconds: how long to stay after the last client has gone.

    Raises:
        RecordingError: the recording cannot be written.
    """
    try:
        service = Service.start(recording)
    except RecorderBusyError:
        return False
    asked_to_leave = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked_to_leave.set())
    while service.idle_seconds < linger_seconds and recording.exists():
        if asked_to_leave.wait(LOOK_SECONDS):
            break
    service.stop()
    return True


def main() -> None:
    """Take in the spool of the recording that the command line names."""
    no_core_dump()
    recording = Path(sys.argv[1]).absolute()
    # Whoever started this is gone soon; its folder may be deleted or unmounted.
    os.chdir("/")
    try:
        settle(recording, _linger_seconds())
    except FlightlogError:
        sys.exit(1)


def _linger_seconds() -> float:
    if os.environ.get(FLIGHTLOG_RUN):
        return 0.0  # a launch sees to its recorder
    try:
        return float(os.environ.get(FLIGHTLOG_LINGER, LINGER_SECONDS))
    except ValueError:
        return LINGER_SECONDS
