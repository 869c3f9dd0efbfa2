"""The demo's scratch folder, held by a process of its own: `python -m tui.scratch`.

The folder has the agent's files and with them both tokens in plain text. It goes away when its
launcher is done, and also when the launcher is killed where it stands: the holder sees its standard
input end and removes the folder once nobody writes to it any more.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recorder.child import ReadyChild, python_command

__all__ = ["main", "scratch_folder"]

PREFIX = "flightlog-demo-"
REMOVE_SECONDS = 12.0
"""Processes that still write to the folder are about to end too."""


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Have a private folder until the context is left, or this process is gone.

    Raises:
        StartError: the folder could not be made.
    """
    command, environment = python_command("tui.scratch")
    with ReadyChild.launch(command, environment=environment) as holder:
        yield Path(holder.ready["folder"])


def main() -> int:
    """Hold a folder until the end of standard input or a signal; return the exit code."""
    # Before the folder is there: no moment at which a signal would leave it behind.
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: done.set())
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    sys.stdout.write(json.dumps({"folder": str(folder)}) + "\n")
    sys.stdout.flush()
    threading.Thread(target=_wait_for_end_of_input, args=(done,), daemon=True).start()
    # A wait without a limit would not let a signal's handler run on every platform.
    while not done.wait(1.0):
        pass
    return 0 if _removed(folder) else 1


def _wait_for_end_of_input(done: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    done.set()


def _removed(folder: Path) -> bool:
    deadline = time.monotonic() + REMOVE_SECONDS
    while folder.exists() and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.05)
    return not folder.exists()


if __name__ == "__main__":
    sys.exit(main())
