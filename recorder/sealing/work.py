"""The sealing of one record, part by part: what was sealed in it, its large values, its marks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from recorder import semconv
from recorder.model import Json, Record, Seal
from recorder.sealing.clean import SHORT
from recorder.sealing.extracts import TOKEN, beginning_of, role_of
from recorder.sealing.headers import header_spans
from recorder.sealing.names import (
    class_of_name,
    is_password_of_digits,
    is_secret_header,
    is_secret_value,
)
from recorder.sealing.sealed import SealedBlob
from recorder.sealing.spans import SecretSpan

if TYPE_CHECKING:
    from recorder.sealing.sealer import Sealer

__all__ = ["Work"]

BLOB_THRESHOLD = 4096
"""Characters; a longer string goes to the blobs table and leaves its beginning in the body."""
MAX_MARKS = 4096
"""Marks of one record; one that has more is looked through whenever something is looked for."""
LINE = ":line "
"""Between a place's name and the number of a line in it."""
_MADE_ID = re.compile(r"[0-9a-f]+")
_ID_LENGTHS = frozenset({16, 32})
_HEADERS = (semconv.HTTP_REQUEST_HEADER, semconv.HTTP_RESPONSE_HEADER)
_NUMBERS = frozenset({int, float, bool, type(None)})
LEAST_SECRET = 100_000
"""A smaller number is no secret."""
_NAMING_ITS_SECRET = (*_HEADERS, semconv.CREDENTIAL_SECRET)


class Work:
    """The sealing of one record: collects its seals, blobs and marks."""

    def __init__(self, sealer: Sealer, record: Record) -> None:
        self._sealer = sealer
        self._record = record
        self.seals: list[Seal] = []
        self.blobs: list[SealedBlob] = []
        self.blob_refs: dict[str, dict[str, Any]] = {}
        self._marks: set[bytes] = set()
        self._has_learned = False
        self._ids = frozenset({record.session, record.run, record.ref, record.id,
                               record.trace_id, record.span_id, record.parent_span_id})  # fmt: skip

    def marks(self) -> bytes | None:
        """Return the marks of what was sealed, one after another; None where there are too many."""
        return b"".join(self._marks) if len(self._marks) <= MAX_MARKS else None

    def attributes(self) -> dict[str, Json]:
        """Return the record's attributes, sealed."""
        given, clean = self._record.attributes, self._sealer.clean
        known, collected = clean.attributes, self._marks
        names, numbers = clean.names_of(given), self._sealer.numbers
        unknown: list[tuple[str, Json]] = []
        for item in given.items():
            name, value = item
            if type(value) is str:
                marks = known.get(item) if len(value) <= SHORT else None
            elif type(value) in _NUMBERS:
                if names is not None and value not in numbers:
                    continue
                is_secret = value in numbers or _names_secret(name, value)
                marks = None if is_secret else clean.texts.get(name)
            else:
                text = _only_text(value)
                is_short = text is not None and len(text) <= SHORT
                marks = known.get((name, text)) if is_short else None
            if marks is None:
                unknown.append(item)
            elif marks:
                collected |= marks
        if names is None:
            sealed = self._under_new_names(_but_for(given, unknown), unknown)
            self._note_names(sealed)
            return sealed
        collected |= names.marks
        # In their order from the start: to sort them takes as long as all else here.
        sealed = {name: given[name] for name in names.ordered}
        for number, (name, value) in enumerate(unknown):
            sealed[name] = self._attribute(name, value)
            if self._has_learned:
                before = _but_for(given, unknown)
                before |= {name: sealed[name] for name, _ in unknown[:number]}
                before[self._name(name)] = sealed[name]
                return self._under_new_names(before, unknown[number + 1 :])
        for name, _ in unknown:
            whole = sealed[name]
            if isinstance(whole, str) and len(whole) > BLOB_THRESHOLD:
                sealed[name] = self._in_a_blob(name, whole)
        return sealed

    def _under_new_names(
        self, sealed: dict[str, Json], unknown: list[tuple[str, Json]]
    ) -> dict[str, Json]:
        """Return attributes, sealed, whose names may hold secrets, too.

        Args:
            sealed: those that are sealed already, or hold none.
            unknown: the others.
        """
        # Headers first: they name their secrets, which the body and the URL may only mention.
        named = [item for item in unknown if item[0].startswith(_NAMING_ITS_SECRET)]
        sealed |= {self._name(name): self._named_attribute(name, value) for name, value in named}
        for name, value in unknown:
            if not named or not name.startswith(_NAMING_ITS_SECRET):
                sealed[self._name(name)] = self._attribute(name, value)
        if self._has_learned and len(sealed) > 1:
            # What one of them gave away may have stood in those before it.
            sealed = {name: self._again(value, name) for name, value in sealed.items()}
        for name, value in sealed.items():
            if type(value) is str and len(value) > BLOB_THRESHOLD:
                sealed[name] = self._in_a_blob(name, value)
        return {name: sealed[name] for name in sorted(sealed)}

    def _note_names(self, sealed: Mapping[str, Json]) -> None:
        """Remember the names under which attributes came, where they hold no secret and name none:
        those of the next record are most often the same.
        """
        given, clean = self._record.attributes, self._sealer.clean
        if self._has_learned or sealed.keys() != given.keys() or not clean.came_before(given):
            return
        if any(_names_secret(name, value) for name, value in given.items()):
            return
        marks = [clean.marks_of(self._name(name)) for name in given]
        clean.add_names(given, list(sealed), marks)

    def _again(self, value: Json, place: str) -> Json:
        match value:
            case str():
                return self.text(value, place)
            case list():
                return [self._again(item, place) for item in value]
            case Mapping():
                return {self.text(k, place): self._again(v, place) for k, v in value.items()}
            case _:
                return value

    def _named_attribute(self, name: str, value: Json) -> Json:
        if name == semconv.CREDENTIAL_SECRET and isinstance(value, str):
            return self._declared(value)
        header = name.rsplit(".", 1)[1]
        is_secret = name.startswith(_HEADERS) and is_secret_header(header)
        return self._header(header, name, value) if is_secret else self._attribute(name, value)

    def _attribute(self, name: str, value: Json) -> Json:
        if isinstance(value, int | float):
            return self._number(value, name, name)
        clean = self._sealer.clean
        text = value if type(value) is str else _only_text(value)
        marks = clean.texts.get(text) if text is not None and len(text) <= SHORT else None
        sealed = self._value(value, name, name)
        # The second time: an id that comes once is not worth it.
        if marks is not None and text is not None and sealed == value:
            named = clean.texts.get(name)
            if named is not None:
                clean.add_attribute(name, text, marks | named)
        return sealed

    def _in_a_blob(self, name: str, sealed: str) -> str:
        """Put a large sealed value into a blob; return what stands of it in the body."""
        blob = self._sealer.compress(sealed)
        self.blobs.append(blob)
        self.blob_refs[name] = {"digest": blob.digest.hex(), "size": blob.size}
        return beginning_of(sealed)

    def _value(self, value: Json, key: str, place: str) -> Json:
        match value:
            case str():
                if is_secret_value(key, value):
                    span = SecretSpan(0, len(value), class_of_name(key), "key")
                    if not self._sealer.is_session(span, value):
                        return self._replace(value, [span], place)
                return self.text(value, place)
            case None | int() | float():
                return self._number(value, key, place)
            case list() | tuple():
                return [self._value(item, key, place) for item in value]
            # The last: whether something is a mapping takes the longest to tell.
            case Mapping():
                return {
                    self.text(str(k), place): self._value(v, str(k), place)
                    for k, v in value.items()
                }
            case _:
                return self.text(str(value), place)

    def _number(self, value: Json, key: str, place: str) -> Json:
        """Return a number, or the token of one that is a secret."""
        if type(value) is not int or value < LEAST_SECRET:
            return value
        written, name = str(value), key.rsplit(".", 1)[-1]
        is_known = value in self._sealer.numbers
        if not is_known and not is_password_of_digits(name, written):
            return value
        detector = "known_value" if is_known else "key"
        span = SecretSpan(0, len(written), class_of_name(key), detector)
        sealed = self._replace(written, [span], place)
        return value if sealed == written else sealed

    def _header(self, header: str, place: str, value: Json) -> Json:
        if isinstance(value, list | tuple):
            return [self._header(header, place, item) for item in value]
        if not isinstance(value, str) or not value.strip():
            return value if not isinstance(value, Mapping) else self._value(value, header, place)
        spans = header_spans(header, value)
        # What is sealed already (it comes out of a spool) keeps its token.
        spans = [s for s in spans if not TOKEN.fullmatch(value, s.start, s.end)]
        return self._replace(value, spans, place)

    def _declared(self, value: str) -> str:
        """Seal all of a value whose owner says that it is a secret, whatever it looks like."""
        if not value or TOKEN.fullmatch(value):
            return value
        name = self._record.attributes.get(semconv.CREDENTIAL_NAME)
        credential_class = class_of_name(name) if isinstance(name, str) else "secret"
        span = SecretSpan(0, len(value), credential_class, "declared")
        return self._replace(value, [span], semconv.CREDENTIAL_SECRET)

    def identifier(self, text: str, place: str) -> str:
        """Return an id as it is where OpenTelemetry or we made it, else without what is a secret.

        Records are filed under it and joined by it, before and after anything becomes known: that
        it stood somewhere as a secret does not change it, nor does a suspicion. What tells of
        itself that it is a credential, or was declared as one, is sealed here too.
        """
        if not text:
            return text
        is_made = len(text) in _ID_LENGTHS and _MADE_ID.fullmatch(text)
        return text if is_made else self.text(text, place)

    def _name(self, name: str) -> str:
        return self.text(name, "attribute name")

    def text(self, text: str, place: str) -> str:
        """Return a text with the secrets in it replaced."""
        clean = self._sealer.clean
        marks = clean.marks_of(text)
        if marks is None:
            marks = self._sealer.still_clean(text)
        if marks is None:
            spans, marks = self._sealer.look_through(text)
            if spans:
                self._marks |= marks
                if text in self._ids:
                    spans = self._within_id(text, spans)
                return self._replace(text, spans, place) if spans else text
            clean.add_text(text, marks)
        self._marks |= marks
        return text

    def told_seals(self) -> list[Seal]:
        """Return the seals, once all is sealed: the name of a place may be a secret, too."""
        return [replace(seal, place=self._told_place(seal.place)) for seal in self.seals]

    def _told_place(self, place: str) -> str:
        name, line, number = place.rpartition(LINE) if LINE in place else (place, "", "")
        clean = self._sealer.clean
        if clean.marks_of(name) is not None:
            return place
        spans, marks = self._sealer.look_through(name)
        if not spans:
            clean.add_text(name, marks)
            return place
        return self._sealer.replace(name, spans).text + line + number

    def _within_id(self, text: str, spans: list[SecretSpan]) -> list[SecretSpan]:
        """Return those of some spans that are to be sealed in one of the record's own ids."""
        if text == self._record.session:
            return [] if self._sealer.is_filed(text) else spans
        is_declared = self._sealer.is_declared
        evident = self._sealer.evident(text)
        return [
            span
            for span in spans
            if is_declared(span.value or text[span.start : span.end])
            or not (span.suspected or (_is_known_whole(span, text) and not evident))
        ]

    def _replace(self, text: str, spans: list[SecretSpan], place: str) -> str:
        sealed = self._sealer.replace(text, spans)
        self._has_learned = self._has_learned or any(found.is_new for found in sealed.places)
        several_lines = "\n" in text
        number, at = 1, 0
        for found in sealed.places:
            number += text.count("\n", at, found.span.start)
            at = found.span.start
            line = f"{LINE}{number}" if several_lines else ""
            self.seals.append(
                Seal(
                    fingerprint=found.fingerprint,
                    credential_class=found.credential_class,
                    detector=found.span.detector,
                    role=role_of(self._record, place),
                    place=place + line,
                    length=found.length,
                    hint=found.hint,
                    suspected=found.span.suspected,
                    encoding=found.span.encoding,
                )
            )
        return sealed.text


def _only_text(value: Json) -> str | None:
    """Return a text, or the only one of a list, as which a header's value comes; else None."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, str) else None


def _names_secret(name: str, value: Json) -> bool:
    """Return whether an attribute's name tells that its value is a secret, as which it is sealed
    each time.
    """
    is_number = type(value) is int and is_password_of_digits(name, str(value))
    return is_number or name.startswith(_NAMING_ITS_SECRET)


def _but_for(given: Mapping[str, Json], items: list[tuple[str, Json]]) -> dict[str, Json]:
    others = {name for name, _ in items}
    return {name: value for name, value in given.items() if name not in others}


def _is_known_whole(span: SecretSpan, text: str) -> bool:
    """Return whether all of a text is what stood as a secret in another place."""
    is_whole = (span.start, span.end) == (0, len(text))
    return is_whole and span.detector == "known_value" and not span.encoding
