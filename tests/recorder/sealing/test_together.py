"""Looking through many short texts as one finds what looking through each by itself does."""

from __future__ import annotations

import random
from pathlib import Path
from unittest.mock import Mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recorder.model import Json, Kind, Record
from recorder.reader import Recording
from recorder.sealing import SealedRecord, Sealer
from recorder.sealing.forms import recallable_forms
from recorder.sealing.marks import Marker
from recorder.sealing.recall import Recall, fingerprint_of
from recorder.service import Service
from tests.recorder.factories import record
from tests.recorder.sealing.harmless_lines import filled_lines
from tests.recorder.sealing.issuer_tokens import KNOWN_BY_FORMAT, KNOWN_BY_NAME, tokens
from tests.recorder.sealing.places_of_operators import PLACES as OPERATORS
from tests.recorder.sealing.places_of_writers import PLACES as WRITERS
from tests.recorder.sealing.test_structure import PLACES
from tests.recorder.sealing.test_values import ENCODINGS, KEY, SECRETS

DRAW = random.Random(11)
NAMED = [
    *(place.format(DRAW.choice(SECRETS)) for place in PLACES.values()),
    *(
        line.partition("|")[2].replace("{P}", DRAW.choice(SECRETS))
        for line in f"{OPERATORS}{WRITERS}".splitlines()
    ),
]
BARE = [
    *(encode(secret) for encode in ENCODINGS.values() for secret in SECRETS),
    *(piece for s in SECRETS for cut in range(1, len(s)) for piece in (s[:cut], s[cut:])),
    *(s[cut:-cut] for s in SECRETS for cut in range(1, len(s) // 2)),
    *(f"a{secret}b ü {secret}" for secret in SECRETS),
]
UUID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
IN_PIECES = [
    f"'{UUID[:12]}' + '{UUID[12:]}'",
    f'"{UUID[:12]}" "{UUID[12:]}"',
    f'["{UUID[:12]}","{UUID[12:]}","x"]',
]
TEXTS = [
    *IN_PIECES,
    *BARE,
    *NAMED,
    *list(filled_lines(11))[:200],
    *(token for _, token in tokens(KNOWN_BY_FORMAT, 11)),
    *(f"{name} {token}" for name, token in tokens(KNOWN_BY_NAME, 11)),
    *(f"{word} 9f8e7d6c5b4a39281706f5e4d3c2b1a0" for word in ("Token", "the key", "keyed -")),
    *(f"toolu_{DRAW.getrandbits(90):022x}" for _ in range(40)),
    *("", " ", "\ud800", "Bash", "a\nb", "é", "token", "⟦", "%41%42", "x" * 200, "y" * 201),
]
VALUES = st.sampled_from(TEXTS)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["a", "b", "password", "http.request.header.authorization", "t_ns"]),
    st.one_of(
        VALUES,
        st.lists(VALUES, max_size=3),
        st.dictionaries(VALUES, VALUES, max_size=3),
        st.integers(),
    ),
    max_size=4,
)


def told(sealed: SealedRecord) -> object:
    marks = sealed.marks
    return sealed.fields, None if marks is None else {
        marks[n : n + 8] for n in range(0, len(marks), 8)
    }


def one_by_one(sealer: Sealer, records: list[Record]) -> list[object]:
    return [told(sealer.seal(one)) for one in records]


def together(sealer: Sealer, records: list[Record]) -> list[object]:
    ready = [sealer.ready(one) for one in records]
    sealer.look_ahead(ready)
    return [told(sealer.seal_ready(one)) for one in ready]


def sealer() -> Sealer:
    return Sealer(KEY, recall=Recall(KEY, marks=True, tells=True))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(ATTRIBUTES, max_size=12), min_size=1, max_size=3))
def test_what_is_sealed_is_the_same(groups: list[list[dict[str, Json]]]) -> None:
    apart, ahead = sealer(), sealer()
    for group in groups:
        records = [record(attributes=attributes) for attributes in group]
        assert together(ahead, records) == one_by_one(apart, records)


@pytest.mark.parametrize("known", ["nothing", "by values", "by former recorders"])
def test_every_text_beside_every_other_is_the_same(known: str) -> None:
    """Thrice over: the second time they are known to be clean, or were until one gave more away."""
    forms = [
        form
        for secret in SECRETS
        if known == "by former recorders"
        for form in recallable_forms(secret, fingerprint_of(KEY, secret), Marker(KEY))
    ]
    apart, ahead = (
        Sealer(KEY, recall=Recall(KEY, forms=forms, marks=True, tells=True)) for _ in range(2)
    )
    if known == "by values":
        learned = [record(attributes={"password": secret}) for secret in SECRETS]
        assert one_by_one(ahead, learned) == one_by_one(apart, learned)
    # What gives nothing away comes first: it is clean as long as nothing is known.
    texts = TEXTS if known == "nothing" else [*IN_PIECES, *BARE]
    records = [record(attributes={"a": text}) for text in texts]
    for round_ in range(3):
        assert together(ahead, records) == one_by_one(apart, records), round_


@pytest.mark.parametrize("text", [*IN_PIECES, f"id {UUID}", UUID[:30], f"x {UUID[:20]}"])
def test_what_was_clean_is_looked_through_again_when_more_is_known(text: str) -> None:
    one = sealer()
    (before,) = one_by_one(one, [record(attributes={"a": text})])
    one_by_one(one, [record(attributes={"password": UUID})])
    (after,) = one_by_one(one, [record(attributes={"a": text})])
    assert UUID[:12] in str(before)
    assert UUID[:12] not in str(after)


@pytest.mark.parametrize("text", IN_PIECES)
def test_pieces_of_what_is_known_are_told_as_that_secret(text: str) -> None:
    one = sealer()
    (whole,) = one.seal(record(attributes={"password": UUID})).seals
    seals = one.seal(record(attributes={"a": text})).seals
    assert {seal.fingerprint for seal in seals} == {whole.fingerprint}
    assert {seal.encoding for seal in seals} == {"in pieces"}


def test_most_short_texts_are_looked_through_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    ahead, looked = sealer(), Mock(return_value=([], frozenset()))
    monkeypatch.setattr(ahead, "look_through", looked)
    ids = [f"toolu_{number:024}" for number in range(100)]
    together(ahead, [record(attributes={"gen_ai.tool.call.id": each}) for each in ids])
    assert not {call.args[0] for call in looked.call_args_list}.intersection(ids)


def test_a_record_that_cannot_be_sealed_takes_no_other_with_it(tmp_path: Path) -> None:
    deep: Json = "end"
    for _ in range(20_000):
        deep = [deep]
    path = tmp_path / "flight.db"
    service = Service.start(path)
    names = ["before", "too deep", "after"]
    service.submit_group(
        [record(name, attributes={"a": deep if name == "too deep" else "b"}) for name in names]
    )
    service.stop()
    with Recording.open(path) as recording:
        stored = list(recording.records())
    assert [r.name for r in stored if r.kind is Kind.TOOL_CALL] == ["before", "after"]
    (gap,) = (r.attributes for r in stored if r.name == "gap")
    assert "could not be sealed: RecursionError" in str(gap["flightlog.reason"])
