"""Take a regular expression apart where it is written as several."""

from __future__ import annotations

import re

__all__ = ["branches_of"]

_PIECES = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|.")
"""Of a pattern: an escaped letter, a class, or a letter."""


def branches_of(pattern: str) -> list[str]:
    """Return the alternatives of a pattern that stand in no group."""
    branches = [""]
    depth = 0
    for piece in _PIECES.findall(pattern):
        depth += (piece == "(") - (piece == ")")
        if piece == "|" and not depth:
            branches.append("")
        else:
            branches[-1] += piece
    return branches
