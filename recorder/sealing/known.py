"""Find secrets that are known already, wherever and however encoded they turn up again.

The values live in the recorder's memory only. A value found by its surroundings once (a UUID after
`RAILWAY_API_TOKEN=`) is found from then on where nothing gives it away.
"""

from __future__ import annotations

import re
import string
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from recorder.sealing.bones import bones_of
from recorder.sealing.encodings import BASE64, forms_of
from recorder.sealing.fragments import LEAST, Fragments
from recorder.sealing.fragments import LONGEST as LONGEST_IN_HALVES
from recorder.sealing.joints import Joined, has_joint_at_edge, joined, joined_in_json
from recorder.sealing.literals import LONGEST, Literals
from recorder.sealing.offsets import in_characters
from recorder.sealing.spans import SecretSpan
from recorder.utf8 import utf8

__all__ = ["Form", "KnownSecrets", "whole_base64_run"]

MIN_LENGTH = 8
"""Characters; shorter values would seal ordinary words all over a recording."""
MAX_KNOWN = 5000
CUT = "cut"
CUTTABLE = frozenset({"", BASE64, f"{BASE64}url", "hex", "json", "percent"})
"""Encodings whose halves are looked for at a text's edges."""
TIERS = (16, 128, 1024)
"""Secrets that are compiled together: the newest few again and again, the many once."""
QUIET = 500
"""Texts without a new secret after which it pays to compile all of them together."""
TELLING = 28
"""Bytes of a form's bones that are looked for: more take longer to prepare, and tell no more."""
LEAST_BONES = 4
"""Bytes of a form's bones; of what has less, its bones stand anywhere."""
EDGE = 50_000
"""Characters in which the longest fragment stands, were there a joint behind each of its own."""
FEW = 8
"""Forms that are sooner found one after another than together."""
_PLAIN_WORD = re.compile(r"^[A-Za-z]{1,14}$|^[a-z]+(?:[_\-][a-z]+){0,2}$")
_BASE64_ALPHABET = frozenset(string.ascii_letters + string.digits + "+/-_=")


@dataclass(frozen=True, slots=True)
class Form:
    """One way in which a secret is written. Never write it anywhere."""

    raw: bytes
    """In UTF-8."""
    value: str
    credential_class: str
    hint: str
    encoding: str


class _Tier:
    """Forms of some secrets, prepared when they are first looked for."""

    def __init__(self, forms: Sequence[tuple[bytes, Form]], secrets: int) -> None:
        self.forms = list(forms)
        """Each behind its bones."""
        self.secrets = secrets
        self._literals: Literals | None = None
        self._by_bones: list[list[Form]] = []

    def add(self, forms: Sequence[tuple[bytes, Form]]) -> None:
        """Take up one secret more."""
        self.forms += forms
        self.secrets += 1
        self._literals = None

    def standing(self, bones: bytes) -> Sequence[Form]:
        """Return the forms whose bones stand in a text's."""
        if self._literals is None:
            by_bones: dict[bytes, list[Form]] = {}
            for its, form in self.forms:
                by_bones.setdefault(its[:TELLING], []).append(form)
            self._literals = Literals(list(by_bones))
            self._by_bones = list(by_bones.values())
        hits = self._literals.find(bones)
        return [form for n in {n for *_, n in hits} for form in self._by_bones[n]] if hits else ()


class KnownSecrets:
    """The secrets that were recognised so far, in all of their forms.

    Compiling takes as long as there are strings: each secret is compiled a few times with the
    newest, once with a hundred others, and once with a thousand.
    """

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._values: set[str] = set()
        self._suspected: set[str] = set()
        self.numbers: set[int] = set()
        """Those that may stand as a number."""
        self._tiers: list[_Tier] = []
        """The largest first."""
        self._fragments = Fragments()
        self._whole: list[Form] = []
        self._boneless: list[Form] = []
        self._least = sys.maxsize
        """Bytes of the shortest bones."""
        self._quiet = 0
        """Texts since a secret was added."""

    def add(
        self,
        value: str,
        credential_class: str,
        hint: str,
        *,
        suspected: bool = False,
        declared: bool = False,
    ) -> bool:
        """Remember a secret that is long and uncommon enough to follow; return if it is new.

        Of what its owner declared even a plain word is followed. What was only suspected stays so
        wherever it turns up, until something certain names it.
        """
        if not suspected:
            self._suspected.discard(value)
        if value in self._values or len(value) < MIN_LENGTH:
            return False
        if _PLAIN_WORD.match(value) and not declared:
            return False
        if len(self._values) >= MAX_KNOWN:
            return False
        self._values.add(value)
        if value.isascii() and value.isdigit() and value[0] != "0":
            self.numbers.add(int(value))
        if suspected:
            self._suspected.add(value)
        forms = {
            form: Form(utf8(form), value, credential_class, hint, encoding)
            for form, encoding in reversed(list(forms_of(value)))
            if form not in self._forms
        }
        self._forms.update(forms)  # `|=` with a view of keys copies the whole set
        cuttable = [
            text
            for text, form in forms.items()
            if form.encoding in CUTTABLE and (not form.encoding or len(text) <= LONGEST_IN_HALVES)
        ]
        self._fragments.add(cuttable, len(self._whole))
        self._whole.append(Form(b"", value, credential_class, hint, CUT))
        if not self._tiers or self._tiers[-1].secrets >= TIERS[0]:
            self._tiers.append(_Tier([], 0))
        boned = [(bones_of(form.raw), form) for form in forms.values()]
        self._boneless += [form for bones, form in boned if len(bones) < LEAST_BONES]
        boned = [(bones, form) for bones, form in boned if len(bones) >= LEAST_BONES]
        self._least = min([self._least, *(len(bones) for bones, _ in boned)])
        self._tiers[-1].add(boned)
        self._settle()
        self._quiet = 0
        return True

    def _settle(self) -> None:
        """Put full tiers together into one of the next size."""
        for small, large in pairwise(TIERS):
            alike = [tier for tier in self._tiers if small <= tier.secrets < large]
            if sum(tier.secrets for tier in alike) >= large:
                self._merge(alike)

    def _rest(self) -> None:
        """Put all that is not full together once no secret has been added for a while."""
        self._quiet += 1
        if self._quiet == max(QUIET, 10 * len(self._values)):
            self._merge([tier for tier in self._tiers if tier.secrets < TIERS[-1]])

    def _merge(self, tiers: Sequence[_Tier]) -> None:
        merged = _Tier([f for t in tiers for f in t.forms], sum(t.secrets for t in tiers))
        self._tiers = [*(tier for tier in self._tiers if tier not in tiers), merged]
        self._tiers.sort(key=lambda tier: -tier.secrets)

    def __bool__(self) -> bool:
        """Tell whether any secret is known."""
        return bool(self._tiers)

    def holds(self, value: str) -> bool:
        """Return whether a value is followed."""
        return value in self._values

    def standing(self, raw: bytes) -> Sequence[Form]:
        """Return the forms that may stand in a text (UTF-8), whole or in pieces: mostly none."""
        if len(self._tiers) > 1:
            self._rest()
        if len(raw) < self._least:
            return self._boneless
        bones = bones_of(raw)
        found = self._boneless
        for tier in self._tiers:
            forms = tier.standing(bones)
            if forms:
                found = [*found, *forms]
        return found

    def ends(self, raw: bytes) -> list[int]:
        """Return where in a text (UTF-8) known secrets end, as they are or encoded."""
        return [end for _, end, _ in _places(self.standing(raw), raw)]

    def is_cut(self, raw: bytes) -> bool:
        """Return whether a text (UTF-8) may begin or end with a piece of a known secret."""
        return bool(self._tiers) and self._fragments.may_stand(raw)

    def may_touch(self, raw: bytes) -> bool:
        """Return whether any of a known secret may stand in a text (UTF-8) of one piece."""
        return self.is_cut(raw) or bool(self.ends(raw))

    def find(
        self, text: str, raw: bytes, forms: Sequence[Form], plain: str = ""
    ) -> Iterable[SecretSpan]:
        """Yield every place where a known secret stands in some form, the first in the text first.

        Args:
            text: what is looked through.
            raw: the same in UTF-8.
            forms: those that may stand in it (`standing`).
            plain: the same without escapes (`plain_of`), if strings in it may be written as
                several.
        """
        if forms or self._fragments.may_stand(raw):
            found = self._in(text, raw, forms)
            return chain(found, self._over(text, forms, plain)) if plain else found
        # Without a joint among those characters of a text's edge by which a fragment is told, they
        # are those of the text put together, too.
        if plain and self._tiers and has_joint_at_edge(text, plain, LEAST):
            return self._at_edges(text, plain)
        return ()

    def _at_edges(self, text: str, plain: str) -> Iterator[SecretSpan]:
        """Yield the fragments that a text begins or ends with once it is put together."""
        if len(text) <= 2 * EDGE:
            yield from self._over(text, (), plain)
            return
        for span in self._over(text[:EDGE], (), plain[:EDGE]):
            if span.start == 0:
                yield span
        before = len(text) - EDGE
        for span in self._over(text[before:], (), plain[before:]):
            if span.end == EDGE:
                yield replace(span, start=before + span.start, end=len(text))

    def _over(self, text: str, forms: Sequence[Form], plain: str) -> Iterator[SecretSpan]:
        """Yield what stands in a text only once it is put together over its joints."""
        yield from self._across(joined(text, plain), forms)
        if forms:
            yield from self._across(joined_in_json(text), forms, halves=False)

    def _across(
        self, whole: Joined | None, forms: Sequence[Form], *, halves: bool = True
    ) -> Iterator[SecretSpan]:
        if whole is None:
            return
        for span in self._in(whole.text, utf8(whole.text), forms, halves=halves):
            if whole.is_across(span.start, span.end):
                yield SecretSpan(
                    whole.original(span.start), whole.original(span.end - 1) + 1,
                    span.credential_class, span.detector, span.hint, span.value, span.suspected,
                    span.of_a_piece,
                )  # fmt: skip

    def bare(self, text: str, raw: bytes, forms: Sequence[Form]) -> Iterator[SecretSpan]:
        """Yield the same as `find`, of base64 only what depends on nothing but the secret."""
        return self._in(text, raw, forms, widened=False)

    def _in(
        self,
        text: str,
        raw: bytes,
        forms: Sequence[Form],
        *,
        widened: bool = True,
        halves: bool = True,
    ) -> Iterator[SecretSpan]:
        hits = _places(forms, raw)
        if halves:
            hits += [(begin, end, self._whole[n]) for begin, end, n in self._fragments.find(raw)]
        if not hits:
            return
        places = None
        if len(raw) != len(text):
            places = in_characters(raw, (place for hit in hits for place in hit[:2]))
        last = 0
        # Of forms that overlap the first counts, and of those that begin together the longest.
        for begin, stop, form in sorted(hits, key=lambda hit: (hit[0], -hit[1])):
            if begin < last:
                continue
            last = stop
            start, end = (begin, stop) if places is None else (places[begin], places[stop])
            is_base64 = widened and form.encoding.startswith(BASE64)
            whole = whole_base64_run(text, start, end) if is_base64 else (start, end)
            # A run in which a secret stands a thousand times is one find, and gone along once.
            last += whole[1] - end
            yield SecretSpan(
                *whole, form.credential_class, "known_value", form.hint, form.value,
                suspected=form.value in self._suspected, encoding=form.encoding,
            )  # fmt: skip


def _places(forms: Sequence[Form], raw: bytes) -> list[tuple[int, int, Form]]:
    """Return every place in a text (UTF-8) where one of some forms stands: its begin and end."""
    if len(forms) > FEW or any(len(form.raw) > LONGEST for form in forms):
        found = Literals([form.raw for form in forms]).find(raw)
        return [(begin, end, forms[n]) for begin, end, n in found]
    places: list[tuple[int, int, Form]] = []
    for form in forms:
        at = raw.find(form.raw)
        while at >= 0:
            places.append((at, at + len(form.raw), form))
            at = raw.find(form.raw, at + 1)
    return places


def whole_base64_run(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a find to its whole run of base64, whose edges hold the rest of the secret's bytes."""
    while start > 0 and text[start - 1] in _BASE64_ALPHABET and text[start - 2 : start - 1] != "\\":
        start -= 1  # but not over the letter of an escape
    while end < len(text) and text[end] in _BASE64_ALPHABET:
        end += 1
    return start, end
