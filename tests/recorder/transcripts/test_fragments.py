"""Lines cut out of a transcript, without what names its session, and files of several sessions."""

from __future__ import annotations

from typing import Any

import pytest

from recorder import semconv
from recorder.model import Kind
from tests.recorder.transcripts import counting
from tests.recorder.transcripts.reading import in_memory, jsonl, read


def claude(kind: str, content: Any, **about: Any) -> dict[str, Any]:
    message = {"role": kind, "content": content, **about.pop("message", {})}
    return {"type": kind, "uuid": f"u-{content}", "timestamp": "2026-01-01T00:00:00Z",
            "message": message, **about}  # fmt: skip


def test_a_line_of_claudes_without_a_session_is_told() -> None:
    found, records, damage = read(in_memory(jsonl([claude("user", "go")])))
    assert (found, damage) == ("claude-code", [])
    assert [r.attributes[semconv.PROMPT_TEXT] for r in records if r.kind is Kind.PROMPT] == ["go"]


def test_a_second_session_in_a_file_has_no_model_of_the_first() -> None:
    lines = [
        claude("user", "a", sessionId="s1"),
        claude("assistant", "b", sessionId="s1", message={"model": "m1"}),
        claude("user", "c", sessionId="s2"),
    ]
    _, records, _ = read(in_memory(jsonl(lines)))
    begun = {r.session: r.attributes.get(semconv.GEN_AI_MODEL)
             for r in records if r.kind is Kind.LIFECYCLE and r.name == "session"}  # fmt: skip
    assert begun == {"s1": "m1", "s2": None}


def test_one_message_of_geminis_is_told() -> None:
    call = {"id": "c", "name": "list_directory", "args": {"path": "."}, "status": "error",
            "timestamp": "2026-01-01T00:00:01Z",
            "result": [{"functionResponse": {"id": "c", "name": "list_directory",
                                             "response": {"error": "no"}}}]}  # fmt: skip
    message = {"id": "m", "timestamp": "2026-01-01T00:00:00Z", "type": "gemini", "content": "hm",
               "model": "g", "toolCalls": [call]}  # fmt: skip
    found, records, damage = read(in_memory(jsonl([message])))
    assert (found, damage) == ("gemini-cli", [])
    assert len(counting.calls(records)) == 1
    (result,) = counting.results(records)
    assert result.attributes[semconv.ERROR_TYPE] == "tool_error"


@pytest.mark.parametrize(
    ("said", "role"),
    [('<teammate-message teammate_id="a">done</teammate-message>', "agent"),
     ("<task-notification>\n<task-id>t</task-id>", "system"), ("what is a <task-", "user")],
)  # fmt: skip
def test_what_no_person_says_is_not_theirs(said: str, role: str) -> None:
    _, records, _ = read(in_memory(jsonl([claude("user", said)])))
    (prompt,) = [r for r in records if r.kind is Kind.PROMPT]
    assert prompt.attributes[semconv.PROMPT_ROLE] == role


def test_a_result_of_geminis_in_words_is_told_whatever_its_status_is_called() -> None:
    call = {"id": "c", "name": "search", "args": {}, "status": "completed", "result": "found"}
    message = {"id": "m", "timestamp": "2026-01-01T00:00:00Z", "type": "gemini", "content": "",
               "toolCalls": [call]}  # fmt: skip
    _, records, _ = read(in_memory(jsonl([message])))
    (result,) = counting.results(records)
    assert result.attributes[semconv.GEN_AI_TOOL_RESULT] == "found"
