"""What a large body costs in the replay: `python -m tests.benchmarks.bodies [--check]`.

The real screens, driven by keys without a terminal, on bodies of 50 MB in lines, of 50 MB in one
line, and of one line of 1 MB, each against a body of 1 kB. A freeze is told by the longest time for
which the screen's own thread was busy or kept waiting by the workers while a tab was opened; the
wall's clock is right for that, and its noise is in the small body's figure too.

`--check` fails where that was over 200 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys
import time
from dataclasses import dataclass

from textual.pilot import Pilot

from recorder import semconv
from recorder.model import Kind
from tests.tui.driving import replaying, text
from tests.tui.factories import action, analysis
from tests.tui.held import HeldSource
from tui.app import FlightApp

LONGEST = 0.2
MEGABYTE = 1_000_000
LINE = b'{"level": "info", "message": "request served", "path": "/api/v1/volumes", "ms": 12}\n'
BODIES = {
    "1 kB": LINE * 12,
    "50 MB in lines": LINE * (50 * MEGABYTE // len(LINE)),
    "50 MB in one line": b"x" * (50 * MEGABYTE),
    "1 MB in one line": b"x" * MEGABYTE,
}
TABS = {"Body": [], "Raw": ["right_curly_bracket"] * 2, "hex": ["b"], "end": ["tab", "G"]}


@dataclass(frozen=True, slots=True)
class Opened:
    """Seconds until it was shown, and the longest in which the screen did not turn."""

    shown: float
    longest: float


async def opened(data: bytes) -> dict[str, Opened]:
    """Return what each tab costs on a body."""
    held = analysis([
        action(1, Kind.TOOL_CALL, "Bash", "cat big", 0, 10,
               attributes={semconv.GEN_AI_TOOL_RESULT: "the beginning"},
               blob_of={semconv.GEN_AI_TOOL_RESULT: "d1"}),
    ])  # fmt: skip
    source = HeldSource(held)
    source.blobs["d1"] = data
    found: dict[str, Opened] = {}
    async with replaying(held, source=source) as (app, pilot, _screen):
        for name, keys in TABS.items():
            found[name] = await _pressed(app, pilot, keys)
    return found


async def _pressed(app: FlightApp, pilot: Pilot[None], keys: list[str]) -> Opened:
    stop = asyncio.Event()
    watched = asyncio.create_task(_longest(stop))
    began = time.perf_counter()
    before, quiet = "", 0
    if keys:
        await pilot.press(*keys)
    # Until nothing has changed for a while: the rows come when a worker has them.
    while quiet < 30:
        await asyncio.sleep(0.02)
        after = text(app)
        quiet = quiet + 1 if after == before and "reading ..." not in after else 0
        before = after
    stop.set()
    return Opened(time.perf_counter() - began - 0.6, await watched)


async def _longest(stop: asyncio.Event) -> float:
    longest, last = 0.0, time.perf_counter()
    while not stop.is_set():
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    return longest


def main() -> int:
    """Print the figures; with `--check`, fail where a large body is felt."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    worst = 0.0
    for name, data in BODIES.items():
        found = asyncio.run(opened(data))
        worst = max(worst, *(one.longest for one in found.values()))
        told = "; ".join(
            f"{tab} in {one.shown * 1e3:.0f} ms, longest halt {one.longest * 1e3:.0f} ms"
            for tab, one in found.items()
        )
        sys.stdout.write(f"{name:>18}: {told}\n")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"peak of memory {peak:.0f} MB, with the four bodies themselves\n")
    return int(options.check and worst > LONGEST)


if __name__ == "__main__":
    sys.exit(main())
