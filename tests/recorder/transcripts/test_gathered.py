"""Lines that a program gathered in one list, or laid out, tell what they tell as lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recorder.model import Kind
from tests.recorder.transcripts.reading import in_memory, jsonl, read, source_of
from tests.recorder.transcripts.test_odd_entries import gist

LINES = {
    "claude-code": "captured/claude_code/stream.jsonl",
    "codex": "captured/codex/exec-stdout.jsonl",
    "gemini-cli": "captured/gemini_cli/stream.jsonl",
    "copilot-cli": "captured/copilot_cli/stdout.jsonl",
    "claude-agent-sdk": "captured/claude_agent_sdk/messages.jsonl",
    "otlp": "captured/gemini_cli/otlp-traces.otlp.jsonl",
}
SESSION = "11111111-2222-4333-8444-555555555555"


def values_of(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("name", LINES)
def test_a_list_of_lines_tells_what_they_tell(name: str, indent: int | None, corpus: Path) -> None:
    path = corpus / LINES[name]
    _, expected, _ = read(source_of(path))
    gathered = json.dumps(values_of(path), indent=indent).encode()
    found, records, damage = read(in_memory(gathered))
    assert (found, damage) == (name, [])
    assert [(r.kind, r.phase, r.name, r.t_ns, r.status) for r in records] == [
        (r.kind, r.phase, r.name, r.t_ns, r.status) for r in expected
    ]


@pytest.mark.parametrize("between", ["", "\n"])
def test_several_lists_behind_one_another_are_one(between: str, corpus: Path) -> None:
    values = values_of(corpus / LINES["claude-code"])
    lists = between.join(json.dumps(part) for part in (values[:3], values[3:]))
    found, records, damage = read(in_memory(lists.encode()))
    assert (found, damage) == ("claude-code", [])
    whole = read(in_memory(json.dumps(values).encode()))[1]
    assert sorted(map(gist, records)) == sorted(map(gist, whole))
    _, _, damage = read(in_memory(f"{lists}[".encode()))
    assert damage, "what is torn is no list"


def test_a_line_that_is_laid_out_by_itself_is_told(corpus: Path) -> None:
    value = values_of(corpus / LINES["claude-code"])[3]
    found, records, damage = read(in_memory(json.dumps(value, indent=2).encode()))
    assert (found, damage) == ("claude-code", [])
    assert sorted(map(gist, records)) == sorted(map(gist, read(in_memory(jsonl([value])))[1]))


def test_what_is_odd_in_a_list_costs_itself_alone_and_is_named(corpus: Path) -> None:
    values = values_of(corpus / LINES["claude-code"])
    whole = read(in_memory(json.dumps(values).encode()))[1]
    _, records, damage = read(in_memory(json.dumps([*values[:4], 7, *values[4:]]).encode()))
    assert len(records) == len(whole)
    assert [one.reason for one in damage] == ["entry 5: not a JSON object"]
    cut = json.dumps(values, indent=2).encode()[:-40]
    _, records, damage = read(in_memory(cut))
    assert len(records) >= len(whole) - 1
    assert damage


def streamed(**more: Any) -> list[dict[str, Any]]:
    """Return what `stream-json` was before its lines had ids."""
    usage = {"input_tokens": 4, "output_tokens": 2}
    said = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x",
            "content": [{"type": "text", "text": "Look."},
                        {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"a": 1}}],
            "stop_reason": None, "usage": usage}  # fmt: skip
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "out", "is_error": False}
    lines: list[dict[str, Any]] = [
        {"type": "system", "subtype": "init", "cwd": "/w", "tools": ["Bash"], "model": "claude-x",
         "apiKeySource": "none", "permissionMode": "default"},
        {"type": "assistant", "message": said, "parent_tool_use_id": None},
        {"type": "user", "message": {"role": "user", "content": [result]}},
        {"type": "result", "subtype": "success", "is_error": False, "num_turns": 2},
    ]  # fmt: skip
    return [{**line, **more} for line in lines]


@pytest.mark.parametrize("more", [{}, {"session_id": SESSION}])
def test_streams_without_ids_are_told_apart_from_those_of_cursor(more: dict[str, Any]) -> None:
    found, records, damage = read(in_memory(jsonl(streamed(**more))))
    assert (found, damage) == ("claude-code", [])
    calls = [(r.phase, r.name, r.ref) for r in records if r.kind is Kind.TOOL_CALL]
    assert calls == [("start", "Bash", "t1"), ("end", "Bash", "t1")]
    assert {r.session for r in records} == {more.get("session_id", records[0].session)}
    init = {"type": "system", "subtype": "init", "apiKeySource": "login", "cwd": "/w",
            "session_id": SESSION, "model": "x", "permissionMode": "default"}  # fmt: skip
    call = {"type": "tool_call", "subtype": "started", "call_id": "c", "session_id": SESSION,
            "tool_call": {"shellToolCall": {"args": {"command": "ls"}}}}  # fmt: skip
    assert read(in_memory(jsonl([init, call])))[0] == "cursor"
