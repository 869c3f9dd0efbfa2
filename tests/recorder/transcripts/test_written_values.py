"""Values that are no text are written as JSON, as the standard library writes them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.transcripts.telling import as_text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(VALUES.filter(lambda value: not isinstance(value, str)))
def test_a_value_is_written_as_the_standard_library_writes_it(value: Any) -> None:
    assert as_text(value) == json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize(
    "value",
    [
        {"half": "\ud83d", "path": "a\udce9"},
        {"large": 2**70, "negative": -(2**70)},
        {"a": {"b": {"c": {"d": {"e": ["f", {"g": "h"}]}}}}},
        {1: "one", None: "none", False: "false"},
        {"controls": "".join(map(chr, range(0x20))) + '"\\/\x7f\u2028'},
    ],
    ids=["half a pair", "over 64 bits", "many levels", "names that are no text", "controls"],
)
def test_what_is_rarely_met_too(value: Any) -> None:
    assert as_text(value) == json.dumps(value, ensure_ascii=False)
