"""What is left of a text without all that may stand between the pieces of a string.

A secret written in pieces (`'ab' + 'cd'`, `["ab","cd"]`, or over the end of a line) stands in a
text's bones in one piece, and so does one that is whole. As each byte is taken away or left
whatever stands around it, the bones of a string are in those of every text that holds the string:
one search tells what may stand in a text in any of these ways.
"""

from __future__ import annotations

__all__ = ["bones_of"]

_BLANKS = (
    " \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_MARKS = "\\\"',+.&"
_ESCAPED = "nr"
"""The letters of an escaped end of a line, `\\r\\n`: whether they are of one is told exactly
later."""
_SOFT = f"{_BLANKS}{_MARKS}{_ESCAPED}".encode()
"""Bytes of all that joints, ends of lines, and what is between the strings of lists consist of."""


def bones_of(raw: bytes) -> bytes:
    """Return a text (UTF-8) without what may stand between pieces."""
    return raw.translate(None, _SOFT)
