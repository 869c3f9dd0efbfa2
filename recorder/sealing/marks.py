"""Keyed marks of all token-like strings: what finds a secret in what was stored before it was one.

A mark is eight bytes of a keyed hash of one piece of a text: nobody can test a guess without the
key. What may be a secret or a part of one is marked; a word is not.
"""

from __future__ import annotations

import hashlib
import re
import string
from dataclasses import dataclass

__all__ = ["MARK_BYTES", "Marked", "Marker", "longest_piece", "marks_in"]

MARK_BYTES = 8
SHORTEST = 8
SHORTEST_OF_LETTERS = 15
LONGEST = 512
"""Characters of a piece; what is longer (an image in base64) is no token."""
MAX_KEPT = 50_000
"""Marks that are remembered: names and ids come again and again."""
_LETTERS = (string.ascii_letters + string.digits + "_-").encode()
_SPACED = bytes(byte if byte in _LETTERS else 0x20 for byte in range(256))
_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}")
_PIECE = re.compile(rb"[A-Za-z0-9_\-]{8,512}+")


@dataclass(frozen=True, slots=True)
class Marked:
    """A piece of a text, in bytes of UTF-8, and its mark."""

    start: int
    end: int
    mark: bytes


class Marker:
    """Marks pieces of texts with one key."""

    def __init__(self, key: bytes) -> None:
        """Derive the key of marks from a recording's (or this machine's) fingerprint key."""
        self._begun = hashlib.blake2b(key=key, digest_size=MARK_BYTES, person=b"flightlog-mark")
        self._kept: dict[bytes, bytes] = {}
        """Word -> its mark, or nothing for one that is no token."""

    def mark(self, piece: bytes) -> bytes:
        """Return the mark of a piece."""
        hashed = self._begun.copy()
        hashed.update(piece)
        return hashed.digest()

    def marks(self, text: str) -> set[bytes]:
        """Return the marks of a text's token-like pieces."""
        words = {word for word in _spaced(_raw(text)).split() if len(word) >= SHORTEST}
        kept = self._kept
        if len(kept) >= MAX_KEPT:
            kept.clear()
        for word in words:
            if word not in kept:
                kept[word] = self.mark(word) if _may_be_token(word) else b""
        marks = set(map(kept.__getitem__, words))
        marks.discard(b"")
        return marks

    def pieces(self, raw: bytes) -> list[Marked]:
        """Return the token-like pieces of a text in UTF-8 with their marks and places."""
        return [
            Marked(*match.span(), self.mark(match[0]))
            for match in _PIECE.finditer(_spaced(raw))
            if _may_be_token(match[0])
        ]


def longest_piece(raw: bytes) -> tuple[int, bytes]:
    """Return where the longest piece of a value begins, and the piece; empty where it has none."""
    found = [m for m in _PIECE.finditer(_spaced(raw)) if _may_be_token(m[0])]
    best = max(found, key=lambda m: len(m[0]), default=None)
    return (best.start(), best[0]) if best else (0, b"")


def marks_in(marks: bytes) -> list[bytes]:
    """Return the marks of a record, which stand one after another."""
    return [marks[start : start + MARK_BYTES] for start in range(0, len(marks), MARK_BYTES)]


def _spaced(raw: bytes) -> bytes:
    """Return a text of the same length with spaces between its pieces.

    What is written as an escape of JSON (`\\n`) or of a URL (`%3D`) stands between pieces, too.
    """
    if b"\\" in raw:
        for escape in (b"\\n", b"\\t", b"\\r"):
            raw = raw.replace(escape, b"  ")
    if b"%" in raw:
        raw = _PERCENT.sub(b"   ", raw)
    return raw.translate(_SPACED)


def _may_be_token(piece: bytes) -> bool:
    if len(piece) > LONGEST or piece.isdigit():
        return False
    return len(piece) >= SHORTEST_OF_LETTERS or not piece.isalpha()


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
