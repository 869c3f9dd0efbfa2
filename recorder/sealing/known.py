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
from typing import TYPE_CHECKING

from recorder.sealing.spans import SecretSpan

if TYPE_CHECKING:
    from ahocorasick_rs import AhoCorasick

__all__ = ["KnownSecrets"]

MIN_LENGTH = 8
"""Characters; shorter values would seal ordinary words all over a recording."""
MIN_ENCODED_LENGTH = 10
MAX_KNOWN = 5000
MAX_FRESH = 1000
"""Forms in the smaller finder, which is built anew whenever a secret is learned."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN_WORD = re.compile(r"^[A-Za-z]{1,14}$|^[a-z]+(?:[_\-][a-z]+)*$")
_BASE64_ALPHABET = frozenset(string.ascii_letters + string.digits + "+/-_=")


class KnownSecrets:
    """The secrets that were recognised so far, and a pattern that finds all of their forms."""

    def __init__(self) -> None:
        self._forms: dict[str, tuple[str, str, str]] = {}
        self._base64: set[str] = set()
        self._values: set[str] = set()
        self._automata: tuple[AhoCorasick, ...] = ()
        """Finders of the forms, the settled ones and those that came since."""
        self._settled: list[str] = []
        self._settled_automaton: AhoCorasick | None = None
        self._fresh: list[str] = []

    def add(self, value: str, credential_class: str, hint: str) -> bool:
        """Remember a secret that is long and uncommon enough to follow; return if it is new."""
        if value in self._values or len(value) < MIN_LENGTH or _PLAIN_WORD.match(value):
            return False
        if len(self._values) >= MAX_KNOWN:
            return False
        self._values.add(value)
        base64_forms = set(_base64_forms(value))
        for form in dict.fromkeys([*_plain_forms(value), *base64_forms]):
            if form not in self._forms:
                self._forms[form] = (value, credential_class, hint)
                self._fresh.append(form)
        self._base64 |= base64_forms
        self._automata = ()
        return True

    def find(self, text: str) -> Iterator[SecretSpan]:
        """Yield every place where a known secret stands in some form."""
        if not self._forms:
            return
        for start, end in self._places(text):
            form = text[start:end]
            value, credential_class, hint = self._forms[form]
            if form in self._base64:
                start, end = _whole_base64_run(text, start, end)  # noqa: PLW2901  # widened
            yield SecretSpan(start, end, credential_class, "known_value", hint, value)

    def _places(self, text: str) -> list[tuple[int, int]]:
        """Return where forms stand, each the longest at its place; one automaton's may overlap
        another's.
        """
        try:
            return [
                (start, end)
                for automaton in self._built()
                for _, start, end in automaton.find_matches_as_indexes(text)
            ]
        except UnicodeEncodeError:
            # Half a surrogate pair, as in a file name that is not UTF-8. As long, and no part of
            # any form.
            return self._places(_SURROGATE.sub("\ufffd", text))

    def _built(self) -> tuple[AhoCorasick, ...]:
        """Return the finders, built anew for what has come: often for few, rarely for all."""
        if not self._automata:
            if len(self._fresh) > MAX_FRESH:
                self._settled, self._fresh = [*self._settled, *self._fresh], []
                self._settled_automaton = None
            if self._settled and self._settled_automaton is None:
                self._settled_automaton = _automaton(self._settled)
            parts = [self._settled_automaton] if self._settled_automaton else []
            self._automata = (*parts, *([_automaton(self._fresh)] if self._fresh else []))
        return self._automata


def _automaton(forms: list[str]) -> AhoCorasick:
    # Loaded where a secret is found: hooks, for which every millisecond counts, mostly find none.
    from ahocorasick_rs import AhoCorasick, MatchKind  # noqa: PLC0415

    # Forms of half a surrogate pair cannot be in it; their values are found in their other forms.
    whole = [form for form in forms if not _SURROGATE.search(form)]
    return AhoCorasick(whole, matchkind=MatchKind.LeftmostLongest)


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
