"""Python agents as real child processes, and what of them stands in the recording."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from recorder.model import Kind, Phase, StoredRecord
from recorder.reader import Recording

__all__ = ["calls", "launch", "records_of", "run"]


def launch(program: str, path: Path, **more: str) -> subprocess.Popen[str]:
    """Start an agent; its standard input, output and error are pipes."""
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "FLIGHTLOG_RECORDING": str(path), **more},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(program: str, path: Path, **more: str) -> str:
    """Run an agent to its end and return what it printed; its errors are the test's."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "FLIGHTLOG_RECORDING": str(path), **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=path.parent,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def records_of(path: Path, *kinds: Kind) -> list[StoredRecord]:
    """Return the records of these kinds, of all without any."""
    with Recording.open(path) as reader:
        return [r for r in reader.records() if not kinds or r.kind in kinds]


def calls(path: Path) -> dict[str, tuple[StoredRecord, StoredRecord | None]]:
    """Return the tool calls by name: start and end."""
    found: dict[str, tuple[StoredRecord, StoredRecord | None]] = {}
    started = {}
    for record in records_of(path, Kind.TOOL_CALL):
        if record.phase is Phase.START:
            started[record.ref] = record
            found[record.name] = (record, None)
        else:
            found[record.name] = (started[record.ref], record)
    return found
