"""Find secrets behind options of command lines whose names say so: `--password …`, `-Dkey=…`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recorder.sealing.clues import Clue
from recorder.sealing.exact import Exact
from recorder.sealing.harmless import is_harmless
from recorder.sealing.looks import is_wordlike
from recorder.sealing.names import (
    NAME_WORDS,
    class_of_name,
    is_count,
    is_named_so,
    is_secret_name,
)
from recorder.sealing.quotes import LEAST, LETTER, QUOTE, end_of_argument, shell_secret
from recorder.sealing.spans import SecretSpan

__all__ = ["CLUES"]

_FURTHER = Exact(r"(?:,[^\s\"'`\\,;&|<>(){}\[\]⟦⟧=]{1,200}){1,20}(?![=\w(])")
"""Of a value without quotes in which commas are letters."""
_OPTION = Exact(
    r"(?:^|[\s\"'`=])--?(?:D(?=[a-z]))?(?P<name>[A-Za-z][\w\-.]{1,60})(?:[=\s]|\\?[\"'],\s?\\?[\"']|,\s(?=[^\s,\]]{4,512}[,\]]))\s{0,3}"
    rf"{QUOTE}(?P<value>(?!-){LETTER}{{1,4096}})"
)
_OF_PROSE = Exact(
    r"options?|flags?|arguments?|parameters?|values?|and|or|is|to|for|with|in|from|if|as|the|when|instead|was|will|can|must|should|which|that"
)
_SETTINGS = Exact(r"(?:id|type|src|source|name|env|file|path|ref)=")
_SESSION = Exact(r"session-?id$", re.IGNORECASE)
_UUID = Exact(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""Of a session of an agent, which is told by it; a web server's is no UUID."""
_OF_NO_VALUE = Exact(
    r"^(?:ask|no|prompt|require|disable|enable|allow|skip|hide)[_\-]|[_\-](?:from|via)[_\-](?:env|stdin|file)$"
)
"""In the name of an option that says whether, or whence, and not which."""
LEAST_DIGITS = 8
"""Digits behind an option that are no number, unless its name tells of several."""
_PASS_SOURCE = Exact(r"(?:pass|env|file|fd|stdin):?")


def _options(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _OPTION.finditer(text, start, end):
        if _PASS_SOURCE.match(match["value"]) or _OF_NO_VALUE.search(match["name"]):
            continue  # openssl's: says how the password comes, or is followed by it
        begin = match.start("value")
        end, quote = end_of_argument(text, begin, match.end("value"))
        if not quote and len(match["value"]) < LEAST:
            further = _FURTHER.match(text, end)
            end = further.end() if further else end
        name, value = match["name"], match["value"]
        if len(value) < LEAST:
            value = text[begin:end]
            if len(value) < LEAST or not _may_have_blanks(value):
                continue
        is_metavar = (
            (len(value) < LEAST_DIGITS and is_count(name, value))
            or _OF_PROSE.fullmatch(value)
            or (
                _SETTINGS.match(value)
                or (value.isupper() and is_named_so(name, value))
                or (
                    is_wordlike(value)
                    and is_secret_name(value)  # `--secret dbPassword …`: the next is it
                )
            )
        )
        is_session = _SESSION.search(name) and _UUID.fullmatch(value)
        if is_secret_name(name) and not (is_harmless(value) or is_metavar or is_session):
            bare = shell_secret(text[begin:end], quote)
            yield SecretSpan(begin, end, class_of_name(name), "argv", value=bare)


def _may_have_blanks(value: str) -> bool:
    """Return whether a string is a secret rather than a text, where only one has blanks."""
    return " " not in value or any(map(str.isdigit, value))


CLUES = (
    Clue(
        rf"-[\w\-.]{{0,60}}{NAME_WORDS}[\w\-.]{{0,60}}(?:[=\s]|[\\\"']{{0,2}},)",
        160,
        4_200,
        _options,
        is_of_line=True,
    ),
)
"""The clue of an option."""
