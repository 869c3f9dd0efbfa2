"""The demo as people run it, without its replay: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

__all__ = ["demo"]


def demo(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from tui.cli import main; main()", "demo", "--no-tui", *arguments],
        env={**os.environ, "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
