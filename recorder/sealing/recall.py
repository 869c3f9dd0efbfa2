"""What sealing knows besides the values in memory: declared secrets, those of former recorders of
this recording, what its owner allows, and the marks by which a late find reaches what is stored.

Values are never kept beyond memory, so what outlives a process are fingerprints and marks.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from recorder.sealing.declarations import Declaration, Settings
from recorder.sealing.forms import Form, Forms, recallable_forms
from recorder.sealing.marks import Marker, words_of
from recorder.sealing.names import class_of_name
from recorder.sealing.spans import SecretSpan

__all__ = ["FINGERPRINT_BYTES", "Met", "NewSecret", "Recall", "fingerprint_of"]

FINGERPRINT_BYTES = 16
MAX_MARKS = 4096
"""Marks of one record; one that has more is looked through whenever something is looked for."""


def fingerprint_of(key: bytes, value: str) -> str:
    """Return the keyed fingerprint of a value, 32 hexadecimal digits."""
    raw = value.encode("utf-8", "surrogatepass")
    return hmac.digest(key, raw, hashlib.sha256)[:FINGERPRINT_BYTES].hex()


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A value that became known as a secret just now. Never write it anywhere."""

    value: str
    """Empty where only its forms are known: whoever put a record aside saw it."""
    fingerprint: str
    forms: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Met:
    """A declared credential that this recording met, and the token that it has here."""

    declaration: Declaration
    token: str


class Recall:
    """One recording's memory beside the values; belongs to the sealer's thread."""

    def __init__(
        self,
        key: bytes,
        settings: Settings | None = None,
        forms: Iterable[Form] = (),
        *,
        marks: bool = False,
        tells: bool = False,
    ) -> None:
        """Begin with what is known.

        Args:
            key: the recording's fingerprint key.
            settings: what this machine's user declared and allowed.
            forms: forms of the secrets that the recording knows.
            marks: also mark all token-like strings of what is sealed.
            tells: keep what becomes known until `take_new` asks for it.
        """
        self._key = key
        self._marker = Marker(key)
        self._keeps_marks = marks
        self._tells = tells
        self._forms = Forms()
        self._marks: set[bytes] = set()
        self._text, self._words = "", list[bytes]()
        self._met: set[str] = set()
        self._new: list[NewSecret] = []
        self._newly_met: list[Met] = []
        self._values: dict[str, tuple[str, str]] = {}
        for form in forms:
            self._forms.add(form)
        self.use(settings or Settings())

    def use(self, settings: Settings) -> None:
        """Go by other settings from now on; values that are known already are held against them."""
        self._has_changed = True
        self._settings = settings
        self._machine = Marker(settings.key) if settings.declared else None
        self._declared = {d.fingerprint: d for d in settings.declared}
        self._declared_forms = Forms()
        for declaration in settings.declared:
            for form in declaration.forms:
                self._declared_forms.add(form)
        for value, (credential_class, fingerprint) in self._values.items():
            self._meet(value, credential_class, fingerprint)

    def has_changed(self) -> bool:
        """Return whether more became known, other than by `learned`, since this was last asked."""
        changed, self._has_changed = self._has_changed, False
        return changed

    def note(self, text: str) -> None:
        """Mark the token-like strings of a text of the record that is being sealed."""
        if self._keeps_marks and len(self._marks) <= MAX_MARKS:
            self._marks |= self._marker.marks(self._words_of(text))

    def note_marks(self, marks: Iterable[frozenset[bytes]]) -> None:
        """Take marks that `marks_of` returned for texts of the record that is being sealed."""
        self._marks.update(*marks)

    def marks_of(self, text: str) -> frozenset[bytes]:
        """Return the marks of a text's token-like strings, for `note_marks`."""
        if not self._keeps_marks:
            return frozenset()
        return frozenset(self._marker.marks(self._words_of(text)))

    def take_marks(self) -> bytes | None:
        """Return the marks of what was noted, one after another; None where there are too many."""
        marks, self._marks = self._marks, set()
        return b"".join(marks) if len(marks) <= MAX_MARKS else None

    def find(self, text: str) -> Iterator[SecretSpan]:
        """Yield secrets of former recorders of this recording, and declared ones."""
        if self._forms:
            yield from self._found(text, self._marker, self._forms, self._key, self._former)
        if self._machine is not None:
            yield from self._found(
                text, self._machine, self._declared_forms, self._settings.key, self._declared_class
            )

    def _found(
        self, text: str, marker: Marker, forms: Forms, key: bytes, named: Callable[[str], str]
    ) -> Iterator[SecretSpan]:
        words = self._words_of(text)
        for place in forms.find(text, words, marker, lambda value: fingerprint_of(key, value)):
            yield SecretSpan(
                place.start, place.end, named(place.fingerprint), "known_value",
                value=place.value, encoding=place.encoding,
            )  # fmt: skip

    def _words_of(self, text: str) -> list[bytes]:
        """Return a text's words: of each it is asked up to three times, one after another."""
        if text is not self._text:
            self._text, self._words = text, words_of(text)
        return self._words

    def _former(self, fingerprint: str) -> str:
        del fingerprint
        return "secret"  # the sealer knows the class that it had first

    def _declared_class(self, fingerprint: str) -> str:
        return class_of_name(self._declared[fingerprint].name)

    def allows(self, value: str, credential_class: str) -> bool:
        """Tell whether the user said that a value of this class is no secret."""
        allowed = self._settings.allowed
        return bool(allowed) and (fingerprint_of(self._key, value), credential_class) in allowed

    def learned(self, value: str, credential_class: str, fingerprint: str) -> None:
        """Take note that a value is known as a secret from now on."""
        self._values[value] = (credential_class, fingerprint)
        self._meet(value, credential_class, fingerprint)
        if self._tells:
            forms = tuple(recallable_forms(value, fingerprint, self._marker))
            self._new.append(NewSecret(value, fingerprint, forms))
            for form in forms:
                self._forms.add(form)

    def _meet(self, value: str, credential_class: str, fingerprint: str) -> None:
        if not self._declared or fingerprint in self._met:
            return
        declaration = self._declared.get(fingerprint_of(self._settings.key, value))
        if declaration is not None:
            self._met.add(fingerprint)
            token = f"⟦{credential_class}:{fingerprint}⟧"
            self._newly_met.append(Met(declaration, token))

    def remember(self, secret: NewSecret) -> None:
        """Know a secret from its forms alone: somebody else saw its value."""
        self._has_changed = True
        for form in secret.forms:
            self._forms.add(form)

    def take_new(self) -> list[NewSecret]:
        """Return the secrets that became known since this was last asked."""
        new, self._new = self._new, []
        return new

    def take_met(self) -> list[Met]:
        """Return the declared credentials that were met since this was last asked."""
        met, self._newly_met = self._newly_met, []
        return met
