"""The good part of a JSON document that is cut off, or damaged from some place on.

Everything up to the last complete value before the damage, with the brackets that were open there
closed. Nothing is added to what stands in the file.
"""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["joined", "mended"]

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{},]', re.DOTALL)
_CLOSER = {"{": "}", "[": "]"}
MOST_OPEN = 200
"""Brackets inside brackets; deeper than that nothing is mended."""


def mended(content: bytes) -> Any:
    """Return the part of a document before its damage; None where nothing is left or needed.

    A whole document with something behind it is not damaged: it is several.
    """
    text = content.strip(b" \t\r\n\x00\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    try:
        json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        if error.msg.startswith("Extra data"):
            return None
        good = _closed(text[: error.pos])
    except (RecursionError, ValueError):
        return None
    else:
        return None
    try:
        value = json.loads(good, strict=False)
    except (RecursionError, ValueError):
        return None
    return value or None


def joined(content: bytes) -> tuple[list[Any], bool]:
    """Return what several JSON lists hold that stand one behind the other, and whether all is read.

    So a client that asks for page after page writes them.
    """
    text = content.strip(b" \t\r\n\x00\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    decode = json.JSONDecoder(strict=False).raw_decode
    values: list[Any] = []
    at = 0
    while at < len(text):
        try:
            value, at = decode(text, at)
        except (RecursionError, ValueError):
            return values, False
        if not isinstance(value, list):
            return values, False
        values += value
        while text[at : at + 1].isspace():
            at += 1
    return values, True


def _closed(text: str) -> str:
    """Return a text up to its last complete value, closed."""
    open_brackets: list[str] = []
    end = 0
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign in _CLOSER:
            open_brackets.append(_CLOSER[sign])
            end = token.end()
        elif sign in {"}", "]"}:
            if not open_brackets or open_brackets.pop() != sign:
                break
            end = token.end()
        elif sign == ",":
            end = token.start()
        if len(open_brackets) > MOST_OPEN:
            return ""
    return text[:end] + "".join(reversed(open_brackets))
