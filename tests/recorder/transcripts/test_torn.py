"""A line that holds two values, or half a one and a whole one behind it, tells what is whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.transcripts.databases import MAGIC
from recorder.transcripts.handing import Nobody
from recorder.transcripts.importer import Importer
from recorder.transcripts.torn import pieces_of
from tests.recorder.transcripts.reading import in_memory, jsonl, read
from tests.recorder.transcripts.test_aider import CHAT
from tests.recorder.transcripts.test_damage import SOURCES, is_lines

FIRST: dict[str, Any] = {
    "type": "user", "sessionId": "s", "uuid": "u1", "timestamp": "2026-01-01T00:00:00Z",
    "message": {"role": "user", "content": [{"type": "text", "text": 'a "quote" \\ {"type":1} é'}]},
}  # fmt: skip
SECOND: dict[str, Any] = {
    "type": "assistant", "sessionId": "s", "uuid": "u2",
    "message": {"id": "m", "role": "assistant", "content": [{"type": "text", "text": "yes"}]},
}  # fmt: skip
ONE, TWO = (json.dumps(one).encode() for one in (FIRST, SECOND))


def ids(content: bytes) -> tuple[set[str], list[tuple[int, int]]]:
    """Return the ids of what a file tells, and the line and byte of each damage."""
    _, records, damage = read(in_memory(content))
    return {r.id for r in records}, [(one.line, one.offset) for one in damage]


@pytest.mark.parametrize("between", [b"", b" ", b"\x00" * 9])
@pytest.mark.parametrize("above", [b"", TWO + b"\n"])
def test_values_that_share_a_line_are_told_as_on_lines_of_their_own(
    between: bytes, above: bytes
) -> None:
    apart = ids(above + ONE + b"\n" + TWO + b"\n")
    assert ids(above + ONE + between + TWO + b"\n") == apart
    assert apart[1] == []


def test_behind_half_a_line_the_next_one_is_told_or_all_of_it_is_damage() -> None:
    behind = ONE.replace(b"u1", b"u3")
    alone, _ = ids(TWO + b"\n" + behind)
    for cut in range(1, len(ONE)):
        told, damage = ids(TWO + b"\n" + ONE[:cut] + behind)
        assert damage == [(2, len(TWO) + 1)]
        # Where a value was to come, the next line looks like that value.
        waits = ONE[:cut].rstrip().endswith((b":", b"["))
        assert told == alone or (waits and told < alone)


def test_what_is_only_cut_off_tells_nothing_of_what_stands_within() -> None:
    whole, _ = ids(TWO + b"\n")
    for cut in range(1, len(ONE)):
        half = ONE[:cut]
        for content in (TWO + half, TWO + b"\n" + half, TWO + b"\n" + half + b"\n"):
            told, damage = ids(content)
            assert told == whole
            assert len(damage) == 1


OBJECTS = st.dictionaries(
    st.text(max_size=5), st.recursive(
        st.none() | st.integers() | st.text(max_size=6),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=5,
    ), min_size=1,
)  # fmt: skip


@settings(deadline=None)
@given(
    values=st.lists(OBJECTS, min_size=1, max_size=3), half=OBJECTS, last=OBJECTS, at=st.integers(0)
)
def test_pieces_are_what_was_written_in_its_order(
    values: list[dict[str, Any]], half: dict[str, Any], last: dict[str, Any], at: int
) -> None:
    written = [json.dumps(one, ensure_ascii=False).encode() for one in values]
    begun = json.dumps(half).encode()
    torn = begun[: at % len(begun)]
    end = json.dumps(last).encode()
    line = b"".join(written) + torn + end
    pieces = pieces_of(line)
    assert b"".join(piece.text for piece in pieces) in {line, b""}
    whole = [piece.text for piece in pieces if piece.is_whole]
    assert whole[: len(written)] == written[: len(whole)]
    assert set(whole[len(written) :]) <= {end}
    if not torn:
        assert whole == [*written, end]


def test_a_copy_with_other_ends_of_lines_or_another_encoding_adds_nothing() -> None:
    untimed = [{**one, "uuid": None, "timestamp": None} for one in (FIRST, SECOND)]
    content = jsonl(untimed)
    plain, _ = ids(content)
    assert ids(content.replace(b"\n", b"\r\n"))[0] == plain
    assert ids(content.decode().encode("utf-16"))[0] == plain
    assert ids(b"\xef\xbb\xbf" + content)[0] == plain


@pytest.mark.parametrize("name", [*filter(is_lines, SOURCES), "aider"])
def test_each_format_in_lines_is_the_same_in_other_encodings(name: str, corpus: Path) -> None:
    content = CHAT.encode() if name == "aider" else (corpus / SOURCES[name]).read_bytes()
    found, records, _ = read(in_memory(content))
    assert found == name
    text = content.decode()
    for other in (
        text.encode("utf-16"),
        text.encode("utf-8-sig"),
        text.replace("\n", "\r\n").encode(),
    ):
        again, same, damage = read(in_memory(other))
        assert (again, damage) == (name, [])
        assert [r.id for r in same] == [r.id for r in records]


def test_a_damaged_database_and_a_document_of_something_else_are_named() -> None:
    report = Importer(Nobody()).one(in_memory(MAGIC + bytes(5000), "state.vscdb"))
    assert [one.reason for one in report.damage] == [
        "an SQLite database that cannot be read (DatabaseError)"
    ]
    log = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"timeUnixNano": "1"}]}]}]}
    _, records, damage = read(in_memory(jsonl([log, {"type": "of a newer version"}])))
    assert [(one.line, one.kept) for one in damage] == [(2, '{"type": "of a newer version"}')]
    assert records
