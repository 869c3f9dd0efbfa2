"""How far the live view lags behind: `python -m tests.benchmarks.live [--rate N] [--seconds N]`.

The real screen, without a terminal, follows a recording that another process appends to. Of every
action is measured how long after it was handed to the store the view had painted it, once at ten
records a second and once at the full rate: the first is the baseline, what the machine takes even
where there is nothing to do. CPU is of the process of the view alone.

`--check` fails where the p95 at the full rate is over twice what is wanted (250 ms), or where
records still wait half a second after the last was written.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from recorder import semconv
from recorder.model import Json, Kind, Phase, Record, Status, Witness
from recorder.sealing import Sealer
from recorder.store import Store
from tui.app import FollowingApp
from tui.screens.live import Live

SESSION = "live-session"
BATCH_SECONDS = 0.02
WANTED = 0.25
SLOW = 10
TOOLS = ("Read", "Bash", "Edit", "Grep")


@dataclass(frozen=True, slots=True)
class Lag:
    """Seconds from the store to the screen, and what following took."""

    actions: int
    median: float
    p95: float
    left: int
    """Records that had not been read half a second after the last."""
    cpu: float
    """Share of a core."""
    paints: float
    """Per second."""


def write(path: Path, rate: int, seconds: float) -> None:
    """Append so many records a second, two for each call."""
    store = Store.open(path)
    sealer = Sealer(store.fingerprint_key, store.credentials())
    made = _records()
    sys.stdin.readline()
    began, written = time.monotonic(), 0
    while (gone := time.monotonic() - began) < seconds:
        due = int(gone * rate) - written
        if due >= 2:
            store.append([sealer.seal(next(made)) for _ in range(due // 2 * 2)])
            written += due // 2 * 2
        time.sleep(BATCH_SECONDS)
    store.close()


def _records() -> Iterator[Record]:
    number = 0
    while True:
        number += 1
        name = TOOLS[number % len(TOOLS)]
        given = {"file_path": f"src/{number % 300}.py"} if number % 2 else {"command": "pytest -q"}
        told: dict[str, Json] = {
            semconv.GEN_AI_TOOL_NAME: name,
            semconv.GEN_AI_TOOL_ARGUMENTS: json.dumps(given),
        }
        for phase in (Phase.START, Phase.END):
            yield Record(
                witness=Witness.SDK,
                phase=phase,
                kind=Kind.TOOL_CALL,
                name=name,
                session=SESSION,
                ref=f"call{number}",
                t_ns=time.time_ns(),
                status=Status.OK if phase is Phase.END else Status.UNSET,
                attributes={**told, semconv.GEN_AI_TOOL_RESULT: "ok"},
            )


class Watched(Live):
    """The view, that notes when it had painted what."""

    def __init__(self, session_id: str) -> None:
        super().__init__(session_id)
        self.lags: list[float] = []
        self.paints = 0

    def paint(self) -> None:
        """Paint, and note the age of every action that is seen for the first time."""
        super().paint()
        self.paints += 1
        now_ns, tail = time.time_ns(), self.tail
        for row in range(len(self.lags), len(tail) if tail else 0):
            action = tail.action(row) if tail else None
            if action is not None:
                self.lags.append((now_ns - action.start_ns) / 1e9)


async def lag(rate: int, seconds: float) -> Lag:
    """Return how far the view lags at a rate."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "flight.db"
        command = [sys.executable, "-m", "tests.benchmarks.live", "--write", str(path)]
        command += ["--rate", str(rate), "--seconds", str(seconds)]
        writer = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: ASYNC220
        assert writer.stdin is not None
        await _until(path.exists)
        writer.stdin.write(b"\n")
        writer.stdin.flush()
        try:
            return await _followed(path, writer)
        finally:
            writer.kill()
            writer.wait()


async def _until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - another process makes it so
        await asyncio.sleep(0.05)


async def _followed(path: Path, writer: subprocess.Popen[bytes]) -> Lag:
    app = FollowingApp(path, None)
    async with app.run_test(size=(120, 36)) as pilot:
        await _until(lambda: bool(app.source.sessions()))
        screen = Watched(SESSION)
        app.push_screen(screen)
        cpu, began = time.process_time(), time.perf_counter()
        await _until(lambda: writer.poll() is not None)
        took = time.perf_counter() - began
        await asyncio.sleep(0.5)
        spent = time.process_time() - cpu
        await pilot.pause()
        # What was there before the view was opened is not late.
        lags = screen.lags[len(screen.lags) // 4 :]
        left = -1 if screen.tail is None else screen.tail.waiting

        return Lag(
            actions=len(screen.lags),
            median=statistics.median(lags),
            p95=statistics.quantiles(lags, n=20)[-1],
            left=left,
            cpu=spent / (took + 0.5),
            paints=screen.paints / took,
        )


def main() -> int:
    """Print the figures; with `--check`, fail where the view falls behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=2_000, help="records a second")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write is not None:
        write(options.write, options.rate, options.seconds)
        return 0
    with TemporaryDirectory() as keys:
        os.environ["FLIGHTLOG_KEYS"] = keys
        quiet = asyncio.run(lag(SLOW, options.seconds))
        _print(SLOW, quiet)
        busy = asyncio.run(lag(options.rate, options.seconds))
        _print(options.rate, busy)
    sys.stdout.write(f"p95 x{busy.p95 / quiet.p95:.1f} of the quiet one's\n")
    return int(options.check and (busy.p95 > 2 * WANTED or busy.left > 0))


def _print(rate: int, found: Lag) -> None:
    sys.stdout.write(
        f"{rate:>6} records/s: {found.actions} actions, seen after {found.median * 1e3:.0f} ms "
        f"(p95 {found.p95 * 1e3:.0f}); {found.left} records left; {found.cpu:.0%} of a core, "
        f"{found.paints:.1f} paints/s\n"
    )


if __name__ == "__main__":
    sys.exit(main())
