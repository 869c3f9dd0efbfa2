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

from recorder.digests import keyed, with_keyed_digests
from recorder.identifiers import with_ids_as_text
from recorder.model import Record, Seal
from recorder.possible import with_possible_times
from recorder.sealing.bounds import bounded
from recorder.sealing.clean import Clean
from recorder.sealing.clues import Clue, Clues, Hits, nothing
from recorder.sealing.detectors import DETECTORS
from recorder.sealing.encodings import BASE64
from recorder.sealing.extracts import as_basic, tokens_in
from recorder.sealing.joints import (
    BETWEEN,
    EVENTS,
    Joined,
    has_few_items,
    has_items,
    joined_events,
    joined_items,
)
from recorder.sealing.json_strings import within_strings
from recorder.sealing.known import Form, KnownSecrets, whole_base64_run
from recorder.sealing.margins import Bare, bare_of
from recorder.sealing.marks import words_in
from recorder.sealing.narrowed import narrowed
from recorder.sealing.plain import as_meant, plain_of, within
from recorder.sealing.recall import Recall, fingerprint_of
from recorder.sealing.sealed import (
    SealedBlob,
    SealedPlace,
    SealedRecord,
    SealedText,
    seal_as_json,
)
from recorder.sealing.spans import SecretSpan, apart_from, to_its_end, without_overlaps
from recorder.sealing.together import clean_texts, short_texts
from recorder.sealing.work import Work
from recorder.sealing.wrapped import unwrapped
from recorder.utf8 import utf8

__all__ = ["Sealer"]

ZSTD_LEVEL = 3
_EVENTS = 0
_AMBIGUOUS = re.compile(r"session|cookie|^secret$")
"""Classes of what may just be a session's id. A former recorder's suspicions are `secret`."""
_CLUES = Clues([Clue(EVENTS, 0, 0, nothing), *DETECTORS])


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
        self.numbers = self._known.numbers
        self.recall = recall or Recall(key)
        self.clean = Clean()
        self._filed: set[str] = set()
        self._declared: set[str] = set()
        """Values that records, not settings, declare."""
        _CLUES.prepare()
        self._compress = zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress

    def seal(self, record: Record, earlier: Sequence[Seal] = ()) -> SealedRecord:
        """Return the record with every secret replaced.

        Args:
            record: what a witness reported.
            earlier: seals that the record already has (it comes out of a spool).
        """
        return self.seal_ready(self.ready(record), earlier)

    def ready(self, record: Record) -> Record:
        """Return a record as it is to be looked through and sealed."""
        record = with_keyed_digests(with_ids_as_text(record), self._key, self.is_filed)
        return bounded(with_possible_times(record), self._key)

    def look_ahead(self, records: Sequence[Record]) -> None:
        """Look through the short texts of some records, which are `ready`, as one text.

        It changes nothing of what is found in them, and takes little more than half of the time.
        """
        self._note_changes()
        texts = short_texts(records, self.clean.texts)
        self.clean.ahead = clean_texts(texts, _CLUES, self._known, self.recall)

    def still_clean(self, text: str) -> frozenset[bytes] | None:
        """Return the marks of a text that was clean, if it holds nothing that became known since;
        None where that is not known.
        """
        marks = self.clean.until_now(text)
        if marks is None or self._known.may_touch(utf8(text)):
            return None
        self.clean.add_text(text, marks)
        return marks

    def _note_changes(self) -> None:
        """Forget what was clean, if more became known since."""
        if self.recall.has_changed():
            self.clean.clear()
            self._filed = {session for session in self._filed if not self.recall.declares(session)}

    def seal_ready(self, record: Record, earlier: Sequence[Seal] = ()) -> SealedRecord:
        """Do as `seal` with a record that is `ready`."""
        self._note_changes()
        if record.session and record.session not in self._filed:
            self._file(record.session)
        work = Work(self, record)
        for seal in earlier:
            self._classes.setdefault(seal.fingerprint, (seal.credential_class, seal.hint))
            work.seals.append(seal)
        # Attributes come first: what is learned from them (a header's value) must be known when the
        # less telling text of the name is read.
        attributes = work.attributes()
        fields: dict[str, Any] = {
            "id": work.identifier(keyed(record.id, self._key), "id"),
            "witness": str(record.witness),
            "phase": str(record.phase),
            "kind": str(record.kind),
            "name": work.text(record.name, "name"),
            "session": work.identifier(record.session, "session"),
            "run": work.identifier(record.run, "run"),
            "ref": work.identifier(record.ref, "ref"),
            "t": None if record.t_ns is None else str(record.t_ns),
            "observed": str(record.observed_ns),
            "status": str(record.status),
            "trace_id": work.identifier(record.trace_id, "trace_id"),
            "span_id": work.identifier(record.span_id, "span_id"),
            "parent_span_id": work.identifier(record.parent_span_id, "parent_span_id"),
            "pid": record.pid,
            "attributes": attributes,
            "blobs": work.blob_refs,
        }
        seals = work.told_seals()
        fields["seals"] = [seal_as_json(seal) for seal in seals]
        return SealedRecord(fields, tuple(seals), tuple(work.blobs), work.marks())

    def fingerprint(self, value: str) -> str:
        """Return the keyed fingerprint of a secret, 32 hexadecimal digits."""
        return fingerprint_of(self._key, value)

    def find(self, text: str) -> list[SecretSpan]:
        """Return the secrets in a text, in order and without overlaps."""
        return self.look_through(text)[0]

    def look_through(self, text: str) -> tuple[list[SecretSpan], frozenset[bytes]]:
        """Return the secrets in a text, in order and without overlaps, and the text's marks."""
        raw = utf8(text)
        plain = plain_of(text)
        seen = raw if plain is text else utf8(plain)
        words = words_in(seen)
        bare = bare_of(plain)
        file = bare.text if bare else plain
        hits = _CLUES.look(file, utf8(file) if bare else seen, words, are_its_own=bare is None)
        marks, recalled = self.recall.look(raw, seen, words)
        events = hits.pop(_EVENTS, ())
        # Most texts are short and hold nothing: what is not called here costs them nothing.
        forms = self._known.standing(raw)
        found = [*self._known.find(text, raw, forms, plain), *recalled]
        if len(events) > 1:
            found += self._in_events(text)
        if BETWEEN in text and (forms or self._may_recall_in_items(text)) and has_items(text):
            found += self._in_items(text, forms)
        if "\n" in plain and (self._known or self.recall.knows_others()):
            found += self._in_lines(text, raw, forms)
        if hits:
            found += _followed(text, plain, bare, hits)
        if found:
            found = self._outside_tokens(text, self._not_allowed(text, found))
        if not found:
            return [], marks
        certain = without_overlaps(narrowed([s for s in found if not s.suspected], text), text)
        suspected = [span for span in found if span.suspected]
        # What is only suspected never widens what is certain: its edges are a guess.
        apart = apart_from([(span.start, span.end) for span in certain], suspected)
        return without_overlaps([*certain, *apart], text) if apart else certain, marks

    def _not_allowed(self, text: str, spans: Iterable[SecretSpan]) -> list[SecretSpan]:
        """Return the spans that the user has not allowed, each by itself: where what is allowed
        stands in a header, the header's own find is left. What is known or only suspected is of the
        value's first class.
        """
        if not self.recall.allows_any():
            return list(spans)
        left = []
        for span in spans:
            value, told = span.value or text[span.start : span.end], span.credential_class
            if span.suspected or span.detector == "known_value":
                told = self._classes.get(self.fingerprint(value), (told, ""))[0]
            if not self.recall.allows(value, told) or self.is_declared(value):
                left.append(span)
        return left

    def _in_events(self, text: str) -> Iterator[SecretSpan]:
        """Yield what stands in a stream's events only once they are put together."""
        whole = joined_events(text)
        if whole is not None:
            yield from _in_parts(whole, self.find(whole.text))

    def _in_items(self, text: str, forms: Sequence[Form]) -> Iterator[SecretSpan]:
        """Yield what is known and stands in a list's strings only once they are put together."""
        whole = joined_items(text)
        if whole is not None:
            found = self._known.find(whole.text, utf8(whole.text), forms)
            yield from _in_parts(whole, [*found, *self._recalled_in(whole.text, forms)])

    def _in_lines(self, text: str, raw: bytes, forms: Sequence[Form]) -> Iterator[SecretSpan]:
        """Yield what is known and stands in base64 or hexadecimal over the ends of lines."""
        whole = unwrapped(text, raw, edges=not (forms or self.recall.knows_others()))
        if whole is None:
            return
        found = self._known.bare(whole.text, utf8(whole.text), forms)
        for span in [*found, *self._recalled_in(whole.text, forms)]:
            if span.value and whole.is_across(span.start, span.end):
                start, end = whole.original(span.start), whole.original(span.end - 1) + 1
                if span.encoding.startswith(BASE64):
                    start, end = whole_base64_run(text, start, end)
                yield replace(span, start=start, end=end)

    def _may_recall_in_items(self, text: str) -> bool:
        return self.recall.knows_others() and has_few_items(text)

    def _recalled_in(self, text: str, forms: Sequence[Form]) -> list[SecretSpan]:
        if not (forms or self.recall.knows_others()):
            return []
        raw = utf8(text)
        return self.recall.look(raw, raw, words_in(raw))[1]

    def _outside_tokens(self, text: str, spans: Iterable[SecretSpan]) -> list[SecretSpan]:
        """Return the spans that are no session's id and do not lie in what is sealed already."""
        found = [s for s in spans if not self.is_session(s, s.value or text[s.start : s.end])]
        return apart_from(list(tokens_in(text)), found) if found else found

    def file_under(self, sessions: Iterable[str]) -> None:
        """Take note of the sessions that a recording has already."""
        self._filed.update(session for session in sessions if "⟦" not in session)

    def is_filed(self, value: str) -> bool:
        """Return whether records are filed under a value: it stands in their ids, as it is."""
        return value in self._filed

    def _file(self, session: str) -> None:
        """Decide, when a session's first record comes, whether its id may stand as it is.

        An id is no secret: it names the session in its files, its commands and here, and what is
        filed under it must be found by it. So nothing that is only suspected, and no cookie or
        `session_id=` that was met before, keeps it from being one; what looks like an issuer's
        token, was declared, or was told to be another secret does, from the first record on.
        """
        found = self.find(session)
        if found and self.evident(session):
            return
        if not any(self._tells_against(span, session) for span in found):
            self._filed.add(session)

    def evident(self, text: str) -> list[SecretSpan]:
        """Return what is certainly secret in a text by itself, whatever is known besides."""
        plain = plain_of(text)
        seen = utf8(plain)
        hits = _CLUES.look(plain, seen, words_in(seen))
        followed = _CLUES.follow(plain, {n: at for n, at in hits.items() if n > _EVENTS})
        return [span for span in followed if not span.suspected]

    def _tells_against(self, span: SecretSpan, session: str) -> bool:
        value = span.value or session[span.start : span.end]
        credential_class, _ = self._classes.get(
            self.fingerprint(value), (span.credential_class, span.hint)
        )
        is_ambiguous = span.suspected or (
            span.detector == "known_value" and _AMBIGUOUS.search(credential_class)
        )
        return not is_ambiguous or self.is_declared(value)

    def is_declared(self, value: str) -> bool:
        """Return whether its owner says that a value is a credential."""
        return value in self._declared or self.recall.declares(value)

    def is_session(self, span: SecretSpan, value: str) -> bool:
        """Return whether a value is the id of a session, and nothing but its name says otherwise.

        `session_id=` stands before a web server's secret, and before the id by which an agent's
        witnesses are joined; the second must not be sealed. Where a cookie or a header holds it, it
        is sealed in that place alone: it is never known as a secret from then on, which would seal
        it in every record of the session.
        """
        if value not in self._filed:
            return False
        is_told = span.detector == "known_value" or span.suspected
        return is_told or "session" in span.credential_class

    def learn(self, value: str, span: SecretSpan) -> tuple[str, str, str]:
        """Remember a secret; return its fingerprint, and the class and hint it first had."""
        fingerprint = self.fingerprint(value)
        credential_class, hint = self._classes.setdefault(
            fingerprint, (span.credential_class, span.hint)
        )
        declared = span.detector == "declared"
        anew = declared and self.recall.allows_any() and value not in self._declared
        if declared:
            self._declared.add(value)
            self._filed.discard(value)
        if value in self._filed:
            return fingerprint, credential_class, hint
        more = self._known.add(
            value, credential_class, hint, suspected=span.suspected, declared=declared
        )
        if more or anew:  # what was allowed until now stands in what is stored
            self.clean.one_more_known()
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
        spans = [as_basic(span, text) for span in within_strings(text, spans)]
        spans = self._not_allowed(text, spans)
        places = [self._sealed_place(text, span) for span in spans]
        if any(place.is_new for place in places):
            raw = utf8(text)
            forms = self._known.standing(raw)
            again = self._not_allowed(text, self._known.find(text, raw, forms, text))
            again = without_overlaps(self._outside_tokens(text, again), text)
            more = apart_from([(s.start, s.end) for s in spans], within_strings(text, again))
            places += [self._sealed_place(text, span) for span in more]
            places.sort(key=lambda place: place.span.start)
        pieces, end = [""], 0
        for place in places:
            pieces += [text[end : place.span.start], place.in_text]
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
        raw = utf8(text)
        return SealedBlob(hashlib.sha256(raw).digest(), len(raw), "zstd", self._compress(raw))


def _followed(text: str, plain: str, bare: Bare | None, hits: Hits) -> Iterator[SecretSpan]:
    """Yield what the clues in a text's plain form, without its margins, lead to."""
    for found in _CLUES.follow(bare.text if bare else plain, hits):
        span = bare.placed(found) if bare else found
        at = span if plain is text else as_meant(within(span, text, plain), text, plain)
        yield to_its_end(at, text)


def _in_parts(whole: Joined, spans: Iterable[SecretSpan]) -> Iterator[SecretSpan]:
    """Yield the pieces of the secrets that lie across a joint, each by itself."""
    for span in spans:
        if whole.is_across(span.start, span.end):
            value = span.value or whole.text[span.start : span.end]
            for start, end in whole.parts(span.start, span.end):
                yield replace(span, start=start, end=end, value=value, encoding=span.of_a_piece)
