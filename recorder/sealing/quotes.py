"""Read strings as shells, SQL, YAML, JSON and programs quote them, also within each other."""

from __future__ import annotations

import json
import re

from recorder.sealing.exact import Exact

__all__ = [
    "LEAST",
    "LETTER",
    "MAX_QUOTED",
    "NESTED_QUOTE",
    "OPENING_QUOTE",
    "QUOTE",
    "end_of_argument",
    "end_of_quoted",
    "goes_on_behind",
    "reads_as_text",
    "secret_in",
    "shell_secret",
]

QUOTE = r"""(?:\\{0,31}["'`])?"""
"""The quote in which a value may stand in shell, dotenv, INI, YAML or JSON, possibly inside strings
in which it is escaped."""
LETTER = r"""[^\s"'`\\,;&|<>(){}\[\]⟦⟧]"""
"""One of a value that stands in none."""
LEAST = 4
"""Characters of a value."""
MAX_QUOTED = 4096
"""Characters of a string that are read."""
NESTED_QUOTE = r"'\\{0,7}\"'\\{0,7}\"'|'\\{1,7}''"
"""A quote of the shell within a string in such quotes: it closes, quotes the quote, and opens."""
OPENING_QUOTE = Exact(rf"{NESTED_QUOTE}|\\{{0,31}}[\"'`]")
_QUOTE_BEFORE = Exact(rf"(?:{NESTED_QUOTE}|(?<!\\)\\{{0,3}}[\"'])\Z")
LONGEST_QUOTE = 20
"""Characters of a quote, with all that escapes it."""
LONGEST_ARGUMENT = 512
_ESCAPED = Exact(r"\\([$`\"\\])")
"""What a backslash is written before in the shell's double quotes."""
_BEHIND = r"(?=[^\s,;:)}\]\"'\\&|<>=+.])"
_JOINS_NAME = Exact(r"\\{0,7}[\"'][ ]?[+.][ ]?[A-Za-z_$]")
_DOUBLED = {
    "'": Exact(rf"{NESTED_QUOTE}|''{_BEHIND}"),
    '"': Exact(rf"(?<=')\"'\"'|\"\"{_BEHIND}"),
}
"""What stands for a quote that is a letter of a string in such quotes."""


def end_of_argument(text: str, start: int, end: int) -> tuple[int, str]:
    """Return where an argument in quotes ends, and its opening quote; without, the end as given.

    Args:
        text: what it stands in.
        start: where its first letter stands.
        end: where it ends at the earliest.
    """
    before = _QUOTE_BEFORE.search(text, max(0, start - LONGEST_QUOTE), start)
    if before is None:
        return end, ""
    last = end_of_quoted(text, start, before[0])
    return (last, before[0]) if end <= last <= start + LONGEST_ARGUMENT else (end, "")


def shell_secret(value: str, opening: str) -> str:
    """Return the secret itself where a shell's argument writes it with escapes; else empty."""
    if not opening or opening[-1] != '"':
        return secret_in(value, opening or "'") if opening else ""
    bare = (
        _unescaped(value, times=len(opening).bit_length() - 1) if len(opening) > 1 else ""
    ) or value
    bare = _ESCAPED.compiled.sub(r"\1", bare)
    return bare if bare != value else ""


def end_of_quoted(text: str, start: int, quote: str) -> int:
    """Return where a string ends behind its opening quote; or -1."""
    if quote[0] == "'" and len(quote) > 1:
        return _end_of_nested(text, start, quote)
    doubled = _DOUBLED.get(quote)
    end = _end_of_string(text, start, quote[-1], len(quote) - 1)
    while start < end and doubled and (pair := doubled.match(text, end)):
        further = _end_of_string(text, pair.end(), quote[-1], len(quote) - 1)
        if further < 0 or "\n" in text[pair.end() : further]:
            break
        end = further
    return end


def secret_in(value: str, opening: str) -> str:
    """Return the secret itself where a string writes it with quotes or escapes; else empty."""
    quote = opening[-1]
    if quote in _DOUBLED and len(opening) == 1:
        bare = _DOUBLED[quote].compiled.sub(_meant, value)
    else:
        bare = value
    escapes = 0 if opening[0] == "'" else len(opening) - 1
    decoded = _unescaped(bare, times=(escapes + 1).bit_length())
    return decoded or (bare if bare != value else "")


def goes_on_behind(text: str, end: int, value: str) -> bool:
    """Return whether a program puts its own behind a string that ends in `:`, `=` or `/`."""
    return value[-1:] in {":", "=", "/"} and _JOINS_NAME.match(text, end) is not None


def reads_as_text(value: str) -> bool:
    """Return whether a string has several lines of words: no secret has blanks in its lines.

    A line's end that was written as an escape has a blank in the place of its backslash.
    """
    return "\n" in value and " " in value.replace(" \n", "\n")


def _meant(doubled: re.Match[str]) -> str:
    # JSON's string within the shell's quotes, with such a quote: it begins before the match.
    return "" if doubled[0] == "\"'\"'" else doubled[0][0]


def _end_of_nested(text: str, start: int, quote: str) -> int:
    """Return where a string ends that stands within another of the shell's: `'"'"'…'"'"'`."""
    end = text.find(quote, start, start + MAX_QUOTED)
    inner = quote[1:-1].replace("'", quote)
    if reads_as_text(text[start : max(end, start)]):
        return -1
    while end > start and text.startswith(inner, end + len(quote)):
        further = text.find(quote, end + len(quote) + len(inner) + len(quote), start + MAX_QUOTED)
        if further < 0:
            break
        end = further
    return end


def _end_of_string(text: str, start: int, quote: str, escapes: int) -> int:
    """Return where a string ends whose quotes have a number of backslashes before them; or -1.

    It ends before its own closing quote, or that of a string around it. Each string within another
    doubles the backslashes and adds one before a quote: so `2^n - 1` stand before a quote that
    closes the n-th, and before one that is a letter of its value a multiple of `2^n` more.
    """
    begin, last = start, start + MAX_QUOTED
    at = text.find(quote, begin, last)
    while at >= 0:
        before = text[begin:at]
        count = len(before) - len(before.rstrip("\\"))
        if count == escapes:
            return at - escapes
        closing = 0
        while closing <= escapes:
            if count >= closing and (count - closing) % (2 * closing + 2) == 0:
                return at - closing
            closing = 2 * closing + 1
        begin = at + 1
        at = text.find(quote, begin, last)
    return -1


def _unescaped(value: str, times: int) -> str:
    """Return the secret itself where the text holds it with JSON's escapes; else empty."""
    if "\\" not in value:
        return ""
    decoded: object = value
    try:
        for _ in range(times):
            decoded = json.loads(f'"{decoded}"')
    except ValueError:
        return ""
    return decoded if isinstance(decoded, str) else ""
