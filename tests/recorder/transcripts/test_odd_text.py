"""Text that is no good Unicode, and entries that no reader understands: nothing of it is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recorder import semconv
from recorder.capture.otlp.json_form import logs, spans
from recorder.transcripts.entry_keys import EntryKeys
from recorder.transcripts.json_text import written
from tests.recorder.transcripts.reading import in_memory, jsonl, read
from tests.recorder.transcripts.test_damage import SOURCES, is_lines
from tests.recorder.transcripts.test_import import conversation, imported, stored

HALF = "\ud83d"


def with_halves(value: Any) -> Any:
    """Return a value in which each text of several words was cut within a surrogate pair."""
    if isinstance(value, dict):
        return {key: with_halves(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_halves(inner) for inner in value]
    return f"{value}{HALF}" if isinstance(value, str) and " " in value else value


@pytest.mark.parametrize("name", [name for name in SOURCES if is_lines(name)])
def test_texts_that_were_cut_within_a_character_tell_as_much_as_whole_ones(
    name: str, corpus: Path
) -> None:
    whole = [json.loads(line) for line in (corpus / SOURCES[name]).read_bytes().splitlines()]
    _, records, damage = read(in_memory(jsonl(whole)))
    _, cut, cut_damage = read(in_memory(jsonl(map(with_halves, whole))))
    assert (len(cut), len(cut_damage)) == (len(records), len(damage))
    said = "".join(ascii(r.attributes) for r in cut)
    assert ascii(HALF)[1:-1] in said or name == "otlp"  # there it becomes a question mark


@pytest.mark.parametrize("session", [HALF + "abc", "a\x00b", "\udc00"])
def test_a_session_whose_id_no_index_can_hold_is_imported(session: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(jsonl(conversation(3, session)))
    report = imported(tmp_path / "flight.db", str(tmp_path / "a.jsonl"))
    assert (report["damaged"], report["new"] > 3) == (0, True)
    again = imported(tmp_path / "flight.db", str(tmp_path / "a.jsonl"))
    assert again["new"] == 0
    (named,) = again["files"][0]["sessions"]
    assert {r.session for r in stored(tmp_path / "flight.db")} == {named}


@pytest.mark.parametrize("value", [{"a": HALF}, {"a": 10**30}, {"b": {"z": 1, "a": HALF}}])
def test_what_a_file_held_is_written_as_it_held_it(value: Any) -> None:
    assert json.loads(written(value)) == json.loads(written(value, by_name=True)) == value


def test_an_entry_of_half_characters_has_a_key_of_its_own() -> None:
    keys = EntryKeys()
    assert len({keys.of(f"one{HALF}"), keys.of(f"two{HALF}"), keys.of("three\udce9")}) == 3


def test_an_entry_that_no_reader_understands_is_kept_as_it_stands(tmp_path: Path) -> None:
    rows = [
        {"timestamp": "2026-11-23T06:06:58.982Z", "type": "session_meta",
         "payload": {"id": "s1", "cwd": "/w", "cli_version": "0.169.0"}},
        {"timestamp": "2026-11-23T06:06:59.000Z", "type": ["new"], "payload": {"telling": 1}},
    ]  # fmt: skip
    (tmp_path / "a.jsonl").write_bytes(jsonl(rows))
    imported(tmp_path / "flight.db", str(tmp_path / "a.jsonl"))
    kept = [r for r in stored(tmp_path / "flight.db") if semconv.RAW in r.attributes]
    assert json.loads(str(kept[-1].attributes[semconv.RAW])) == rows[1]


@pytest.mark.parametrize(
    ("reader", "body"),
    [
        (spans, {"resourceSpans": [{"scopeSpans": [{"spans": [
            {"traceId": "a" * 32, "spanId": "b" * 16, "name": f"chat {HALF}",
             "attributes": [{"key": "k", "value": {"stringValue": f"cut {HALF}"}}]},
            {"traceId": "a" * 32, "spanId": "c" * 16, "name": "whole"},
        ]}]}]}),
        (logs, {"resourceLogs": [{"scopeLogs": [{"logRecords": [
            {"body": {"stringValue": f"cut {HALF}"}}, {"body": {"stringValue": "whole"}},
        ]}]}]}),
    ],
)  # fmt: skip
def test_an_exporter_that_cuts_within_a_character_loses_nothing(
    reader: Any, body: dict[str, Any]
) -> None:
    items = list(reader(json.dumps(body).encode()))
    assert [getattr(item, "identity", "x") != "" for item in items] == [True, True]
    assert ascii(HALF)[1:-1] in ascii(items[0])


@pytest.mark.parametrize("name", [name for name in SOURCES if is_lines(name) and name != "otlp"])
def test_a_hole_that_a_crash_left_before_a_line_is_named_and_the_line_told(
    name: str, corpus: Path
) -> None:
    # (The exported spans stand in one line.)
    lines = (corpus / SOURCES[name]).read_bytes().splitlines(keepends=True)
    place = len(lines) // 2
    holed = b"".join([*lines[:place], b"\x00" * 4096, *lines[place:]])
    _, whole, damage = read(in_memory(b"".join(lines)))
    _, records, found = read(in_memory(holed))
    assert {r.id for r in records} == {r.id for r in whole}
    new = [(one.line, one.reason) for one in found if one not in damage]
    assert (place + 1, "4096 NUL bytes before what stands there") in new


@pytest.mark.parametrize("name", [name for name in SOURCES if is_lines(name) and name != "otlp"])
@pytest.mark.parametrize("odd", [[1], {"a": 1}, [[None]]])
def test_an_entry_whose_type_is_no_word_does_not_hide_what_a_file_is(
    name: str, odd: Any, corpus: Path
) -> None:
    lines = (corpus / SOURCES[name]).read_bytes().splitlines(keepends=True)
    fields = ("type", "role", "kind", "event", "subtype", "source", "action")
    strange = jsonl([{**dict.fromkeys(fields, odd), "n": n} for n in range(2)])
    _, whole, damage = read(in_memory(b"".join(lines)))
    found, records, named = read(in_memory(b"".join([lines[0], strange, *lines[1:]])))
    assert found == name
    assert {r.id for r in whole} <= {r.id for r in records}
    assert len(named) - len(damage) + len(records) - len(whole) >= 2
