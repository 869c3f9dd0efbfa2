"""What a hook costs an agent: `python -m tests.benchmarks.hook [--quick]`.

Whole processes, as an agent starts them for each of its steps, against an empty process of the
same interpreter (`python -I -S -c pass`), in turn, so that a noisy machine disturbs both alike.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from recorder.capture.hook.settings.table import Wiring
from recorder.daemon import Daemon
from recorder.environment import FLIGHTLOG_LINGER
from recorder.location import socket_path

EMPTY = [sys.executable, "-I", "-S", "-c", "pass"]
SETTLE_SECONDS = 1.0
"""Children that seal behind their hooks are done by then."""
PAYLOAD = (
    b'{"session_id":"benchmark","cwd":"/work","hook_event_name":"PreToolUse","tool_name":"Bash",'
    b'"tool_input":{"command":"git status --short","description":"status"},'
    b'"tool_use_id":"toolu_0123456789"}'
)


OPENING = b'{"session_id":"benchmark","cwd":"/work","hook_event_name":"SessionStart"}'
"""What an agent sends first: no tool waits behind it."""


@dataclass(frozen=True, slots=True)
class Times:
    """One process: wall time, and the CPU time of it and its children, in ms."""

    wall: float
    cpu: float


def measure(command: list[str], payload: bytes = PAYLOAD) -> Times:
    """Run a command once with a payload on its standard input."""
    before, started = os.times(), time.perf_counter()
    subprocess.run(command, input=payload, stdout=subprocess.DEVNULL, check=True)
    wall, after = time.perf_counter() - started, os.times()
    cpu = after.children_user + after.children_system
    return Times(wall * 1000, (cpu - before.children_user - before.children_system) * 1000)


def compare(name: str, command: list[str], rounds: int, payload: bytes = PAYLOAD) -> str:
    """Return a line with the medians of both and the ratios: wall pair by pair, CPU in total."""
    measure(command, payload)
    pairs = [(measure(command, payload), measure(EMPTY)) for _ in range(rounds)]
    wall = statistics.median(ours.wall for ours, _ in pairs)
    empty = statistics.median(bare.wall for _, bare in pairs)
    # One process's CPU time comes in ticks of 10 ms: only the sum over all rounds says something.
    ours_cpu = sum(ours.cpu for ours, _ in pairs) / rounds
    bare_cpu = sum(bare.cpu for _, bare in pairs) / rounds
    least = min(ours.wall for ours, _ in pairs) / min(bare.wall for _, bare in pairs)
    ratio = statistics.median(ours.wall / bare.wall for ours, bare in pairs)
    return (
        f"{name:<30} {wall:7.1f} {ours_cpu:7.1f}   {empty:7.1f} {bare_cpu:7.1f}   "
        f"x{ratio:.2f} (least x{least:.2f})   x{ours_cpu / bare_cpu:.2f}"
    )


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of the rounds")
    rounds = 20 if parser.parse_args().quick else 100
    sys.stdout.write(
        f"{'ms, median':<30} {'wall':>7} {'cpu':>7}   {'empty':>7} {'cpu':>7}   wall ratio, cpu ratio\n"  # noqa: E501
    )
    with tempfile.TemporaryDirectory() as name:
        os.environ["FLIGHTLOG_KEYS"] = str(Path(name) / "keys")
        recording = Path(name) / "flight.db"
        command = Wiring(recording).words("claude-code")
        with Daemon.launch(recording):
            sys.stdout.write(compare("a recorder answers", command, rounds) + "\n")
            sys.stdout.flush()
        os.environ[FLIGHTLOG_LINGER] = "0"
        opening = compare("no recorder, a session's start", command, rounds, OPENING)
        sys.stdout.write(opening + "\n")
        time.sleep(SETTLE_SECONDS)
        sys.stdout.write(compare("no recorder, a tool's start", command, rounds) + "\n")
        # The first one starts a recorder that stays for a while.
        os.environ[FLIGHTLOG_LINGER] = "3"
        measure(command)
        while not socket_path(recording).exists():
            time.sleep(0.01)
        sys.stdout.write(compare("no recorder, those after it", command, rounds) + "\n")
        while socket_path(recording).exists():
            time.sleep(0.1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
