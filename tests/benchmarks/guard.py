"""What a guard's decision costs: `python -m tests.benchmarks.guard [--quick] [--check]`.

A real recorder, a real guard with every control on, and a session that is long already. Each call
is recorded (committed) first, then asked about; only the question is timed, from outside, against
a question that decides nothing, in turn. `--check` fails above 10 ms at p95.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from analyzer.guard.settings_file import GATES, GuardSettings, write_settings
from recorder import semconv
from recorder.child import ReadyChild, python_command
from recorder.client import Client
from recorder.daemon import Daemon
from recorder.guarding.ask import exchange
from recorder.guarding.place import Mode, guard_socket
from recorder.model import Json, Kind, Phase, Record, Status, Witness

LIMIT_MS = 10.0
PATIENCE = 10.0
DELETE = (
    "curl -sS -X POST https://backboard.railway.app/graphql/v2 -H 'Authorization: Bearer "
    "c2a9e7d4-8f60-4b1e-a3d5-7e90b1c4d822' -d "
    '\'{"query":"mutation { volumeDelete(volumeId: \\"3d2c42fb-0000\\") }"}\''
)
CALLS: tuple[tuple[str, dict[str, str]], ...] = (
    ("Read", {"file_path": "/w/src/a.py"}),
    ("Bash", {"command": "cd src && pytest -q tests/test_a.py | tail -5"}),
    ("Edit", {"file_path": "/w/src/a.py", "old_string": "a", "new_string": "b"}),
    ("Grep", {"pattern": "RAILWAY_TOKEN", "path": "."}),
    ("Bash", {"command": DELETE}),
    ("Bash", {"command": "terraform apply -auto-approve"}),
)


def records(number: int) -> tuple[Record, Record]:
    """Return the start and the end of a call."""
    name, arguments = CALLS[number % len(CALLS)]
    told: dict[str, Json] = {
        semconv.GEN_AI_TOOL_NAME: name,
        semconv.GEN_AI_TOOL_ARGUMENTS: json.dumps(arguments),
        semconv.PROCESS_CWD: "/w",
    }
    now = time.time_ns()
    start = _record(Phase.START, name, number, now, told)
    result: dict[str, Json] = {semconv.GEN_AI_TOOL_RESULT: "ok\n" * 50}
    return start, _record(Phase.END, name, number, now + 1_000_000, result)


def _record(phase: Phase, name: str, number: int, t_ns: int, said: dict[str, Json]) -> Record:
    return Record(
        witness=Witness.HOOK,
        phase=phase,
        kind=Kind.TOOL_CALL,
        name=name,
        session="bench",
        ref=f"call-{number}",
        t_ns=t_ns,
        status=Status.OK if phase is Phase.END else Status.UNSET,
        attributes=said,
    )


def decisions(folder: Path, before: int, asked: int) -> Iterator[tuple[float, float]]:
    """Yield (ms of a decision, ms of a question that decides nothing) for calls of a session.

    Args:
        folder: where the recording lies.
        before: calls that the session has had already.
        asked: calls that are decided.
    """
    path = folder / "flight.db"
    write_settings(path, GuardSettings(Mode.ENFORCE, GATES))
    with Daemon.launch(path):
        client = Client(path)
        for number in range(before):
            start, end = records(number)
            client.submit(start)
            client.submit(end)
        command, environment = python_command("analyzer.guard.serving", "--recording", str(path))
        with ReadyChild.launch(command, environment=environment):
            address = guard_socket(path)
            for number in range(before, before + asked + 1):
                start, end = records(number)
                client.submit(start, wait=True)
                question = json.dumps({"record": start.id}).encode()
                decided = _timed(address, question)
                nothing = _timed(address, b'{"hello": true}')
                client.submit(end)
                if number > before:  # the first reads the whole session
                    yield decided, nothing
        client.close()


def _timed(address: Path, question: bytes) -> float:
    began = time.perf_counter()
    exchange(address, question, PATIENCE)
    return (time.perf_counter() - began) * 1000


def main() -> int:
    """Print the figures; with `--check`, fail where a decision is too slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the calls")
    parser.add_argument("--check", action="store_true", help=f"fail above {LIMIT_MS} ms at p95")
    options = parser.parse_args()
    asked = 60 if options.quick else 600
    worst = 0.0
    for before in (0, 500 if options.quick else 5_000):
        with tempfile.TemporaryDirectory() as folder:
            pairs = list(decisions(Path(folder), before, asked))
        decided, nothing = zip(*pairs, strict=True)
        p95 = statistics.quantiles(decided, n=20)[-1]
        worst = max(worst, p95)
        ratio = statistics.median(a / b for a, b in pairs)
        sys.stdout.write(
            f"after {before:>5} calls: a decision {statistics.median(decided):.2f} ms, p95 "
            f"{p95:.2f} ms, worst {max(decided):.2f} ms; asking for nothing "
            f"{statistics.median(nothing):.2f} ms, x{ratio:.0f}\n"
        )
    return int(options.check and worst > LIMIT_MS)


if __name__ == "__main__":
    sys.exit(main())
