"""What joining costs: `python -m tests.benchmarks.join [--quick]`.

Sessions of n and of 4n tool calls, each told of by hook (without ids), by log event and by span,
with a permission and a request on the wire: 8 records and 3 actions a call. The same machine runs
both in turn; linear is a ratio of 4, and `--check` fails above 4.4.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import time
from collections.abc import Iterator

from analyzer.actions import ActionFold
from recorder import semconv
from recorder.model import Json, Kind, Phase, Status, StoredRecord, Witness

SECOND = 1_000_000_000
START = 1_777_040_000 * SECOND
SESSION, RUN, TRACE = "session-a", "run-1", "ab" * 16
LIMIT = 4.4


def records(calls: int) -> Iterator[StoredRecord]:
    """Yield a session's records in order of `seq`; telemetry comes in batches behind the hooks."""
    seq, batch = 0, 0
    late: list[tuple[int, int]] = []
    for number in range(calls):
        at = START + number * SECOND
        command = json.dumps({"command": f"make target-{number}"})
        told: dict[str, Json] = {
            semconv.GEN_AI_TOOL_NAME: "bash",
            semconv.GEN_AI_TOOL_ARGUMENTS: command,
        }
        for phase, moment in ((Phase.START, at), (Phase.END, at + SECOND // 2)):
            seq += 1
            yield record(seq, Witness.HOOK, phase, "bash", f"h{number}", moment, told)
        for phase, moment in ((Phase.START, at + 100), (Phase.END, at + 2000)):
            seq += 1
            sent: dict[str, Json] = {semconv.HTTP_METHOD: "GET", semconv.PEER_PID: 1}
            yield record(seq, Witness.PROXY, phase, "GET /", f"w{number}", moment, sent)
        late.append((number, at))
        if len(late) == 50 or number == calls - 1:
            batch += 1
            for call, began in late:
                for made in telemetry(call, began):
                    seq += 1
                    yield record(seq, Witness.OTLP, *made)
            late.clear()


def telemetry(
    number: int, at: int
) -> Iterator[tuple[Phase, str, str, int, dict[str, Json], str, Kind]]:
    """Yield what a call's telemetry says: its permission, its log event, its span, its turn."""
    span = f"{number:016x}"
    told: dict[str, Json] = {
        semconv.GEN_AI_TOOL_NAME: "bash",
        semconv.GEN_AI_TOOL_ARGUMENTS: json.dumps({"command": f"make target-{number}"}),
        semconv.END_NS: at + SECOND // 2,
    }
    log: dict[str, Json] = {"event.name": "tool_result"}
    call: dict[str, Json] = {semconv.GEN_AI_TOOL_CALL_ID: f"call-{number}"}
    decided: dict[str, Json] = {semconv.APPROVAL_DECISION: "approved", "event.name": "decided"}
    yield Phase.POINT, "approved", f"call-{number}", at, decided, "", Kind.APPROVAL
    yield Phase.WHOLE, "bash", f"call-{number}", at, told | log | call, "", Kind.TOOL_CALL
    yield Phase.WHOLE, "bash", f"call-{number}", at, told | call, span, Kind.TOOL_CALL
    yield Phase.WHOLE, "m-1", f"m{span}", at - SECOND // 3, {}, f"f{span[1:]}", Kind.MODEL_CALL


def record(
    seq: int,
    witness: Witness,
    phase: Phase,
    name: str,
    ref: str,
    at: int,
    attributes: dict[str, Json],
    span: str = "",
    kind: Kind | None = None,
) -> StoredRecord:
    """Return a stored record."""
    on_wire = witness is Witness.PROXY
    return StoredRecord(
        seq=seq,
        witness=witness,
        phase=phase,
        kind=kind or (Kind.API_REQUEST if on_wire else Kind.TOOL_CALL),
        name=name,
        session="" if on_wire else SESSION,
        run=RUN,
        ref=ref,
        t_ns=at,
        observed_ns=at,
        status=Status.OK if phase is not Phase.START else Status.UNSET,
        trace_id=TRACE if span else "",
        span_id=span,
        parent_span_id="",
        pid=None if on_wire else 1,
        attributes=attributes,
        blobs={},
        seals=(),
        id=f"{seq:032x}",
    )


def derived(stored: list[StoredRecord], looks: int) -> tuple[float, int]:
    """Return the CPU seconds that it takes to fold records, and how many actions they are.

    Args:
        stored: the records.
        looks: into so many parts they are split, with a look at what changed after each.
    """
    gc.collect()
    began = time.process_time()
    fold = ActionFold(SESSION, run=RUN)
    part = max(1, len(stored) // looks)
    for number, item in enumerate(stored, 1):
        fold.add(item)
        if looks > 1 and number % part == 0:
            fold.changes()
    actions = fold.actions()
    return time.process_time() - began, len(actions)


def ratio(calls: int, rounds: int, *, live: bool) -> tuple[float, float, int]:
    """Return (ratio of 4n to n calls, seconds for 4n, actions of 4n), medians over rounds."""
    small, large = list(records(calls)), list(records(4 * calls))
    looks = calls // 25 if live else 1
    pairs = []
    for _ in range(rounds):
        one, _ = derived(small, looks)
        four, count = derived(large, 4 * looks if live else 1)
        pairs.append((four / one, four, count))
    return (
        statistics.median(p[0] for p in pairs),
        statistics.median(p[1] for p in pairs),
        pairs[0][2],
    )


def main() -> int:
    """Print the figures; with `--check`, fail where it is not linear."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the calls")
    parser.add_argument("--check", action="store_true", help=f"fail above a ratio of {LIMIT}")
    options = parser.parse_args()
    calls = 1_000 if options.quick else 8_500
    worst = 0.0
    for name, live in (("once", False), ("live, a look each 200 records", True)):
        found, seconds, actions = ratio(calls, 3, live=live)
        worst = max(worst, found)
        sys.stdout.write(
            f"{name:<32} {actions:>7} actions in {seconds:6.2f} s CPU "
            f"({seconds / actions * 1e6:5.1f} µs each), 4 times the records: x{found:.2f}\n"
        )
    return int(options.check and worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
