"""Find secrets that are known already, wherever and however encoded they turn up again.

The values live in the recorder's memory only. A value found by its surroundings once (a UUID after
`RAILWAY_API_TOKEN=`) is found from then on where nothing gives it away.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import string
from collections.abc import Iterator

from recorder.sealing.spans import SecretSpan

__all__ = ["KnownSecrets"]

MIN_LENGTH = 8
"""Characters; shorter values would seal ordinary words all over a recording."""
MIN_ENCODED_LENGTH = 10
MAX_KNOWN = 5000
_PLAIN_WORD = re.compile(r"^[A-Za-z]{1,14}$|^[a-z]+(?:[_\-][a-z]+)*$")
_BASE64_ALPHABET = frozenset(string.ascii_letters + string.digits + "+/-_=")


class KnownSecrets:
    """The secrets that were recognised so far, and a pattern that finds all of their forms."""

    def __init__(self) -> None:
        self._forms: dict[str, tuple[str, str, str]] = {}
        self._base64: set[str] = set()
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, value: str, credential_class: str, hint: str) -> bool:
        """Remember a secret that is long and uncommon enough to follow; return if it is new."""
        if value in self._values or len(value) < MIN_LENGTH or _PLAIN_WORD.match(value):
            return False
        if len(self._values) >= MAX_KNOWN:
            return False
        self._values.add(value)
        for form in _plain_forms(value):
            self._forms.setdefault(form, (value, credential_class, hint))
        for form in _base64_forms(value):
            self._forms.setdefault(form, (value, credential_class, hint))
            self._base64.add(form)
        self._pattern = None
        return True

    def find(self, text: str) -> Iterator[SecretSpan]:
        """Yield every place where a known secret stands in some form."""
        if not self._forms:
            return
        if self._pattern is None:
            longest_first = sorted(self._forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))
        for match in self._pattern.finditer(text):
            value, credential_class, hint = self._forms[match[0]]
            start, end = match.span()
            if match[0] in self._base64:
                start, end = _whole_base64_run(text, start, end)
            yield SecretSpan(start, end, credential_class, "known_value", hint, value)


def _whole_base64_run(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a find to its whole run of base64, whose edges hold the rest of the secret's bytes."""
    while start > 0 and text[start - 1] in _BASE64_ALPHABET:
        start -= 1
    while end < len(text) and text[end] in _BASE64_ALPHABET:
        end += 1
    return start, end


def _plain_forms(value: str) -> Iterator[str]:
    """Yield the ways in which a value may stand in a text character by character, itself first."""
    # Loaded where a secret is found: hooks, for which every millisecond counts, mostly find none.
    from urllib.parse import quote  # noqa: PLC0415

    yield value
    escaped = json.dumps(value)[1:-1]
    yield escaped
    yield json.dumps(escaped)[1:-1]
    percent = quote(value, safe="")
    yield percent
    yield quote(percent, safe="")
    if len(value) >= MIN_ENCODED_LENGTH:
        raw = _raw(value)
        yield binascii.hexlify(raw).decode()
        yield binascii.hexlify(raw).decode().upper()
        yield value[::-1]


def _base64_forms(value: str) -> Iterator[str]:
    """Yield the middle of the value's base64 at each of the three alignments it may have."""
    raw = _raw(value)
    for offset in range(3):
        encoded = base64.b64encode(b"\x00" * offset + raw).decode().rstrip("=")
        start = offset + 1 if offset else 0
        end = len(encoded) - (1 if (len(raw) + offset) % 3 else 0)
        core = encoded[start:end]
        if len(core) >= MIN_ENCODED_LENGTH:
            yield core
            yield core.replace("+", "-").replace("/", "_")


def _raw(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")
