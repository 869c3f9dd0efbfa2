"""Large JSON documents, of which only a bit at a time becomes objects.

A parsed document takes ten times its text and more. So the text is what stays in memory; what is
small is parsed, and a list that is not is a `LongList`, which parses its entries while it is gone
through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from itertools import islice
from typing import Any, SupportsIndex

from recorder.transcripts.json_text import NotJsonError, TooLargeError

__all__ = ["LongList", "parse_long"]

SMALL = 256 * 1024
"""Bytes of a value that is parsed as a whole."""
LONGEST_STRING = 16 * 1024 * 1024
"""Bytes of a string or number; longer strings were cut before."""
MOST_OF_OBJECT = 64 * 1024 * 1024
"""Bytes of memory that an object's small members may take, by estimate; large lists do not count.
No agent writes one of that size, and two million members would take a gigabyte."""
MEMBER = 200
"""Bytes of memory that a member takes besides its text."""
INNER = 60
"""Bytes of memory that a list or an object within it does."""
DEEPEST = 50
"""Large values inside each other."""
_BLANK = re.compile(rb"[ \t\r\n\x00]*+")
_NEXT = re.compile(r"[ \t\r\n]*+(?:(,)[ \t\r\n]*+(?=[^ \t\r\n])|\])")
_NEXT_MEMBER = re.compile(r"[ \t\r\n]*+(?:(,)[ \t\r\n]*+(?=[^ \t\r\n])|\})")
_COLON = re.compile(r"[ \t\r\n]*+:[ \t\r\n]*+")
_BEHIND = frozenset(" \t\r\n,:]}")
"""What stands behind a value."""
_decode = json.JSONDecoder(strict=False).raw_decode


def parse_long(text: bytes | bytearray) -> Any:
    """Return the value that a text holds; its text stays in memory as long as the value does.

    Raises:
        NotJsonError: it holds none, or something behind it.
        TooLargeError: an object in it has more small members than can be held.
    """
    found = _Text(text)
    value, end = found.value(0, 0)
    if found.skip(end) < len(text):
        raise NotJsonError(f"not valid JSON (Extra data at byte {end + 1})")
    return value


class LongList(list[Any]):
    """A list whose entries are parsed each time that it is gone through; it cannot be changed.

    To the code that reads documents it is any other list. What C code would take from the list's
    own storage, which is empty, is not used on documents: joining lists, comparing them.
    """

    def __init__(self, text: _Text, start: int, length: int, depth: int) -> None:
        super().__init__()
        self._text = text
        self._start = start
        self._length = length
        self._depth = depth

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Any]:
        yield from self._text.entries(self._start, self._depth)

    def __reversed__(self) -> Iterator[Any]:
        yield from list(self)[::-1]

    def __contains__(self, wanted: object) -> bool:
        return any(value == wanted for value in self)

    def __getitem__(self, place: SupportsIndex | slice) -> Any:
        if isinstance(place, slice):
            return [self[n] for n in range(*place.indices(self._length))]
        at = place.__index__()
        at += self._length if at < 0 else 0
        if not 0 <= at < self._length:
            raise IndexError(place)
        return next(islice(self, at, None))


class _Text:
    """A JSON text in UTF-8; all places are bytes."""

    def __init__(self, text: bytes | bytearray) -> None:
        self._text = text
        self._lists: dict[int, tuple[int, int]] = {}
        """Where a large list begins -> its length and where it ends: what stands around it is gone
        through several times, and to go on behind it, it need not be gone through each time."""
        self._large: set[int] = set()
        """Where values begin that are not small, or damaged."""

    def skip(self, at: int) -> int:
        """Return where the next thing that is not blank begins."""
        found = _BLANK.match(self._text, at)
        return found.end() if found else at

    def value(self, at: int, depth: int) -> tuple[Any, int]:
        """Return the value that begins at a place, and where it ends."""
        at = self.skip(at)
        if at not in self._large:
            small = self._small(at, SMALL)
            if small is not None:
                return small
            self._large.add(at)
        begins = self._text[at : at + 1]
        if depth > DEEPEST:
            raise NotJsonError("nested too deeply")
        if begins == b"{":
            return self._object(at + 1, depth + 1)
        if begins == b"[":
            return self._list(at + 1, depth + 1)
        small = self._small(at, LONGEST_STRING)
        if small is None:
            raise NotJsonError(f"not valid JSON (at byte {at + 1})")
        return small

    def entries(self, at: int, depth: int) -> Generator[Any, None, int]:
        """Yield each value of a list whose first one begins at a place; return where it ends."""
        at = self.skip(at)
        if self._text[at : at + 1] == b"]":
            return at
        while True:
            end = 0
            if at not in self._large:
                window = self._window(at, SMALL)
                end, is_last = yield from _small_entries(window)
                at += _bytes_of(window, end)
                if is_last:
                    return at
            if end == 0:
                # The next one is large, or damaged.
                value, at = self.value(at, depth)
                yield value
                at = self.skip(at)
                if self._text[at : at + 1] != b",":
                    return at
                at = self.skip(at + 1)

    def _list(self, start: int, depth: int) -> tuple[LongList, int]:
        if start not in self._lists:
            entries, length = self.entries(start, depth), 0
            while True:
                try:
                    next(entries)
                except StopIteration as stop:
                    self._lists[start] = length, self._after(stop.value, b"]")
                    break
                length += 1
        length, end = self._lists[start]
        return LongList(self, start, length, depth), end

    def _object(self, at: int, depth: int) -> tuple[dict[str, Any], int]:
        held: dict[str, Any] = {}
        size = 0
        at = self.skip(at)
        if self._text[at : at + 1] == b"}":
            return held, at + 1
        while True:
            # Many at once: to decode a window for each of a million members takes minutes.
            window = self._window(at, SMALL)
            end, is_last = _take_small_members(window, held)
            at += _bytes_of(window, end)
            if is_last:
                return held, at + 1
            size += end + INNER * (window.count("[", 0, end) + window.count("{", 0, end))
            if size + MEMBER * len(held) > MOST_OF_OBJECT:
                most = MOST_OF_OBJECT >> 20
                raise TooLargeError(
                    f"a JSON object of over {most} MiB of memory, which is not read"
                )
            # The next one is large, or damaged.
            key, at = self.value(at, depth)
            if not isinstance(key, str):
                raise NotJsonError(f"not valid JSON (no name at byte {at + 1})")
            held[key], at = self.value(self._after(at, b":"), depth)
            at = self.skip(at)
            if self._text[at : at + 1] != b",":
                return held, self._after(at, b"}")
            at = self.skip(at + 1)

    def _after(self, at: int, sign: bytes) -> int:
        at = self.skip(at)
        if self._text[at : at + 1] != sign:
            raise NotJsonError(f"not valid JSON (no {sign.decode()} at byte {at + 1})")
        return at + 1

    def _small(self, at: int, size: int) -> tuple[Any, int] | None:
        """Return a value and its end; None where it goes on behind so many bytes, or is damaged."""
        window = self._window(at, size)
        try:
            value, end = _decode(window)
        except (ValueError, RecursionError):
            return None
        if at + size < len(self._text) and window[end : end + 1] not in _BEHIND:
            # A number that goes on.
            return None
        return value, at + _bytes_of(window, end)

    def _window(self, at: int, size: int) -> str:
        return self._text[at : at + size].decode("utf-8", "surrogateescape")


def _small_entries(window: str) -> Generator[Any, None, tuple[int, bool]]:
    """Yield the values of a list that are whole in a piece of it.

    Returns:
        where what was not read begins; whether that is the list's end.
    """
    at = 0
    while True:
        try:
            value, end = _decode(window, at)
        except (ValueError, RecursionError):
            return at, False
        found = _NEXT.match(window, end)
        if found is None:
            return at, False
        yield value
        if found[1] is None:
            return found.end() - 1, True
        at = found.end()


def _take_small_members(window: str, held: dict[str, Any]) -> tuple[int, bool]:
    """Take the members of an object that are whole in a piece of it.

    Returns:
        where what was not taken begins; whether that is the object's end.
    """
    at = 0
    while True:
        try:
            key, end = _decode(window, at)
            colon = _COLON.match(window, end)
            if colon is None or not isinstance(key, str):
                return at, False
            value, end = _decode(window, colon.end())
        except (ValueError, RecursionError):
            return at, False
        found = _NEXT_MEMBER.match(window, end)
        if found is None:
            return at, False
        held[key] = value
        if found[1] is None:
            return found.end() - 1, True
        at = found.end()


def _bytes_of(window: str, end: int) -> int:
    """Return how many bytes the beginning of a decoded text has."""
    return end if window.isascii() else len(window[:end].encode("utf-8", "surrogateescape"))
