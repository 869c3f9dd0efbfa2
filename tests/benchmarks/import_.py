"""What an import costs: `python -m tests.benchmarks.import_ [FILE...] [--megabytes N]`.

Claude Code's session files (of its own making, or those that are named) are repeated, each time as
other sessions, to a size and to four times that size, and imported by the real command. Printed are
MB a second of one core's time, all of it counted: starting, reading, sealing, marking, committing;
how the time grows with the size, and what a MB costs beside the start; and the most memory that the
process took. Python's bytecode is there, as where flightlog is installed: a first import, that is
not counted, made it. The baseline, in the same run, is parsing the same lines with orjson alone.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

MAIN = (
    "import sys; from tui.cli import main; sys.argv = ['flightlog', *sys.argv[1:]]\n"
    "try: main()\n"
    "finally: sys.stderr.write(open('/proc/self/status').read())\n"
)
_IDS = re.compile(rb'("(?:uuid|sessionId)":")([^"]{4})')
TALK = "The build fails in services/api: the config names a host that is not there. "


@dataclass(frozen=True, slots=True)
class Measured:
    """One import."""

    size: int
    cpu_seconds: float
    wall_seconds: float
    peak_mib: int

    @property
    def rate(self) -> float:
        """MB a second of one core."""
        return self.size / 1e6 / self.cpu_seconds


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--megabytes", type=int, default=10)
    options = parser.parse_args(arguments)
    texts = [path.read_bytes().rstrip(b"\n") + b"\n" for path in options.files]
    lines = b"".join(texts) or b"".join(_made())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["FLIGHTLOG_KEYS"] = str(folder / "keys")
        os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        _measured(folder, lines, 1, "0")
        small, large = (
            _measured(folder, lines, options.megabytes * 1_000_000 * times, str(times))
            for times in (1, 4)
        )
        bare = _parsing(folder / "4.jsonl")
    print(f"{'':10} {'MB':>7} {'MB/s per core':>14} {'wall s':>7} {'peak MiB':>9}")  # noqa: T201
    for label, one in (("once", small), ("four times", large)):
        print(  # noqa: T201
            f"{label:10} {one.size / 1e6:7.1f} {one.rate:14.1f} {one.wall_seconds:7.2f} "
            f"{one.peak_mib:9}"
        )
    growth = large.cpu_seconds / small.cpu_seconds
    print(f"time grows x{growth:.2f} for x{large.size / small.size:.2f} the size")  # noqa: T201
    more = (large.size - small.size) / 1e6
    each = 1000 * (large.cpu_seconds - small.cpu_seconds) / more
    print(f"a MB more costs {each:.0f} ms: {1000 / each:.1f} MB/s")  # noqa: T201
    print(f"x{large.cpu_seconds / bare:.1f} the time of parsing alone")  # noqa: T201
    return 0


def _measured(folder: Path, lines: bytes, size: int, name: str) -> Measured:
    path = folder / f"{name}.jsonl"
    with path.open("wb") as file:
        for number in range(max(1, -(-size // len(lines)))):
            mark = b"%04x" % number
            file.write(_IDS.sub(rb"\g<1>" + mark, lines))
    recording = folder / f"{path.stem}.db"
    command = [sys.executable, "-c", MAIN, "import", "-r", str(recording), str(path)]
    before, began = os.times(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=True)
    after, ended = os.times(), time.perf_counter()
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    peak = int(done.stderr.split(b"VmHWM:")[1].split()[0]) >> 10
    return Measured(path.stat().st_size, cpu, ended - began, peak)


def _parsing(path: Path) -> float:
    began = time.process_time()
    with path.open("rb") as file:
        for line in file:
            orjson.loads(line)
    return time.process_time() - began


def _made() -> Iterator[bytes]:
    """Yield a session as Claude Code writes it: words, calls, results of a few kB."""
    for n in range(400):
        common = {
            "parentUuid": f"{n:08x}", "isSidechain": False, "userType": "external", "cwd": "/w/api",
            "sessionId": "0000-bench", "version": "2.1.330", "gitBranch": "main",
            "timestamp": f"2026-11-23T{n // 60:02d}:{n % 60:02d}:00.000Z",
        }  # fmt: skip
        usage = {"input_tokens": 900 + n, "output_tokens": 40}
        parts = [
            {"type": "text", "text": TALK * 4},
            {"type": "tool_use", "id": f"toolu_{n}", "name": "Bash",
             "input": {"command": f"grep -rn host services/api/{n}.json", "description": "x"}},
        ]  # fmt: skip
        for at, part in enumerate(parts):
            message = {"id": f"msg_{n}", "model": "claude", "content": [part], "usage": usage}
            yield _line(
                {**common, "type": "assistant", "uuid": f"0000-a{n}-{at}", "message": message}
            )
        output = "".join(f"{i}: const value{i} = config.get('host{n}')\n" for i in range(60))
        result = {"type": "tool_result", "tool_use_id": f"toolu_{n}", "content": output}
        told = {"role": "user", "content": [result]}
        yield _line({
            **common, "type": "user", "uuid": f"0000-u{n}", "message": told,
            "toolUseResult": {"stdout": output, "stderr": "", "interrupted": False},
        })  # fmt: skip


def _line(value: dict[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


if __name__ == "__main__":
    sys.exit(main())
