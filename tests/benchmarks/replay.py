"""What a long session costs in the replay: `python -m tests.benchmarks.replay [--quick] [--check]`.

The real screens, driven by keys without a terminal, on a session a hundred times shorter and on the
long one. All figures are CPU time, because other programs disturb the wall's: from the key until
the screen has nothing left to draw, and per second while playing and paused. The session is made
in a process of its own and handed over by the page, as a long one is that is loaded; "taken over"
is what that costs the screens' process.

`--check` fails where a key's p95 on the long session is over 100 ms (twice what is wanted), where a
step back costs more than 1.2 times a step forward, or where a replay costs more than 2 % of a core
while paused, or more than 30 % while it plays sixty times as fast.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import random
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from textual.pilot import Pilot

from analyzer.analysis import Progress
from analyzer.state import StateIndex
from tests.benchmarks.state import session
from tests.tui.held import HeldSource
from tui.apart import given_files, hand_over, new_files, take_over
from tui.app import FlightApp
from tui.scene import Scene
from tui.screens.replay import Replay

KEY_P95 = 0.1
BACK_RATIO = 1.2
PAUSED, PLAYING = 0.02, 0.3
PACE = 5
PRESSES = 60
"""Of each key; of twenty the 95th in a hundred would be the slowest of all."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds, and shares of a core."""

    built: float
    shown: float
    forward: tuple[float, float]
    """Median and p95."""
    back: tuple[float, float]
    seek: tuple[float, float]
    paused: float
    playing: float


async def cost(count: int, presses: int) -> Cost:
    """Return what a session of so many actions costs."""
    with new_files() as files:
        numbers = [file.fileno() for file in files]
        program = [sys.executable, "-m", "tests.benchmarks.replay", "--hand-over", str(count)]
        subprocess.run([*program, *map(str, numbers)], check=True, pass_fds=numbers)  # noqa: ASYNC221
        began = time.process_time()
        scene = take_over(files)
    gc.freeze()  # as where sessions are loaded
    built = time.process_time() - began
    analysis = scene.analysis

    class Ready(HeldSource):
        """Hands over what was built."""

        def load(self, session_id: str, progress: Progress | None = None) -> Scene:
            del session_id, progress
            return scene

    with TemporaryDirectory() as folder:
        source = Ready(analysis)
        app = FlightApp(Path(folder) / "flight.db", analysis.session.id, source=source)
        began = time.process_time()
        async with app.run_test(size=(120, 36)) as pilot:
            replay = app.screen
            assert isinstance(replay, Replay)
            while replay.scene is None:
                await pilot.pause(0.001)
            await pilot.pause()
            shown = time.process_time() - began
            return await _driven(pilot, replay, presses, (built, shown))


async def _driven(
    pilot: Pilot[None], replay: Replay, presses: int, opened: tuple[float, float]
) -> Cost:
    forward, back, seek = [], [], []
    chosen = random.Random(1)
    for _ in range(presses):
        seek.append(await _pressed(pilot, str(chosen.randrange(1, 10))))
        forward.append(await _pressed(pilot, "right"))
        back.append(await _pressed(pilot, "left"))
    paused = await _busy(2)
    await pilot.press("5", *["right_square_bracket"] * PACE, "space")
    playing = await _busy(4)
    assert replay.playhead is not None
    return Cost(*opened, _both(forward), _both(back), _both(seek), paused, playing)


async def _pressed(pilot: Pilot[None], key: str) -> float:
    began = time.process_time()
    await pilot.press(key)
    return time.process_time() - began


async def _busy(seconds: float) -> float:
    """Return the share of a core that goes by in some seconds."""
    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.sleep(seconds)
    return (time.process_time() - cpu) / (time.perf_counter() - began)


def _both(taken: list[float]) -> tuple[float, float]:
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1]


def _made(count: int, numbers: list[str]) -> int:
    """Make the session in this process, and hand it over to the one that shows it."""
    analysis = session(count)
    with given_files(numbers) as files:
        hand_over(Scene.of(analysis, StateIndex(analysis)), files)
    return 0


def main() -> int:
    """Print the figures; with `--check`, fail where a long session is felt."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the actions")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--hand-over", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.hand_over:
        return _made(int(options.hand_over[0]), options.hand_over[1:])
    large = 100_000 if options.quick else 1_000_000
    found = asyncio.run(cost(large // 100, PRESSES))
    _print(large // 100, found)
    found = asyncio.run(cost(large, PRESSES))
    _print(large, found)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"peak of memory {peak:.0f} MB\n")
    slow = max(found.forward[1], found.back[1], found.seek[1]) > KEY_P95
    uneven = found.back[0] > BACK_RATIO * found.forward[0]
    busy = found.paused > PAUSED or found.playing > PLAYING
    return int(options.check and (slow or uneven or busy))


def _print(count: int, found: Cost) -> None:
    keys = "; ".join(
        f"{name} {median * 1e3:.0f} ms (p95 {p95 * 1e3:.0f})"
        for name, (median, p95) in (
            ("step", found.forward),
            ("step back", found.back),
            ("seek", found.seek),
        )
    )
    sys.stdout.write(
        f"{count:>9} actions: taken over in {found.built:.2f} s, shown in {found.shown:.2f} s; "
        f"{keys}; paused {found.paused:.1%}, playing {found.playing:.1%}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
