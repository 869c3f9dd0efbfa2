"""How many of a thing, as people say it."""

from __future__ import annotations

__all__ = ["counted"]


def counted(number: int, word: str, several: str = "") -> str:
    """Return a number of things: `1 request`, `2 requests`."""
    return f"{number} {word if number == 1 else several or f'{word}s'}"
