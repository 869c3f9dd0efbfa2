"""A text as a person would see it, each character still in its place.

Tool output comes coloured, inside JSON strings, with Windows' line ends; an environment comes with
NUL between its variables. What looks for the beginning of a line or a word should not have to know:
in the plain text escapes are blanks, and an escaped newline is one. Brackets such as tokens stand
in are a letter where they belong to no token.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace

from recorder.sealing.extracts import TOKEN
from recorder.sealing.spans import SecretSpan

__all__ = ["as_meant", "plain_of", "within"]

_COLOUR = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_LEFT_OVER = re.compile(r"\\(?<=[^\s\\]\\)\\*(?= [\n\t])")
"""Of a line's end that was escaped in a string within another; behind a blank it names a server. It
begins with a letter of its own: with what must stand before, it would be tried everywhere."""
_ENDS = (" \n", " \t")
_BRACKET = re.compile(rf"{TOKEN.pattern}|[⟦⟧]")
_BLANKS = (("\\n", " \n"), ("\\r", "  "), ("\\t", " \t"))
_FOR_HTML = tuple(
    (f"\\u{code}", f"     {letter}")
    for letter, code in (("&", "0026"), ("<", "003c"), (">", "003e"), ("<", "003C"), (">", "003E"))
)
"""Letters that JSON made for web pages never has bare."""
_ANY = dict([*_BLANKS, *_FOR_HTML])
_ENTITIES = (("&quot;", '"'), ("&#34;", '"'), ("&#39;", "'"), ("&#x27;", "'"))
"""A page's quotes."""
_BEFORE_QUOTED = frozenset(["", *"=:(,[{>", *" \t\n"])
_TYPESET = (("\u00a0", " "), ("“", '"'), ("”", '"'))
"""What word processors and chats make of blanks and quotes."""
MOST_LAYERS = 3
"""Strings within strings."""
RARE = 60
"""Characters of a text for each backslash in it, from which on it is quicker taken apart."""
SAMPLE = 4000
"""Characters of a text's beginning that tell whether it is worth to try."""


def plain_of(text: str) -> str:
    """Return a text of the same length without escapes; the text itself where it has none."""
    plain = _without_escapes(text) if "\\" in text else text
    if "\r" in plain:
        plain = plain.replace("\r\n", " \n")
    if "\0" in plain:
        plain = plain.replace("\0", "\n")
    # One letter alone is looked for at the speed of memory.
    if "&" in plain and ("&#" in plain or "&quot;" in plain):
        for entity, quote in _ENTITIES:
            if entity in plain:
                plain = _quoted(plain, entity, quote)
    if not plain.isascii():
        for letter, sign in _TYPESET:
            if letter in plain:
                plain = plain.replace(letter, sign)
    if "⟦" in plain or "⟧" in plain or "\x1b" in plain:
        plain = _COLOUR.sub(_as_blanks, _BRACKET.sub(_without_bracket, plain))
        return text if plain == text else plain
    return plain


def _quoted(plain: str, entity: str, quote: str) -> str:
    """Return a text with a page's quotes as such, and blanks outside of what stands in them."""
    opened, closed = quote.rjust(len(entity)), quote.ljust(len(entity))
    first, *others = plain.split(entity)
    pieces = [first]
    for piece in others:
        pieces += (opened if pieces[-1][-1:] in _BEFORE_QUOTED else closed, piece)
    return "".join(pieces)


def _as_blanks(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _without_bracket(match: re.Match[str]) -> str:
    return match[0] if len(match[0]) > 1 else "~"


def _without_escapes(text: str) -> str:
    # Each replacement reads the whole text; where backslashes are rare, each piece is looked at.
    rare = len(text) // RARE
    if text.count("\\", 0, SAMPLE) * RARE < min(len(text), SAMPLE):
        pieces = text.split("\\", rare + 1)
        if len(pieces) <= rare + 1:
            return _put_together(text, pieces)
    plain = text
    for escape, blank in _BLANKS:
        if escape in plain:
            plain = plain.replace(escape, blank)
    if "\\u00" in plain:
        for escape, letter in _FOR_HTML:
            plain = plain.replace(escape, letter)
    if "\\ " in plain:
        plain = _LEFT_OVER.sub(_as_blanks, plain)
        return text if plain == text else plain
    return plain


def _put_together(text: str, pieces: list[str]) -> str:
    plain = pieces[:1]
    is_other = is_bare = False
    for piece in pieces[1:]:
        escape = f"\\{piece[:5] if piece[:3] == 'u00' else piece[:1]}"
        blank = _ANY.get(escape)
        if blank is None:
            plain.append("\\")
            if piece.startswith(_ENDS):
                is_other = _without_last_backslashes(plain) or is_other
            plain.append(piece)
            is_bare = not piece
            continue
        if is_bare and blank in _ENDS:
            _without_last_backslashes(plain)
        plain += (blank, piece[len(escape) - 1 :])
        is_other, is_bare = True, False
    return "".join(plain) if is_other else text


def _without_last_backslashes(plain: list[str]) -> bool:
    """Replace the backslashes at the end of pieces by blanks, if they are left over; tell so."""
    number = 0
    while plain and plain[-1] in ("", "\\"):
        number += len(plain.pop())
    is_left_over = bool(plain) and not plain[-1][-1].isspace()
    plain.append((" " if is_left_over else "\\") * number)
    return is_left_over


def within(span: SecretSpan, text: str, plain: str) -> SecretSpan:
    """Return a span of a plain text without the escapes at its ends, which are no part of it."""
    start, end = span.start, span.end
    while start < end and plain[start].isspace() and plain[start] != text[start]:
        start += 1
    while start < end and plain[end - 1].isspace() and plain[end - 1] != text[end - 1]:
        end -= 1
    while start < end and plain[end - 1] == "\\" and plain[end : end + 1] != text[end : end + 1]:
        end -= 1  # of an escape in a string within another
    return span if (start, end) == (span.start, span.end) else replace(span, start=start, end=end)


def as_meant(span: SecretSpan, text: str, plain: str) -> SecretSpan:
    """Return a span of a text with the value that its escapes stand for.

    What was found in the plain text was read without them: of `"ab\\ncd"` the secret has a newline.
    """
    written = text[span.start : span.end]
    if "\\" not in written or written == plain[span.start : span.end]:
        return span
    value = written
    try:
        for _ in range(MOST_LAYERS):
            if "\\" in value:
                value = str(json.loads(f'"{value}"', strict=False))
    except ValueError:
        return span
    return replace(span, value=value)
