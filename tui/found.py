"""What was searched for, made to stand out in lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tui.line import Line, Piece, Tone

__all__ = ["with_found"]


def with_found(lines: Iterable[Line], text: str) -> list[Line]:
    """Return lines in which a text, in any case, stands out; an empty one nowhere."""
    if not text:
        return list(lines)
    wanted = re.compile(re.escape(text), re.IGNORECASE)
    return [tuple(part for piece in row for part in _parts(piece, wanted)) for row in lines]


def _parts(piece: Piece, wanted: re.Pattern[str]) -> Iterator[Piece]:
    done = 0
    for found in wanted.finditer(piece.text):
        if found.start() > done:
            yield Piece(piece.text[done : found.start()], piece.tone)
        yield Piece(found.group(), Tone.FOUND)
        done = found.end()
    if done < len(piece.text) or not piece.text:
        yield Piece(piece.text[done:], piece.tone)
