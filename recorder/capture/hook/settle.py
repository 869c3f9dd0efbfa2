"""Take a recording's spool in: become its recorder for a moment, unless there is one."""

from __future__ import annotations

import sys
from pathlib import Path

from recorder.errors import FlightlogError, RecorderBusyError
from recorder.service import Service

__all__ = ["main", "settle"]


def settle(recording: Path) -> bool:
    """Take the spool in; return whether this process did (a running recorder does it by itself).

    Raises:
        RecordingError: the recording cannot be written.
    """
    try:
        service = Service.start(recording)
    except RecorderBusyError:
        return False
    service.stop()
    return True


def main() -> None:
    """Take in the spool of the recording that the command line names."""
    try:
        settle(Path(sys.argv[1]))
    except FlightlogError:
        sys.exit(1)
