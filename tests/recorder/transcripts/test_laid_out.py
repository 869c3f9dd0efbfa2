"""Documents laid out over many lines, one after the other, are told as they are by themselves."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.transcripts import laid_out
from recorder.transcripts.laid_out import documents_in, is_several, may_be_several
from tests.recorder.transcripts.reading import in_memory, read
from tests.recorder.transcripts.test_damage import SOURCES
from tests.recorder.transcripts.test_odd_entries import DOCUMENTS, gist

REAL = ["openhands-trajectory", "swe-agent", "mini-swe-agent", "atif", "har", "http-log"]
VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
ROW = st.lists(
    st.dictionaries(st.text(max_size=4), VALUES, min_size=1) | st.lists(VALUES, min_size=1),
    min_size=1, max_size=4,
)  # fmt: skip


def row(documents: list[Any], between: str, indent: int = 2) -> bytes:
    return between.join(json.dumps(one, indent=indent) for one in documents).encode() + b"\n"


@settings(deadline=None)
@given(documents=ROW, indent=st.integers(0, 3), between=st.sampled_from(["", "\n", "\n\n", "\r\n"]))
def test_each_document_is_found_where_it_stands(
    documents: list[Any], indent: int, between: str
) -> None:
    text = row(documents, between, indent)
    assert may_be_several(text)
    assert is_several(io.BytesIO(text)) == (len(documents) > 1)
    found = list(documents_in(io.BytesIO(text), 1 << 20))
    assert [json.loads(bytes(one)) for _, _, one in found if not isinstance(one, int)] == documents
    for number, offset, _ in found:
        assert text[offset : offset + 1] in {b"{", b"["}
        assert number == 1 + text[:offset].count(b"\n")


@pytest.mark.parametrize("between", ["", "\n", "\n\n"])
@pytest.mark.parametrize("name", [*DOCUMENTS, *REAL])
def test_a_row_of_a_format_tells_what_each_of_its_documents_does(
    name: str, between: str, corpus: Path
) -> None:
    one = json.loads((corpus / SOURCES[name]).read_bytes()) if name in REAL else DOCUMENTS[name][0]
    changed = (
        json.dumps(one).replace("2026-", "2025-").replace('"tool_use_id": "t', '"tool_use_id": "o')
    )
    other = json.loads(changed)
    found, records, damage = read(in_memory(row([one, other], between)))
    assert (found, damage) == (name.partition(",")[0], [])
    apart = [read(in_memory(json.dumps(each).encode()))[1] for each in (one, other)]
    assert sorted(map(gist, records)) == sorted(gist(r) for each in apart for r in each)


def test_a_document_in_a_row_that_is_cut_off_or_too_large_costs_itself_alone() -> None:
    log = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"timeUnixNano": "1"}]}]}]}
    whole = row([log, log], "\n")
    _, records, _ = read(in_memory(whole))
    found, told, damage = read(in_memory(whole + whole[:80]))
    assert found == "otlp"
    assert len(told) == len(records)
    assert [(one.line, one.reason) for one in damage] == [
        (whole.count(b"\n") + 1, "the last line is cut off")
    ]
    large = row([[1], ["x"] * 500, [2]], "\n")
    lengths = [one if isinstance(one, int) else len(one) for _, _, one in
               documents_in(io.BytesIO(large), 100)]  # fmt: skip
    assert lengths[0] < 100 < lengths[1]
    assert lengths[2] < 100


def test_a_first_document_is_looked_through_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laid_out, "CHUNK", 7)
    assert is_several(io.BytesIO(row([["x"] * 300, {"a": 1}], "\n")))
    assert not is_several(io.BytesIO(row([["x"] * 300], "\n")))
