"""Is there a terminal that the screens can be drawn on? Asked before anything starts."""

from __future__ import annotations

import os
import sys

from recorder.errors import FlightlogError
from tui.screens.room import MIN_HEIGHT, MIN_WIDTH

__all__ = ["TerminalError", "check_terminal"]

INCAPABLE = frozenset({"dumb", "unknown"})
"""Values of `TERM` that stand for a terminal which obeys no codes: nothing would ever be drawn."""


class TerminalError(FlightlogError):
    """The screens cannot be drawn here."""


def check_terminal(instead: str = "use --plain for text") -> None:
    """Refuse what would end in a blank or broken screen.

    Args:
        instead: what the person can do instead.

    Raises:
        TerminalError: a standard stream is no terminal, or the terminal cannot be drawn on, or it
            is too small.
    """
    # Textual draws on stderr: with `2>log` the screen would stay blank.
    for name, stream in (("stdin", sys.stdin), ("stdout", sys.stdout), ("stderr", sys.stderr)):
        if stream is None or not stream.isatty():
            raise TerminalError(f"{name} is no terminal, so the replay cannot be drawn; {instead}")
    term = os.environ.get("TERM", "")
    if term.lower() in INCAPABLE:
        raise TerminalError(
            f"TERM is {term}: on such a terminal the replay cannot be drawn; {instead}, or set "
            "TERM to what it is"
        )
    width, height = os.get_terminal_size(sys.stdout.fileno())
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        raise TerminalError(
            f"the terminal is {width}x{height} and the replay needs {MIN_WIDTH}x{MIN_HEIGHT}; "
            f"enlarge it, or {instead}"
        )
