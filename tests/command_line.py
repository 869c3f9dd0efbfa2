"""The `flightlog` command, called within this process.

A process of its own takes about a second to load what a command needs, and hundreds of tests only
ask what it prints. Those that ask how it behaves as a process (pipes, terminals, signals, what it
loads) start one.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tui.cli import main

__all__ = ["flightlog"]


def flightlog(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command with nothing on its standard input and return how it ended and what it said."""
    words = ["flightlog", *map(str, arguments)]
    # Files, as from a shell: the command may ask its streams for what stands behind them.
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as out,
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="backslashreplace") as errors,
        tempfile.TemporaryFile("r", encoding="utf-8") as nothing,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", words)
        patch.setattr(sys, "stdin", nothing)
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", errors)
        with pytest.raises(SystemExit) as left:
            main()
        code = left.value.code
        said = []
        for stream in (out, errors):
            stream.flush()
            stream.seek(0)
            said.append(stream.read())
    return subprocess.CompletedProcess(words, code if isinstance(code, int) else 0, *said)
