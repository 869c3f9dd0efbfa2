"""Tell what was made by chance from what was written: words, identifiers, numbers, paths."""

from __future__ import annotations

import functools
import math
import re
from collections import Counter

from recorder.sealing.exact import Exact

__all__ = [
    "LEAST_WITHOUT_DIGIT",
    "MIN_LENGTH",
    "OPERATORS",
    "SPECIAL",
    "is_mixed_letters",
    "is_random",
    "is_wordlike",
]

SPECIAL = "!#%*@^~"
"""Letters of passwords, for the class of a pattern; they join no names in an expression."""
OPERATORS = "$&?+"
"""Such as join them in some language."""
MIN_LENGTH = 16
LONGEST_WORD = 16
LONGEST_NUMBERS = 4
"""Digits of words that are numbered,"""
LEAST_OF_WORDS = 4
"""and letters of each of them, on average."""
LONGEST_NAME = 28
"""Characters from which on a name's letters and digits do not stand alone so often:"""
SINGLE_LETTERS = 4
MIXED_LENGTH = 10
"""Letters from which on those of both cases say something,"""
SHORTEST_MIXED = 8
"""and from which on they do where hardly two of them are of one word."""
LEAST_WITHOUT_DIGIT = 2 * MIXED_LENGTH
"""Characters from which on a string without a digit may be made by chance."""
_DIGIT = Exact(r"\d")
_PARTS = Exact(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_LETTERS = Exact(r"[A-Za-z]+")
_PACKAGE = Exact(r"(?:[a-z_]{2,}|[A-Za-z_]{3,})(?:\d{1,5}[a-z_]*)?$")
_SNAKE = Exact(
    r"_{0,2}(?:[A-Za-z]{1,14}\d{0,3}[A-Za-z]{0,24}|\d{1,4})(?:_{1,2}(?:[A-Za-z]{1,14}\d{0,3}[A-Za-z]{0,24}|\d{1,4})){2,}_{0,2}"
)
"""Names of C: `EVP_PKEY_CTX_set_rsa_mgf1_md`."""
_SLUG = Exact(
    r"(?:[a-z]+|[a-z]{1,2}\d{1,3}|\d{1,4})(?:[\-_.#/](?:[a-z]+|[a-z]{1,2}\d{1,3}|\d{1,4})){3,}"
)
"""Names of pages: `ch14-02-publishing-to-crates-io.html`."""
_BASE64 = Exact(r"(?=[A-Za-z+]*\d)(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])[A-Za-z0-9+]{12}")
"""A piece of base64 between two of its slashes: no folder has such a name."""
_FLOAT = Exact(r"\d[\d.]*(?:e[+\-]?\d+)?[A-Za-z]{0,2}\d{0,3}x?", re.IGNORECASE)
_WORDLIKE = Exact(r"^[-+]?(?:[A-Za-z]+|\d+)(?:[_\-./:=+~](?:[A-Za-z]+|\d{1,6}))*$")


@functools.lru_cache(maxsize=4096)
def is_random(value: str) -> bool:
    """Return whether a string looks made by chance: neither words nor a number nor a path."""
    if not _DIGIT.search(value):
        letters = value.replace("_", "").replace("-", "").rstrip("=")
        return len(value) >= LEAST_WITHOUT_DIGIT and is_mixed_letters(letters)
    if _is_written(value):
        return False
    entropy = _entropy(value)
    hexadecimal = all(c in "0123456789abcdefABCDEF-" for c in value)
    if hexadecimal:
        return len(value) >= MIN_LENGTH and entropy >= 2.8
    if len(value) < MIN_LENGTH:
        return (
            entropy >= 2.9 and any(c.isupper() for c in value) and any(c.islower() for c in value)
        )
    return entropy >= 3.1


def _is_written(value: str) -> bool:
    """Return whether a string reads as words, a name, a number or a path."""
    if value.count(".") > 2 or value.count(":") > 1:
        return True
    if value.count("/") > 2 and not any(map(_BASE64.search, value.split("/"))):
        return True
    if any(form.fullmatch(value) for form in (_WORDLIKE, _SLUG, _FLOAT)):
        return True
    return _is_identifier(value) or _is_dotted_name(value)


def is_mixed_letters(value: str) -> bool:
    """Return whether letters change between capitals and small ones more than in `camelCase`."""
    if len(value) < SHORTEST_MIXED or not value.isascii() or not value.isalpha():
        return False
    if value.islower() or value.isupper():
        return False
    parts = len(_PARTS.findall(value))
    return parts >= SINGLE_LETTERS if len(value) < MIXED_LENGTH else len(value) < 3 * parts


def is_wordlike(value: str) -> bool:
    """Return whether a value reads as words, a name or a number."""
    is_joined = _WORDLIKE.match(value) is not None
    return is_joined and not is_mixed_letters(value) and not _has_odd_words(value)


def _has_odd_words(value: str) -> bool:
    """Return whether words that are joined change between capitals and small ones as none do."""
    words = _LETTERS.findall(value)
    if all(word.islower() or word.isupper() or word.istitle() for word in words):
        return False
    return sum(map(len, words)) < 2 * len(_PARTS.findall("-".join(words)))


def _is_dotted_name(value: str) -> bool:
    """Return whether a value reads as a name of code in a package: `base64.b64encode`."""
    *packages, last = value.split(".")
    is_name = _PACKAGE.match(last) or _is_identifier(last)
    return bool(packages and is_name) and all(map(_PACKAGE.match, packages))


def _is_identifier(value: str) -> bool:
    """Return whether a string reads as words and numbers run together: `PKCS8_pkey_add1_attr`.

    What was made by chance changes between capitals, small letters and digits all the time.
    """
    parts = _PARTS.findall(value)
    humps = [part for part in parts if len(part) > 1 and part[0].isupper() and part[1:].islower()]
    if _SNAKE.fullmatch(value):
        return True
    if _is_numbered(parts):
        return True
    if "_" not in value and len(humps) < 2:
        return False
    if len(value) >= LONGEST_NAME and sum(len(part) == 1 for part in parts) >= SINGLE_LETTERS:
        return False
    words = [part for part in parts if part.isalpha()]
    if len(words) >= 4 and sum(map(len, words)) < 3 * len(words):
        return False
    return sum(map(len, parts)) >= 3 * len(parts) and max(map(len, parts)) <= LONGEST_WORD


def _is_numbered(parts: list[str]) -> bool:
    """Return whether words are numbered once or twice: `opamKeyword2`, `ecdsa-sha2-nistp256`."""
    words = [part for part in parts if part.isalpha()]
    digits = [part for part in parts if part.isdigit()]
    if not words or len(digits) > 2 or sum(map(len, digits)) > LONGEST_NUMBERS:
        return False
    return min(map(len, words)) >= 3 and sum(map(len, words)) >= LEAST_OF_WORDS * len(words)


def _entropy(value: str) -> float:
    """Return Shannon's entropy in bits a character."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values())
