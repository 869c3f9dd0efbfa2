"""Cline and Roo: rows a person saw, the API's history, sessions of the SDK."""

from __future__ import annotations

import json
from typing import Any

from recorder import semconv
from recorder.model import Kind, Record, Status
from recorder.transcripts import cline
from tests.recorder.transcripts import counting
from tests.recorder.transcripts.reading import records_of

MS = 1_760_000_000_000


def say(at: int, what: str, text: str = "", **more: Any) -> dict[str, Any]:
    return {"ts": MS + at, "type": "say", "say": what, "text": text, **more}


def ask(at: int, what: str, text: str = "") -> dict[str, Any]:
    return {"ts": MS + at, "type": "ask", "ask": what, "text": text}


USAGE = json.dumps({"tokensIn": 900, "tokensOut": 30, "cacheReads": 10, "cost": 0.01})
AROUND = "<environment_details>\n# Current Time\n</environment_details>"
ROWS = [
    say(0, "task", "delete the old volume"),
    say(10, "api_req_started", USAGE),
    say(20, "text", "I list the volumes.", partial=True),
    say(20, "text", "I list the volumes."),
    ask(30, "command", "curl -s https://api.example.test/v1/volumes"),
    say(40, "command_output", "401"),
    say(41, "command_output", "unauthorized"),
    say(50, "api_req_started", USAGE),
    say(60, "tool", json.dumps({"tool": "readFile", "path": ".env", "content": "/w/.env"})),
    say(
        70,
        "api_req_started",
        json.dumps(
            {**json.loads(USAGE), "request": f"[read_file for '.env'] Result:\nPORT=1\n\n{AROUND}"}
        ),
    ),
    ask(80, "command", "rm -rf build"),
    say(90, "user_feedback", "no, keep it"),
]


def told(rows: list[Any], history: list[Any] | None = None, **item: Any) -> list[Record]:
    return records_of(cline.tell_task("1760000000000", rows, history or [], item))


def test_rows_tell_calls_outputs_and_who_approved() -> None:
    assert cline.is_ui(ROWS)
    records = told(ROWS)
    counting.assert_sound(records)
    calls = [(r.name, r.attributes[semconv.GEN_AI_TOOL_ARGUMENTS]) for r in counting.calls(records)]
    assert [name for name, _ in calls] == ["execute_command", "readFile", "execute_command"]
    outputs = [r.attributes[semconv.GEN_AI_TOOL_RESULT] for r in counting.results(records)]
    assert outputs == ["401\nunauthorized", "PORT=1"]
    assert counting.approvals(records) == [
        ("requested", "ask"),
        ("approved", "output followed"),
        ("approved", "auto_approved"),
        ("requested", "ask"),
    ], "what became of the last request is told by nobody"


def test_a_partial_row_is_not_told_twice_and_usage_is_counted_once_for_a_request() -> None:
    records = told(ROWS)
    assert counting.tokens(records) == (2700, 90)
    said = [r.attributes.get(semconv.GEN_AI_OUTPUT_MESSAGES) for r in records]
    assert said.count("I list the volumes.") == 1


def test_times_are_those_of_the_rows() -> None:
    call = counting.calls(told(ROWS))[0]
    assert call.t_ns == (MS + 30) * 1_000_000
    assert call.attributes[semconv.SOURCE_CLOCK] == "epoch ms"


HISTORY = [
    {"role": "user", "content": [{"type": "text", "text": "<task>delete</task>"}]},
    {"role": "assistant", "content": [
        {"type": "tool_use", "id": "t1", "name": "execute_command", "input": {"command": "curl x"}},
    ]},
    {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "t1", "content": "401 unauthorized"},
    ]},
    {"role": "assistant", "content": [
        {"type": "tool_use", "id": "t2", "name": "read_file", "input": {"path": ".env"}},
    ]},
    {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "t2", "content": "PORT=1"},
    ]},
    {"role": "assistant", "content": [
        {"type": "tool_use", "id": "t3", "name": "execute_command", "input": {"command": "rm"}},
    ]},
]  # fmt: skip


def test_the_api_s_history_tells_the_calls_in_full_at_the_times_of_its_requests() -> None:
    records = told(ROWS, HISTORY)
    counting.assert_sound(records)
    calls = counting.calls(records)
    assert [r.ref for r in calls] == ["t1", "t2", "t3"]
    assert [r.t_ns for r in calls] == [(MS + at) * 1_000_000 for at in (10, 50, 70)]
    assert [r.t_ns for r in counting.results(records)] == [(MS + 50) * 10**6, (MS + 70) * 10**6]
    assert len(counting.approvals(records)) == 3


def test_a_history_that_is_not_in_step_with_the_rows_gets_no_times() -> None:
    calls = counting.calls(told(ROWS, HISTORY[:-1]))
    assert {r.t_ns for r in calls} == {None}


def test_calls_inside_the_text_of_older_versions_are_told_from_the_rows() -> None:
    history = [
        {"role": "assistant", "content": "<execute_command><command>ls</command></execute_command>"}
    ]
    records = told(ROWS, history)
    assert len(counting.calls(records)) == 3
    assert any(r.name == "assistant message" for r in records), "kept as it is"


def test_roo_names_the_task_that_it_came_from() -> None:
    records = told(ROWS, parentTaskId="p-1", workspace="/w", ts=MS)
    begun = next(r for r in records if r.name == "session")
    assert begun.attributes["flightlog.session.parent"] == "p-1"
    assert begun.attributes[semconv.PROCESS_CWD] == "/w"
    assert begun.attributes[semconv.GEN_AI_AGENT_NAME] == "roo"


def test_roos_session_is_named_by_its_item_and_its_first_text_is_the_task() -> None:
    rows = [say(0, "text", "do it"), say(1, "text", "I do."), say(2, "error", "boom"),
            ask(3, "api_req_failed", "429")]  # fmt: skip
    records = records_of(cline.tell_task("", rows, [], {"id": "abc-uuid", "ts": MS}))
    assert counting.sessions(records) == {"abc-uuid"}
    assert [r.attributes[semconv.PROMPT_TEXT] for r in records if r.kind is Kind.PROMPT] == [
        "do it"
    ]
    assert [r.attributes[semconv.GEN_AI_OUTPUT_MESSAGES] for r in records
            if r.kind is Kind.MODEL_CALL] == ["I do."]  # fmt: skip
    failed = [r.attributes[semconv.EXCEPTION_MESSAGE] for r in records if r.status is Status.ERROR]
    assert failed == ["boom", "429"]


def test_a_session_of_the_sdk_has_times_models_and_usage() -> None:
    document = {
        "version": 1, "sessionId": "sdk-1", "agent": "main", "system_prompt": "be good",
        "messages": [
            {"id": "m1", "role": "user", "ts": MS, "content": [{"type": "text", "text": "go"}]},
            {"id": "m2", "role": "assistant", "ts": MS + 5, "modelInfo": {"id": "m-9"},
             "metrics": {"inputTokens": 7, "outputTokens": 3},
             "content": [{"type": "tool_use", "id": "c1", "name": "run", "input": {}}]},
            {"id": "m3", "role": "user", "ts": MS + 9,
             "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "done"}]},
        ],
    }  # fmt: skip
    assert cline.is_session(document)
    records = records_of(cline.tell_session(document))
    counting.assert_sound(records)
    assert counting.tokens(records) == (7, 3)
    assert counting.calls(records)[0].t_ns == (MS + 5) * 1_000_000
    assert next(r for r in records if r.kind is Kind.MODEL_CALL).name == "m-9"
