"""Entries of types that a newer version writes are kept whole, counted, and named by their line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from recorder import semconv
from recorder.commands.import_ import command
from recorder.transcripts.handing import Nobody
from recorder.transcripts.importer import KEPT_TYPES, Importer
from recorder.transcripts.places import sources_of
from tests.recorder.transcripts.reading import in_memory, jsonl, read
from tests.recorder.transcripts.test_damage import SOURCES

NEW = "brand-new-in-2027"
CLAUDE = {
    "type": "user",
    "sessionId": "s",
    "uuid": "u1",
    "message": {"role": "user", "content": "x"},
}
UNKNOWN: dict[str, dict[str, Any]] = {
    "claude-code": {"type": NEW, "sessionId": "s", "more": [1]},
    "codex": {"timestamp": "2026-01-01T00:00:00Z", "type": NEW, "payload": {"a": 1}},
    "codex, event": {"timestamp": "2026-01-01T00:00:00Z", "type": "event_msg",
                     "payload": {"type": NEW}},
    "codex, item": {"timestamp": "2026-01-01T00:00:00Z", "type": "response_item",
                    "payload": {"type": NEW}},
    "gemini-cli": {"type": NEW, "id": "1", "timestamp": "2026-01-01T00:00:00Z"},
    "copilot-cli": {"type": NEW, "id": "1", "data": {"a": 1}},
}  # fmt: skip


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_of_a_type_not_known_is_kept_and_said_to_be_so(name: str, corpus: Path) -> None:
    content = (corpus / SOURCES[name.partition(",")[0]]).read_bytes().rstrip(b"\n") + b"\n"
    found, records, damage = read(in_memory(content + jsonl([UNKNOWN[name]])))
    assert (found, damage) == (name.partition(",")[0], [])
    (record,) = [r for r in records if semconv.SOURCE_UNKNOWN in r.attributes]
    assert record.name == NEW
    assert json.loads(str(record.attributes[semconv.RAW])) == UNKNOWN[name]


def test_parts_and_events_of_documents_are_so_too() -> None:
    export = {"info": {"id": "ses_1"}, "messages": [
        {"info": {"id": "msg_1", "role": "user"}, "parts": [{"id": "prt_1", "type": NEW}]}
    ]}  # fmt: skip
    event = {"id": "e1", "timestamp": "2026-01-01T00:00:00", "source": "agent", "kind": NEW}
    for document in (export, event):
        records = read(in_memory(json.dumps(document).encode()))[1]
        assert [r.name for r in records if semconv.SOURCE_UNKNOWN in r.attributes] == [NEW]


def test_of_what_the_readers_were_tested_on_every_type_is_known(corpus: Path) -> None:
    importer = Importer(Nobody())
    reports = [importer.one(source) for source in sources_of(str(corpus))]
    assert {r.name: r.unknown for r in reports if r.unknown} == {}
    assert len(reports) > 100


def test_an_import_names_them_by_file_and_line_and_a_strict_one_fails(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(jsonl([CLAUDE, *[UNKNOWN["claude-code"] | {"n": n} for n in range(3)]]))
    arguments = ["-r", str(tmp_path / "flight.db"), str(path)]
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0
    assert f"not known: {path}:2: {NEW}, and 2 more of it\n" in done.stderr
    assert "Warning: 3 entries of types not known here: they are kept whole." in done.stderr
    assert "5 new" in done.stdout
    strict = CliRunner().invoke(command, [*arguments, "--strict", "--json"])
    assert strict.exit_code == 2
    (told,) = json.loads(strict.stdout)["files"]
    assert told["unknown_types"] == {NEW: {"count": 3, "line": 2}}


def test_the_names_of_very_many_types_are_not_all_held() -> None:
    lines = [CLAUDE, *[{"type": f"new-{n}", "sessionId": "s"} for n in range(KEPT_TYPES + 50)]]
    report = Importer(Nobody()).one(in_memory(jsonl(lines)))
    assert len(report.unknown) == KEPT_TYPES + 1
    assert sum(met.count for met in report.unknown.values()) == KEPT_TYPES + 50
