"""Claude Code: what stands beside the messages: prompts that waited, and asking for permission."""

from __future__ import annotations

from typing import Any

import pytest

from recorder import semconv
from recorder.model import Kind, Record
from tests.recorder.transcripts import counting
from tests.recorder.transcripts.reading import in_memory, jsonl, read

BESIDE = {"sessionId": "s1", "timestamp": "2026-01-01T00:00:00Z"}


def told(*lines: dict[str, Any]) -> list[Record]:
    first = {"type": "user", "uuid": "u0", "message": {"role": "user", "content": "go"}}
    values = [{**BESIDE, "uuid": f"u{n}", **line} for n, line in enumerate((first, *lines))]
    found, records, damage = read(in_memory(jsonl(values)))
    assert (found, damage) == ("claude-code", [])
    return records


@pytest.mark.parametrize(
    ("about", "role", "words"),
    [
        ({"prompt": "wait", "commandMode": "prompt"}, "user", "wait"),
        ({"prompt": [{"type": "text", "text": "look"}], "origin": {"kind": "human"}},
         "user", "look"),
        ({"prompt": "on", "origin": {"kind": "auto-continuation"}}, "system", "on"),
        ({"prompt": "hi", "origin": {"kind": "peer"}}, "agent", "hi"),
        ({"prompt": "done", "commandMode": "task-notification"}, "system", "done"),
        ({"prompt": "told", "commandMode": "prompt", "isMeta": True}, "system", "told"),
    ],
)  # fmt: skip
def test_what_was_said_while_the_agent_was_busy_is_a_prompt(
    about: dict[str, Any], role: str, words: str
) -> None:
    records = told({"type": "attachment", "attachment": {"type": "queued_command", **about}})
    prompt = [r for r in records if r.kind is Kind.PROMPT][1]
    assert prompt.attributes[semconv.PROMPT_TEXT] == words
    assert prompt.attributes[semconv.PROMPT_ROLE] == role


@pytest.mark.parametrize(("behavior", "word"), [("allow", "approved"), ("deny", "denied")])
def test_asking_the_program_around_it_and_the_answer_are_told_once(
    behavior: str, word: str
) -> None:
    call = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls"}}
    result = {"type": "tool_result", "tool_use_id": "t1", "is_error": behavior == "deny",
              "content": "Permission for this tool use was denied. No."}  # fmt: skip
    records = told(
        {"type": "assistant", "message": {"id": "m", "role": "assistant", "content": [call]}},
        {"type": "control_request", "request_id": "r1", "request": {
            "subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": "ls"},
            "tool_use_id": "t1"}},
        {"type": "control_response", "response": {"subtype": "success", "request_id": "r1",
                                                  "response": {"behavior": behavior}}},
        {"type": "user", "message": {"role": "user", "content": [result]}},
    )  # fmt: skip
    approvals = [r for r in records if r.kind is Kind.APPROVAL]
    assert [(r.name, r.ref) for r in approvals] == [("requested", "t1"), (word, "t1")]
    assert len(counting.calls(records)) == 1


def test_other_requests_are_kept_as_they_stand() -> None:
    records = told({"type": "control_request", "request_id": "r", "request": {"subtype": "x"}},
                   {"type": "control_response", "response": {"request_id": "r"}})  # fmt: skip
    assert [r for r in records if r.kind is Kind.APPROVAL] == []
    assert not any(r.attributes.get(semconv.SOURCE_UNKNOWN) for r in records)
