"""Turn a record into a sealed one: every secret becomes a token before anything is written.

A token `⟦class:fingerprint⟧` is the same for the same secret everywhere in a recording, and tells
nothing to whoever has no key. The sealer belongs to one thread, the recorder's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import zstandard

from recorder import semconv
from recorder.model import Json, Record, Seal
from recorder.sealing import commands, documents, nearby, pem, places, shapes, structure
from recorder.sealing.clean import SHORT, Clean
from recorder.sealing.clues import Clue, Clues, nothing
from recorder.sealing.extracts import TOKEN, beginning_of, password_in, role_of
from recorder.sealing.headers import header_spans
from recorder.sealing.joints import EVENTS, JOINT, joined_events
from recorder.sealing.json_strings import within_strings
from recorder.sealing.known import IN_PIECES, KnownSecrets
from recorder.sealing.names import class_of_name, is_secret_header, is_secret_value
from recorder.sealing.plain import plain_of, within
from recorder.sealing.recall import Recall, fingerprint_of
from recorder.sealing.sealed import (
    SealedBlob,
    SealedPlace,
    SealedRecord,
    SealedText,
    seal_as_json,
)
from recorder.sealing.spans import SecretSpan, apart_from, without_overlaps

__all__ = ["BLOB_THRESHOLD", "Sealer"]

BLOB_THRESHOLD = 4096
"""Characters; a longer string goes to the blobs table and leaves its beginning in the body."""
ZSTD_LEVEL = 3
MAX_SESSIONS = 50_000
_MADE_ID = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}")
_JOINT, _EVENTS = 0, 1
_CLUES = Clues([
    Clue(JOINT, 0, 0, nothing), Clue(EVENTS, 0, 0, nothing),
    *shapes.CLUES, *pem.CLUES, *structure.CLUES, *commands.CLUES, *documents.CLUES,
    *places.CLUES, *nearby.CLUES,
])  # fmt: skip
_HEADERS = (semconv.HTTP_REQUEST_HEADER, semconv.HTTP_RESPONSE_HEADER)
_NAMING_ITS_SECRET = (*_HEADERS, semconv.CREDENTIAL_SECRET)


class Sealer:
    """Seals records with one recording's fingerprint key and remembers the secrets it has seen."""

    def __init__(
        self,
        key: bytes,
        classes: Mapping[str, tuple[str, str]] | None = None,
        recall: Recall | None = None,
    ) -> None:
        """Begin with a key of 32 bytes and what the recording already knows.

        Args:
            key: the recording's fingerprint key.
            classes: fingerprint -> (class, hint) of the credentials already in the recording, so
                that a secret keeps its token after the recorder was restarted.
            recall: what is known besides, and what marks the strings that may turn out secret.
        """
        self._key = key
        self._classes = dict(classes or {})
        self._known = KnownSecrets()
        self.recall = recall or Recall(key)
        self.clean = Clean()
        self._sessions: set[str] = set()
        _CLUES.prepare()
        self._compress = zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress

    def seal(self, record: Record, earlier: Sequence[Seal] = ()) -> SealedRecord:
        """Return the record with every secret replaced.

        Args:
            record: what a witness reported.
            earlier: seals that the record already has (it comes out of a spool).
        """
        if self.recall.has_changed():
            self.clean.clear()
        if record.session and len(self._sessions) < MAX_SESSIONS:
            self._sessions.add(record.session)
        work = _Work(self, record)
        for seal in earlier:
            self._classes.setdefault(seal.fingerprint, (seal.credential_class, seal.hint))
            work.seals.append(seal)
        # Attributes come first: what is learned from them (a header's value) must be known when the
        # less telling text of the name is read.
        attributes = work.attributes()
        fields = {
            "id": work.identifier(record.id, "id"),
            "witness": record.witness.value,
            "phase": record.phase.value,
            "kind": record.kind.value,
            "name": work.text(record.name, "name"),
            "session": work.identifier(record.session, "session"),
            "run": work.identifier(record.run, "run"),
            "ref": work.identifier(record.ref, "ref"),
            "t": None if record.t_ns is None else str(record.t_ns),
            "observed": str(record.observed_ns),
            "status": record.status.value,
            "trace_id": work.identifier(record.trace_id, "trace_id"),
            "span_id": work.identifier(record.span_id, "span_id"),
            "parent_span_id": work.identifier(record.parent_span_id, "parent_span_id"),
            "pid": record.pid,
            "attributes": attributes,
            "blobs": work.blob_refs,
            "seals": [seal_as_json(seal) for seal in work.seals],
        }
        marks = self.recall.take_marks()
        return SealedRecord(fields, tuple(work.seals), tuple(work.blobs), marks)

    def fingerprint(self, value: str) -> str:
        """Return the keyed fingerprint of a secret, 32 hexadecimal digits."""
        return fingerprint_of(self._key, value)

    def find(self, text: str) -> list[SecretSpan]:
        """Return the secrets in a text, in order and without overlaps."""
        raw = text.encode("utf-8", "surrogatepass")
        plain = plain_of(text)
        seen = raw if plain is text else plain.encode("utf-8", "surrogatepass")
        hits = _CLUES.look(plain, seen)
        known = self._known.find(text, raw, hits.pop(_JOINT, ()))
        streamed = self._in_events(text) if len(hits.pop(_EVENTS, ())) > 1 else ()
        followed = _CLUES.follow(plain, hits)
        if plain is not text:
            followed = (within(span, text, plain) for span in followed)
        found = self._outside_tokens(text, [*known, *self.recall.find(text), *streamed, *followed])
        if not found:
            return []
        certain = without_overlaps(span for span in found if not span.suspected)
        suspected = [span for span in found if span.suspected]
        # What is only suspected never widens what is certain: its edges are a guess.
        apart = apart_from([(span.start, span.end) for span in certain], suspected)
        return without_overlaps([*certain, *apart]) if apart else certain

    def _in_events(self, text: str) -> Iterator[SecretSpan]:
        """Yield what stands in a stream's events only once they are put together."""
        whole = joined_events(text)
        if whole is None:
            return
        for span in self.find(whole.text):
            if whole.is_across(span.start, span.end):
                value = span.value or whole.text[span.start : span.end]
                encoding = f"{span.encoding}, {IN_PIECES}" if span.encoding else IN_PIECES
                start, end = whole.original(span.start), whole.original(span.end - 1) + 1
                yield replace(span, start=start, end=end, value=value, encoding=encoding)

    def _outside_tokens(self, text: str, spans: Iterable[SecretSpan]) -> list[SecretSpan]:
        """Return the spans that are no session's id and do not lie in what is sealed already."""
        found = [s for s in spans if not self.is_session(s, s.value or text[s.start : s.end])]
        if not found or "⟦" not in text:
            return found
        tokens = [match.span() for match in TOKEN.finditer(text)]
        return apart_from(tokens, found)

    def is_session(self, span: SecretSpan, value: str) -> bool:
        """Return whether a value is the id of an agent's session and found only by its name.

        `session_id=` stands before a web server's secret, and before the id by which an agent's
        witnesses are joined; the second must not be sealed, nor known as a secret from then on.
        """
        return "session" in span.credential_class and value in self._sessions

    def clean_marks(self, text: str) -> frozenset[bytes] | None:
        """Return the marks of a short text that holds no secret as far as is known; else None."""
        marks = self.clean.text(text)
        if marks is None and not self.find(text):
            marks = self.recall.marks_of(text)
            self.clean.add_text(text, marks)
        return marks

    def learn(self, value: str, span: SecretSpan) -> tuple[str, str, str]:
        """Remember a secret; return its fingerprint, and the class and hint it first had."""
        fingerprint = self.fingerprint(value)
        credential_class, hint = self._classes.setdefault(
            fingerprint, (span.credential_class, span.hint)
        )
        declared = span.detector == "declared"
        if self._known.add(
            value, credential_class, hint, suspected=span.suspected, declared=declared
        ):
            self.clean.clear()
            self.recall.learned(value, credential_class, fingerprint)
        return fingerprint, credential_class, hint

    def seal_text(self, text: str) -> SealedText:
        """Return a text with every secret replaced, as it would stand in a recording."""
        return self.replace(text, self.find(text))

    def replace(self, text: str, spans: Sequence[SecretSpan]) -> SealedText:
        """Return a text with the secrets that stand at some places replaced by their tokens.

        What is learned from them is looked for in the whole text: a password may be named in its
        last line and stand bare in its first.

        Args:
            text: any text.
            spans: where its secrets stand, in order and without overlaps.
        """
        allows = self.recall.allows
        spans = [s for s in within_strings(text, spans)
                 if not allows(s.value or text[s.start : s.end], s.credential_class)]  # fmt: skip
        places = [self._sealed_place(text, span) for span in spans]
        if any(place.is_new for place in places):
            raw = text.encode("utf-8", "surrogatepass")
            joints = _CLUES.look(text, raw).get(_JOINT, ())
            again = self._outside_tokens(text, self._known.find(text, raw, joints))
            again = within_strings(text, without_overlaps(again))
            more = apart_from([(span.start, span.end) for span in spans], again)
            places += [self._sealed_place(text, span) for span in more]
            places.sort(key=lambda place: place.span.start)
        pieces: list[str] = []
        end = 0
        for place in places:
            pieces += [text[end : place.span.start], place.token]
            end = place.span.end
        return SealedText("".join([*pieces, text[end:]]), tuple(places))

    def _sealed_place(self, text: str, span: SecretSpan) -> SealedPlace:
        secret = span.value or text[span.start : span.end]
        was_known = self._known.holds(secret)
        fingerprint, credential_class, hint = self.learn(secret, span)
        is_new = not was_known and self._known.holds(secret)
        return SealedPlace(span, fingerprint, credential_class, hint, len(secret), is_new)

    def compress(self, text: str) -> SealedBlob:
        """Return a sealed text as a blob."""
        raw = text.encode("utf-8", "surrogatepass")
        return SealedBlob(hashlib.sha256(raw).digest(), len(raw), "zstd", self._compress(raw))


class _Work:
    """The sealing of one record: collects its seals and blobs."""

    def __init__(self, sealer: Sealer, record: Record) -> None:
        self._sealer = sealer
        self._record = record
        self.seals: list[Seal] = []
        self.blobs: list[SealedBlob] = []
        self.blob_refs: dict[str, dict[str, Any]] = {}
        self._has_learned = False

    def attributes(self) -> dict[str, Json]:
        sealed: dict[str, Json] = {}
        unknown: list[tuple[str, Json]] = []
        marks: list[frozenset[bytes]] = []
        known = self._sealer.clean.attribute
        for name, value in self._record.attributes.items():
            found = known(name, value) if isinstance(value, str) and len(value) <= SHORT else None
            if found is None:
                unknown.append((name, value))
            else:
                sealed[name] = value
                marks.append(found)
        self._sealer.recall.note_marks(marks)
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
            if isinstance(value, str) and len(value) > BLOB_THRESHOLD:
                sealed[name] = self._in_a_blob(name, value)
        return {name: sealed[name] for name in sorted(sealed)}

    def _again(self, value: Json, place: str) -> Json:
        match value:
            case str():
                return self.text(value, place)
            case Mapping():
                return {self.text(k, place): self._again(v, place) for k, v in value.items()}
            case list():
                return [self._again(item, place) for item in value]
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
            return value
        clean = self._sealer.clean
        marks = clean.text(value) if isinstance(value, str) and len(value) <= SHORT else None
        sealed = self._value(value, name, name)
        # The second time: an id that comes once is not worth it.
        if marks is not None and sealed is value and clean.text(name) is not None:
            clean.add_attribute(name, str(value), marks)
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
            case Mapping():
                return {
                    self.text(str(k), place): self._value(v, str(k), place)
                    for k, v in value.items()
                }
            case list() | tuple():
                return [self._value(item, key, place) for item in value]
            case None | bool() | int() | float():
                return value
            case _:
                return self.text(str(value), place)

    def _header(self, header: str, place: str, value: Json) -> Json:
        if isinstance(value, list | tuple):
            return [self._header(header, place, item) for item in value]
        if not isinstance(value, str) or not value.strip():
            return value if not isinstance(value, Mapping) else self._value(value, header, place)
        spans = header_spans(header, value)
        for span in spans:
            # The password inside is known from now on, wherever else it stands.
            if span.credential_class == "basic" and (found := password_in(value[span.start :])):
                self._sealer.learn(found, SecretSpan(0, 0, "basic", "header"))
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
        """Return an id as it is where OpenTelemetry or we made it, else sealed as any text."""
        return text if not text or _MADE_ID.fullmatch(text) else self.text(text, place)

    def _name(self, name: str) -> str:
        """Return an attribute's name, sealed; names come again and again and are remembered."""
        is_clean = len(name) <= SHORT and self._sealer.clean_marks(name) is not None
        return name if is_clean else self.text(name, "attribute name")

    def text(self, text: str, place: str) -> str:
        """Return a text with the secrets in it replaced."""
        if len(text) <= SHORT:
            marks = self._sealer.clean_marks(text)
            if marks is not None:
                self._sealer.recall.note_marks((marks,))
                return text
        self._sealer.recall.note(text)
        spans = self._sealer.find(text)
        return self._replace(text, spans, place) if spans else text

    def _replace(self, text: str, spans: list[SecretSpan], place: str) -> str:
        sealed = self._sealer.replace(text, spans)
        self._has_learned = self._has_learned or any(found.is_new for found in sealed.places)
        several_lines = "\n" in text
        for found in sealed.places:
            line = f":line {text.count(chr(10), 0, found.span.start) + 1}" if several_lines else ""
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
