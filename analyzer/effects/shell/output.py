"""What a command prints, where its text alone tells: `echo`, `printf`, decoders of known input."""

from __future__ import annotations

import base64
import binascii
import codecs
from collections.abc import Callable

from analyzer.effects.shell.invocation import Invocation
from analyzer.effects.shell.quoting import unescape_ansi

__all__ = ["output_of"]


def output_of(invocation: Invocation) -> str | None:
    """Return what goes down the pipe; None where only running it would tell."""
    if not invocation.words or invocation.truncates or invocation.appends:
        return None
    maker = _MAKERS.get(invocation.name)
    return maker(invocation) if maker else None


def _echo(invocation: Invocation) -> str | None:
    words = list(invocation.words[1:])
    escapes = False
    while words and words[0].text in {"-n", "-e", "-E", "-ne", "-en"}:
        escapes = escapes or "e" in words[0].text
        words.pop(0)
    if not all(word.known for word in words):
        return None
    text = " ".join(word.text for word in words)
    return unescape_ansi(text) if escapes else text


def _printf(invocation: Invocation) -> str | None:
    words = [word for word in invocation.words[1:] if word.text != "--"]
    if not words or not all(word.known for word in words):
        return None
    text, values = unescape_ansi(words[0].text), [word.text for word in words[1:]]
    for mark in ("%s", "%b", "%q"):
        while mark in text and values:
            text = text.replace(mark, values.pop(0), 1)
    return text


def _cat(invocation: Invocation) -> str | None:
    names = [a for a in invocation.arguments if not a.startswith("-")]
    return invocation.stdin if not names else None


def _base64(invocation: Invocation) -> str | None:
    if invocation.stdin is None or not {"-d", "-D", "--decode", "-di"} & set(invocation.arguments):
        return None
    try:
        return base64.b64decode(invocation.stdin.strip(), validate=False).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None


def _xxd(invocation: Invocation) -> str | None:
    flags = "".join(a for a in invocation.arguments if a.startswith("-"))
    if invocation.stdin is None or "r" not in flags:
        return None
    try:
        return bytes.fromhex("".join(invocation.stdin.split())).decode("utf-8", "replace")
    except ValueError:
        return None


def _rev(invocation: Invocation) -> str | None:
    return None if invocation.stdin is None else invocation.stdin.rstrip("\n")[::-1]


def _tr(invocation: Invocation) -> str | None:
    sets = [a for a in invocation.arguments if not a.startswith("-")]
    if invocation.stdin is None or len(sets) != 2:
        return None
    if sets[0].lower() in {"a-za-z", "a-z"} and sets[1].lower().startswith("n-za-m"):
        return codecs.encode(invocation.stdin, "rot13")
    if len(sets[0]) == len(sets[1]) == 1:
        return invocation.stdin.replace(sets[0], sets[1])
    return None


def _which(invocation: Invocation) -> str | None:
    names = [a for a in invocation.arguments if not a.startswith("-")]
    asks = invocation.name == "which" or {"-v", "-P"} & set(invocation.arguments)
    return names[0] if asks and names else None


_MAKERS: dict[str, Callable[[Invocation], str | None]] = {
    "echo": _echo, "printf": _printf, "cat": _cat, "tee": _cat, "base64": _base64, "xxd": _xxd,
    "rev": _rev, "tr": _tr, "which": _which, "command": _which, "type": _which,
}  # fmt: skip
