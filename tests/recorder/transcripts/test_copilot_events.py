"""Copilot CLI: older events, other agents' messages, decisions that are none, usage once."""

from __future__ import annotations

from typing import Any

import pytest

from recorder import semconv
from recorder.model import Kind, Record
from tests.recorder.transcripts import counting
from tests.recorder.transcripts.reading import in_memory, jsonl, read


def told(*events: tuple[str, dict[str, Any]], **about: Any) -> list[Record]:
    """Return what events tell, after a session's start."""
    start = ("session.start", {"sessionId": "s1", "copilotVersion": "0.0.369"})
    lines = [
        {"type": kind, "data": data, "id": f"e{n}", "timestamp": f"2026-01-01T00:00:{n:02}Z",
         "parentId": None, **about}
        for n, (kind, data) in enumerate((start, *events))
    ]  # fmt: skip
    found, records, damage = read(in_memory(jsonl(lines)))
    assert (found, damage) == ("copilot-cli", [])
    return records


def of(records: list[Record], kind: Kind) -> list[Record]:
    return [r for r in records if r.kind is kind]


@pytest.mark.parametrize(
    ("output", "code"),
    [("out\n<exited with exit code 3>", 3), ("<exited with exit code 0>\n", 0),
     ("<exited with exit code 3>\nsays the program", None), ("out", None)],
)  # fmt: skip
def test_older_outputs_end_in_the_exit_code(output: str, code: int | None) -> None:
    records = told(
        ("tool.execution_start", {"toolCallId": "c", "toolName": "bash", "arguments": {}}),
        ("tool.execution_complete", {"toolCallId": "c", "success": True,
                                     "result": {"content": output}}),
    )  # fmt: skip
    (end,) = counting.results(records)
    assert end.attributes.get(semconv.PROCESS_EXIT_CODE) == code


def test_usage_is_told_once_wherever_it_stands() -> None:
    older = told(("assistant.message", {"messageId": "m", "content": "hi", "outputTokens": 40}))
    assert counting.tokens(older)[1] == 40
    usage = {"model": "m-1", "inputTokens": 9, "outputTokens": 4, "apiCallId": "a1"}
    answer = {"messageId": "m", "content": "hi", "apiCallId": "a1", "outputTokens": 4}
    streamed = told(("assistant.message", answer), ("assistant.usage", usage))
    filed = told(("session.usage_record", {"usage": usage}), ("assistant.usage", usage),
                 ("assistant.message", answer))  # fmt: skip
    for records in (streamed, filed):
        assert counting.tokens(records) == (9, 4)
        assert {r.ref for r in of(records, Kind.MODEL_CALL)} == {"a1"}


@pytest.mark.parametrize(
    ("source", "role"),
    [(None, "user"), ("user", "user"), ("agent-7", "agent"), ("skill-pdf", "system"),
     ("system", "system")],
)  # fmt: skip
def test_skills_and_other_agents_speak_in_a_persons_place(source: str | None, role: str) -> None:
    (prompt,) = of(told(("user.message", {"content": "x", "source": source})), Kind.PROMPT)
    assert prompt.attributes[semconv.PROMPT_ROLE] == role


def test_a_sub_agents_events_say_whose_they_are() -> None:
    start = {"toolCallId": "c", "toolName": "bash", "arguments": {}}
    records = told(("user.message", {"content": "x"}), ("tool.execution_start", start),
                   ("assistant.message", {"content": "y"}), agentId="a-1")  # fmt: skip
    spoken = [r for r in records if r.kind in {Kind.PROMPT, Kind.TOOL_CALL, Kind.MODEL_CALL}]
    assert [r.attributes[semconv.SIDECHAIN] for r in spoken] == ["a-1"] * 3
    assert spoken[0].attributes[semconv.PROMPT_ROLE] == "agent"


@pytest.mark.parametrize(
    ("kind", "word"),
    [("approved", "approved"), ("approved-for-session", "approved"), ("cancelled", "cancelled"),
     ("denied-by-rules", "denied"), ("denied-interactively-by-user", "denied")],
)  # fmt: skip
def test_what_was_cancelled_nobody_denied(kind: str, word: str) -> None:
    decided = {"requestId": "r", "toolCallId": "c", "result": {"kind": kind}}
    assert counting.approvals(told(("permission.completed", decided))) == [(word, kind)]


def test_a_permission_of_which_no_result_is_told_is_not_denied() -> None:
    assert counting.approvals(told(("permission.completed", {"requestId": "r"}))) == []


def test_a_call_that_only_the_models_turn_tells_of_is_told_with_its_result() -> None:
    requests = [{"toolCallId": "a", "name": "view", "arguments": '{"path": "x"}'},
                {"toolCallId": "b", "name": "bash", "arguments": {}}]  # fmt: skip
    records = told(
        ("assistant.message", {"content": "", "toolRequests": requests}),
        ("tool.execution_start", {"toolCallId": "b", "toolName": "bash", "arguments": {}}),
        ("tool.execution_complete", {"toolCallId": "a", "success": True, "result": "words"}),
        ("tool.execution_complete", {"toolCallId": "b", "success": False,
                                     "error": {"code": "rejected", "message": "no"}}),
    )  # fmt: skip
    calls = {r.ref: r for r in counting.calls(records)}
    assert {ref: r.name for ref, r in calls.items()} == {"a": "view", "b": "bash"}
    assert calls["a"].attributes[semconv.GEN_AI_TOOL_ARGUMENTS] == '{"path": "x"}'
    first, second = counting.results(records)
    assert (first.name, first.attributes[semconv.GEN_AI_TOOL_RESULT]) == ("view", "words")
    assert second.attributes[semconv.ERROR_TYPE] == "denied"


def test_a_stream_that_ends_in_a_result_with_a_session_is_copilots() -> None:
    event = {"type": "user.message", "data": {"content": "x"}, "timestamp": "2026-01-01T00:00:00Z"}
    found, records, _ = read(in_memory(jsonl([event, {"type": "result", "sessionId": "s"}])))
    assert found == "copilot-cli"
    assert len(of(records, Kind.PROMPT)) == 1


@pytest.mark.parametrize("approved", [True, False])
def test_a_plan_is_approved_or_not(approved: bool) -> None:
    records = told(("exit_plan_mode.requested", {"requestId": "r"}),
                   ("exit_plan_mode.completed", {"requestId": "r", "approved": approved,
                                                 "feedback": "why"}))  # fmt: skip
    (decision,) = of(records, Kind.APPROVAL)
    assert (decision.name, decision.ref) == ("approved" if approved else "denied", "r")
    assert not any(r.attributes.get(semconv.SOURCE_UNKNOWN) for r in records)
