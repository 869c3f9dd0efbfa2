"""Find the halves of a known secret that was cut: one text's end, the next one's beginning.

A stream is recorded in the chunks in which it came, and a large body as far as it is kept. Where
a text ends with the first characters of a known secret, or begins with the last, they are its.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from recorder.utf8 import utf8

__all__ = ["LEAST", "Fragments"]

GRAM = 6
"""Bytes at a text's edge that are looked up, before anything is compared."""
LEAST = 8
"""Bytes of a fragment: less of a secret says nothing, and stands at the edge of many a text."""
LONGEST = 600
"""Bytes of an encoded string that is looked for in halves."""
LONGEST_PLAIN = 20_000
"""Bytes of a secret as it is: web tokens have thousands."""
MOST_LONG = 500_000
"""Bytes of all that are longer than `LONGEST` together: each takes a place of what is seen."""
LEAST_INNER = 10
"""Bytes of a text that is all of it a part of a secret, and neither its beginning nor its end;"""
SURE_INNER = 16
"""and from which on it may be a small part of a long one."""
PART = 4
MOST = 10_000
"""Strings, about those of a thousand secrets."""
PLACES = 1 << 22
_PLACE = PLACES - 1
"""Of a hash, the bits that tell a gram's place."""


class Fragments:
    """Strings, any beginning or end of which may stand at a text's edge."""

    def __init__(self) -> None:
        self._seen = bytearray(PLACES)
        """One byte for each hash of six bytes that stand together in any of the strings, but for
        those with a blank or a quote, and unless all are the same: rulers of one letter stand at
        the edge of many a text."""
        self._strings: list[tuple[bytes, int]] = []
        self._long = 0

    def add(self, strings: Iterable[str], number: int) -> None:
        """Take up the forms of a secret under its number."""
        for string in strings:
            raw = utf8(string)
            if len(self._strings) >= MOST:
                continue
            if len(raw) > LONGEST:
                if len(raw) > LONGEST_PLAIN or self._long + len(raw) > MOST_LONG:
                    continue
                self._long += len(raw)
            self._strings.append((raw, number))
            for piece in _SPACED.split(raw):
                for at in range(len(piece) - GRAM + 1):
                    gram = piece[at : at + GRAM]
                    # `_is_told`, of what has no blanks
                    if gram[0] != gram[-1] or gram.count(gram[0]) < GRAM:
                        self._seen[hash(gram) & _PLACE] = 1

    def may_stand(self, raw: bytes) -> bool:
        """Return whether a text (UTF-8) may have a fragment at an edge."""
        seen = self._seen
        # Of most texts neither the first bytes are known nor the last: no call is made for them.
        if not (seen[hash(raw[:GRAM]) & _PLACE] or seen[hash(raw[-GRAM:]) & _PLACE]):
            return False
        return len(raw) >= LEAST and (self._may_begin(raw) or self._may_end(raw))

    def find(self, raw: bytes) -> Iterator[tuple[int, int, int]]:
        """Yield the fragments at a text's edges (UTF-8): their begin, end, and secret's number."""
        if len(raw) < LEAST:
            return
        if LEAST_INNER <= len(raw) < LONGEST_PLAIN and self._may_begin(raw) and self._may_end(raw):
            longest = LONGEST_PLAIN if len(raw) >= SURE_INNER else PART * len(raw)
            inner = next((n for s, n in self._strings if raw in s and len(s) <= longest), None)
            if inner is not None and _is_telling(raw):
                yield 0, len(raw), inner
                return
        if self._may_begin(raw):
            length, number = max(self._beginnings(raw), default=(0, 0))
            if length:
                yield 0, length, number
        if self._may_end(raw):
            length, number = max(self._ends(raw), default=(0, 0))
            if length:
                yield len(raw) - length, len(raw), number

    def _may_begin(self, raw: bytes) -> bool:
        """Return whether a text may begin with a fragment: its first eight bytes tell."""
        first = raw[:GRAM]
        is_known = self._seen[hash(first) & _PLACE] > 0 and _is_told(first)
        return is_known and self._may_be(raw[1 : GRAM + 1]) and self._may_be(raw[2 : GRAM + 2])

    def _may_end(self, raw: bytes) -> bool:
        """Return whether a text may end with a fragment: its last eight bytes tell."""
        last = raw[-GRAM:]
        is_known = self._seen[hash(last) & _PLACE] > 0 and _is_told(last)
        return is_known and self._may_be(raw[-GRAM - 1 : -1]) and self._may_be(raw[-GRAM - 2 : -2])

    def _may_be(self, gram: bytes) -> bool:
        """Return whether six bytes stand in a string, as far as that is known."""
        return self._seen[hash(gram) & _PLACE] > 0 or not _is_told(gram)

    def _beginnings(self, raw: bytes) -> Iterator[tuple[int, int]]:
        """Yield ends of strings that a text begins with."""
        for string, number in self._strings:
            at = string.find(raw[:GRAM], max(1, len(string) - len(raw)))
            while at > 0:
                if raw.startswith(string[at:]) and _is_telling(string[at:]):
                    yield len(string) - at, number
                at = string.find(raw[:GRAM], at + 1)

    def _ends(self, raw: bytes) -> Iterator[tuple[int, int]]:
        """Yield beginnings of strings that a text ends with."""
        for string, number in self._strings:
            at = string.find(raw[-GRAM:])
            while 0 <= at < len(string) - GRAM:
                head = string[: at + GRAM]
                if raw.endswith(head) and _is_telling(head):
                    yield len(head), number
                at = string.find(raw[-GRAM:], at + 1)


def _is_told(gram: bytes) -> bool:
    """Return whether six bytes that stand in a string are noted: others share a place by chance."""
    return gram.count(gram[0]) < GRAM and _SPACED.search(gram) is None


def _is_telling(fragment: bytes) -> bool:
    """Return whether a fragment is more than a word or a public prefix: `sk_live_`, `postgres`."""
    return len(fragment) >= LEAST and _TELLING.match(fragment) is not None


_SPACED = re.compile(rb"[\s\"'{}()\[\]\x80-\xff]")
_TELLING = re.compile(rb"[^0-9]*[0-9]|[^a-z]*[a-z][^A-Z]*[A-Z][^a-z]*[a-z][^A-Z]*[A-Z]")
