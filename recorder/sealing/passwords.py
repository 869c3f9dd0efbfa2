"""Tell what looks like a password or a token from words, paths, versions and files."""

from __future__ import annotations

import re

from recorder.sealing.exact import Exact
from recorder.sealing.harmless import is_harmless
from recorder.sealing.looks import OPERATORS, SPECIAL, is_mixed_letters, is_random, is_wordlike

__all__ = ["is_numbered", "is_passphrase", "is_password", "is_plainly_password", "is_told_password"]

_VERSION = Exact(r"[v(]?\d+(?:[.\-_:x]\d+)*[a-z%)]{0,3}")
_FILE = Exact(r"\.[a-z]{1,5}\d?$|^[\w\-]+=[^=]|::|->|\w\[")
_SPECIAL = Exact(rf"\w[{SPECIAL}{OPERATORS}]|[{SPECIAL}$&?]\w")
_TELLING = Exact(rf"[{SPECIAL}{OPERATORS}=]")
_NUMBERED_WORD = Exact(r"(?:[A-Z]?[a-z]+|[A-Z]+)[\-_.]?\d+")
_TOKEN = Exact(r"[A-Za-z0-9]{20,}|[A-Za-z0-9_\-]{28,}")
_PASSPHRASE = Exact(
    r"(?!.*\b(?:pass|auth|login|user|name|key|cert|tls|cred|prod|test|type|text|file|path|and|the|for|with|not|this|that)"
    r")[a-z]{3,9}(?:-[a-z]{3,9}){3,7}"
)
"""Four words or more that a generator has joined; names of code speak of what they are for."""
_NUMBERED = Exact(
    r"(?!.*(?:pass|auth|login|user|name|key|cert|tls|cred|token|secret|version|release|server|port|host|sha|utf|base|error|line|part|page|step|type|rsa|crypt|argon|pbkdf|latin|windows|java|table|index|item|test|file))"
    r"(?:[A-Z]?[a-z]{2,11}(?:[\-._][A-Z]?[a-z]{2,11}){1,5}[\-._]?|(?:[A-Za-z]{8,24}|[A-Za-z]{4,7}(?=\d{3})))\d{2,6}",
    re.IGNORECASE,
)
"""Words and a number, as people make passwords: `kelp.willow.4711`, `kelpwillow47`."""
_LEAST_PLAIN = 8
_LEAST_KINDS = 3
_LONG_ENOUGH = 12


def is_password(value: str) -> bool:
    """Return whether a string looks like a password or a token, and not like a word or a path."""
    is_word = value.isalpha() and value.islower()  # as most of what is asked about are
    if not is_word and is_mixed_letters(value.rstrip("=")):
        return True
    if is_word or is_harmless(value) or "/" in value or "(" in value:
        return False
    if is_wordlike(value):
        return is_passphrase(value)
    if _VERSION.fullmatch(value) or _FILE.search(value) or not value.isascii():
        return False
    kinds = sum((any(map(str.isdigit, value)), any(map(str.islower, value)),
                 any(map(str.isupper, value)), not value.isalnum()))  # fmt: skip
    has_digit = any(map(str.isdigit, value))
    if kinds >= _LEAST_KINDS and (has_digit or (len(value) >= 8 and _SPECIAL.search(value))):
        return True
    return has_digit and len(value) >= _LONG_ENOUGH and is_random(value)


def is_passphrase(value: str) -> bool:
    """Return whether words are joined as in a passphrase: `kelp-willow-orbit-saffron`."""
    return _PASSPHRASE.fullmatch(value) is not None


def is_told_password(value: str) -> bool:
    """Return whether a string may be a password where it is said that one follows: also where it
    could be the name of a file or of a machine elsewhere, or holds what is an operator there.
    """
    return is_password(value) or is_numbered(value)


def is_numbered(value: str) -> bool:
    """Return whether what is no password by its look alone may be one where it is told."""
    if value[-1:].isdigit() and _NUMBERED.fullmatch(value):
        return True
    if len(value) < _LEAST_PLAIN or not ("=" in value or ":" in value):
        return False
    return is_plainly_password(value.replace("=", "").replace(":", ""))


def is_plainly_password(value: str) -> bool:
    """Return whether a string can hardly be anything else: where names and numbers stand too."""
    if not is_password(value) or len(value) < _LEAST_PLAIN or _NUMBERED_WORD.fullmatch(value):
        return False
    if is_passphrase(value):
        return False
    if _TOKEN.fullmatch(value):
        return is_random(value)
    if _TELLING.search(value):
        return True
    is_mixed = any(map(str.isupper, value)) and any(map(str.islower, value))
    return is_mixed and any(map(str.isdigit, value)) and value.isalnum()
