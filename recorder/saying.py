"""What is said to a person beside a program's own output: a line on standard error, if anybody
hears it.

Standard error may be closed, full, or a pipe that nobody reads any more. None of that may change
how a command ends, or stop an agent.
"""

from __future__ import annotations

import contextlib
import sys

__all__ = ["say"]


def say(line: str) -> None:
    """Write one line to standard error; it is lost where that cannot take it."""
    if sys.stderr is None:
        return
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
