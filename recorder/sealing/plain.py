"""A text as a person would see it, each character still in its place.

Tool output comes coloured, inside JSON strings, with Windows' line ends. What looks for the
beginning of a line or a word should not have to know: in the plain text escapes are blanks, and an
escaped newline is one.
"""

from __future__ import annotations

import re
from dataclasses import replace

from recorder.sealing.spans import SecretSpan

__all__ = ["plain_of", "within"]

_COLOUR = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_BLANKS = (("\\n", " \n"), ("\\r", "  "), ("\\t", " \t"), ("\r\n", " \n"))
_FOR_HTML = tuple(
    (f"\\u{code}", f"     {letter}")
    for letter, code in (("&", "0026"), ("<", "003c"), (">", "003e"), ("<", "003C"), (">", "003E"))
)
"""Letters that JSON made for web pages never has bare."""


def plain_of(text: str) -> str:
    """Return a text of the same length without escapes; the text itself where it has none."""
    if "\\" not in text and "\r" not in text and "\x1b" not in text:
        return text
    plain = text
    for escape, blank in _BLANKS:
        plain = plain.replace(escape, blank)
    if "\\u00" in plain:
        for escape, letter in _FOR_HTML:
            plain = plain.replace(escape, letter)
    return _COLOUR.sub(lambda m: " " * len(m[0]), plain) if "\x1b[" in plain else plain


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
