"""Sealing: MB a second of one core for each kind of tool output, and µs for a 2 kB record.

The whole set of rules, and a hundred secrets known already; all is marked, as in a recorder. The
baseline is the SHA-256 of the same text, which every record pays for anyway; for records, their
JSON. And how much more four times as much text costs, of texts that repeat one thing: more than
four times is a search that goes back.

    python -m tests.benchmarks.sealing
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from recorder import semconv
from recorder.model import Kind, Phase, Record, Witness
from recorder.sealing import Sealer
from recorder.sealing.recall import Recall
from recorder.sealing.spans import SecretSpan
from tests.benchmarks.timing import HEADER, compare
from tests.recorder.sealing.test_hostile import REPEATED

LIBRARY = Path(json.__file__).parents[1]
SIZE = 2_000_000
KNOWN = 100
RECORDS = 2_000
GROUP = 50
"""Records that come at once, as from a batch of spans."""
GROWN = 200_000
TELLING = 50
"""Milliseconds of CPU."""


def _sources(pattern: str = "*.py") -> str:
    files = sorted(LIBRARY.glob(pattern))
    return "\n".join(file.read_text(errors="replace") for file in files)[:SIZE]


def _listing() -> str:
    done = subprocess.run(
        ["ls", "-laR", str(LIBRARY)], capture_output=True, text=True, errors="replace", check=False
    )
    return (done.stdout * (SIZE // max(1, len(done.stdout)) + 1))[:SIZE]


def _search() -> str:
    found = (
        f"{file}:{number}:{line}"
        for file in sorted(LIBRARY.glob("*.py"))
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1)
        if "def " in line
    )
    return "\n".join(found)[:SIZE]


def _answer(draw: random.Random) -> str:
    items = [
        {
            "id": f"{draw.getrandbits(128):032x}", "name": f"service-{n}", "tokens": n,
            "url": f"https://api.example.com/v1/services/{n}", "created": "2026-04-01T10:00:00Z",
        }
        for n in range(9_000)
    ]  # fmt: skip
    return json.dumps(items, indent=1)[:SIZE]


def _log(draw: random.Random) -> str:
    lines = (
        f"2026-04-01T10:{n % 60:02}:00.{n:06}Z INFO request id={draw.getrandbits(64):016x} "
        f"path=/v1/items/{n} status=200 took={draw.randrange(900)}ms input_tokens={n}"
        for n in range(16_000)
    )
    return "\n".join(lines)[:SIZE]


def _texts() -> Iterator[tuple[str, str]]:
    draw = random.Random(5)
    yield "ls -laR", _listing()
    yield "source code", _sources()
    yield "grep -n", _search()
    yield "JSON of an API", _answer(draw)
    yield "log lines", _log(draw)
    yield "a picture in base64", base64.b64encode(draw.randbytes(SIZE * 3 // 4)).decode()
    yield "source code, not ASCII", "é" + _sources()


def _sealer() -> Sealer:
    """Return a sealer that knows secrets which stand in none of the texts."""
    key = os.urandom(32)
    sealer = Sealer(key, recall=Recall(key, marks=True))
    for _ in range(KNOWN):
        sealer.learn(os.urandom(20).hex(), SecretSpan(0, 0, "token", "header"))
    for _ in range(20 * KNOWN):
        sealer.find("nothing")
    return sealer


def _record(number: int, output: str) -> Record:
    start = number * 1_700 % (len(output) - 1_700)
    return Record(
        witness=Witness.OTLP, phase=Phase.WHOLE, kind=Kind.TOOL_CALL, name="Bash", session="s-1",
        attributes={
            semconv.GEN_AI_TOOL_ARGUMENTS: json.dumps({"command": f"ls -la /srv/app/{number}"}),
            semconv.GEN_AI_TOOL_RESULT: output[start : start + 1_700],
            "gen_ai.tool.name": "Bash", "gen_ai.tool.call.id": f"toolu_{number:024}",
            "gen_ai.conversation.id": "s-1", "service.name": "agent",
            "gen_ai.usage.input_tokens": number,
        },
    )  # fmt: skip


def _growth() -> None:
    """Print the repeated texts whose cost grows fastest, and what the largest take."""
    rows = []
    for piece in REPEATED:
        small, large = (piece * (size // len(piece)) for size in (GROWN // 4, GROWN))
        costs = []
        for text in (small, large):
            sealer = Sealer(os.urandom(32))
            begun = time.process_time_ns()
            sealer.seal_text(text)
            costs.append((time.process_time_ns() - begun) / 1e6)
        rows.append((costs[1] / costs[0], costs[1], piece))
    sys.stdout.write(f"\n{'four times as much of a text':<44} {'ms':>9} {'growth':>9}\n")
    # What takes no time says nothing of growth.
    for growth, cost, piece in sorted((r for r in rows if r[1] >= TELLING), reverse=True)[:5]:
        sys.stdout.write(f"{piece!r:<44} {cost:9.0f}      x{growth:.1f}\n")


def main() -> None:
    """Print the figures."""
    sealer = _sealer()
    texts = dict(_texts())
    sys.stdout.write(f"{'MB/s of one core':<44} {'sealing':>9} {'SHA-256':>9}   ratio\n")
    for name, text in texts.items():
        raw = text.encode()

        def seal(items: int, text: str = text) -> None:
            for _ in range(items):
                sealer.find(text)

        def digest(items: int, raw: bytes = raw) -> None:
            for _ in range(items):
                hashlib.sha256(raw).digest()

        found = compare(name, seal, "SHA-256", digest, items=3)
        speed, floor = len(raw) / found.cpu_us, len(raw) / found.baseline_cpu_us
        sys.stdout.write(f"{name:<44} {speed:9.0f} {floor:9.0f}   x{found.cpu_ratio:.1f}\n")
    sys.stdout.write(f"\n{HEADER}\n")
    for name in ("ls -laR", "source code", "log lines"):
        records = [_record(number, texts[name]) for number in range(RECORDS)]

        def seal_records(items: int, records: list[Record] = records) -> None:
            sealer.clean.clear()  # each id and command is new, as in a recording
            for record in records[:items]:
                sealer.seal(record)

        def seal_groups(items: int, records: list[Record] = records) -> None:
            sealer.clean.clear()
            for start in range(0, items, GROUP):
                ready = [sealer.ready(record) for record in records[start : start + GROUP]]
                sealer.look_ahead(ready)
                for record in ready:
                    sealer.seal_ready(record)

        def write_records(items: int, records: list[Record] = records) -> None:
            for record in records[:items]:
                json.dumps(dict(record.attributes))

        for title, sealing in (
            (f"seal a record of 2 kB: {name}", seal_records),
            (f"the same, {GROUP} together", seal_groups),
        ):
            found = compare(title, sealing, "its JSON", write_records, items=RECORDS)
            sys.stdout.write(found.line() + "\n")
    _growth()


if __name__ == "__main__":
    main()
