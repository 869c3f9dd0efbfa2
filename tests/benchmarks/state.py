"""What the state at a moment costs: `python -m tests.benchmarks.state [--quick] [--check]`.

A session of a million actions that overlap, with files, hosts, credentials and resources that die.
A step forward and the same step back are measured in turn, and both against the same in a session
a hundred times shorter. `--check` fails where a look takes longer than a frame of the replay
(50 ms) or where going back costs more than 1.3 times what going forward does.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.model import Action, Analysis, Credential, Outcome, ResourceState, Sighting
from analyzer.state import StateIndex
from analyzer.testimony import Certainty
from recorder import semconv
from recorder.model import Json, Kind, Role, SessionRow, Witness

SECOND = 1_000_000_000
FRAME_SECONDS = 0.05
BACK_RATIO = 1.3


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of one look, medians and the worst of a hundred."""

    build: float
    forward: float
    back: float
    jump_p95: float


def actions(count: int) -> Iterator[Action]:
    """Yield a session's actions in order of start; each lasts until others have begun."""
    for n in range(count):
        kind = Kind.API_REQUEST if n % 3 else Kind.TOOL_CALL
        arguments = json.dumps({"file_path": f"src/{n % 40_000}.py"})
        told: dict[str, Json] = {
            semconv.GEN_AI_TOOL_ARGUMENTS: arguments,
            semconv.SERVER_ADDRESS: f"h{n % 50}.example",
            semconv.GEN_AI_INPUT_TOKENS: 10,
        }
        dead = ResourceState(
            f"r{n}", "resource", f"r{n}", "unknown", "deleted", Certainty.OBSERVED, "", n
        )
        used = Sighting(n, n, f"{n % 20:04x}", Role.USED, "header authorization", n * SECOND)
        yield Action(
            id=n + 1,
            session="s",
            kind=kind,
            name="Read",
            title="",
            start_ns=n * SECOND,
            end_ns=n * SECOND + (n % 9) * SECOND,
            outcome=Outcome.OK,
            attributes=told,
            resources=(dead,) if n % 100 == 1 else (),
            sightings=(used,) if n % 5 == 0 else (),
        )


def session(count: int) -> Analysis:
    """Return a session of so many actions."""
    row = SessionRow(
        id="s", agent="a", agent_version="", model="", cwd="/w", host="", user="",
        witness=Witness.SDK, first_seq=1, last_seq=count, start_ns=0, last_ns=count * SECOND,
        records=count, ended=True, run="", timed=True,
    )  # fmt: skip
    credentials: tuple[Credential, ...] = ()
    return Analysis(
        session=row,
        actions=tuple(actions(count)),
        credentials=credentials,
        findings=(),
        reconstructed="",
        verifier_key="",
    )


def cost(count: int, looks: int) -> Cost:
    """Return what looks into a session of so many actions cost."""
    analysis = session(count)
    began = time.perf_counter()
    index = StateIndex(analysis)
    build = time.perf_counter() - began
    chosen = random.Random(1)
    forward, back, jumps = [], [], []
    for _ in range(looks):
        start = chosen.randrange(count - 2) * SECOND
        jumps.append(_seconds(index, start))
        forward.append(_seconds(index, start + SECOND))
        back.append(_seconds(index, start))
    return Cost(
        build,
        statistics.median(forward),
        statistics.median(back),
        statistics.quantiles(jumps, n=20)[-1],
    )


def _seconds(index: StateIndex, t_ns: int) -> float:
    began = time.perf_counter()
    index.at(t_ns)
    return time.perf_counter() - began


def main() -> int:
    """Print the figures; with `--check`, fail where a look is not at once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the actions")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    large = 100_000 if options.quick else 1_000_000
    worst, ratio = 0.0, 0.0
    for count in (large // 100, large):
        found = cost(count, 100)
        worst, ratio = found.jump_p95, found.back / found.forward
        sys.stdout.write(
            f"{count:>9} actions: built in {found.build:.2f} s; a look "
            f"{found.forward * 1e3:.2f} ms forward, {found.back * 1e3:.2f} ms back "
            f"(x{ratio:.2f}), anywhere p95 {found.jump_p95 * 1e3:.2f} ms\n"
        )
    return int(options.check and (worst > FRAME_SECONDS or ratio > BACK_RATIO))


if __name__ == "__main__":
    sys.exit(main())
