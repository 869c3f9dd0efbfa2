"""What the samples' agents work with: files and a shell, recorded as any Python agent's tools are.

Whoever starts an agent puts this folder on its import path.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from opentelemetry import propagate

import recorder

COMMAND_SECONDS = 60


@recorder.tool(name="Read")
def read(file_path: str) -> str:
    """Return a file with its lines numbered."""
    lines = Path(file_path).read_text(encoding="utf-8").splitlines()
    return "\n".join(f"{number:>6}→{line}" for number, line in enumerate(lines, 1))


@recorder.tool(name="Write")
def write(file_path: str, content: str) -> str:
    """Write a file."""
    Path(file_path).parent.mkdir(parents=True, exist_ok=True)
    Path(file_path).write_text(content, encoding="utf-8")
    return f"wrote {file_path}"


@recorder.tool(name="Bash")
def bash(command: str) -> dict[str, str | int]:
    """Run a command line; return what it said and its exit code."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    done = subprocess.run(
        ["bash", "-c", command],
        env=os.environ | {name.upper(): value for name, value in carrier.items()},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    return {"stdout": done.stdout, "stderr": done.stderr, "exit_code": done.returncode}
