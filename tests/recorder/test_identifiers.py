"""Ids that no index can hold: a NUL, half a surrogate pair. What bears them stays to be found."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analyzer.analysis import analyze
from analyzer.model import Effect
from recorder import semconv
from recorder.body import encode_body, parse_body
from recorder.identifiers import with_ids_as_text
from recorder.model import Phase, Record
from recorder.reader import Recording
from recorder.verify import verify
from tests.recorder.factories import record, write

ODD = [("x\0y", "x␀y"), ("s\ud800", "s\\ud800"), ("\udfff\0", "\\udfff␀")]


def call(session: str, phase: Phase) -> Record:
    said = {
        semconv.GEN_AI_TOOL_NAME: "Bash\0",
        semconv.GEN_AI_TOOL_CALL_ID: "n1\0",
        semconv.GEN_AI_CONVERSATION: session,
        semconv.GEN_AI_TOOL_ARGUMENTS: json.dumps({"command": "rm -rf /srv\0"}),
    }
    odd = record("Bash\0", session=session, ref="n1\0", phase=phase, attributes=said)
    return replace(odd, run="r\0", trace_id="\ud800", span_id="\0", parent_span_id="p\0")


@pytest.mark.parametrize(("given", "stored"), ODD)
def test_an_odd_id_is_stored_as_text_that_selects_and_joins(
    tmp_path: Path, given: str, stored: str
) -> None:
    path = write(tmp_path / "odd.db", [call(given, Phase.START), call(given, Phase.END)])
    with Recording.open(path) as recording:
        (row,) = recording.sessions()
        assert row.id == stored
        assert recording.session(stored[:2]).id == stored
        found = list(recording.records(session=stored))
        assert [r.session for r in found] == [stored, stored]
        for one in found:
            ids = (one.ref, one.run, one.trace_id, one.span_id, one.parent_span_id, one.name)
            assert ids == ("n1␀", "r␀", "\\ud800", "␀", "p␀", "Bash␀")
        (action,) = analyze(recording, row.id).actions
        assert len(action.records) == 2
        assert action.judgement.effect is Effect.D1
        # What it said stays as it said it.
        assert (
            action.attributes[semconv.GEN_AI_TOOL_ARGUMENTS] == '{"command": "rm -rf /srv\\u0000"}'
        )
    assert verify(path).ok


def test_a_body_of_a_former_release_is_read_under_the_id_that_the_index_has() -> None:
    fields: dict[str, Any] = {
        "id": "a\0", "witness": "hook", "phase": "point", "kind": "tool_call", "name": "n\0",
        "session": "s\ud800", "run": "", "ref": "\0", "t": None, "observed": "1",
        "status": "unset", "trace_id": "", "span_id": "", "parent_span_id": "", "pid": None,
        "attributes": {}, "blobs": {}, "seals": [],
    }  # fmt: skip
    found = parse_body(1, encode_body(1, fields))
    assert (found.id, found.name, found.session, found.ref) == ("a␀", "n␀", "s\\ud800", "␀")


def test_an_ordinary_record_is_handed_back_as_it_is() -> None:
    ordinary = record("Bash", attributes={semconv.GEN_AI_TOOL_NAME: "Bash", "text": "a\0b"})
    assert with_ids_as_text(ordinary) is ordinary


def test_no_column_of_a_recording_holds_a_nul(tmp_path: Path) -> None:
    path = write(tmp_path / "odd.db", [call(given, Phase.POINT) for given, _ in ODD])
    db = sqlite3.connect(path)
    for table in ("records", "sessions"):
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[2] == "TEXT"]
        for column in columns:
            sql = f"SELECT count(*) FROM {table} WHERE instr({column}, char(0))"
            assert db.execute(sql).fetchone() == (0,), (table, column)
    db.close()
