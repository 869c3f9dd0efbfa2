"""What a screen says, before it is drawn: pieces of raw text, each with a tone.

Plain data. The text may come from a recording and is hostile; it reaches a screen only through
`tui.safe_content` and a pipe only through `tui.plain`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from analyzer.model import Severity
from analyzer.timeline import Mark

__all__ = ["Line", "Piece", "Tone", "line", "mark_tone", "merged", "severity_tone"]


class Tone(StrEnum):
    """How a piece of text is to look; each is a component class of the screens."""

    NORMAL = "tone--normal"
    DIM = "tone--dim"
    STRONG = "tone--strong"
    ACCENT = "tone--accent"
    CRITICAL = "tone--critical"
    HIGH = "tone--high"
    MEDIUM = "tone--medium"
    LOW = "tone--low"
    BAD = "tone--bad"
    GOOD = "tone--good"
    MADE_UP = "tone--made-up"
    FOUND = "tone--found"
    """What was searched for."""


class Piece(NamedTuple):
    """A stretch of text in one tone."""

    text: str
    tone: Tone = Tone.NORMAL


type Line = tuple[Piece, ...]
"""One row; it holds no line break that should break."""

TONE_OF_SEVERITY = {
    Severity.CRITICAL: Tone.CRITICAL,
    Severity.HIGH: Tone.HIGH,
    Severity.MEDIUM: Tone.MEDIUM,
    Severity.LOW: Tone.LOW,
}


def line(*pieces: str | Piece, tone: Tone = Tone.NORMAL) -> Line:
    """Return a line of pieces; bare strings take the tone that is given."""
    return tuple(piece if isinstance(piece, Piece) else Piece(piece, tone) for piece in pieces)


def merged(pieces: Iterable[Piece]) -> Line:
    """Return cells drawn one by one as few pieces: neighbours of one tone become one."""
    return tuple(
        Piece("".join(piece.text for piece in run), tone)
        for tone, run in groupby(pieces, key=lambda piece: piece.tone)
    )


def severity_tone(severity: Severity) -> Tone:
    """Return the tone of a finding."""
    return TONE_OF_SEVERITY[severity]


def mark_tone(mark: Mark) -> Tone:
    """Return the tone of an action's mark."""
    if mark is Mark.NONE:
        return Tone.NORMAL
    return Tone.BAD if mark is Mark.FAILED else TONE_OF_SEVERITY[Severity(mark)]
