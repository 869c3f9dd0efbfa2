"""Hand text to a person's own pager, on the normal screen; what it gets has passed the gate."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterable
from contextlib import suppress

__all__ = ["pager_command", "show_in_pager"]

DEFAULT = "less"


def pager_command() -> list[str]:
    """Return the command of `$PAGER`, else less.

    Raises:
        ValueError: `$PAGER` cannot be read as a command.
    """
    return shlex.split(os.environ.get("PAGER", "")) or [DEFAULT]


def show_in_pager(command: list[str], rows: Iterable[str]) -> str:
    """Show rows in a pager until it is left; return what went wrong, or nothing.

    Args:
        command: the pager.
        rows: harmless text, row by row; made as far as the pager reads.
    """
    # A pager that obeys escape codes of its own gets none, and starts no program for the reader.
    environment = {**os.environ, "LESSSECURE": "1"}
    try:
        pager = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            env=environment,
            text=True,
            encoding="utf-8",
            errors="backslashreplace",
        )
    except OSError as error:
        return f"{command[0]} cannot be started: {error.strerror}; set PAGER to another one"
    assert pager.stdin is not None  # noqa: S101 - it is a pipe
    # It may be left before everything was read.
    with suppress(BrokenPipeError):
        for row in rows:
            pager.stdin.write(f"{row}\n")
    with suppress(BrokenPipeError):
        pager.stdin.close()
    return "" if pager.wait() == 0 else f"{command[0]} ended with {pager.returncode}"
