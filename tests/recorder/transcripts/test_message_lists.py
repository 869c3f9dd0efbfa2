"""Chat messages, ATIF and the Agent SDK's stream: what stands in lists of messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recorder import semconv
from recorder.model import Kind, Record, Status
from recorder.transcripts import atif, claude_agent_sdk, openai_messages
from recorder.transcripts import source as source_module
from recorder.transcripts.table import detect
from tests.recorder.transcripts import counting
from tests.recorder.transcripts.reading import in_memory, jsonl, read, records_of, source_of


def test_tau_bench_is_two_hundred_sessions_with_all_their_calls(corpus: Path) -> None:
    document = counting.loaded(corpus / "openai_messages" / "tau-gpt-4o-airline.json")
    assert openai_messages.recognises(document)
    records = records_of(openai_messages.tell(document))
    counting.assert_sound_by_session(records)
    messages = [m for item in document for m in item["traj"]]
    assert len(counting.sessions(records)) == len(document) == 200
    assert len(counting.calls(records)) == sum(len(m.get("tool_calls") or []) for m in messages)
    assert len(counting.results(records)) == sum(m["role"] == "tool" for m in messages)
    asked = sum(m["role"] in {"user", "system"} for m in messages)
    assert sum(r.kind is Kind.PROMPT for r in records) == asked
    assert {r.t_ns for r in records} == {None}


def test_anthropic_parts_and_old_function_calls_are_calls_too() -> None:
    messages = [
        {"role": "user", "content": "look"},
        {"role": "assistant", "content": [
            {"type": "text", "text": "I look."},
            {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls"}},
        ]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "t1", "content": "no", "is_error": True},
        ]},
        {"role": "assistant", "content": None,
         "function_call": {"name": "stop", "arguments": "{\"now\": true}"}},
        {"role": "function", "name": "stop", "content": "stopped"},
    ]  # fmt: skip
    assert openai_messages.recognises(messages)
    records = records_of(openai_messages.tell(messages))
    counting.assert_sound(records)
    named = [(r.name, r.attributes[semconv.GEN_AI_TOOL_ARGUMENTS]) for r in counting.calls(records)]
    assert named == [("Bash", '{"command": "ls"}'), ("stop", '{"now": true}')]
    assert [r.status for r in counting.results(records)] == [Status.ERROR, Status.UNSET]
    assert sum(r.kind is Kind.PROMPT for r in records) == 1


def test_every_trajectory_of_atif_has_its_calls_and_results(corpus: Path) -> None:
    files = [*(corpus / "captured" / "atif").glob("*.json"), *(corpus / "atif").glob("*.json")]
    assert len(files) == 7
    for path in files:
        document = counting.loaded(path)
        assert atif.recognises(document)
        records = records_of(atif.tell(document))
        counting.assert_sound(records)
        steps = document["steps"]
        made = [c for s in steps for c in s.get("tool_calls") or []]
        seen = [r for s in steps for r in (s.get("observation") or {}).get("results") or []]
        assert len(counting.calls(records)) == len(made), path.name
        assert len(counting.results(records)) == len(seen), path.name
        assert sum(r.kind is Kind.MODEL_CALL for r in records) == sum(
            s["source"] == "agent" for s in steps
        )


def test_calls_with_one_id_for_all_are_kept_apart(corpus: Path) -> None:
    path = corpus / "atif" / "nemo_relay_atif_v1.7_real_redacted.json"
    records = records_of(atif.tell(counting.loaded(path)))
    assert len({r.ref for r in counting.calls(records)}) == 4
    assert {r.t_ns for r in records} == {None}, "the times are redacted: none is made up"


def test_a_trajectory_inside_another_is_a_session_that_names_its_parent() -> None:
    inner = {"schema_version": "ATIF-v1.8", "trajectory_id": "sub", "agent": {"name": "a"},
             "steps": [{"step_id": 1, "source": "user", "message": "go"}]}  # fmt: skip
    outer = {**inner, "session_id": "main", "subagent_trajectories": [inner]}
    records: list[Record] = records_of(atif.tell(outer))
    assert counting.sessions(records) == {"main", "sub"}
    begun = next(r for r in records if r.session == "sub" and r.name == "session")
    assert begun.attributes["flightlog.session.parent"] == "main"


@pytest.mark.parametrize(
    ("document", "prompts"),
    [
        ([[{"role": "user", "content": "one"}], [], [{"role": "user", "content": "two"}]], 2),
        ([[[]], [1, 2]], None),
        ([["a"], {"b": 1}], None),
        (["a", 1], None),
    ],
)
def test_conversations_with_nothing_around_are_sessions_and_other_lists_are_no_transcript(
    document: object, prompts: int | None
) -> None:
    found = detect(in_memory(json.dumps(document).encode()))
    assert (found.name if found else None) == (None if prompts is None else "messages")
    if prompts is not None:
        records = records_of(openai_messages.tell(document))
        assert len(counting.sessions(records)) == prompts
        assert sum(r.kind is Kind.PROMPT for r in records) == prompts


def test_the_sdk_s_stream_counts_usage_once_and_calls_all(corpus: Path) -> None:
    lines = counting.lines(corpus / "captured" / "claude_agent_sdk" / "messages.jsonl")
    assert all(claude_agent_sdk.recognises(line) for line in lines)
    reader = claude_agent_sdk.SdkReader()
    records = [r for n, line in enumerate(lines, 1) for r in reader.line(line, f"line {n}")]
    counting.assert_sound(records)
    parts = [p for line in lines for p in line["msg"].get("content") or []]
    made = [p for p in parts if "input" in p]
    failed = [p for p in parts if p.get("is_error")]
    assert len(counting.calls(records)) == len(made)
    assert len(counting.results(records)) == sum("tool_use_id" in p for p in parts)
    assert len(counting.errors(records)) == len(failed)
    usage = {
        line["msg"]["message_id"]: line["msg"]["usage"]
        for line in lines
        if line["py_type"] == "AssistantMessage"
    }
    assert counting.tokens(records)[0] == sum(u["input_tokens"] for u in usage.values())
    denied = [d["tool_use_id"] for d in lines[-1]["msg"]["permission_denials"] or []]
    assert len(counting.approvals(records)) == len(denied)
    assert counting.sessions(records) == {lines[0]["msg"]["data"]["session_id"]}


def test_what_the_permission_callback_was_asked_is_a_request_for_approval(corpus: Path) -> None:
    lines = counting.lines(corpus / "captured" / "claude_agent_sdk" / "can_use_tool.jsonl")
    reader = claude_agent_sdk.SdkReader()
    records = [r for n, line in enumerate(lines, 1) for r in reader.line(line, f"line {n}")]
    assert [r.ref for r in records] == [line["context"]["tool_use_id"] for line in lines]
    assert counting.approvals(records) == [("requested", "can_use_tool callback")] * 3


def test_the_items_of_a_responses_api_are_calls_results_and_approvals() -> None:
    items = [
        {"role": "user", "content": "go"},
        {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "hm"}]},
        {"type": "function_call", "call_id": "f1", "name": "run", "arguments": '{"command": "ls"}'},
        {"type": "function_call_output", "call_id": "f1", "output": "HTTP/1.1 403 Forbidden"},
        {"type": "custom_tool_call", "call_id": "x1", "name": "apply_patch", "input": "***"},
        {"type": "custom_tool_call_output", "call_id": "x1", "output": "done"},
        {"type": "local_shell_call", "call_id": "s1", "action": {"command": ["ls"]}},
        {"type": "local_shell_call_output", "call_id": "s1", "output": "a"},
        {"type": "computer_call", "call_id": "p1", "action": {"type": "click", "x": 1}},
        {"type": "web_search_call", "id": "w1", "status": "completed", "action": {"query": "q"}},
        {"type": "file_search_call", "id": "i1", "status": "in_progress", "queries": ["q"]},
        {"type": "code_interpreter_call", "id": "k1", "status": "failed", "code": "1/0"},
        {"type": "mcp_approval_request", "id": "a1", "name": "del", "server_label": "db"},
        {"type": "mcp_approval_response", "approval_request_id": "a1", "approve": False},
        {"type": "mcp_call", "id": "m1", "server_label": "db", "name": "del", "arguments": "{}",
         "output": None, "error": "denied"},
        {"type": "something_new", "id": "n1"},
        {"type": "message", "role": "assistant",
         "content": [{"type": "output_text", "text": "ok"}]},
    ]  # fmt: skip
    assert openai_messages.recognises(items)
    assert openai_messages.recognises(items[1:]), "a list may begin with any item"
    records = records_of(openai_messages.tell(items))
    counting.assert_sound(records)
    told = {r.ref: (r.name, r.attributes["gen_ai.tool.call.arguments"])
            for r in counting.calls(records)}  # fmt: skip
    assert told == {
        "f1": ("run", '{"command": "ls"}'),
        "x1": ("apply_patch", "***"),
        "s1": ("local_shell", '{"command": ["ls"]}'),
        "p1": ("computer", '{"type": "click", "x": 1}'),
        "w1": ("web_search", '{"query": "q"}'),
        "i1": ("file_search", '{"queries": ["q"]}'),
        "k1": ("code_interpreter", '{"code": "1/0"}'),
        "m1": ("db.del", "{}"),
    }
    ends = {r.ref: r.status for r in counting.results(records)}
    assert ends == {
        "f1": Status.UNSET, "x1": Status.UNSET, "s1": Status.UNSET, "w1": Status.OK,
        "k1": Status.ERROR, "m1": Status.ERROR,
    }  # fmt: skip
    assert [d for d, _ in counting.approvals(records)] == ["requested", "denied"]
    assert [r.name for r in records if semconv.RAW in r.attributes] == ["message"]


def test_a_response_of_that_api_is_a_session_with_its_usage_and_time() -> None:
    response = {
        "id": "resp_1", "object": "response", "created_at": 1_795_900_000, "status": "completed",
        "model": "m", "usage": {"input_tokens": 10, "output_tokens": 3},
        "output": [
            {"type": "function_call", "id": "fc", "call_id": "g1", "name": "run", "arguments": "{}"}
        ],
    }  # fmt: skip
    assert openai_messages.recognises(response)
    records = records_of(openai_messages.tell(response))
    assert [r.ref for r in counting.calls(records)] == ["g1"]
    assert counting.tokens(records) == (10, 3)
    assert records[0].t_ns == 1_795_900_000_000_000_000
    failed = records_of(openai_messages.tell(response | {"error": {"code": "rate_limit"}}))
    assert failed[-1].status is Status.ERROR


@pytest.mark.parametrize("size", [3, 6_000])
def test_long_lines_of_several_documents_are_never_read_as_one(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chats = [{"messages": [{"role": "user", "content": f"{n} {"x" * 100}"}] * size}
             for n in range(2)]  # fmt: skip
    logged: list[object] = [
        {"resourceLogs": [{"scopeLogs": [{"logRecords": [
            {"body": {"stringValue": "y" * 100}, "timeUnixNano": str(n)}] * size}]}]}
        for n in range(2)
    ]  # fmt: skip

    def refused(*_: object) -> bytearray:
        raise AssertionError("read as one document")

    monkeypatch.setattr(source_module, "trimmed", refused)
    for values, name in ((chats, "messages"), (logged, "otlp")):
        found, records, damage = read(in_memory(jsonl(values)))
        assert (found, damage) == (name, [])
        assert len(records) >= 2 * size


@pytest.mark.parametrize("behind", ["", " \r", "\n\n  "])
def test_lines_too_long_to_be_looked_at_are_known_by_how_the_first_begins(
    behind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(source_module, "MAX_FIRST_LINE", 2_000)
    monkeypatch.setattr(source_module, "MAX_SAMPLE", 1_000)
    monkeypatch.setattr(source_module, "LOOKED_AT_ONCE", 700)
    chats = [{"messages": [{"role": "user", "content": f"{n} {m}"} for m in range(200)]}
             for n in range(3)]  # fmt: skip
    path = tmp_path / "chats.jsonl"
    path.write_text("".join(json.dumps(chat) + behind + "\n" for chat in chats), encoding="utf-8")
    found, records, damage = read(source_of(path))
    assert (found, damage) == ("messages", [])
    assert [r.attributes.get(semconv.PROMPT_TEXT) for r in records if r.kind is Kind.PROMPT] == [
        f"{n} {m}" for n in range(3) for m in range(200)
    ]


def test_lines_of_which_each_is_a_message_are_one_session_with_the_times_they_bear() -> None:
    lines: list[dict[str, Any]] = [
        {"role": "system", "content": "be good"},
        {"role": "user", "content": "tidy up", "timestamp": "2026-01-01T00:00:00Z"},
        {"role": "assistant", "content": None, "created_at": 1_767_225_601, "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "sh", "arguments": '{"c": 1}'}}
        ]},
        {"role": "tool", "tool_call_id": "c1", "content": "gone", "ts": 1_767_225_602_500},
        {"role": "assistant", "content": "done"},
    ]  # fmt: skip
    found, records, damage = read(in_memory(jsonl(lines)))
    assert (found, damage) == ("messages", [])
    counting.assert_sound(records)
    assert len(counting.sessions(records)) == 1
    assert [r.t_ns and r.t_ns // 10**6 % 10**6 for r in records] == [
        None, None, 600_000, 601_000, 601_000, 602_500, None
    ]  # fmt: skip
    assert len(counting.calls(records)) == len(counting.results(records)) == 1
    bad = jsonl(lines[:2]) + b"{torn\n" + jsonl(lines[2:])
    _, around, damage = read(in_memory(bad))
    assert [one.line for one in damage] == [3]
    assert [r.id for r in around] == [r.id for r in records]
    longer = read(in_memory(jsonl([*lines, {"role": "user", "content": "thanks"}])))[1]
    assert [r.id for r in longer][:-1] == [r.id for r in records]
    several = jsonl({**one, "session_id": name} for one in lines for name in "ab")
    assert counting.sessions(read(in_memory(several))[1]) == {"a", "b"}


def test_messages_whose_fields_have_other_names_keep_their_words() -> None:
    messages = [
        {"role": "user", "text": "go"},
        {"role": "ai", "text": "I look.", "tool_calls": [
            {"action_id": "c", "tool_name": "sh", "arguments_json": '{"c": 1}'}]},
        {"role": "tool", "text": None, "tool_results": [
            {"action_id": "c", "is_error": True, "exit_code": 2, "output_preview": "no"}]},
    ]  # fmt: skip
    found, records, damage = read(in_memory(json.dumps({"messages": messages}).encode()))
    assert (found, damage) == ("messages", [])
    assert [r.attributes[semconv.PROMPT_TEXT] for r in records if r.kind is Kind.PROMPT] == ["go"]
    ((call,), (result,)) = counting.calls(records), counting.results(records)
    assert (call.name, call.ref, result.name, result.ref) == ("sh", "c", "sh", "c")
    assert call.attributes[semconv.GEN_AI_TOOL_ARGUMENTS] == '{"c": 1}'
    assert result.attributes[semconv.GEN_AI_TOOL_RESULT] == "no"
    assert result.attributes[semconv.PROCESS_EXIT_CODE] == 2
    assert result.status is Status.ERROR
