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
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from recorder.sealing.spans import SecretSpan

__all__ = ["JOINT", "KnownSecrets"]

MIN_LENGTH = 8
"""Characters; shorter values would seal ordinary words all over a recording."""
MIN_ENCODED_LENGTH = 10
MAX_KNOWN = 5000
BASE64 = "base64"
IN_PIECES = "in pieces"
RECENT = 32
"""Secrets that the small automaton takes up before the large one is built anew."""
_PLAIN_WORD = re.compile(r"^[A-Za-z]{1,14}$|^[a-z]+(?:[_\-][a-z]+){0,2}$")
_BASE64_ALPHABET = frozenset(string.ascii_letters + string.digits + "+/-_=")
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_JOINT = re.compile(
    r"""(?<=[^\s\\])(?:\\{0,3}(?P<quote>["'])\s{0,8}(?:[+.&]|\\?\n)?\s{0,8}\\{0,3}(?P=quote)|\\\r?\n[ \t]{0,40})(?=\S)"""  # noqa: E501
)
"""Where one string is written as two: `'ab' + 'cd'`, `"ab" "cd"`, or over the end of a line."""
JOINT = (
    r"""[^\s\\,:(\[{=](?:'\s{0,8}[+.&]?\s{0,8}\\?'|"\s{0,8}[+.&]?\s{0,8}\\?"|\\\r?\n)[^\s,)\]}:]"""
)
"""The clue that such a place may be in a text."""


@dataclass(frozen=True, slots=True)
class _Form:
    value: str
    credential_class: str
    hint: str
    encoding: str


class _Automaton:
    """Finds any of many strings in one pass."""

    def __init__(self, forms: dict[str, _Form]) -> None:
        self._forms = list(forms.items())
        self._search = AhoCorasick(
            [form for form, _ in self._forms],
            matchkind=MatchKind.LeftmostLongest,
            implementation=Implementation.ContiguousNFA,
        )

    def find(self, text: str) -> Iterator[tuple[int, int, _Form]]:
        for number, start, end in self._search.find_matches_as_indexes(_whole(text)):
            yield start, end, self._forms[number][1]


def _whole(text: str) -> str:
    """Return a text as the automaton can take it, without halves of surrogate pairs."""
    return text if text.isascii() else _HALF_PAIR.sub("\ufffd", text)


class KnownSecrets:
    """The secrets that were recognised so far, and automata that find all of their forms.

    Building an automaton takes as long as all of its strings are: the many settled ones stand in
    one that is built rarely, the newest in one that is built whenever a secret is added.
    """

    def __init__(self) -> None:
        self._forms: dict[str, _Form] = {}
        self._recent_forms: dict[str, _Form] = {}
        self._values: set[str] = set()
        self._suspected: set[str] = set()
        self._recent_values = 0
        self._settled: _Automaton | None = None
        self._recent: _Automaton | None = None

    def add(self, value: str, credential_class: str, hint: str, *, suspected: bool = False) -> bool:
        """Remember a secret that is long and uncommon enough to follow; return if it is new.

        What was only suspected stays so wherever it turns up, until something certain names it.
        """
        if not suspected:
            self._suspected.discard(value)
        if value in self._values or len(value) < MIN_LENGTH or _PLAIN_WORD.match(value):
            return False
        if len(self._values) >= MAX_KNOWN:
            return False
        self._values.add(value)
        if suspected:
            self._suspected.add(value)
        whole = _whole(value)
        for form, encoding in (*_plain_forms(whole), *_base64_forms(whole)):
            if form not in self._forms:
                made = _Form(value, credential_class, hint, encoding)
                self._recent_forms.setdefault(form, made)
        self._recent_values += 1
        self._recent = None
        if self._recent_values >= max(RECENT, len(self._values) // 4):
            self._forms |= self._recent_forms
            self._recent_forms, self._recent_values, self._settled = {}, 0, None
        return True

    def holds(self, value: str) -> bool:
        """Return whether a value is followed."""
        return value in self._values

    def find(self, text: str, *, in_pieces: bool) -> Iterator[SecretSpan]:
        """Yield every place where a known secret stands in some form.

        Args:
            text: what is looked through.
            in_pieces: strings in it are written as several (`JOINT`): look over their joints too.
        """
        if not self._values:
            return
        yield from self._in(text)
        if in_pieces:
            yield from self._over_joints(text)

    def _in(self, text: str) -> Iterator[SecretSpan]:
        for automaton in self._automata():
            for start, end, form in automaton.find(text):
                is_base64 = form.encoding.startswith(BASE64)
                whole = _whole_base64_run(text, start, end) if is_base64 else (start, end)
                yield SecretSpan(
                    *whole, form.credential_class, "known_value", form.hint, form.value,
                    suspected=form.value in self._suspected, encoding=form.encoding,
                )  # fmt: skip

    def _over_joints(self, text: str) -> Iterator[SecretSpan]:
        """Yield what is found only once strings that are written in pieces are put together."""
        pieces: list[str] = []
        places: list[tuple[int, int]] = []
        at = length = 0
        for joint in _JOINT.finditer(text):
            pieces.append(text[at : joint.start()])
            places.append((length, at))
            length += joint.start() - at
            at = joint.end()
        if not places:
            return
        places.append((length, at))
        whole = "".join([*pieces, text[at:]])
        joints = [place for place, _ in places[1:]]
        for span in self._in(whole):
            if any(span.start < joint < span.end for joint in joints):
                yield SecretSpan(
                    _original(places, span.start),
                    _original(places, span.end - 1) + 1,
                    span.credential_class, span.detector, span.hint, span.value, span.suspected,
                    f"{span.encoding}, {IN_PIECES}" if span.encoding else IN_PIECES,
                )  # fmt: skip

    def _automata(self) -> Iterator[_Automaton]:
        if self._settled is None and self._forms:
            self._settled = _Automaton(self._forms)
        if self._recent is None and self._recent_forms:
            self._recent = _Automaton(self._recent_forms)
        if self._settled is not None:
            yield self._settled
        if self._recent_forms and self._recent is not None:
            yield self._recent


def _original(places: list[tuple[int, int]], position: int) -> int:
    """Return where a character of the text put together stands in the text as it was."""
    begin, at = next(p for p in reversed(places) if p[0] <= position)
    return at + position - begin


def _whole_base64_run(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a find to its whole run of base64, whose edges hold the rest of the secret's bytes."""
    while start > 0 and text[start - 1] in _BASE64_ALPHABET:
        start -= 1
    while end < len(text) and text[end] in _BASE64_ALPHABET:
        end += 1
    return start, end


def _plain_forms(value: str) -> Iterator[tuple[str, str]]:
    """Yield the ways in which a value may stand in a text character by character, itself first,
    each with the encoding's name.
    """
    # Loaded where a secret is found: hooks, for which every millisecond counts, mostly find none.
    from html import escape  # noqa: PLC0415
    from shlex import quote as shell_quoted  # noqa: PLC0415
    from urllib.parse import quote, quote_plus  # noqa: PLC0415

    yield value, ""
    escaped = json.dumps(value)[1:-1]
    yield escaped, "json"
    yield json.dumps(escaped)[1:-1], "json twice"
    yield json.dumps(value, ensure_ascii=False)[1:-1], "json"
    percent = quote(value, safe="")
    yield from ((form, "percent") for form in (percent, percent.lower()))
    yield quote(percent, safe=""), "percent twice"
    yield from ((form, "percent") for form in (quote_plus(value), quote(value)))
    yield escape(value), "html"
    yield "".join(f"&#x{ord(c):X};" if not c.isalnum() else c for c in value), "html"
    yield "".join(f"&#{ord(c)};" if not c.isalnum() else c for c in value), "html"
    yield from ((form, "html") for form in _slash_as_entity(value))
    shell = shell_quoted(value)
    yield shell[1:-1] if shell.startswith("'") else shell, "shell"
    yield re.sub(r"([^A-Za-z0-9_\-./@:,+=])", r"\\\1", value), "shell"
    if len(value) >= MIN_ENCODED_LENGTH:
        raw = _raw(value)
        hexadecimal = binascii.hexlify(raw).decode()
        yield from ((form, "hex") for form in (hexadecimal, hexadecimal.upper()))
        yield "".join(f"\\x{byte:02x}" for byte in raw), "hex escapes"
        yield "".join(f"%{byte:02x}" for byte in raw), "percent"
        yield "".join(f"%{byte:02X}" for byte in raw), "percent"
        yield value[::-1], "reversed"
    unicode_escapes = "".join(f"\\u{ord(c):04x}" for c in value)
    for form in (unicode_escapes, unicode_escapes.replace("\\u", "\\\\u")):
        yield form, "unicode escapes"
    yield "".join(f"\\u{ord(c):04X}" for c in value), "unicode escapes"


def _slash_as_entity(value: str) -> Iterator[str]:
    """Yield the forms of template engines that escape a slash and quotes beside HTML's own five."""
    from html import escape  # noqa: PLC0415

    if "/" in value:
        yield escape(value).replace("/", "&#x2F;")
        yield escape(value).replace("/", "&#47;")


def _base64_forms(value: str) -> Iterator[tuple[str, str]]:
    """Yield the middle of the value's base64 at each of the three alignments it may have, each
    with the encoding's name.
    """
    raw = _raw(value)
    for offset in range(3):
        encoded = base64.b64encode(b"\x00" * offset + raw).decode().rstrip("=")
        start = offset + 1 if offset else 0
        end = len(encoded) - (1 if (len(raw) + offset) % 3 else 0)
        core = encoded[start:end]
        if len(core) >= MIN_ENCODED_LENGTH:
            yield core, BASE64
            yield core.replace("+", "-").replace("/", "_"), f"{BASE64}url"
    twice = base64.b64encode(base64.b64encode(raw)).decode().rstrip("=")
    if len(twice) >= MIN_ENCODED_LENGTH + 4:
        yield twice[:-2], f"{BASE64} twice"


def _raw(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")
