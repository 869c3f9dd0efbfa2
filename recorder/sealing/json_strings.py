"""Keep JSON valid: what is sealed in it lies in its strings, also in those of JSON in a string.
Of a number a string is made.

Most finders do not know what they read. A value that ends at the next blank takes the quote and the
brace behind it along, and without them the rest of the document cannot be read any more.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import accumulate, groupby

from recorder.sealing.spans import SecretSpan

__all__ = ["within_strings"]

_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}|\\.", re.DOTALL)
_PAYLOAD = re.compile(r"(?:data:[ ]?)?(?=[\[{\"])")
"""What stands in a line before its document: of an event of a stream."""
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}
LEAST = 4
"""Characters of a piece."""
_BLANKS = " \t\r\n"
_NUMBER = re.compile(r"[-+.eE0-9]*[0-9][-+.eE0-9]*")
_LETTERS_OF_NUMBERS = "-+.eE0123456789"
_BEFORE_NUMBER = re.compile(r"[:,\[][ \t\r\n]*\Z")
"""In a document that is more than the number: that would be any text of digits."""
_SYNTAX = "\\\"'{}[],: \n"
_DECODER = json.JSONDecoder()

type Piece = tuple[int, int, str]
"""Where it begins and ends, and the quote that its token needs."""


def within_strings(text: str, spans: Iterable[SecretSpan]) -> list[SecretSpan]:
    """Return spans cut to the strings of a text that is JSON; as they are in any other text.

    One that stretches over several strings becomes one span in each of them, but for what of it is
    too short to be a secret: a name, or nothing. Of a secret that is known each is a piece of that
    one. What is JSON's punctuation alone is none either.
    One that begins or ends within an escape is sealed without that. One in a number is all of it,
    and its token needs quotes.
    """
    spans = [s for s in spans if text[s.start : s.end].strip(_SYNTAX)]
    if not any(_may_break(text, span) for span in spans):
        return spans
    if not _is_json(text):
        return [*_by_lines(text, spans)] if "\n" in text or text[:5] == "data:" else spans
    document = _Document(text)
    cut: list[SecretSpan] = []
    for span in spans:
        for start, end, quote in document.pieces(span.start, span.end):
            if cut and start < cut[-1].end:
                continue  # the number that the last one was in, too
            if (start, end) == (span.start, span.end) or quote:
                cut.append(replace(span, start=start, end=end, quote=quote))
            elif span.detector == "known_value":
                cut.append(replace(span, start=start, end=end, encoding=span.of_a_piece))
            elif end - start >= LEAST:
                cut.append(replace(span, start=start, end=end, value="", encoding=""))
    return cut


def _by_lines(text: str, spans: Iterable[SecretSpan]) -> Iterator[SecretSpan]:
    """Yield the same spans, cut to the strings of each line that is JSON by itself: a stream's
    events, and a log that has other lines too.
    """
    for begin, group in groupby(spans, lambda span: text.rfind("\n", 0, span.start) + 1):
        those = list(group)
        line_end = text.find("\n", begin)
        end = line_end if line_end >= 0 else len(text)
        payload = _PAYLOAD.match(text, begin, end)
        if payload is None or those[0].start < payload.end() or those[-1].end > end:
            yield from those
            continue
        at = payload.end()
        shifted = [replace(span, start=span.start - at, end=span.end - at) for span in those]
        for span in within_strings(text[at:end], shifted):
            yield replace(span, start=span.start + at, end=span.end + at)


def _may_break(text: str, span: SecretSpan) -> bool:
    edges = text[max(0, span.start - 1)] + text[span.end - 1]
    inside = text[span.start : span.end]
    return "\\" in edges or '"' in inside or not inside.strip(_LETTERS_OF_NUMBERS)


def _is_json(text: str) -> bool:
    """Return whether a text is one document of JSON, or several (lines of JSON)."""
    at = 0
    try:
        while rest := text[at : at + 1]:
            at = at + 1 if rest in _BLANKS else _DECODER.raw_decode(text, at)[1]
    except (ValueError, RecursionError):
        return False
    return True


def _unescaped(escape: re.Match[str]) -> str:
    """Return what an escape stands for, of those that count: quotes, backslashes and blanks."""
    letter = escape[0][1]
    return _LETTERS.get(letter, letter)


class _Document:
    """Where the strings of a JSON document stand."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._strings = [match.span(1) for match in _STRING.finditer(text)]
        self._ends = [end for _, end in self._strings]
        self._read: dict[int, _String] = {}

    def pieces(self, start: int, end: int) -> Iterator[Piece]:
        """Yield the parts of what stands between two characters that lie in its strings, or the
        number that does.
        """
        found = False
        for number in range(bisect_left(self._ends, start + 1), len(self._strings)):
            begin, stop = self._strings[number]
            if begin >= end:
                break
            found = True
            if number not in self._read:
                self._read[number] = _String(self._text[begin:stop])
            inner = self._read[number].pieces(max(start - begin, 0), min(end, stop) - begin)
            yield from ((begin + first, begin + last, quote) for first, last, quote in inner)
        if not found and (inside := _NUMBER.search(self._text, start, end)):
            yield self._number(inside)

    def _number(self, inside: re.Match[str]) -> Piece:
        """Return all of a number of which a part is given."""
        start, end = inside.span()
        while start > 0 and self._text[start - 1] in _LETTERS_OF_NUMBERS:
            start -= 1
        while end < len(self._text) and self._text[end] in _LETTERS_OF_NUMBERS:
            end += 1
        is_part = _BEFORE_NUMBER.search(self._text, max(0, start - 100), start)
        return (start, end, '"') if is_part else (*inside.span(), "")


class _String:
    """What stands in a string of JSON, which may be another document."""

    def __init__(self, written: str) -> None:
        escapes = [escape.span() for escape in _ESCAPE.finditer(written)]
        self._begins = [begin for begin, _ in escapes]
        self._ends = [end for _, end in escapes]
        self._shifts = [0, *accumulate(end - begin - 1 for begin, end in escapes)]
        """How many letters less than in the string stand in the content behind so many escapes."""
        before = zip(self._begins, self._shifts[:-1], strict=True)
        self._insides = [begin - shift for begin, shift in before]
        """Where the escapes' letters stand in the content."""
        content = _ESCAPE.sub(_unescaped, written) if escapes else written
        may_be_json = '"' in content or content[:1] in {"[", "{"}
        self._document = _Document(content) if may_be_json and _is_json(content) else None

    def pieces(self, start: int, end: int) -> Iterator[Piece]:
        first, last = bisect_left(self._begins, start), bisect_left(self._begins, end)
        if first and self._ends[first - 1] > start:
            # A span that begins within an escape took its letter along: what is behind it counts.
            start = self._ends[first - 1]
        if last and self._ends[last - 1] > end:
            # A span that ends within an escape took its backslash along: what is before it counts.
            last -= 1
            end = self._begins[last]
        if start >= end:
            return
        if self._document is None:
            yield start, end, ""
            return
        inner = self._document.pieces(start - self._shifts[first], end - self._shifts[last])
        for begin, stop, quote in inner:
            escaped = quote.replace("\\", "\\\\").replace('"', '\\"')
            yield self._written(begin), self._written(stop), escaped

    def _written(self, inside: int) -> int:
        """Return where in the string a letter of the content begins."""
        return inside + self._shifts[bisect_left(self._insides, inside)]
