"""What recording costs: `python -m tests.benchmarks.capture [--quick]`.

The agent's side: a recorded tool call against the same span with no processor, on the agent's own
thread, in bursts with pauses as agents make them; where it waits for a commit, also against a span
that waits for nothing as long. The recorder's side: sealed, chained records into the store against
the same rows through bare `sqlite3.executemany`, both with `synchronous=FULL` and the same group
size.
"""

from __future__ import annotations

import argparse
import os
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from opentelemetry.sdk.trace import TracerProvider

from recorder.body import encode_body
from recorder.capture.sdk import FlightSpanProcessor, Pipeline
from recorder.client import Client
from recorder.daemon import Daemon
from recorder.model import Kind, Phase, Record, Status, Witness
from recorder.schema import PAGE_SIZE
from recorder.sealing import Sealer
from recorder.service import Service
from recorder.store import Store
from tests.benchmarks.timing import HEADER, Comparison, compare

GROUP = 512
ATTRIBUTES = {
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": "Bash",
    "gen_ai.tool.call.id": "call_0123456789abcdef",
    "gen_ai.tool.call.arguments": '{"command": "git status --short", "description": "status"}',
}
RESULT = "On branch main\n" + " M src/app/module.py\n" * 40
"""A tool result of a common size: 0.8 kB."""
BURST = 50
PAUSE_SECONDS = 0.03
COMMIT_SECONDS = 0.002


def spans(provider: TracerProvider) -> Callable[[int], None]:
    """Return the agent's work: so many spans of a tool call, with nothing inside."""
    tracer = provider.get_tracer("benchmark")

    def run(items: int) -> None:
        for number in range(items):
            with tracer.start_as_current_span("execute_tool Bash", attributes=ATTRIBUTES) as span:
                span.set_attribute("gen_ai.tool.call.result", RESULT)
            if number % BURST == BURST - 1:
                # Without it the recorder's own throughput is measured, which has a line below.
                time.sleep(PAUSE_SECONDS)

    return run


@contextmanager
def recorded(path: Path, *, durable: bool) -> Iterator[Callable[[int], None]]:
    """Yield the agent's work recorded by a recorder in another process."""
    with Daemon.launch(path):
        client = Client(path)
        yield spans(recording_provider(client, durable=durable))
        client.close()


@contextmanager
def recorded_here(path: Path) -> Iterator[Callable[[int], None]]:
    """Yield the agent's work recorded by threads of its own process."""
    service = Service.start(path)
    yield spans(recording_provider(service, durable=False))
    service.stop()


def recording_provider(pipeline: Pipeline, *, durable: bool) -> TracerProvider:
    """Return a provider whose spans are recorded."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(FlightSpanProcessor(pipeline, durable_starts=durable))
    return provider


@contextmanager
def waiting() -> Iterator[Callable[[int], None]]:
    """Yield the same spans with a wait in each, as for a commit: what sleeping and waking cost."""
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("benchmark")
    ours, theirs = socket.socketpair()

    def answer() -> None:
        while theirs.recv(65536):
            time.sleep(COMMIT_SECONDS)
            theirs.send(b"1 1\n")

    threading.Thread(target=answer, daemon=True).start()

    def run(items: int) -> None:
        for _ in range(items):
            with tracer.start_as_current_span("execute_tool Bash", attributes=ATTRIBUTES) as span:
                ours.send(b"-")
                ours.recv(64)
                span.set_attribute("gen_ai.tool.call.result", RESULT)

    yield run
    ours.close()


def agent_side(folder: Path, items: int) -> Iterator[Comparison]:
    """Measure a tool call on the agent's own thread."""
    bare = spans(TracerProvider(shutdown_on_exit=False))
    name, none = "tool call recorded", "span with no processor"
    on_thread = time.thread_time_ns
    with recorded(folder / "agent.db", durable=False) as run:
        yield compare(f"{name}, handed over", run, none, bare, items=items, clock=on_thread)
    with recorded_here(folder / "here.db") as run:
        yield compare(f"{name}, recorder inside", run, none, bare, items=items, clock=on_thread)
    few = max(20, items // 10)
    with recorded(folder / "durable.db", durable=True) as run, waiting() as wait:
        name = f"{name}, start committed first"
        yield compare(name, run, none, bare, items=few, clock=on_thread)
        yield compare(name, run, "span that waits as long", wait, items=few, clock=on_thread)


def records(items: int) -> list[Record]:
    """Return records of a tool call's end, as an agent sends them."""
    return [
        Record(
            witness=Witness.SDK,
            phase=Phase.END,
            kind=Kind.TOOL_CALL,
            name="Bash",
            session="benchmark",
            ref=f"{n:016x}",
            t_ns=time.time_ns(),
            status=Status.OK,
            trace_id="0" * 31 + "1",
            span_id=f"{n:016x}",
            pid=os.getpid(),
            attributes={**ATTRIBUTES, "gen_ai.tool.call.result": RESULT},
        )
        for n in range(items)
    ]


class BareTable:
    """The least that stores the same bytes: one table, one `executemany` for each group."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute(f"PRAGMA page_size = {PAGE_SIZE}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(
            "CREATE TABLE records (seq INTEGER PRIMARY KEY, body BLOB, id TEXT UNIQUE, session TEXT, "  # noqa: E501
            "witness TEXT, phase TEXT, kind TEXT, name TEXT, ref TEXT, t INTEGER, o INTEGER, "
            "s TEXT)"
        )
        self._db.execute("CREATE INDEX by_session ON records (session, seq)")
        self._rows = 0

    def run(self, prepared: Sequence[tuple[object, ...]]) -> None:
        """Store rows in groups."""
        for start in range(0, len(prepared), GROUP):
            rows = [
                (self._rows + n + 1, row[0], f"{row[1]}{self._rows + n}", *row[2:])
                for n, row in enumerate(prepared[start : start + GROUP])
            ]
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("INSERT INTO records VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", rows)
            self._db.execute("COMMIT")
            self._rows += len(rows)

    def close(self) -> None:
        """Close the database."""
        self._db.close()


def store_side(folder: Path, items: int) -> Iterator[Comparison]:
    """Measure records into the recording, from unsealed to committed."""
    store = Store.open(folder / "store.db")
    sealer = Sealer(store.fingerprint_key)
    bare = BareTable(folder / "bare.db")
    work = records(items)
    rows = [
        (encode_body(1, sealer.seal(r).fields), f"{n}-", *("benchmark", "sdk", "end"),
         *("tool_call", "Bash", "0"), 1, 1, "ok")
        for n, r in enumerate(work)
    ]  # fmt: skip

    def sealed_and_stored(number: int) -> None:
        for start in range(0, number, GROUP):
            group = [sealer.seal(r) for r in records(min(GROUP, number - start))]
            store.append(group, checkpoint=True)

    def baseline(number: int) -> None:
        bare.run(rows[:number])

    name = "sqlite3.executemany"
    yield compare(
        "record sealed, chained, committed", sealed_and_stored, name, baseline, items=items
    )
    store.close()
    bare.close()


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the items")
    scale = 10 if parser.parse_args().quick else 1
    sys.stdout.write(HEADER + "\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ.setdefault("FLIGHTLOG_KEYS", str(folder / "keys"))
        for comparison in (
            *agent_side(folder, 3000 // scale),
            *store_side(folder, 20_480 // scale),
        ):
            added = comparison.cpu_us - comparison.baseline_cpu_us
            sys.stdout.write(f"{comparison.line()}   +{added:.1f} µs cpu\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
