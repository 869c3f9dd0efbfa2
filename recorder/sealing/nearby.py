"""Find random-looking strings beside a word that speaks of secrets or names an issuer.

The weakest of the detectors: it knows neither the format nor the field. What it finds is sealed all
the same (a token in place of a harmless id costs little), is marked as suspected, and nothing is
built upon it.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from functools import partial

from recorder.sealing.clues import Clue, DenseClue
from recorder.sealing.exact import Exact
from recorder.sealing.issuer_words import ISSUER_WORDS
from recorder.sealing.looks import LEAST_WITHOUT_DIGIT, MIN_LENGTH, is_random
from recorder.sealing.spans import SecretSpan

__all__ = ["CLUES"]

_SECRET_WORDS = (
    "token", "secret", "password", "passwd", "passphrase", "apikey", "api_key", "api-key",
    "api key", "access_key", "access-key", "access key", "auth_key", "private_key", "private key",
    "license_key", "license key", "credential", "bearer", "creds", "salt", "nonce",
    "activation key", "key", "access", "private", "oauth",
)  # fmt: skip
# Word by word, each taken whole: tried letter by letter it would be the slowest of all patterns.
_AFTER = Exact(
    r"(?:(?!is\b)[A-Za-z0-9]*+(?:[_.\- \[\]>$]|[^\x00-\x7f](?<=\w)))*?(?:(?!is\b)[A-Za-z0-9]*+)"
    r"(?P<gap>)[\\\"'`\]}]{0,4}\s{0,3}"
    r"(?:=>|:{0,4}=|[?.+<]=|\|\|:|!==?|===?|[:,(>\-_]|\bis\b|\s)\s{0,40}[\\\"'`(\[{]{0,4}"
    r"(?P<value>[A-Za-z0-9_\-+/.~:]{10,512}={0,2})(?![=\w])"
)
_SORTS = bytes(
    ord("0") if chr(byte) in string.digits
    else ord("a") if chr(byte) in string.ascii_letters + "_-+/.~:"
    else ord(" ")
    for byte in range(256)
)  # fmt: skip
"""Sorts the characters of a text: digits, what else may stand in a value, and the rest."""
_LONG = b"a" * LEAST_WITHOUT_DIGIT
_RUN = re.compile(rb"[a0]{10,}+")
_HASH = Exact(r"(?:h1:|sha\d{1,3}[-:=]|md5[-:=]|blake\w+[-:])|[0-9a-f]{7,12}$", re.IGNORECASE)
"""What integrity hashes and short commit names begin with."""
_PUBLIC = Exact(
    r"(?:pub(?:lic)?|host|primary|foreign|sort|partition|cache|object|s3)[_\-. ]?key$|'nonce$",
    re.IGNORECASE,
)
"""Keys that are no secrets."""
_DIGIT = Exact(r"\d")
_PREFIXED = Exact(
    r"(?<![A-Za-z0-9_\-/+.])(?P<token>(?P<words>(?:[a-z][a-z0-9]{1,11}[_\-]){1,3})(?P<run>[A-Za-z0-9]{32,128}))(?![A-Za-z0-9_\-=/+.])"
)
_COMMIT = Exact(r"[0-9a-f]{40}|[0-9a-f]{64}")
_POD = Exact(r"-[0-9a-f]{8,10}-[bcdf-hj-np-tv-xz2-9]{5}$")
"""How Kubernetes ends the names that it gives."""
MIN_SECRET_LENGTH = 10
SHORT = 5
"""Letters of an issuer's word that may be part of others."""
GAP = 40
"""Characters between the word and what joins it to a value."""
DENSE = 2000
"""Characters of a text for each word in it, below which the whole text is sorted at once."""
FARTHEST = 100
"""Characters between the word and a value."""
REACH = FARTHEST + 520
CLOSE = 8
"""Characters between the word and a string of less than `MIN_LENGTH`."""
_UUID = Exact(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _find(least: int, text: str, hits: list[int]) -> Iterator[SecretSpan]:
    """Yield what looks random behind each telling word, where the hits end."""
    # Prose speaks of keys and tokens all the time: most of these words end in the first two looks.
    # Where they are few, only what stands behind each is looked at.
    is_dense = len(hits) * DENSE > len(text)
    sorts = _sorted(text) if is_dense else b""
    if is_dense and b"0" not in sorts and _LONG not in sorts:
        return
    match_at = _AFTER.compiled.match
    for hit in hits:
        last = min(hit + FARTHEST + MIN_SECRET_LENGTH, len(text))
        behind = sorts[hit:last] if is_dense else _sorted(text[hit:last])
        match = match_at(text, hit, hit + REACH) if _may_hold_one(behind) else None
        if match is not None:
            yield from _judged(least, text, hit, match)


def _sorted(text: str) -> bytes:
    return text.encode("ascii", "replace").translate(_SORTS)


def _may_hold_one(sorts: bytes) -> bool:
    """Return whether anything behind a word may be a value that `is_random` takes."""
    return any(
        # Of a run that reaches the last character, the rest is not looked at.
        run.end() == len(sorts) or run.end() - run.start() >= len(_LONG) or b"0" in run[0]
        for run in _RUN.finditer(sorts)
    )


def _judged(least: int, text: str, word_end: int, match: re.Match[str]) -> Iterator[SecretSpan]:
    begin = match.start("value")
    if match.start("gap") > word_end + GAP or begin > word_end + FARTHEST:
        return
    value = match["value"]
    if "-----" in text[word_end:begin] or _HASH.match(value):
        return
    if ":" in value:
        value = value.rstrip(".:=")
    is_close = begin - word_end <= CLOSE
    if _PUBLIC.search(text, max(0, word_end - 40), word_end) or _POD.search(value):
        return
    if not is_close and _COMMIT.fullmatch(value):
        return  # what a commit says of tokens and keys stands beside its hash
    if not is_close:
        least = MIN_LENGTH
    if _UUID.fullmatch(value) and not (is_close and least == MIN_SECRET_LENGTH):
        return  # what names a resource, and has to stay readable, looks just like that
    if len(value) >= least and is_random(value):
        yield SecretSpan(begin, begin + len(value), "secret", "nearby", suspected=True)


def _prefixed(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    """Yield what is written as issuers write their tokens: words, then a long random run.

    For those whose formats are not known yet. Hashes and ids are of one case.
    """
    for match in _PREFIXED.finditer(text, start, end):
        run = match["run"]
        if run.islower() or run.isupper() or match["words"].startswith("sha") or not is_random(run):
            continue
        if _DIGIT.search(run):
            yield SecretSpan(*match.span("token"), "secret", "prefix", suspected=True)


def _word(issuer: str) -> str:
    # A short one at a word's beginning: `ibm` stands in every `libm`.
    return issuer if len(issuer) > SHORT else f"(?:^|[^A-Za-z]){issuer}"


CLUES = (
    DenseClue(_SECRET_WORDS, partial(_find, MIN_SECRET_LENGTH)),
    DenseClue([*map(_word, ISSUER_WORDS)], partial(_find, MIN_LENGTH)),
    Clue(r"[_\-][A-Za-z0-9]{32}", 80, 140, _prefixed),
)
"""Words that speak of secrets; words that name an issuer; words that begin a token."""
