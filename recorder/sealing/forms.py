"""The forms of a secret that can be found again by its fingerprint alone, after its value is gone.

For each form in which a value may stand whole, its longest piece is marked: where that mark turns
up, the text around it is read back and held against the fingerprint.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from recorder.sealing.marks import Marker, longest_piece
from recorder.utf8 import utf8

__all__ = ["Form", "Forms", "Recalled", "recallable_forms"]


@dataclass(frozen=True, slots=True)
class Form:
    """One form of one secret, told without its value."""

    mark: bytes
    """Of its longest piece."""
    at: int
    """Bytes of the form before that piece."""
    length: int
    """Bytes of the form."""
    encoding: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Recalled:
    """A place at which a secret was recalled by its fingerprint."""

    start: int
    end: int
    value: str
    encoding: str
    fingerprint: str


def recallable_forms(value: str, fingerprint: str, marker: Marker) -> Iterator[Form]:
    """Yield the forms of a value; none for one that has no token-like piece."""
    # Loaded where a secret is found: hooks, for which every millisecond counts, mostly find none.
    from urllib.parse import quote  # noqa: PLC0415

    raw = utf8(value)
    base = base64.b64encode(raw).decode()
    written = (
        ("", value),
        ("base64", base.rstrip("=")),
        ("base64url", base.rstrip("=").replace("+", "-").replace("/", "_")),
        ("hex", raw.hex()),
        ("hex", raw.hex().upper()),
        ("percent", quote(value, safe="", errors="surrogatepass")),
        ("reversed", value[::-1]),
    )
    seen: set[str] = set()
    for encoding, form in written:
        at, piece = longest_piece(form)
        if piece and form not in seen:
            seen.add(form)
            size = len(utf8(form))
            yield Form(marker.mark(piece), at, size, encoding, fingerprint)


class Forms:
    """Forms of many secrets, found by one look at the marks of a text."""

    def __init__(self) -> None:
        self._by_mark: dict[bytes, list[Form]] = {}

    def __bool__(self) -> bool:
        """Tell whether there is anything to recall."""
        return bool(self._by_mark)

    def add(self, form: Form) -> None:
        """Remember a form."""
        self._by_mark.setdefault(form.mark, []).append(form)

    def may_stand(self, marks: frozenset[bytes]) -> bool:
        """Tell by a text's marks whether a remembered secret may stand in it."""
        return not self._by_mark.keys().isdisjoint(marks)

    def find(
        self, raw: bytes, seen: bytes, marker: Marker, fingerprint: Callable[[str], str]
    ) -> Iterator[Recalled]:
        """Yield where a remembered secret stands.

        Args:
            raw: what is looked through, in UTF-8.
            seen: the same as `plain_of` shows it, in which its words are told apart.
            marker: has the key that the forms were marked with.
            fingerprint: gives a value's fingerprint, with the same key.
        """
        for piece in marker.pieces(seen, self._by_mark):
            for form in self._by_mark[piece.mark]:
                start = piece.start - form.at
                written = raw[start : start + form.length] if start >= 0 else b""
                value = _decoded(written, form.encoding) if len(written) == form.length else None
                if value is not None and fingerprint(value) == form.fingerprint:
                    begin = len(raw[:start].decode("utf-8", "surrogatepass"))
                    end = begin + len(written.decode("utf-8", "surrogatepass"))
                    yield Recalled(begin, end, value, form.encoding, form.fingerprint)


def _decoded(written: bytes, encoding: str) -> str | None:
    try:
        return _DECODERS[encoding](written.decode("utf-8", "surrogatepass"))
    except (ValueError, binascii.Error):
        return None


def _from_base64(written: str) -> str:
    padded = written + "=" * (-len(written) % 4)
    return base64.b64decode(padded, altchars=None, validate=True).decode("utf-8", "surrogatepass")


def _from_base64url(written: str) -> str:
    return _from_base64(written.replace("-", "+").replace("_", "/"))


def _from_percent(written: str) -> str:
    from urllib.parse import unquote  # noqa: PLC0415

    return unquote(written, errors="strict")


_DECODERS: Mapping[str, Callable[[str], str]] = {
    "": str,
    "base64": _from_base64,
    "base64url": _from_base64url,
    "hex": lambda written: bytes.fromhex(written).decode("utf-8", "surrogatepass"),
    "percent": _from_percent,
    "reversed": lambda written: written[::-1],
}
