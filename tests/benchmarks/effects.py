"""What judging effects costs: `python -m tests.benchmarks.effects [CASES.jsonl] [--check]`.

Every text once with nothing remembered, then again as a session repeats its commands. The baseline
is what any reader pays: the lines read as JSON. `--check` fails above 5 ms a fresh text at p95, or
above 20 µs a remembered one.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from analyzer.effects import Spoken, judge_text

CASES = Path(__file__).parents[1] / "analyzer" / "effects" / "fresh_cases.jsonl"
LIMIT_MS = 5.0
LIMIT_US = 20.0
SPOKEN = {"cmd": "shell", "powershell": "shell"}


def main() -> int:
    """Measure, print, and say whether it is quick enough."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="?", type=Path, default=CASES)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    lines = given.cases.read_text(encoding="utf-8").splitlines()
    began = time.process_time()
    cases = [json.loads(line) for line in lines]
    baseline_us = (time.process_time() - began) / len(cases) * 1e6
    texts = [(Spoken(SPOKEN.get(c["lang"], c["lang"])), c["command"]) for c in cases]
    judge_text(Spoken.SHELL, "gcloud version")  # the catalogue is loaded once for a process
    fresh_ms = sorted(_cost(spoken, text) for spoken, text in texts)
    again_us = sum(_cost(spoken, text) for spoken, text in texts) / len(texts) * 1e3
    p50, p95 = fresh_ms[len(fresh_ms) // 2], fresh_ms[len(fresh_ms) * 95 // 100]
    sys.stdout.write(
        f"{len(texts)} texts; fresh p50 {p50:.2f} ms, p95 {p95:.2f} ms; again {again_us:.1f} µs; "
        f"JSON alone {baseline_us:.1f} µs (x{p50 * 1e3 / baseline_us:.0f} fresh)\n"
    )
    return int(given.check and (p95 > LIMIT_MS or again_us > LIMIT_US))


def _cost(spoken: Spoken, text: str) -> float:
    """Return the CPU time of judging a text, in ms."""
    began = time.process_time()
    judge_text(spoken, text)
    return (time.process_time() - began) * 1e3


if __name__ == "__main__":
    sys.exit(main())
