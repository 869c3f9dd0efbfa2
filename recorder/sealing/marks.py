"""Keyed marks of all token-like strings: what finds a secret in what was stored before it was one.

A mark is eight bytes of a keyed hash of one piece of a text: nobody can test a guess without the
key. What may be a secret or a part of one is marked; a word is not.
"""

from __future__ import annotations

import hashlib
import re
import string
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass

from recorder.sealing.plain import plain_of
from recorder.utf8 import utf8

__all__ = [
    "ESCAPE",
    "LONGEST",
    "MARK_BYTES",
    "Marked",
    "Marker",
    "longest_piece",
    "marks_in",
    "pieces_in",
    "words_in",
    "words_of_lines",
]

MARK_BYTES = 8
SHORTEST = 8
SHORTEST_OF_LETTERS = 15
LONGEST = 512
"""Bytes of a piece; of what is longer (an image in base64, a key) the beginning is one."""
MAX_KEPT = 50_000
"""Marks that are remembered: names and ids come again and again."""
MAX_KEPT_BYTES = 64
"""Bytes of a piece whose mark is remembered."""
_LETTERS = (string.ascii_letters + string.digits + "_-").encode()
_SPACED = bytes(byte if byte in _LETTERS else 0x20 for byte in range(256))
_SPACED_LINES = bytes(byte if byte == 0x0A else _SPACED[byte] for byte in range(256))
ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}")
"""As URLs have them: it stands between words."""
_FIRST = re.compile(rb"[^ ]{8,512}+")
_PIECE = re.compile(rb" ([^ ]{8,512}+)")
"""After a blank, so that no short word is tried letter by letter."""


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
        begun = hashlib.blake2b(key=key, digest_size=MARK_BYTES, person=b"flightlog-mark")
        self._kept = _Kept(begun.copy)

    def mark(self, piece: bytes) -> bytes:
        """Return the mark of a piece; empty for one that is no token."""
        return self._kept[piece]

    def marks(self, words: Iterable[bytes]) -> frozenset[bytes]:
        """Return the marks of those of a text's words that are token-like."""
        return frozenset(filter(None, map(self._kept.__getitem__, words)))

    def pieces(self, seen: bytes, wanted: Container[bytes]) -> Iterator[Marked]:
        """Yield the pieces of a plain text in UTF-8 that have one of some marks."""
        for match in pieces_in(seen):
            mark = self._kept[match[1]]
            if mark in wanted:
                yield Marked(match.start(1) - 1, match.end(1) - 1, mark)


class _Kept(dict[bytes, bytes]):
    """Word -> its mark, or nothing for one that is no token."""

    def __init__(self, begun: Callable[[], hashlib.blake2b]) -> None:
        self._begun = begun
        """Returns a keyed hash at its beginning."""

    def __missing__(self, word: bytes) -> bytes:
        mark = b""
        if _may_be_token(word):
            hashed = self._begun()
            hashed.update(word)
            mark = hashed.digest()
        if len(word) <= MAX_KEPT_BYTES:
            if len(self) >= MAX_KEPT:
                self.clear()
            self[word] = mark
        return mark


def words_in(seen: bytes) -> list[bytes]:
    """Return the words of a plain text (`plain_of`) in UTF-8 that may be token-like."""
    spaced = _spaced(seen)
    words = _PIECE.findall(spaced)
    if first := _FIRST.match(spaced):
        words.append(first[0])
    return words


def words_of_lines(seen: bytes) -> Iterator[list[bytes]]:
    """Yield what `words_in` returns for each line of a text, none of which is longer than a word
    may be.
    """
    spaced = ESCAPE.sub(b"   ", seen) if b"%" in seen else seen
    for line in spaced.translate(_SPACED_LINES).split(b"\n"):
        yield [word for word in line.split() if len(word) >= SHORTEST]


def longest_piece(value: str) -> tuple[int, bytes]:
    """Return where in UTF-8 the longest piece of a value begins, and it; empty where it has none.

    Words are told apart as in a text that holds the value (`plain_of`).
    """
    raw = utf8(plain_of(value))
    found = [match for match in pieces_in(raw) if _may_be_token(match[1])]
    best = max(found, key=lambda match: len(match[1]), default=None)
    return (best.start(1) - 1, best[1]) if best else (0, b"")


def marks_in(marks: bytes) -> list[bytes]:
    """Return the marks of a record, which stand one after another."""
    return [marks[start : start + MARK_BYTES] for start in range(0, len(marks), MARK_BYTES)]


def pieces_in(seen: bytes) -> Iterator[re.Match[bytes]]:
    """Return the words that `words_in` returns as matches, in the text with a blank before it."""
    return _PIECE.finditer(b" " + _spaced(seen))


def _spaced(raw: bytes) -> bytes:
    """Return a text of the same length with blanks between its pieces.

    What is written as an escape of a URL (`%3D`) stands between pieces, too.
    """
    # Ten times as fast as `in`, which goes about it as for any string.
    if raw.find(b"%") >= 0:
        raw = ESCAPE.sub(b"   ", raw)
    return raw.translate(_SPACED)


def _may_be_token(piece: bytes) -> bool:
    return not piece.isdigit() and (len(piece) >= SHORTEST_OF_LETTERS or not piece.isalpha())
