"""What was a document before sealing is one afterwards, also within a string and line by line."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.sealing import Sealer
from tests.recorder.sealing.test_one_fingerprint import PLACES

KEY = b"k" * 32
VALUES = ("xR7kQ2mV9pLw3sN8bT4yHc6d", 'aB"3\\x/eF9z!k', "Kelp&Willow 42é", "834957203458")
TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(VALUES),
    st.builds(
        lambda place, value: place.replace(r"\n", "\n").replace("§", value),
        st.sampled_from(PLACES.split("\n")),
        st.sampled_from(VALUES),
    ),
)
NAMES = st.one_of(
    TEXTS,
    st.sampled_from(["password", "api_key", "Authorization", "tokens", "data", "name", "log"]),
)
DOCUMENTS = st.recursive(
    st.one_of(TEXTS, st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(NAMES, inner, max_size=4),
        inner.map(json.dumps),
        inner.map(lambda document: json.dumps(document, indent=2, ensure_ascii=False)),
    ),
    max_leaves=12,
)


def shape(document: Any) -> Any:
    """Return a document without its strings and numbers: what of it has to stay."""
    match document:
        case dict():
            return [shape(value) for value in document.values()]
        case list():
            return [shape(value) for value in document]
        case _:
            return None


@settings(max_examples=300, deadline=None)
@given(document=DOCUMENTS, indent=st.sampled_from([None, 2]), ascii_only=st.booleans())
def test_a_document_stays_one(document: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    assert shape(json.loads(Sealer(KEY).seal_text(text).text)) == shape(document)


@settings(max_examples=100, deadline=None)
@given(documents=st.lists(DOCUMENTS, min_size=2, max_size=4), is_stream=st.booleans())
def test_lines_of_documents_stay_lines_of_them(documents: list[Any], is_stream: bool) -> None:
    before, end = ("data: ", "\n\n") if is_stream else ("", "\n")
    text = "".join(f"{before}{json.dumps(document)}{end}" for document in documents)
    lines = [line for line in Sealer(KEY).seal_text(text).text.split(end) if line]
    assert [shape(json.loads(line.removeprefix(before))) for line in lines] == [
        shape(document) for document in documents
    ]
