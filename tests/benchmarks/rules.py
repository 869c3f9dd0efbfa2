"""How long the rules take over a long session, and how far they lag behind a live one.

    python -m tests.benchmarks.rules --actions 1000000
    python -m tests.benchmarks.rules --live --rate 1000 --seconds 20

The session is made in memory: reads, greps, edits, requests, one destructive call in a thousand.
The baseline of the same run is a walk over the same actions that only counts effects.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Iterator
from dataclasses import replace

from analyzer.effects import judge_all
from analyzer.model import Action, Outcome
from analyzer.rules import packaged_rules
from analyzer.rules.base import Scene
from analyzer.rules.engine import findings_of
from analyzer.rules.live import LiveExamination
from analyzer.task_scope import TaskScope
from recorder import semconv
from recorder.model import Json, Kind, SessionRow, Witness

SECOND = 1_000_000_000
START = 1_777_040_000 * SECOND
DELETE = '{"query":"mutation { volumeDelete(volumeId: \\"v%d\\") }"}'
CALLS = (
    ("Read", {"file_path": "/home/dev/shop/src/a.py"}),
    ("Grep", {"pattern": "def total", "path": "src"}),
    ("Edit", {"file_path": "/home/dev/shop/src/a.py", "old_string": "a", "new_string": "b"}),
    ("Bash", {"command": "pytest -q tests/test_checkout.py"}),
)


def actions(number: int, rate: int) -> Iterator[Action]:
    """Yield a session's actions, so many in a second."""
    for n in range(number):
        start = START + n * SECOND // rate
        if n % 10 == 9:
            yield _request(n, start, harms=n % 1_000 == 999)
        else:
            yield _call(n, start)


def _call(n: int, start: int) -> Action:
    name, arguments = CALLS[n % len(CALLS)]
    attributes: dict[str, Json] = {
        semconv.GEN_AI_TOOL_ARGUMENTS: json.dumps(arguments),
        semconv.GEN_AI_TOOL_RESULT: "ok",
    }
    return _action(n, start, Kind.TOOL_CALL, name, attributes)


def _request(n: int, start: int, *, harms: bool) -> Action:
    attributes: dict[str, Json] = {
        semconv.HTTP_METHOD: "POST" if harms else "GET",
        semconv.URL_FULL: "https://backboard.railway.app/graphql/v2",
        semconv.URL_PATH: "/graphql/v2",
        semconv.SERVER_ADDRESS: "backboard.railway.app",
        semconv.HTTP_REQUEST_HEADER + "content-type": ["application/json"],
        semconv.REQUEST_BODY: DELETE % n if harms else "",
    }
    return _action(n, start, Kind.API_REQUEST, "POST /graphql/v2", attributes)


def _action(n: int, start: int, kind: Kind, name: str, attributes: dict[str, Json]) -> Action:
    return Action(
        id=n + 1, session="s", kind=kind, name=name, title=name, start_ns=start,
        end_ns=start + 1_000_000, outcome=Outcome.OK, attributes=attributes, records=(n + 1,),
        witnesses=(Witness.SDK,),
    )  # fmt: skip


def whole(number: int) -> None:
    """Print what the rules take over a whole session."""
    judged = _judged(number)
    began = time.process_time()
    sum(a.judgement.effect.destroys for a in judged)
    floor = time.process_time() - began
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    scope = TaskScope(judged, "/home/dev/shop")
    began = time.process_time()
    found = findings_of(
        Scene(judged, (), scope), packaged_rules(), session="s", cwd="/home/dev/shop"
    )
    took = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{number:,} actions, {len(found):,} findings: {took:.1f} s of CPU, "  # noqa: T201
          f"{took / number * 1e6:.1f} µs each, {took / max(floor, 1e-9):.0f} x a mere walk, "
          f"peak {peak:,.0f} MB, "
          f"{peak - before:,.0f} MB more than the actions themselves")  # fmt: skip


def _judged(number: int) -> tuple[Action, ...]:
    """Return judged actions; those that are alike are judged once: the rules are measured."""
    sample = {a.name: a for a in judge_all(tuple(actions(8, 1_000)))}
    judged = []
    for action in actions(number, 1_000):
        if action.kind is Kind.TOOL_CALL:
            judged.append(replace(action, judgement=sample[action.name].judgement))
        else:
            judged += judge_all((action,))
    return tuple(judged)


def live(rate: int, seconds: int) -> None:
    """Print how far the rules lag behind a stream, looked at five times a second."""
    row = SessionRow(
        id="s", agent="a", agent_version="", model="", cwd="/home/dev/shop", host="", user="",
        witness=Witness.SDK, run="", first_seq=1, last_seq=1, start_ns=START, last_ns=START,
        records=1, ended=False,
    )  # fmt: skip
    watched = LiveExamination(row, packaged_rules())
    stream = list(actions(rate * seconds, rate))
    lags, step = [], max(1, rate // 5)
    busy, began = time.process_time(), time.monotonic()
    for place in range(0, len(stream), step):
        piece = stream[place : place + step]
        due = began + (place + step) / rate
        time.sleep(max(0.0, due - time.monotonic()))
        watched.look(piece, piece[-1].end_ns or 0)
        lags.append(time.monotonic() - due)
    cost = (time.process_time() - busy) / len(stream) * 1e6
    lags.sort()
    print(f"{rate:,} actions/s for {seconds} s: lag p50 {lags[len(lags) // 2]:.3f} s, "  # noqa: T201
          f"p99 {lags[int(len(lags) * 0.99)]:.3f} s, worst {lags[-1]:.3f} s; "
          f"{cost:.0f} µs of CPU an action")  # fmt: skip


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--actions", type=int, default=1_000_000)
    parser.add_argument("--live", action="store_true")
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    if options.live:
        live(options.rate, options.seconds)
    else:
        whole(options.actions)


if __name__ == "__main__":
    main()
