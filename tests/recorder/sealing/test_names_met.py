"""A record whose attributes' names came before is sealed as if they had not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recorder import semconv
from recorder.model import Json
from recorder.sealing import Sealer
from recorder.sealing.clean import MAX_SET, MAX_SETS, Clean
from recorder.sealing.recall import Recall
from tests.recorder.factories import TOKEN, record
from tests.recorder.sealing.test_together import TEXTS, VALUES
from tests.recorder.sealing.test_values import KEY, SECRETS

NAMES = st.permutations(
    ["c", "a", "b", "note.long", "password", "http.request.header.authorization", "n_s", TOKEN]
)
LONG = "word " * 1000
VALUE = st.one_of(
    VALUES,
    st.sampled_from(["Bash", LONG, f"{LONG} password={SECRETS[0]}", SECRETS[0], f"x {SECRETS[1]}"]),
    st.lists(VALUES, max_size=2),
    st.dictionaries(VALUES, VALUES, max_size=2),
    st.sampled_from([7, 0.5, True, None]),
)


def sealed(attributes: Sequence[Mapping[str, Json]]) -> list[tuple[bytes, object, object, object]]:
    sealer = Sealer(KEY, recall=Recall(KEY, marks=True, tells=True))
    found: list[tuple[bytes, object, object, object]] = []
    for said in attributes:
        one = sealer.seal(record(attributes=said))
        fields = {**one.fields, "id": "", "observed": ""}
        marks = one.marks or b""
        in_order = sorted(marks[at : at + 8] for at in range(0, len(marks), 8))
        body = json.dumps(fields, default=str, separators=(",", ":")).encode()
        found.append((body, one.seals, one.blobs, in_order))
    return found


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(names=NAMES, size=st.integers(1, 8), data=st.data())
def test_names_that_came_before_change_nothing(
    names: list[str], size: int, data: st.DataObject
) -> None:
    """Whatever becomes known under them: in a value, a name, a header, behind a long text."""
    plain: dict[str, Json] = {name: "Bash" for name in names[:size] if name != TOKEN}
    some = st.fixed_dictionaries(dict.fromkeys(plain, VALUE))
    said: list[Mapping[str, Json]] = [
        plain,
        plain,
        plain,
        *data.draw(st.lists(some, max_size=4)),
        plain,
    ]
    said += [{**plain, name: LONG} for name in plain]
    if size == len(names):
        said += [{**plain, TOKEN: text} for text in TEXTS[:3]]
    met = sealed(said)
    with patch.object(Clean, "names_of", return_value=None):
        assert met == sealed(said)


def test_a_name_that_becomes_known_as_a_secret_is_sealed_from_then_on() -> None:
    under = {"a": "Bash", SECRETS[0]: "ls"}
    told = {"a": f"password={SECRETS[0]}", SECRETS[0]: "ls"}
    *_, last, after = sealed([under, under, under, told, under])
    assert SECRETS[0].encode() not in last[0] + after[0]


def test_large_values_stand_in_blobs_whether_their_names_came_before_or_not() -> None:
    said = {semconv.GEN_AI_TOOL_RESULT: LONG, "a": LONG + "b", "b": "Bash"}
    first, *others = sealed([said] * 4)
    assert b"blobs" in first[0]
    assert others == [first] * 3


def test_a_large_value_that_gives_a_secret_away_stands_in_a_blob_under_names_that_came_before() -> (
    None
):
    under, told = {"a": "Bash"}, {"a": f"{LONG} password={SECRETS[0]}"}
    *_, met = sealed([under, under, under, told])
    assert b'"blobs":{"a":' in met[0]
    assert met[2] == sealed([told])[0][2]


def test_names_are_met_where_none_of_them_names_a_secret() -> None:
    sealer = Sealer(KEY, recall=Recall(KEY))
    for name in ("a", "http.request.header.accept"):
        for _ in range(3):
            sealer.seal(record(attributes={name: "Bash"}))
    assert sealer.clean.names_of(["a"]) is not None
    assert sealer.clean.names_of(["http.request.header.accept"]) is None


def test_names_do_not_gather() -> None:
    clean = Clean()
    for number in range(MAX_SETS + 10):
        clean.came_before([f"a{number}"])
    assert not clean.came_before(["a0"])
    for _ in range(2):
        assert not clean.came_before(["x" * (MAX_SET + 1)])
