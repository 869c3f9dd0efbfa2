"""What it takes until a long recording is on the screen: `python -m tests.benchmarks.opening`.

A recording of a million actions is made from one that the recorder wrote, by copying a record under
other numbers and times: it reads like any other, though nobody sealed it. Measured is the wall's
time from the end of the imports until the first rows are painted, the same for a recording a
thousand times shorter as the baseline, and what a key takes while the rest is still being read.

`--check` fails where the long one's first paint takes over a second (twice what is wanted).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import sqlite3
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from recorder import semconv
from recorder.model import Kind, Phase, Record, Status, Witness
from recorder.sealing import Sealer
from recorder.store import Store
from tui.app import FlightApp
from tui.screens.replay import Replay
from tui.source import find_id

SESSION = "long-session"
START = 1_777_040_000 * 10**9
SECOND = 10**9
WANTED = 0.5
INSERT = "INSERT INTO records VALUES (?, x'00', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
TOOLS = ("Read", "Bash", "Edit", "Grep")


def made(path: Path, actions: int) -> None:
    """Make a recording with so many actions, one record each."""
    store = Store.open(path)
    sealer = Sealer(store.fingerprint_key, store.credentials())
    store.append([sealer.seal(_first())], checkpoint=True)
    store.close()
    with closing(sqlite3.connect(path)) as db, db:
        (body,) = db.execute("SELECT body FROM records").fetchone()
        db.executemany(INSERT, _copies(json.loads(body), actions))


def _first() -> Record:
    return Record(
        witness=Witness.SDK, phase=Phase.WHOLE, kind=Kind.TOOL_CALL, name="Read", session=SESSION,
        ref="call1", t_ns=START, observed_ns=START, status=Status.OK,
        attributes={
            semconv.GEN_AI_TOOL_NAME: "Read",
            semconv.GEN_AI_TOOL_ARGUMENTS: '{"file_path": "src/1.py"}',
            semconv.GEN_AI_TOOL_RESULT: "ok",
            semconv.END_NS: START + SECOND // 2,
        },
    )  # fmt: skip


def _copies(document: dict[str, Any], actions: int) -> Iterator[tuple[object, ...]]:
    for number in range(2, actions + 1):
        name, t_ns = TOOLS[number % len(TOOLS)], START + number * SECOND
        unique = f"{number:032x}"
        given = {"file_path": f"src/{number % 3_000}.py"}
        document |= {"seq": number, "id": unique, "ref": f"call{number}", "name": name}
        document |= {"t": str(t_ns), "observed": str(t_ns)}
        document["attributes"] |= {
            semconv.GEN_AI_TOOL_NAME: name,
            semconv.GEN_AI_TOOL_ARGUMENTS: json.dumps(given),
            semconv.END_NS: t_ns + SECOND // 2,
        }
        body = json.dumps(document).encode()
        yield (
            number, body, unique, SESSION, "sdk", "whole", "tool_call", name, f"call{number}",
            t_ns, t_ns, "ok",
        )  # fmt: skip


async def opened(path: Path) -> tuple[float, list[float]]:
    """Return the seconds until the first rows are painted, and what keys take right after that."""
    began = time.perf_counter()
    session = find_id(path, "last")
    app = FlightApp(path, session)
    async with app.run_test(size=(120, 36)) as pilot:
        replay = app.screen
        assert isinstance(replay, Replay)
        while replay.scene is None:  # noqa: ASYNC110 - a worker makes it so
            await asyncio.sleep(0.001)
        await _painted(app)
        painted = time.perf_counter() - began
        keys = []
        for key in ("right", "left") * 10:
            pressed = time.perf_counter()
            app.simulate_key(key)
            await _painted(app)
            keys.append(time.perf_counter() - pressed)
        await pilot.press("q")
        return painted, keys


async def _painted(app: FlightApp) -> None:
    """Wait for the next paint; the pilot would wait for the whole process to be idle."""
    is_done = asyncio.Event()
    await asyncio.sleep(0)
    app.screen.call_after_refresh(is_done.set)
    await is_done.wait()


def main() -> int:
    """Print the figures; with `--check`, fail where a long recording is waited for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=1_000_000)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        os.environ["FLIGHTLOG_KEYS"] = f"{folder}/keys"
        for count in (max(options.actions // 1_000, 100), options.actions):
            path = Path(folder) / f"{count}.db"
            made(path, count)
            painted, keys = asyncio.run(opened(path))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            sys.stdout.write(
                f"{count:>9} actions: first paint after {painted:.2f} s; keys then "
                f"{statistics.median(keys) * 1e3:.0f} ms (p95 "
                f"{statistics.quantiles(keys, n=20)[-1] * 1e3:.0f}); peak {peak:.0f} MB\n"
            )
            sys.stdout.flush()
    return int(options.check and painted > 2 * WANTED)


if __name__ == "__main__":
    sys.exit(main())
