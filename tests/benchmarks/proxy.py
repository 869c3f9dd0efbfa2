"""What the recording proxy costs beside plain mitmdump: `python -m tests.benchmarks.proxy`.

The same requests through both, in turn, so that a noisy machine disturbs both alike: one after
another on one connection (latency, less what the server itself takes without any proxy), and on
several connections at once (requests a second). The
server is another process that answers from memory. What all of recording costs stands in the CPU of
the proxy and of the recorder. A request with a large body (`--body BYTES`) is not written ahead: it
waits for a durable commit; what one costs here is measured in the same run.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from recorder.capture.proxy import start_proxy
from recorder.client import Client
from recorder.daemon import Daemon
from recorder.model import Kind, Phase, Record, Witness

SMALL = b'{"ok": true, "id": "vol-0123456789"}'
BODY = b'{"query": "mutation { volumeDelete(volumeId: \\"vol-1\\") }"}'
CONNECTIONS = 8
SERVER = """
import asyncio, sys
ANSWER = sys.argv[1].encode()
HEAD = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n"
async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
            for line in head.lower().split(b"\\r\\n"):
                if line.startswith(b"content-length:"):
                    await reader.readexactly(int(line[15:]))
            writer.write(HEAD % len(ANSWER) + ANSWER)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to the server."""

    name: str
    port: int
    pid: int
    recorder: int = 0
    """Process id of the recorder behind it, if there is one."""

    def cpu(self) -> float:
        """Return the CPU seconds that the proxy's process has used."""
        return _cpu(self.pid)

    def recorders_cpu(self) -> float:
        """Return the CPU seconds that the recorder has used."""
        return _cpu(self.recorder) if self.recorder else 0.0


def _cpu(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked for."""

    method: str
    body: bytes | None
    requests: int
    """On each connection, in each round."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one round measured."""

    latency_ms: float
    """Added to the server's own."""
    per_second: float
    cpu_ms: float
    """The proxy's own CPU time, a request."""
    recorders_cpu_ms: float


def ask(way: Way, server: int, load: Load) -> list[float]:
    """Send requests on one connection; return how long each took (s)."""
    connection = http.client.HTTPConnection("127.0.0.1", way.port)
    headers = {"Content-Type": "application/json", "Authorization": "Bearer bench_0123456789abc"}
    method, body = load.method, load.body
    took: list[float] = []
    for _ in range(load.requests):
        started = time.perf_counter()
        connection.request(method, f"http://127.0.0.1:{server}/graphql", body, headers)
        answer = connection.getresponse()
        if answer.read() != SMALL:
            raise RuntimeError(f"{way.name} answered {answer.status}")
        took.append(time.perf_counter() - started)
    connection.close()
    return took


def measure(way: Way, server: int, load: Load) -> Figures:
    """Measure one way: alone, then on several connections at once."""
    alone = statistics.median(ask(way, server, load))
    bare = statistics.median(ask(Way("no proxy", server, 0), server, load))
    cpu, recorders, started = way.cpu(), way.recorders_cpu(), time.perf_counter()
    threads = [threading.Thread(target=ask, args=(way, server, load)) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = load.requests * CONNECTIONS
    return Figures(
        latency_ms=(alone - bare) * 1000,
        per_second=total / (time.perf_counter() - started),
        cpu_ms=(way.cpu() - cpu) / total * 1000,
        recorders_cpu_ms=(way.recorders_cpu() - recorders) / total * 1000,
    )


@contextlib.contextmanager
def plain(folder: Path) -> Iterator[Way]:
    """mitmdump as it comes, printing nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    program = shutil.which("mitmdump", path=str(Path(sys.executable).parent)) or "mitmdump"
    command = [program, "-q", "--listen-host", "127.0.0.1", "-p", str(port), "--set"]
    with subprocess.Popen([*command, f"confdir={folder}"]) as process:
        try:
            while socket.socket().connect_ex(("127.0.0.1", port)):
                time.sleep(0.05)
            yield Way("mitmdump", port, process.pid)
        finally:
            process.terminate()


@contextlib.contextmanager
def recording(folder: Path) -> Iterator[Way]:
    """The recording proxy, with a recorder."""
    path = folder / "flight.db"
    with Daemon.launch(path) as daemon, start_proxy(path, run="benchmark") as proxy:
        yield Way("recording proxy", proxy.port, proxy.pid, daemon.process.pid)


@contextlib.contextmanager
def serving() -> Iterator[int]:
    """The server that both lead to."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, SMALL.decode()], stdout=subprocess.PIPE
    ) as process:
        try:
            yield int(process.stdout.readline()) if process.stdout else 0
        finally:
            process.terminate()


def commit_ms(folder: Path) -> float:
    """Return the median time from handing a record over to its being on disk."""
    client = Client(folder / "flight.db")
    took: list[float] = []
    for _ in range(100):
        record = Record(
            witness=Witness.SDK, phase=Phase.POINT, kind=Kind.LIFECYCLE, name="benchmark"
        )
        started = time.perf_counter()
        client.submit(record, wait=True)
        took.append(time.perf_counter() - started)
    client.close()
    return statistics.median(took) * 1000


def report(name: str, pairs: list[tuple[Figures, Figures]], of: Callable[[Figures], float]) -> str:
    """Return a line: both medians, and the median of the ratios pair by pair."""
    ours = statistics.median(of(a) for a, _ in pairs)
    bare = statistics.median(of(b) for _, b in pairs)
    ratio = statistics.median(of(a) / of(b) for a, b in pairs if of(b)) if bare else 0.0
    return f"{name:<44} {ours:10.2f} {bare:10.2f}" + (f"   x{ratio:.2f}\n" if ratio else "\n")


FIGURES: tuple[tuple[str, Callable[[Figures], float]], ...] = (
    ("added latency, ms", lambda f: f.latency_ms),
    (f"requests/s, {CONNECTIONS} connections", lambda f: f.per_second),
    ("proxy's CPU, ms", lambda f: f.cpu_ms),
    ("recorder's CPU, ms", lambda f: f.recorders_cpu_ms),
)


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=100, help="a connection and round")
    parser.add_argument("--body", type=int, default=0, help="bytes of a change's body, at least")
    options = parser.parse_args()
    body = BODY + b" " * (options.body - len(BODY))
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        os.environ["FLIGHTLOG_KEYS"] = str(Path(name) / "keys")
        server = stack.enter_context(serving())
        ours = stack.enter_context(recording(Path(name)))
        bare = stack.enter_context(plain(Path(name) / "mitm"))
        for way in (ours, bare):
            measure(way, server, Load("POST", body, 20))
        sys.stdout.write(f"{'':<44} {'recording':>10} {'mitmdump':>10}   ratio\n")
        for what, load in (
            ("reads", Load("GET", None, options.requests)),
            ("changes", Load("POST", body, options.requests)),
        ):
            pairs = [
                (measure(ours, server, load), measure(bare, server, load))
                for _ in range(options.rounds)
            ]
            for figure, of in FIGURES:
                sys.stdout.write(report(f"{what}: {figure}", pairs, of))
        sys.stdout.write(f"{'a durable commit alone, ms':<44} {commit_ms(Path(name)):10.2f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
