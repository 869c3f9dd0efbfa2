"""All detectors, the most telling first: where two find the same, the first one's word counts."""

from __future__ import annotations

from recorder.sealing import (
    calls,
    commands,
    directives,
    documents,
    nearby,
    pem,
    places,
    shapes,
    structure,
)
from recorder.sealing.clues import Clue, DenseClue

__all__ = ["DETECTORS"]

DETECTORS: tuple[Clue | DenseClue, ...] = (
    *shapes.CLUES,
    *pem.CLUES,
    *structure.CLUES,
    *commands.CLUES,
    *documents.CLUES,
    *calls.CLUES,
    *directives.CLUES,
    *places.CLUES,
    *nearby.CLUES,
)
