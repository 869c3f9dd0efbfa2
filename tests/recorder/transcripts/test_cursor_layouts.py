"""Cursor: what its database tells of a call, lost conversations, results in transcripts."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from recorder import semconv
from recorder.model import Kind, Record
from tests.command_line import flightlog
from tests.recorder.transcripts import counting
from tests.recorder.transcripts.reading import in_memory, jsonl, read, source_of

TITLE = "\x1b]0;x\x07"
"""What sets a terminal's title."""


def database(path: Path, rows: dict[str, Any]) -> list[Record]:
    """Return what a database of these rows tells."""
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE cursorDiskKV (key TEXT PRIMARY KEY, value TEXT)")
        put = [(key, json.dumps(value)) for key, value in rows.items()]
        db.executemany("INSERT INTO cursorDiskKV VALUES (?, ?)", put)
    db.close()
    found, records, damage = read(source_of(path))
    assert (found, damage) == ("cursor", [])
    counting.assert_sound(records)
    return records


def of(records: list[Record], kind: Kind) -> list[Record]:
    return [r for r in records if r.kind is kind]


@pytest.mark.parametrize(
    ("tool", "decision", "error", "code", "output"),
    [
        ({"status": "completed", "result": json.dumps({"output": "no", "exitCode": 2})},
         None, "", 2, "no"),
        ({"status": "completed", "result": json.dumps({"output": "", "rejected": True})},
         "denied", "denied", None, ""),
        ({"userDecision": "rejected", "result": json.dumps({"rejected": True})},
         "denied", "denied", None, '{"rejected": true}'),
        ({"status": "cancelled"}, None, "cancelled", None, ""),
        ({"status": "error", "error": "gone"}, None, "tool_error", None, "gone"),
        ({"errorDetails": "gone"}, None, "tool_error", None, "gone"),
        ({"status": "completed", "result": json.dumps({"files": []})},
         None, "", None, '{"files": []}'),
    ],
)  # fmt: skip
def test_a_bubble_tells_how_its_call_went(
    tmp_path: Path, tool: dict[str, Any], decision: str | None, error: str, code: int | None,
    output: str,
) -> None:  # fmt: skip
    former = {"name": "run", "toolCallId": "t1", "params": "{}", **tool}
    records = database(
        tmp_path / "state.vscdb",
        {"composerData:c": {}, "bubbleId:c:b": {"type": 2, "toolFormerData": former}},
    )
    (result,) = counting.results(records)
    assert result.attributes.get(semconv.PROCESS_EXIT_CODE) == code
    assert (result.attributes.get(semconv.ERROR_TYPE) or "") == error
    assert (result.attributes.get(semconv.GEN_AI_TOOL_RESULT) or "") == output
    told = [r.attributes[semconv.APPROVAL_DECISION] for r in of(records, Kind.APPROVAL)]
    assert told == ([decision] if decision else [])


def test_a_call_that_still_runs_has_no_result(tmp_path: Path) -> None:
    former = {"name": "ask_question", "toolCallId": "t1", "status": "loading"}
    records = database(
        tmp_path / "state.vscdb",
        {"composerData:c": {}, "bubbleId:c:b": {"type": 2, "toolFormerData": former}},
    )
    assert (len(counting.calls(records)), counting.results(records)) == (1, [])


def test_a_bubble_has_its_own_model_thinking_and_tokens(tmp_path: Path) -> None:
    bubble = {
        "type": 2, "text": "", "thinking": {"text": "hm"}, "modelInfo": {"modelName": "m2"},
        "tokenCount": {"inputTokens": 5, "outputTokens": 7},
        "toolFormerData": {"name": "run", "toolCallId": "t1", "status": "completed"},
    }  # fmt: skip
    records = database(
        tmp_path / "state.vscdb",
        {"composerData:c": {"modelConfig": {"modelName": "m1"}}, "bubbleId:c:b": bubble},
    )
    (call,) = of(records, Kind.MODEL_CALL)
    assert call.attributes[semconv.GEN_AI_MODEL] == "m2"
    assert call.attributes["flightlog.thinking"] == "hm"
    assert call.attributes[semconv.GEN_AI_INPUT_TOKENS] == 5
    assert call.attributes[semconv.GEN_AI_OUTPUT_TOKENS] == 7


def test_bubbles_whose_conversation_is_gone_are_told(tmp_path: Path) -> None:
    records = database(
        tmp_path / "state.vscdb",
        {"composerData:c": {}, "bubbleId:lost:b1": {"type": 1, "text": "still here"},
         "bubbleId:c:b1": {"type": 1, "text": "hi"}},
    )  # fmt: skip
    said = {(r.session, r.attributes[semconv.PROMPT_TEXT]) for r in of(records, Kind.PROMPT)}
    assert said == {("c", "hi"), ("lost", "still here")}


@pytest.mark.parametrize("has_ids", [True, False])
def test_results_in_a_transcript_are_those_of_their_calls(has_ids: bool) -> None:
    def ids(key: str, value: str) -> dict[str, str]:
        return {key: value} if has_ids else {}

    lines = [
        {"role": "user", "message": {"content": [{"type": "text", "text": "go"}]}},
        {"role": "assistant", "message": {"content": [
            {"type": "tool_use", "name": "Read", "input": {"path": "a"}, **ids("id", "t1")},
            {"type": "tool_use", "name": "Shell", "input": {"command": "b"}, **ids("id", "t2")},
        ]}},
        {"role": "user", "message": {"content": [
            {"type": "tool_result", "content": "A", **ids("tool_use_id", "t1")},
            {"type": "tool_result", "content": "B", "is_error": True, **ids("tool_use_id", "t2")},
        ]}},
        {"type": "turn_ended", "status": "success"},
        {"role": "user", "message": {"content": [{"type": "tool_result", "content": "C"}]}},
    ]  # fmt: skip
    found, records, damage = read(in_memory(jsonl(lines)))
    assert (found, damage) == ("cursor", [])
    told = [(r.name, r.attributes[semconv.GEN_AI_TOOL_RESULT]) for r in counting.results(records)]
    assert told == [("Read", "A"), ("Shell", "B")], "the third is of no call, and kept as it stands"
    assert [r.attributes.get(semconv.ERROR_TYPE) for r in counting.results(records)] == [
        None, "tool_error",
    ]  # fmt: skip
    calls = {r.ref for r in counting.calls(records)}
    assert {r.ref for r in counting.results(records)} == calls
    assert [r.attributes[semconv.PROMPT_TEXT] for r in of(records, Kind.PROMPT)] == ["go"]


def test_a_name_in_a_database_does_nothing_to_the_terminal_that_its_damage_is_told_on(
    tmp_path: Path,
) -> None:
    path = tmp_path / "state.vscdb"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE cursorDiskKV (key TEXT PRIMARY KEY, value TEXT)")
        db.execute("INSERT INTO cursorDiskKV VALUES (?, '7')", (f"composerData:{TITLE}",))
    db.close()
    done = flightlog("import", path, "-r", tmp_path / "flight.db")
    assert "holds no JSON object" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_a_sessions_id_does_nothing_to_the_terminal_that_an_error_is_told_on(
    tmp_path: Path,
) -> None:
    path = tmp_path / "state.vscdb"
    database(path, {f"composerData:{TITLE}": {}, f"bubbleId:{TITLE}:b": {"type": 1, "text": "go"}})
    flightlog("import", path, "-r", tmp_path / "flight.db")
    done = flightlog("report", "nobody", "-r", tmp_path / "flight.db")
    assert (done.returncode, "no session 'nobody'" in done.stderr) == (2, True)
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("part", [0.9, 0.6])
def test_a_database_that_is_cut_off_tells_what_of_it_can_be_read(
    tmp_path: Path, part: float
) -> None:
    rows = {
        key: value
        for n in range(40)
        for key, value in (
            (f"composerData:c{n:02}", {"name": f"n{n}", "context": "x" * 2000}),
            (f"bubbleId:c{n:02}:b", {"type": 1, "text": f"say {n}"}),
        )
    }
    whole = {r.id for r in database(tmp_path / "state.vscdb", rows)}
    content = (tmp_path / "state.vscdb").read_bytes()
    (tmp_path / "cut.vscdb").write_bytes(content[: int(len(content) * part)])
    found, records, damage = read(source_of(tmp_path / "cut.vscdb"))
    assert found == "cursor"
    assert {r.id for r in records} <= whole
    assert len({r.id for r in records}) == len(records) > 10
    assert damage
