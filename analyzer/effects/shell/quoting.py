"""Undo a shell's quoting: backslashes, `$'...'`, braces."""

from __future__ import annotations

import re

__all__ = ["braces", "unescape", "unescape_ansi"]

MAX_WORDS = 64
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
_ANSI = re.compile(r"\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|[0-7]{1,3}|.)", re.DOTALL)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "v": "\v"}


def unescape(text: str, *, quoted: bool = False) -> str:
    """Return a word without its backslashes; inside double quotes only some count."""
    if "\\" not in text:
        return text
    if quoted:
        return re.sub(r'\\([$`"\\\n])', lambda m: "" if m[1] == "\n" else m[1], text)
    return re.sub(r"\\(.)", lambda m: "" if m[1] == "\n" else m[1], text, flags=re.DOTALL)


def unescape_ansi(text: str) -> str:
    """Return what stands in `$'...'`."""

    def one(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "xu" and len(code) > 1:
            return chr(int(code[1:], 16))
        if code.isdigit():
            return chr(int(code, 8) & 0xFF) if all(c in "01234567" for c in code) else code
        return _SIMPLE.get(code, code)

    return _ANSI.sub(one, text)


def braces(text: str) -> list[str]:
    """Return the words that `{a,b}` makes of one."""
    words = [text]
    for _ in range(4):
        found = [m for w in words if (m := _BRACES.search(w))]
        if not found or len(words) > MAX_WORDS:
            break
        words = [made for w in words for made in _one(w)]
    return [w for w in words if w] or [text]


def _one(word: str) -> list[str]:
    match = _BRACES.search(word)
    if match is None:
        return [word]
    return [f"{word[: match.start()]}{part}{word[match.end() :]}" for part in match[1].split(",")]
