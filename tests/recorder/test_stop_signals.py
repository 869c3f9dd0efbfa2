"""A process that is told to stop cleans up, however often it is told."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import asyncio, os, signal, sys
from recorder.stop_signals import stopped_by_signals
number = int(sys.argv[1])

async def main():
    stop = asyncio.Event()
    with stopped_by_signals(stop.set):
        print("ready", flush=True)
        await stop.wait()

asyncio.run(main())
os.kill(os.getpid(), number)
print("cleaned up")
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_loop_and_one_more_does_not_end_the_cleaning_up(
    number: signal.Signals,
) -> None:
    command = [sys.executable, "-c", PROGRAM, str(int(number))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(number)
        said, _ = child.communicate(timeout=60)
    assert (child.returncode, said) == (0, "cleaned up\n")
