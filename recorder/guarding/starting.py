"""Start the guard where none answers.

Who decides is not known here: whatever is installed under the entry points `flightlog.guard`
(https://packaging.python.org/specifications/entry-points/) is run, in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib.metadata import entry_points
from pathlib import Path

from recorder.guarding.place import guard_socket

__all__ = ["GROUP", "start_guard"]

GROUP = "flightlog.guard"
START_SECONDS = 6.0
LOOK_SECONDS = 0.02


def start_guard(recording: Path) -> None:
    """Start the guard of a recording and return once it can be asked.

    Raises:
        OSError: there is none, or it is not there in time.
    """
    found = next(iter(entry_points(group=GROUP)), None)
    if found is None:
        raise FileNotFoundError("no guard is installed")
    program = f"from {found.module} import {found.attr}; {found.attr}()"
    root = str(Path(__file__).resolve().parents[2])
    inherited = os.environ.get("PYTHONPATH")
    subprocess.Popen(
        [sys.executable, "-P", "-c", program, "--recording", str(recording), "--until-idle"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([root, *filter(None, [inherited])])},
    )
    _wait_for(guard_socket(recording))


def _wait_for(address: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not address.exists():
        if time.monotonic() > deadline:
            raise TimeoutError("the guard did not start in time")
        time.sleep(LOOK_SECONDS)
