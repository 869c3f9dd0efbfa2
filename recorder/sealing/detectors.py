"""All detectors, the most telling first: where two find the same, the first one's word counts."""

from __future__ import annotations

from recorder.sealing import (
    accounts,
    authorizations,
    calls,
    columns,
    commands,
    cookies,
    defaults,
    directives,
    documents,
    feeding,
    nearby,
    options,
    pem,
    places,
    sayings,
    shapes,
    shown,
    statements,
    structure,
    urls,
)
from recorder.sealing.clues import Clue, DenseClue, WordClue

__all__ = ["DETECTORS"]

DETECTORS: tuple[Clue | DenseClue | WordClue, ...] = (
    *shapes.CLUES,
    *pem.CLUES,
    *structure.CLUES,
    *urls.CLUES,
    *options.CLUES,
    *authorizations.CLUES,
    *statements.CLUES,
    *commands.CLUES,
    *feeding.CLUES,
    *documents.CLUES,
    *columns.CLUES,
    *cookies.CLUES,
    *calls.CLUES,
    *defaults.CLUES,
    *directives.CLUES,
    *shown.CLUES,
    *sayings.CLUES,
    *accounts.CLUES,
    *places.CLUES,
    *nearby.CLUES,
)
