"""Codex CLI: what its versions print and save beside rollouts, and their outputs' exit codes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from recorder import semconv
from recorder.model import Kind, Record
from tests.recorder.transcripts.reading import in_memory, jsonl, read

META = {"timestamp": "2026-01-01T00:00:00Z", "type": "session_meta",
        "payload": {"id": "s1", "timestamp": "2026-01-01T00:00:00Z", "cwd": "/w",
                    "cli_version": "0.156.1", "source": "exec"}}  # fmt: skip


def told(lines: list[Any]) -> list[Record]:
    found, records, damage = read(in_memory(jsonl(lines)))
    assert (found, damage) == ("codex", [])
    return records


def of(records: list[Record], kind: Kind) -> list[Record]:
    return [r for r in records if r.kind is kind]


def calls(records: list[Record]) -> list[tuple[str, str, str]]:
    return [(r.phase, r.name, r.ref) for r in of(records, Kind.TOOL_CALL)]


def item(line: str, /, **payload: Any) -> dict[str, Any]:
    return {"timestamp": "2026-01-01T00:00:01Z", "type": line, "payload": payload}


def part(text: str) -> dict[str, str]:
    return {"type": "input_text", "text": text}


def ran(code: int) -> str:
    return json.dumps({"chunk_id": "a", "exit_code": code, "output": "out\n"})


HEAD = "Script completed\nWall time 0.1 seconds\nOutput:\n"


@pytest.mark.parametrize(
    ("output", "code"),
    [("Exit code: 3\nWall time: 0.4 seconds\nOutput:\nno\n", 3),
     ("Exit code: 0\nWall time: 12 seconds\nTotal output lines: 2\nOutput:\n", 0),
     ("Chunk ID: a\nWall time: 0.1 seconds\nProcess exited with code 2\nOutput:\n", 2),
     ('{"output": "x", "metadata": {"exit_code": 5, "duration_seconds": 0.1}}', 5),
     ([part(HEAD), part(ran(7))], 7), ([part(ran(0))], 0),
     # A script that ran several commands has no exit code of its own, nor has what a program says.
     ([part(HEAD), part(ran(7)), part(ran(0))], None), ([part(HEAD)], None),
     ("it says\nExit code: 3\nWall time: 1 seconds\n", None)],
)  # fmt: skip
def test_exit_codes_stand_in_several_ways_in_outputs(output: Any, code: int | None) -> None:
    records = told([
        META, item("response_item", type="custom_tool_call", name="exec", call_id="c", input="x"),
        item("response_item", type="custom_tool_call_output", call_id="c", output=output),
    ])  # fmt: skip
    end = of(records, Kind.TOOL_CALL)[1]
    assert end.attributes.get(semconv.PROCESS_EXIT_CODE) == code
    assert end.status == ("unset" if code is None else "ok")


def test_agents_that_speak_to_each_other_are_no_people_and_have_their_parent() -> None:
    own = {"subagent": {"thread_spawn": {"parent_thread_id": "p1", "depth": 1}}}
    meta = {**META, "payload": {**META["payload"], "source": own}}  # type: ignore[dict-item]
    task = [part("Task name: /lead/a"), {"type": "encrypted_content", "encrypted_content": "gAAA"}]
    records = told([
        meta, item("response_item", type="agent_message", author="/lead", content=task),
    ])  # fmt: skip
    assert records[0].attributes[semconv.SESSION_PARENT] == "p1"
    (prompt,) = of(records, Kind.PROMPT)
    assert prompt.attributes[semconv.PROMPT_ROLE] == "agent"
    assert prompt.attributes[semconv.PROMPT_TEXT] == "Task name: /lead/a\n[encrypted_content]"


@pytest.mark.parametrize("status", ["approved", "denied"])
def test_a_reviewing_program_decides(status: str) -> None:
    about = {"id": "g", "target_item_id": "c", "action": {"type": "command", "command": "x"}}
    records = told([
        META, item("event_msg", type="guardian_assessment", status="in_progress", **about),
        item("event_msg", type="guardian_assessment", status=status, decision_source="agent",
             rationale="why", **about),
    ])  # fmt: skip
    (approval,) = of(records, Kind.APPROVAL)
    assert (approval.name, approval.ref) == (status, "c")
    assert approval.attributes[semconv.APPROVAL_HUMAN] == "unlikely"


STARTED, DONE = "item.started", "item.completed"


def run(*items: dict[str, Any], named: str = "type") -> list[Record]:
    lines: list[Any] = [{"type": "thread.started", "thread_id": "t1"}]
    for one in items:
        about = dict(one)
        about[named] = about.pop("type")
        lines.append({"type": about.pop("at", DONE), "item": about})
    return told(lines)


@pytest.mark.parametrize("named", ["type", "item_type"])
def test_every_sort_of_call_of_a_thread_is_one(named: str) -> None:
    mcp = {"id": "i1", "type": "mcp_tool_call", "server": "facts", "tool": "echo",
           "arguments": {"topic": "x"}}  # fmt: skip
    content = {"content": [{"type": "text", "text": "an answer"}]}
    records = run(
        {**mcp, "at": STARTED, "status": "in_progress"},
        {**mcp, "status": "completed", "result": content, "error": None},
        {"id": "i2", "type": "file_change", "status": "completed",
         "changes": [{"path": "/w/a", "kind": "add"}]},
        {"id": "i3", "type": "web_search", "query": "q", "at": STARTED},
        {"id": "i3", "type": "web_search", "query": "q"},
        {"id": "i4", "type": "collab_tool_call", "tool": "spawn_agent", "prompt": "do",
         "status": "completed"},
        {"id": "i5", "type": "todo_list", "items": []},
        named=named,
    )  # fmt: skip
    assert calls(records) == [
        (phase, name, f"exec {ref}")
        for name, ref in [("mcp__facts__echo", "i1"), ("file_change", "i2"), ("web_search", "i3"),
                          ("spawn_agent", "i4")]
        for phase in ("start", "end")
    ]  # fmt: skip
    given = of(records, Kind.TOOL_CALL)
    assert given[0].attributes[semconv.GEN_AI_TOOL_ARGUMENTS] == '{"topic": "x"}'
    assert given[1].attributes[semconv.GEN_AI_TOOL_RESULT] == "an answer"
    assert "/w/a" in str(given[2].attributes[semconv.GEN_AI_TOOL_ARGUMENTS])
    assert {r.status for r in given[1::2]} == {"ok"}


def test_what_went_wrong_in_a_thread() -> None:
    refused = {"message": "MCP tool call requires approval, but approval policy is never"}
    records = run(
        {"id": "i1", "type": "mcp_tool_call", "server": "s", "tool": "t", "arguments": {},
         "result": None, "error": refused, "status": "failed"},
        {"id": "i2", "type": "mcp_tool_call", "server": "s", "tool": "t", "arguments": {},
         "result": {"isError": True, "content": []}, "status": "completed"},
        {"id": "i3", "type": "command_execution", "command": "rm x", "aggregated_output": "",
         "exit_code": None, "status": "declined"},
        {"id": "i4", "type": "command_execution", "command": "false", "aggregated_output": "",
         "exit_code": 1, "status": "failed"},
    )  # fmt: skip
    ends = [r for r in of(records, Kind.TOOL_CALL) if r.phase == "end"]
    assert [r.attributes.get(semconv.ERROR_TYPE) for r in ends] == [
        "tool_error", "tool_error", "denied", None]  # fmt: skip
    assert ends[0].attributes[semconv.GEN_AI_TOOL_RESULT] == refused["message"]
    assert ends[3].attributes[semconv.PROCESS_EXIT_CODE] == 1
    (denial,) = of(records, Kind.APPROVAL)
    assert (denial.name, denial.ref) == ("denied", "exec i3")


def test_the_protocols_events_are_told_as_calls() -> None:
    def event(kind: str, **more: Any) -> dict[str, Any]:
        return {"id": "0", "msg": {"type": kind, **more}}

    invoked = {"server": "s", "tool": "t", "arguments": {"a": 1}}
    records = told([
        event("session_configured", session_id="s9", model="gpt-x"), event("task_started"),
        event("exec_command_begin", call_id="c1", command=["bash", "-lc", "ls"], cwd="/w"),
        event("exec_command_end", call_id="c1", stdout="a\n", stderr="b", exit_code=4),
        event("mcp_tool_call_begin", call_id="c2", invocation=invoked),
        event("mcp_tool_call_end", call_id="c2", invocation=invoked, result={"Err": "no"}),
        event("patch_apply_begin", call_id="c3", auto_approved=True, changes={"/a": {}}),
        event("patch_apply_end", call_id="c3", stdout="ok", stderr="", success=True),
        event("exec_approval_request", call_id="c4", command=["rm"]),
        event("agent_message", message="Done."),
    ])  # fmt: skip
    assert {r.session for r in records} == {"s9"}
    assert calls(records) == [
        ("start", "exec_command", "c1"), ("end", "exec_command", "c1"),
        ("start", "mcp__s__t", "c2"), ("end", "mcp__s__t", "c2"),
        ("start", "apply_patch", "c3"), ("end", "apply_patch", "c3"),
    ]  # fmt: skip
    ends = [r for r in of(records, Kind.TOOL_CALL) if r.phase == "end"]
    assert [r.status for r in ends] == ["ok", "error", "ok"]
    assert ends[0].attributes[semconv.GEN_AI_TOOL_RESULT] == "a\n\nb"
    assert ends[0].attributes[semconv.PROCESS_EXIT_CODE] == 4
    assert [r.name for r in of(records, Kind.APPROVAL)] == ["requested"]
    (answer,) = of(records, Kind.MODEL_CALL)
    assert answer.attributes[semconv.GEN_AI_OUTPUT_MESSAGES] == "Done."


@pytest.mark.parametrize("indent", [None, 2])
def test_a_session_that_was_saved_as_one_document(indent: int | None) -> None:
    saved = {
        "session": {"timestamp": "2025-05-05T19:24:54Z", "id": "old-1", "instructions": ""},
        "items": [
            {"role": "user", "type": "message", "content": [part("do it")]},
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
            {"type": "function_call", "name": "shell", "arguments": "{}", "call_id": "x"},
            {"type": "function_call_output", "call_id": "x",
             "output": '{"output": "no", "metadata": {"exit_code": 1}}'},
            {"type": "message", "role": "assistant", "content": [part("done")]},
        ],
    }  # fmt: skip
    found, records, damage = read(in_memory(json.dumps(saved, indent=indent).encode()))
    assert (found, damage, {r.session for r in records}) == ("codex", [], {"old-1"})
    assert calls(records) == [("start", "shell", "x"), ("end", "shell", "x")]
    assert [r.attributes[semconv.PROMPT_TEXT] for r in of(records, Kind.PROMPT)] == ["do it"]
    assert records[0].t_ns == 1_746_473_094_000_000_000
    longer = {**saved, "items": [*saved["items"], {"type": "message", "content": "more"}]}
    again = read(in_memory(json.dumps(longer).encode()))[1]
    assert {r.id for r in records} < {r.id for r in again}


@pytest.mark.parametrize(
    ("head", "error"),
    [(HEAD, None), (HEAD.replace("completed", "failed"), "tool_error"),
     (HEAD.replace("completed", "failed") + "says the script", None)],
)  # fmt: skip
def test_a_script_that_failed_is_an_error(head: str, error: str | None) -> None:
    records = told([
        META,
        item("response_item", type="custom_tool_call", name="exec", call_id="c", input="x"),
        item("response_item", type="custom_tool_call_output", call_id="c",
             output=[part(head), part("Error: no")]),
    ])  # fmt: skip
    (result,) = [r for r in of(records, Kind.TOOL_CALL) if r.phase == "end"]
    assert result.attributes.get(semconv.ERROR_TYPE) == error


def test_items_without_an_envelope_are_told() -> None:
    records = told([
        META,
        {"type": "response_item", "role": "user", "content": "go"},
        {"type": "tool_call", "tool": "shell", "arguments": {"cmd": "ls"}},
        {"type": "tool_call", "tool": "read", "arguments": {"path": "a"}},
        {"type": "tool_result", "tool": "read", "content": "A"},
        {"type": "tool_result", "tool": "shell", "content": "a"},
        {"type": "response_item", "role": "assistant", "content": "done"},
    ])  # fmt: skip
    assert [r.attributes[semconv.PROMPT_TEXT] for r in of(records, Kind.PROMPT)] == ["go"]
    shell, read_a = [ref for phase, _, ref in calls(records) if phase == "start"]
    assert calls(records)[2:] == [("end", "read", read_a), ("end", "shell", shell)]
    assert len(of(records, Kind.MODEL_CALL)) == 1


def test_items_that_come_together_are_told_one_by_one() -> None:
    message = {"type": "message", "role": "user", "content": [part("go")]}
    call = {"type": "function_call", "name": "shell", "call_id": "c", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c", "output": "a"}
    records = told([META, item("history_mutation", operation="append",
                               items=[message, call, output])])  # fmt: skip
    assert [r.attributes[semconv.PROMPT_TEXT] for r in of(records, Kind.PROMPT)] == ["go"]
    assert calls(records) == [("start", "shell", "c"), ("end", "shell", "c")]


def test_a_line_of_meta_data_without_instructions_begins_an_old_rollout() -> None:
    records = told([
        {"id": "s1", "timestamp": "2025-07-01T00:00:00Z"},
        {"type": "message", "role": "user", "content": [part("go")]},
    ])  # fmt: skip
    assert {r.session for r in records} == {"s1"}
    assert [r.attributes[semconv.PROMPT_TEXT] for r in of(records, Kind.PROMPT)] == ["go"]


def test_a_rollout_whose_beginning_is_lost_is_of_the_session_that_its_name_tells() -> None:
    session = "0199c1f0-0a0b-7c0d-8e0f-101112131415"
    name = f"sessions/2026/01/01/rollout-2026-01-01T00-00-00-{session}.jsonl"
    rest = [item("event_msg", type="user_message", message=f"say {n}") for n in range(3)]
    meta = {**META, "payload": {**META["payload"], "id": session}}  # type: ignore[dict-item]  # it is a mapping
    whole, cut = (read(in_memory(jsonl(lines), name))[1] for lines in ([meta, *rest], rest))
    assert {r.session for r in (*whole, *cut)} == {session}
    assert {r.id for r in cut} <= {r.id for r in whole}
    (other,) = {r.session for r in read(in_memory(jsonl(rest), "renamed.jsonl"))[1]}
    assert other != session
