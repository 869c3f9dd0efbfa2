"""Lines that hold more than one value, or half a one: their writers were killed, or wrote at once.

A writer that is killed within a line leaves it without its end, and whoever writes next goes on
there. The whole values are read, and the half one between them is damage.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

__all__ = ["Piece", "pieces_of"]

_BLANK = re.compile(r"[ \t\r\n\x00]*+")
LONGEST_ESCAPE = 6
"""Characters of an escape, which may be what is cut off."""
MOST_TRIED = 64
"""Places where the last object of a line is looked for."""
_decode = json.JSONDecoder(strict=False).raw_decode


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line."""

    start: int
    """Bytes of the line before it."""
    text: bytes
    is_whole: bool
    """Whether it is one JSON object."""


def pieces_of(line: bytes) -> list[Piece]:
    """Return the pieces of a line that is no JSON value; none where it does not fall into any."""
    # Each byte is a character here: only where values begin and end is looked for.
    text = line.decode("latin-1")
    found: list[Piece] = []
    at = _skipped(text, 0)
    while (end := _end_of_object(text, at)) > 0:
        found.append(Piece(at, line[at:end], is_whole=True))
        at = _skipped(text, end)
    if at < len(text):
        begins = _begins_again(text, at)
        found.append(Piece(at, line[at : begins or len(line)], is_whole=False))
        if begins:
            found.append(Piece(begins, line[begins:], is_whole=True))
    return found if len(found) > 1 else []


def _end_of_object(text: str, at: int) -> int:
    """Return where the object ends that begins at a place; 0 where none does."""
    if text[at : at + 1] != "{":
        return 0
    try:
        return _decode(text, at)[1]
    except (ValueError, RecursionError):
        return 0


def _begins_again(text: str, at: int) -> int:
    """Return where the last object of a line begins, behind a half one; 0 where there is none.

    It must be one to the end of the line: what stands within an object that is damaged, or that is
    only cut off, is never taken for one by itself.
    """
    failed_at = _failed_at(text, at)
    if not failed_at or failed_at >= len(text.rstrip(" \t\r\n\x00")):
        return 0
    begins = failed_at + LONGEST_ESCAPE
    for _ in range(MOST_TRIED):
        begins = text.rfind('{"', at + 1, begins + 1)
        if begins < 0:
            return 0
        end = _end_of_object(text, begins)
        if end and _skipped(text, end) == len(text):
            return begins
    return 0


def _failed_at(text: str, at: int) -> int:
    """Return where it shows that what begins at a place is no object; 0 where nothing shows it."""
    if text[at : at + 1] != "{":
        return 0
    try:
        _decode(text, at)
    except json.JSONDecodeError as error:
        return error.pos
    except (ValueError, RecursionError):
        return 0
    return 0


def _skipped(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at
