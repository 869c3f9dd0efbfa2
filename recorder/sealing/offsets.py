"""Offsets in a text's UTF-8 and in its characters."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["in_characters"]

_CONTINUATION = bytes(range(0x80, 0xC0))
"""The bytes of UTF-8 that begin no character."""


def in_characters(raw: bytes, ends: Iterable[int]) -> dict[int, int]:
    """Return for offsets in a text's UTF-8 how many characters begin before them."""
    places: dict[int, int] = {}
    at = characters = 0
    for end in sorted(set(ends)):
        piece = raw[at:end]
        # Most are of one byte each, which is told ten times as fast as it is counted.
        characters += len(piece if piece.isascii() else piece.translate(None, _CONTINUATION))
        at = end
        places[end] = characters
    return places
