"""What receiving costs: `python -m tests.benchmarks.otlp [--quick]`.

OTLP/HTTP protobuf on loopback into a sealed, chained, committed recording, against a bare Python
server that parses and inserts (`tests.benchmarks.otlp_floor`), both in processes of their own, in
turn. CPU is that of the server's process from socket to commit; exit code 1 where a target is
missed.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from recorder.capture.otlp.launch import start_receiver

BATCH = 512
MAX_CPU_US = 100.0
MAX_TIMES_FLOOR = 1 / 0.4
MAX_P99_MS = 50.0
MAX_RSS_MB = 250.0
WORDS = (
    *("the", "build", "failed", "because", "module", "path", "config", "could", "not", "be", "in"),
    *("resolved", "staging", "volume", "list", "delete", "restore", "backup", "token", "deploy"),
    *("environment", "service", "region", "check", "status", "log", "output", "file"),
)


def text(chance: random.Random, length: int) -> str:
    """Return words of about a length, as an agent's texts are."""
    return " ".join(chance.choices(WORDS, k=length // 5))[:length]


def batch(spans: int, seed: str) -> bytes:
    """Return a request of agent spans of about 2.35 kB each: GenAI semantic conventions.

    Of a seed of its own each: what is sent again is known by its content, and not stored again.
    """
    chance = random.Random(seed)
    request = ExportTraceServiceRequest()
    entry = request.resource_spans.add()
    entry.resource.attributes.add(key="service.name").value.string_value = "bench-agent"
    entry.resource.attributes.add(key="host.name").value.string_value = "box"
    scope = entry.scope_spans.add()
    scope.scope.name = "bench"
    trace_id = chance.randbytes(16)
    for number in range(spans):
        start = 1_790_000_000_000_000_000 + number * 1_000_000
        span = scope.spans.add(
            name="execute_tool Bash", trace_id=trace_id, span_id=chance.randbytes(8),
            parent_span_id=chance.randbytes(8), kind=1, start_time_unix_nano=start,
            end_time_unix_nano=start + 5_000_000,
        )  # fmt: skip
        said = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "Bash",
            "gen_ai.tool.call.id": f"call_{chance.randbytes(8).hex()}",
            "gen_ai.tool.type": "function",
            "gen_ai.conversation.id": trace_id.hex(),
            "gen_ai.agent.name": "bench-agent",
            "gen_ai.provider.name": "anthropic",
            "gen_ai.request.model": "some-model-5",
            "gen_ai.tool.call.arguments": f'{{"command": "ls -la /srv/{number}", "description": '
            f'"{text(chance, 300)}"}}',
            "gen_ai.tool.call.result": text(chance, 1450),
            "code.function.name": "agent.tools.run",
            "thread.name": "MainThread",
        }
        for key, value in said.items():
            span.attributes.add(key=key).value.string_value = value
        span.attributes.add(key="process.exit.code").value.int_value = 0
        span.attributes.add(key="gen_ai.usage.output_tokens").value.int_value = number
    return request.SerializeToString()


class Client:
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def post(self, body: bytes) -> float:
        """Send a request and return how many seconds its answer took."""
        began = time.perf_counter()
        headers = {"Content-Type": "application/x-protobuf"}
        self._connection.request("POST", "/v1/traces", body, headers)
        answer = self._connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"the server answered {answer.status}")
        return time.perf_counter() - began


@contextmanager
def floor(path: Path) -> Iterator[tuple[int, int]]:
    """Yield the bare server's port and process id."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.otlp_floor", str(path)], stdout=subprocess.PIPE
    )
    try:
        yield int(process.stdout.readline()) if process.stdout else 0, process.pid
    finally:
        process.kill()
        process.communicate()


def cpu_us(pid: int) -> float:
    """Return the CPU time that a process has used, µs."""
    times = psutil.Process(pid).cpu_times()
    return (times.user + times.system) * 1e6


def throughput(port: int, pid: int, bodies: list[bytes]) -> tuple[float, float]:
    """Return µs of CPU and of wall a span for these requests, one after the other."""
    client = Client(port)
    before, began = cpu_us(pid), time.perf_counter()
    for body in bodies:
        client.post(body)
    spans = len(bodies) * BATCH
    wall = (time.perf_counter() - began) * 1e6
    return (cpu_us(pid) - before) / spans, wall / spans


def acknowledgements(port: int, seconds: float) -> list[float]:
    """Return the times of answers, ms, at 1,000 spans a second: 100 requests of 10 spans."""
    client = Client(port)
    bodies = [batch(10, f"answer {number}") for number in range(int(seconds * 100))]
    took: list[float] = []
    start = time.perf_counter()
    for number, body in enumerate(bodies):
        due = start + number / 100
        time.sleep(max(0.0, due - time.perf_counter()))
        client.post(body)
        # From when it was due: a request that had to wait for the one before it counts in full.
        took.append((time.perf_counter() - due) * 1000)
    return took


def main() -> int:
    """Measure, print, and return 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of the spans")
    quick = parser.parse_args().quick
    rounds, requests = (3, 4) if quick else (5, 12)
    warm = [batch(BATCH, f"warm {number}") for number in range(2)]
    work = [
        [batch(BATCH, f"round {number}, request {request}") for request in range(requests)]
        for number in range(rounds)
    ]
    size = sum(map(len, warm)) / len(warm) / BATCH
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["FLIGHTLOG_KEYS"] = str(folder / "keys")
        with (
            start_receiver(folder / "flight.db") as receiver,
            floor(folder / "floor.db") as (floor_port, floor_pid),
        ):
            port = urlsplit(receiver.http).port or 0
            throughput(port, receiver.pid, warm)
            throughput(floor_port, floor_pid, warm)
            pairs = [
                (
                    throughput(port, receiver.pid, bodies),
                    throughput(floor_port, floor_pid, bodies),
                )
                for bodies in work
            ]
            took = sorted(acknowledgements(port, 3 if quick else 10))
            memory = psutil.Process(receiver.pid).memory_info().rss / 1e6
    cpu, floor_cpu = (statistics.median(p[n][0] for p in pairs) for n in (0, 1))
    wall, floor_wall = (statistics.median(p[n][1] for p in pairs) for n in (0, 1))
    ratio = statistics.median(ours[0] / bare[0] for ours, bare in pairs)
    p50, p99 = took[len(took) // 2], took[int(len(took) * 0.99)]
    for line, good in (
        (f"cpu a span, {BATCH} a request of {size:.0f} B: {cpu:.0f} µs", cpu <= MAX_CPU_US),
        (f"against the floor's {floor_cpu:.0f} µs: x{ratio:.2f}", ratio <= MAX_TIMES_FLOOR),
        (f"wall a span: {wall:.0f} µs, floor {floor_wall:.0f} µs", True),
        (f"answer at 1,000 spans/s: p50 {p50:.1f} ms, p99 {p99:.1f} ms", p99 < MAX_P99_MS),
        (f"resident: {memory:.0f} MB", memory < MAX_RSS_MB),
    ):
        sys.stdout.write(f"{'ok  ' if good else 'MISS'} {line}\n")
    missed = cpu > MAX_CPU_US or ratio > MAX_TIMES_FLOOR or p99 >= MAX_P99_MS
    return int(missed or memory >= MAX_RSS_MB)


if __name__ == "__main__":
    sys.exit(main())
