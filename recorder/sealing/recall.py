"""What sealing knows besides the values in memory: declared secrets, those of former recorders of
this recording, what its owner allows, and the marks by which a late find reaches what is stored.

Values are never kept beyond memory, so what outlives a process are fingerprints and marks.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from recorder.sealing.declarations import Declaration, Settings
from recorder.sealing.forms import Form, Forms, Recalled, recallable_forms
from recorder.sealing.marks import Marker
from recorder.sealing.names import class_of_name
from recorder.sealing.spans import SecretSpan
from recorder.utf8 import utf8

__all__ = ["FINGERPRINT_BYTES", "NO_MARKS", "Met", "NewSecret", "Recall", "fingerprint_of"]

FINGERPRINT_BYTES = 16
NO_MARKS: frozenset[bytes] = frozenset()
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def fingerprint_of(key: bytes, value: str) -> str:
    """Return the keyed fingerprint of a value, 32 hexadecimal digits."""
    raw = utf8(value)
    return hmac.digest(key, raw, hashlib.sha256)[:FINGERPRINT_BYTES].hex()


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A value that became known as a secret just now. Never write it anywhere."""

    value: str
    """Empty where only its forms are known: whoever put a record aside saw it."""
    fingerprint: str
    forms: tuple[Form, ...]
    declared: str = ""
    """Fingerprint of the user's declaration of it, under this machine's key; empty without one."""
    token: str = ""
    """The token that stands for it, where it is declared."""


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
        self._has_others = False
        """Whether any form is one of a value that is not known here."""
        self._met: set[str] = set()
        self._new: list[NewSecret] = []
        self._newly_met: list[Met] = []
        self._values: dict[str, tuple[str, str]] = {}
        for form in forms:
            self._has_others = True
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

    def knows_others(self) -> bool:
        """Tell whether there is anything to recall besides the values that are known here, whose
        forms are looked for as they are.
        """
        return self._has_others or self._machine is not None

    def look(
        self, raw: bytes, seen: bytes, words: Sequence[bytes]
    ) -> tuple[frozenset[bytes], list[SecretSpan]]:
        """Return the marks of a text, and its secrets that are recalled or declared.

        Args:
            raw: what is looked through, in UTF-8.
            seen: the same as `plain_of` shows it.
            words: those of `seen` (`words_in`).
        """
        if not self._keeps_marks and not self._forms and self._machine is None:
            return NO_MARKS, []
        marks = self._marker.marks(words)
        found: list[SecretSpan] = []
        if self._forms.may_stand(marks):
            places = self._forms.find(raw, seen, self._marker, self._fingerprint)
            found += [_span(place, "secret") for place in places]
        if self._machine is not None and self._declared_forms.may_stand(self._machine.marks(words)):
            key = self._settings.key
            places = self._declared_forms.find(
                raw, seen, self._machine, lambda value: fingerprint_of(key, value)
            )
            found += [_span(place, self._declared_class(place.fingerprint)) for place in places]
        return (marks if self._keeps_marks else NO_MARKS), found

    def _fingerprint(self, value: str) -> str:
        return fingerprint_of(self._key, value)

    def _declared_class(self, fingerprint: str) -> str:
        return class_of_name(self._declared[fingerprint].name)

    def allows_any(self) -> bool:
        """Tell whether the user allowed anything."""
        return bool(self._settings.allowed)

    def allows(self, value: str, credential_class: str) -> bool:
        """Tell whether the user said that a value of this class is no secret."""
        allowed = self._settings.allowed
        return bool(allowed) and (fingerprint_of(self._key, value), credential_class) in allowed

    def declares(self, value: str) -> bool:
        """Tell whether the user declared a value as a credential."""
        return bool(self._declared) and fingerprint_of(self._settings.key, value) in self._declared

    def learned(self, value: str, credential_class: str, fingerprint: str) -> None:
        """Take note that a value is known as a secret from now on."""
        self._values[value] = (credential_class, fingerprint)
        declared, token = self._meet(value, credential_class, fingerprint)
        if self._tells:
            forms = tuple(recallable_forms(value, fingerprint, self._marker))
            self._new.append(NewSecret(value, fingerprint, forms, declared, token))
            for form in forms:
                self._forms.add(form)
            # Half a pair of surrogates is encoded in one way here, and in another there.
            self._has_others = self._has_others or _HALF_PAIR.search(value) is not None

    def _meet(self, value: str, credential_class: str, fingerprint: str) -> tuple[str, str]:
        """Take note of a value that is declared; return of which declaration, and its token."""
        if not self._declared:
            return "", ""
        token = f"⟦{credential_class}:{fingerprint}⟧"
        declared = fingerprint_of(self._settings.key, value)
        is_known = self._has_met(declared, fingerprint, token)
        return (declared, token) if is_known else ("", "")

    def _has_met(self, declared: str, fingerprint: str, token: str) -> bool:
        declaration = self._declared.get(declared)
        if declaration is not None and fingerprint not in self._met:
            self._met.add(fingerprint)
            self._newly_met.append(Met(declaration, token))
        return declaration is not None

    def remember(self, secret: NewSecret) -> None:
        """Know a secret from its forms alone: somebody else saw its value."""
        self._has_changed = self._has_others = True
        for form in secret.forms:
            self._forms.add(form)
        self._has_met(secret.declared, secret.fingerprint, secret.token)

    def take_new(self) -> list[NewSecret]:
        """Return the secrets that became known since this was last asked."""
        new, self._new = self._new, []
        return new

    def take_met(self) -> list[Met]:
        """Return the declared credentials that were met since this was last asked."""
        met, self._newly_met = self._newly_met, []
        return met


def _span(place: Recalled, credential_class: str) -> SecretSpan:
    """Return a recalled secret's span; the sealer knows the class that it had first."""
    return SecretSpan(
        place.start, place.end, credential_class, "known_value",
        value=place.value, encoding=place.encoding,
    )  # fmt: skip
