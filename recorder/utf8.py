"""Texts as bytes."""

from __future__ import annotations

__all__ = ["utf8"]


def utf8(text: str) -> bytes:
    """Return a text in UTF-8; half of a pair of surrogates, which JSON can hold, in three bytes."""
    return text.encode("utf-8", "surrogatepass")
