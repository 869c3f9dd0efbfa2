"""A secret is found again without its value: by marks of its forms, and its fingerprint."""

from __future__ import annotations

import base64
from collections.abc import Callable
from urllib.parse import quote

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from recorder.sealing import Sealer
from recorder.sealing.declarations import Declaration, Settings
from recorder.sealing.forms import Forms, recallable_forms
from recorder.sealing.marks import MARK_BYTES, Marker, longest_piece, marks_in, words_in
from recorder.sealing.plain import plain_of
from recorder.sealing.recall import Recall, fingerprint_of
from tests.recorder.factories import record

KEY = b"k" * 32


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _seen(text: str) -> bytes:
    return _raw(plain_of(text))


ENCODINGS: list[Callable[[str], str]] = [
    str,
    lambda v: base64.b64encode(v.encode()).decode(),
    lambda v: base64.urlsafe_b64encode(v.encode()).decode().rstrip("="),
    lambda v: v.encode().hex(),
    lambda v: v.encode().hex().upper(),
    lambda v: quote(v, safe=""),
    lambda v: v[::-1],
]
ODD = "+/=.~:@!%"
pieces = st.from_regex(r"[A-Za-z]{4,12}[0-9]{1,4}[A-Za-z0-9_\-]{4,20}", fullmatch=True)
values = st.builds("".join, st.lists(st.sampled_from(ODD) | pieces, min_size=1, max_size=4)).filter(
    lambda v: longest_piece(v)[1] != b"" and "%" not in v
)
around = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="⟦⟧"), max_size=30)


@settings(max_examples=60, deadline=None)
@given(values, st.sampled_from(ENCODINGS), around, around)
def test_any_value_is_recalled_from_any_text_in_any_encoding(
    value: str, encode: Callable[[str], str], before: str, behind: str
) -> None:
    marker, forms = Marker(KEY), Forms()
    for form in recallable_forms(value, fingerprint_of(KEY, value), marker):
        forms.add(form)
    written = encode(value)
    assume(longest_piece(written)[1] != b"")  # what reads as a word (`QUFBQTAwMDAw`) has no mark
    text = f"{before} {written} {behind}"
    raw, seen = _raw(text), _seen(text)
    assert forms.may_stand(marker.marks(words_in(seen)))
    found = list(forms.find(raw, seen, marker, lambda v: fingerprint_of(KEY, v)))
    assert (len(before) + 1, value) in [(f.start, f.value) for f in found]
    assert all(f.value == value for f in found), "never something else: fingerprints decide"


@settings(max_examples=60, deadline=None)
@given(values, st.binary(min_size=32, max_size=32))
def test_marks_of_another_key_tell_nothing(value: str, other: bytes) -> None:
    forms = Forms()
    for form in recallable_forms(value, fingerprint_of(KEY, value), Marker(KEY)):
        forms.add(form)
    text = f"x {value} y"
    if other != KEY:
        assert not forms.may_stand(Marker(other).marks(words_in(_seen(text))))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_marks_are_told_for_any_text(text: str) -> None:
    marks = Marker(KEY).marks(words_in(_seen(text)))
    assert all(len(mark) == MARK_BYTES for mark in marks)
    assert {piece.mark for piece in Marker(KEY).pieces(_seen(text), marks)} == marks


def test_a_token_behind_an_escape_is_marked_by_itself() -> None:
    token = "c2a9e7d48f604b1ea3d5"
    mark = Marker(KEY).mark(token.encode())
    for text in (
        f"a\\n{token}", f"x%3D{token}", f'{{"k":"v\\t{token}"}}', f"\x1b[31m{token}\x1b[0m"
    ):  # fmt: skip
        assert mark in Marker(KEY).marks(words_in(_seen(text)))


def test_a_run_of_any_length_is_marked_as_the_secret_is_that_it_is() -> None:
    marker = Marker(KEY)
    for length in (511, 512, 513, 600, 5000):
        value = ("a1B2c3D4e5F6g7H8" * 400)[:length]
        marks = marker.marks(words_in(_seen(f"key = {value};")))
        assert {form.mark for form in recallable_forms(value, "fp", marker)} & marks


def test_a_record_with_too_many_marks_says_so_and_is_never_passed_over() -> None:
    text = " ".join(f"a1b2c3d4{number:06}" for number in range(5000))
    sealer = Sealer(KEY, recall=Recall(KEY, marks=True))
    assert sealer.seal(record(attributes={"text": text})).marks is None
    marked = sealer.seal(record(attributes={"text": "a1b2c3d4e5f6"})).marks
    assert marked is not None
    assert len(marked) % MARK_BYTES == 0


def test_a_short_text_that_was_clean_is_looked_at_again_when_more_is_known() -> None:
    value = "correct-horse-battery1"
    recall = Recall(KEY, marks=True)
    sealer = Sealer(KEY, recall=recall)

    def sealed() -> str:
        return str(sealer.seal(record(attributes={"phrase": f"say {value}"})).fields["attributes"])

    for _ in range(3):
        assert value in sealed(), "nobody said that it is one"
    machine = b"m" * 32
    fingerprint = fingerprint_of(machine, value)
    forms = tuple(recallable_forms(value, fingerprint, Marker(machine)))
    recall.use(Settings(machine, (Declaration("phrase", fingerprint, forms=forms),)))
    assert value not in sealed()


def test_what_comes_again_keeps_its_marks() -> None:
    sealer = Sealer(KEY, recall=Recall(KEY, marks=True))
    attributes = {"id": "call_a1b2c3d4", "model": "some-model-5", "name": "Bash"}
    marks = [sealer.seal(record(attributes=attributes)).marks or b"" for _ in range(4)]
    assert len({frozenset(marks_in(found)) for found in marks}) == 1
    assert Marker(KEY).mark(b"call_a1b2c3d4") in marks_in(marks[-1])
