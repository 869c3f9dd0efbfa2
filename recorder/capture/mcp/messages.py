"""What the wrapper of a server and the process that records it say to each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recorder.capture.mcp.lines import Line
from recorder.capture.mcp.message import Side
from recorder.guarding.hold import Hold
from recorder.launch.foreground import Ended

__all__ = ["Begun", "Opened", "Over", "Passed", "Recorded", "Said"]


@dataclass(frozen=True, slots=True)
class Begun:
    """To the scribe: the server runs."""

    pid: int
    t_ns: int
    """ns since the Unix epoch."""


@dataclass(frozen=True, slots=True)
class Over:
    """To the scribe: the server has ended."""

    ended: Ended
    t_ns: int
    """ns since the Unix epoch."""


@dataclass(frozen=True, slots=True)
class Passed:
    """To the scribe: a line that passed."""

    side: Side
    line: Line
    t_ns: int
    """ns since the Unix epoch."""
    lost: int = 0
    """Lines before this one that there was no room for."""
    awaited: int = 0
    """A number by which it is said when it is recorded; 0 where nobody waits for that."""


@dataclass(frozen=True, slots=True)
class Opened:
    """To the wrapper: where everything goes; None where nothing is recorded."""

    recording: Path | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """To the wrapper: a line that is waited for is recorded."""

    number: int
    hold: Hold | None
    """Why it must not be passed on; None where it may."""


@dataclass(frozen=True, slots=True)
class Said:
    """To the wrapper, whose standard error it is: one line for a person."""

    text: str
