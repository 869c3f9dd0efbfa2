"""Each coding agent's own files: counts against a few lines of code that know nothing of ours."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

from recorder import semconv
from recorder.model import Kind, Phase, Status, Witness
from recorder.transcripts.places import sources_of
from tests.recorder.transcripts import counting
from tests.recorder.transcripts.reading import in_memory, jsonl, read, source_of, told

T = "2026-11-23T06:09:51.564Z"


def claude_files(corpus: Path) -> list[Path]:
    folders = [
        corpus / "claude_code",
        corpus / "captured/claude_code",
        corpus / "captured/claude_agent_sdk/projects",
    ]
    return sorted(
        path
        for folder in folders
        for path in folder.rglob("*.jsonl")
        if "otlp" not in path.name and path.name != "hooks.jsonl"
    )


def blocks(lines: list[Any], ending: str) -> Iterator[dict[str, Any]]:
    for line in lines:
        # Lines of the type `api-request-blob` repeat what was said.
        parts = line["message"].get("content") if line["type"] in {"user", "assistant"} else None
        for part in parts if isinstance(parts, list) else []:
            if isinstance(part, dict) and str(part.get("type")).endswith(ending):
                yield part


def test_claude_codes_calls_results_errors_sessions_and_tokens(corpus: Path) -> None:
    files = claude_files(corpus)
    assert len(files) >= 25
    for path in files:
        name, records, damage = read(source_of(path))
        lines = counting.lines(path)
        assert (name, damage) == ("claude-code", []), path.name
        assert [r.ref for r in counting.calls(records)] == [
            b["id"] for b in blocks(lines, "tool_use")
        ]
        results = list(blocks(lines, "tool_result"))
        assert [r.ref for r in counting.results(records)] == [b["tool_use_id"] for b in results]
        assert len(counting.errors(records)) == sum(b.get("is_error") is True for b in results)
        sessions = {s for v in lines if (s := v.get("sessionId") or v.get("session_id"))}
        assert counting.sessions(records) == sessions or not sessions
        usage = {
            m["id"]: (m["usage"]["input_tokens"], m["usage"]["output_tokens"])
            for v in lines
            if isinstance(m := v.get("message"), dict) and "usage" in m and "id" in m
        }
        assert counting.tokens(records) == (
            sum(i for i, _ in usage.values()),
            sum(o for _, o in usage.values()),
        ), path.name
        assert len({r.id for r in records}) == len(records)
        assert len([r for r in records if r.name == "session" and r.phase is Phase.START]) == len(
            counting.sessions(records)
        )


def test_claude_codes_sub_agents_belong_to_the_session_and_bear_their_own_name(
    corpus: Path,
) -> None:
    path = next(corpus.rglob("subagents/agent-a2271d1.jsonl"))
    records = told(path)
    assert counting.sessions(records) == {"29ccd257-68b1-427f-ae5f-6524b7cb6f20"}
    assert {r.attributes[semconv.SIDECHAIN] for r in counting.calls(records)} == {"a2271d1"}
    assert len(counting.calls(records)) == 24


@pytest.mark.parametrize(
    "name", ["badjson-block", "exit1-default", "json-deny", "timeout-block", "missing-default"]
)
def test_claude_codes_decisions_are_approvals_with_the_raw_label(corpus: Path, name: str) -> None:
    path = corpus / "captured/claude_code/hook_failures" / f"{name}.jsonl"
    expected = [
        ({"accept": "approved", "reject": "denied"}[d["decision"]], d["source"])
        for line in counting.lines(path)
        if (d := line.get("permissionDecision"))
    ]
    records = told(path)
    assert counting.approvals(records) == expected
    assert len(expected) == 1


def rollout(corpus: Path) -> list[Path]:
    folder = corpus / "captured/codex/sessions"
    return [*sorted((corpus / "codex").rglob("*.jsonl")), *sorted(folder.glob("*.jsonl"))]


def test_codex_calls_results_exit_codes_and_tokens(corpus: Path) -> None:
    assert len(rollout(corpus)) == 6
    for path in rollout(corpus):
        lines = counting.lines(path)
        items = [v["payload"] for v in lines if v["type"] == "response_item"]
        records = told(path)
        made = [i["call_id"] for i in items if i.get("type") == "function_call"]
        assert [r.ref for r in counting.calls(records)] == made
        outputs = [i for i in items if i.get("type") == "function_call_output"]
        assert [r.ref for r in counting.results(records)] == [i["call_id"] for i in outputs]
        told_codes = [
            json.loads(i["output"])["metadata"]["exit_code"]
            if i["output"].startswith('{"output"')
            else int(i["output"].split("exited with code ")[1].split()[0])
            for i in outputs
            if '"exit_code"' in i["output"] or "exited with code " in i["output"]
        ]
        assert counting.exit_codes(records) == told_codes
        totals = [
            v["payload"]["info"]["total_token_usage"]
            for v in lines
            if v["payload"].get("type") == "token_count" and v["payload"].get("info")
        ]
        growing = [total["output_tokens"] for total in totals]
        if growing and growing == sorted(growing):
            # One file of an old version begins to count anew after each turn.
            assert counting.tokens(records)[1] == growing[-1], path.name
        assert counting.sessions(records) == {lines[0]["payload"]["id"]}


def test_codex_rollouts_that_are_compressed_tell_the_same(corpus: Path, tmp_path: Path) -> None:
    path = rollout(corpus)[-1]
    packed = tmp_path / "rollout.jsonl.zst"
    packed.write_bytes(zstandard.compress(path.read_bytes()))
    (source,) = sources_of(str(packed))
    assert [r.id for r in read(source)[1]] == [r.id for r in told(path)]


def test_codex_execs_output_has_commands_but_no_rejected_one(corpus: Path) -> None:
    path = corpus / "captured/codex/exec-stdout.jsonl"
    items = [v["item"] for v in counting.lines(path) if v["type"] == "item.completed"]
    commands = [i for i in items if i["type"] == "command_execution"]
    records = told(path)
    assert len(counting.calls(records)) == len(commands) == 3
    assert counting.exit_codes(records) == [i["exit_code"] for i in commands]
    assert all(r.t_ns is None for r in records)


def gemini_calls(path: Path) -> dict[str, dict[str, Any]]:
    if path.suffix == ".json":
        messages = counting.loaded(path)["messages"]
    else:
        messages = [m for v in counting.lines(path) for m in v.get("$set", {}).get("messages", [v])]
    return {c["id"]: c for m in messages for c in m.get("toolCalls", [])}


def test_geminis_calls_come_once_however_often_a_message_is_written(corpus: Path) -> None:
    files = [*(corpus / "gemini").glob("*.json"), *corpus.glob("captured/gemini_cli/chats/*")]
    assert len(files) == 4
    for path in files:
        calls, records = gemini_calls(path), told(path)
        counting.assert_sound(records)
        assert {r.ref for r in counting.calls(records)} == set(calls)
        finished = {i for i, c in calls.items() if c["status"] in {"success", "error", "cancelled"}}
        assert {r.ref for r in counting.results(records)} == finished
        failed = sum(c["status"] != "success" for c in calls.values())
        assert len(counting.errors(records)) == failed
    captured = told(files[-1])
    assert counting.exit_codes(captured) == [1], "`cat` failed, and its status is success"
    assert counting.tokens(captured) == (5 * 900, 5 * 20)


def test_geminis_stream_tells_the_calls_of_the_chat(corpus: Path) -> None:
    stream = told(corpus / "captured/gemini_cli/stream.jsonl")
    (chat,) = (corpus / "captured/gemini_cli/chats").iterdir()
    assert {r.ref for r in counting.calls(stream)} == {r.ref for r in counting.calls(told(chat))}
    assert counting.sessions(stream) == counting.sessions(told(chat))
    assert counting.tokens(stream) == (5400, 120)


def test_an_error_that_a_gemini_chat_tells_is_one() -> None:
    chat = {
        "sessionId": "g1", "projectHash": "p", "startTime": T,
        "messages": [{"id": "1", "type": "error", "content": "quota", "timestamp": T},
                     {"id": "2", "type": "info", "content": "hm", "timestamp": T}],
    }  # fmt: skip
    stream = [
        {"type": "init", "session_id": "g2", "model": "m", "timestamp": T},
        {"type": "error", "severity": "error", "message": "quota", "timestamp": T},
    ]
    for content in (jsonl([chat]), jsonl(stream)):
        _, records, _ = read(in_memory(content))
        (failed,) = [r for r in records if r.status is Status.ERROR]
        assert (failed.name, failed.attributes[semconv.EXCEPTION_MESSAGE]) == ("error", "quota")


def test_a_search_that_codexs_provider_ran_has_its_end() -> None:
    search = {"type": "web_search_call", "status": "completed", "action": {"query": "q"}}
    values = [{"timestamp": T, "type": "response_item", "payload": search | more}
              for more in ({}, {"id": "w2", "status": "in_progress"})]  # fmt: skip
    _, records, _ = read(in_memory(jsonl(values)))
    counting.assert_sound(records)
    assert len(counting.calls(records)) == 2
    assert [r.status for r in counting.results(records)] == [Status.OK]


def test_copilots_calls_codes_denials_and_who_decided(corpus: Path) -> None:
    for path in (corpus / "captured/copilot_cli/session-state").rglob("events.jsonl"):
        lines, records = counting.lines(path), told(path)
        ended = [v["data"] for v in lines if v["type"] == "tool.execution_complete"]
        assert [r.ref for r in counting.results(records)] == [d["toolCallId"] for d in ended]
        assert len(counting.errors(records)) == sum(not d["success"] for d in ended)
        codes = [d["shellExecution"]["exitCode"] for d in ended if "shellExecution" in d]
        assert counting.exit_codes(records) == codes
        usage = [
            v["data"]["usage"]["outputTokens"] for v in lines if v["type"] == "session.usage_record"
        ]
        assert counting.tokens(records)[1] == sum(usage)
        decided = [v["data"] for v in lines if v["type"] == "permission.completed"]
        assert [by for word, by in counting.approvals(records) if word != "requested"] == [
            d["decisionSource"] for d in decided
        ]
        assert counting.sessions(records) == {path.parent.name}


def test_vs_codes_replay_has_its_requests_and_calls(corpus: Path) -> None:
    path = corpus / "copilot_chatreplay/spec.chatreplay.json"
    logs = [log for p in counting.loaded(path)["prompts"] for log in p["logs"]]
    records = told(path)
    made = [log["id"] for log in logs if log["kind"] == "toolCall"]
    assert [r.ref for r in counting.calls(records)] == made
    answered = [r for r in records if r.kind is Kind.MODEL_CALL]
    assert len(answered) == sum(log["kind"] == "request" for log in logs)


def test_vs_codes_exported_chat_has_calls_results_and_confirmations() -> None:
    chat = {
        "requesterUsername": "dev", "responderUsername": "GitHub Copilot", "sessionId": "chat-1",
        "requests": [{
            "requestId": "request_1", "timestamp": 1_760_000_000_000, "modelId": "gpt-x",
            "message": {"text": "list the files"},
            "response": [
                {"value": "I look."},
                {"kind": "toolInvocationSerialized", "toolCallId": "c1", "isComplete": True,
                 "toolId": "run_in_terminal", "isConfirmed": {"type": 4}},
            ],
            "result": {"metadata": {
                "toolCallRounds": [{"toolCalls": [
                    {"id": "c1", "name": "run_in_terminal", "arguments": "{\"command\": \"ls\"}"},
                ]}],
                "toolCallResults": {"c1": {"content": [{"value": "a b"}]}},
            }},
        }],
    }  # fmt: skip
    name, records, damage = read(in_memory(json.dumps(chat, indent=1).encode()))
    assert (name, damage) == ("vscode-chat", [])
    assert counting.sessions(records) == {"chat-1"}
    assert len(counting.calls(records)) == len(counting.results(records)) == 1
    assert counting.approvals(records) == [("approved", "user action")]


def test_opencodes_database_export_and_run_tell_the_same_calls(corpus: Path) -> None:
    folder = corpus / "captured/opencode"
    db = sqlite3.connect(f"file:{folder / 'opencode.db'}?mode=ro&immutable=1", uri=True)
    rows = [json.loads(row[0]) for row in db.execute("SELECT data FROM part ORDER BY id")]
    db.close()
    tools = [row for row in rows if row["type"] == "tool"]
    read_files = [told(folder / n) for n in ("opencode.db", "export.json", "run.jsonl")]
    for records in read_files:
        counting.assert_sound(records)
        assert [r.ref for r in counting.calls(records)] == [t["callID"] for t in tools]
        assert len(counting.errors(records)) == sum(t["state"]["status"] == "error" for t in tools)
        assert counting.approvals(records) == [("denied", "user")]
        decided = [r.t_ns for r in records if r.kind is Kind.APPROVAL]
        assert decided == [None], "the end of a denied call is told, not when it was denied"
        ends = [t["state"]["time"]["end"] * 1_000_000 for t in tools]
        assert [r.t_ns for r in counting.results(records)] == ends
    ids = [{r.id for r in records if r.kind is Kind.TOOL_CALL} for records in read_files]
    assert ids[0] == ids[1] == ids[2], "the same part, whichever file it comes from"
    assert counting.tokens(read_files[0]) == (4500, 60)


def test_opencodes_database_is_read_with_its_write_ahead_log_and_not_changed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "opencode.db"
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE session (id, time_created, directory, version)")
    db.execute("CREATE TABLE message (id, session_id, time_created, data)")
    db.execute("CREATE TABLE part (id, message_id, session_id, data)")
    db.execute("INSERT INTO session VALUES ('ses_1', 1760000000000, '/w', '1.0')")
    message = json.dumps({"role": "user", "time": {"created": 1_760_000_000_000}})
    db.execute("INSERT INTO message VALUES ('msg_1', 'ses_1', 1760000000000, ?)", (message,))
    part = json.dumps({"type": "text", "text": "only in the log"})
    db.execute("INSERT INTO part VALUES ('prt_1', 'msg_1', 'ses_1', ?)", (part,))
    db.commit()
    before = [p.read_bytes() for p in (path, tmp_path / "opencode.db-wal")]
    assert b"only in the log" not in before[0], "or the test shows nothing"
    records = told(path)
    assert [r.attributes.get(semconv.PROMPT_TEXT) for r in records][-1] == "only in the log"
    assert [p.read_bytes() for p in (path, tmp_path / "opencode.db-wal")] == before
    db.close()


def test_opencodes_older_files_find_the_message_of_a_part(tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    files: dict[str, dict[str, Any]] = {
        "session/p/ses_1.json": {"id": "ses_1", "directory": "/w", "time": {"created": 1}},
        "message/ses_1/msg_1.json": {"id": "msg_1", "sessionID": "ses_1", "role": "user"},
        "part/msg_1/prt_1.json": {
            "id": "prt_1", "messageID": "msg_1", "sessionID": "ses_1", "type": "text", "text": "hi",
        },
    }  # fmt: skip
    for name, content in files.items():
        (storage / name).parent.mkdir(parents=True)
        (storage / name).write_text(json.dumps(content))
    records = [r for source in sources_of(str(storage)) for r in read(source)[1]]
    assert {r.session for r in records} == {"ses_1"}
    assert [r.attributes[semconv.PROMPT_TEXT] for r in records if r.kind is Kind.PROMPT] == ["hi"]


def test_cursors_database_has_results_in_the_order_of_its_headers(
    corpus: Path, tmp_path: Path
) -> None:
    path = corpus / "cursor/composer-global-state.vscdb"
    records = told(path)
    counting.assert_sound(records)
    assert [r.name for r in counting.calls(records)] == ["read_file", "search"]
    assert len(counting.results(records)) == 2
    assert len([r for r in records if r.kind is Kind.PROMPT]) == 2
    packed = tmp_path / "state.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(path, "state.vscdb")
    (member,) = sources_of(str(packed))
    assert [r.id for r in read(member)[1]] == [r.id for r in records], "in memory, from an archive"


def test_cursors_transcript_has_calls_without_times_or_results() -> None:
    lines = [
        {"role": "user", "message": {"content": [
            {"type": "text", "text": "<user_query>x</user_query>"},
        ]}},
        {"role": "assistant", "message": {"content": [
            {"type": "text", "text": "I read."},
            {"type": "tool_use", "name": "Read", "input": {"path": "a"}},
        ]}},
    ]  # fmt: skip
    own = "3c0a1e5e-0000-4000-8000-000000000001"
    source = in_memory(jsonl(lines), f"/h/agent-transcripts/{own}/{own}.jsonl")
    name, records, _ = read(source)
    assert name == "cursor"
    assert counting.sessions(records) == {own}
    assert len(counting.calls(records)) == 1
    assert counting.results(records) == []
    assert [r.attributes[semconv.PROMPT_TEXT] for r in records if r.kind is Kind.PROMPT] == ["x"]
    assert {r.t_ns for r in records} == {None}


def test_cursors_stream_and_its_old_text_are_known_by_content() -> None:
    stream = [
        {"type": "system", "subtype": "init", "session_id": "s1", "cwd": "/w", "model": "m",
         "apiKeySource": "login"},
        {"type": "tool_call", "subtype": "started", "call_id": "c1", "session_id": "s1",
         "timestamp_ms": 1_760_000_000_000,
         "tool_call": {"shellToolCall": {"args": {"command": "ls"}}}},
        {"type": "tool_call", "subtype": "completed", "call_id": "c1", "session_id": "s1",
         "timestamp_ms": 1_760_000_001_000,
         "tool_call": {"shellToolCall": {"result": {"success": {"exitCode": 2}}}}},
    ]  # fmt: skip
    name, records, _ = read(in_memory(jsonl(stream)))
    assert (name, counting.exit_codes(records)) == ("cursor", [2])
    text = b"user:\n<user_query>\nclean up\n</user_query>\n\nassistant:\nDone.\n"
    name, records, _ = read(in_memory(text))
    assert name == "cursor"
    assert [r.kind for r in records] == [Kind.LIFECYCLE, Kind.PROMPT, Kind.MODEL_CALL]


def test_cursors_old_text_tells_calls_and_results_inside_the_answers() -> None:
    text = (
        b"user:\n\nfix it\n\nassistant:\nI read.\n[Tool call] Read\n  path: a\n  note: one\ntwo\n"
        b"[Tool call] Shell\n  command: ls\n\n[Tool result] Read\nxx\n\nassistant:\nDone.\n"
    )
    _, records, damage = read(in_memory(text))
    counting.assert_sound(records)
    assert damage == []
    answers = [r.attributes[semconv.GEN_AI_OUTPUT_MESSAGES] for r in records
               if r.kind is Kind.MODEL_CALL]  # fmt: skip
    assert answers == ["I read.", "Done."]
    told_of = [(r.name, r.attributes[semconv.GEN_AI_TOOL_ARGUMENTS])
               for r in counting.calls(records)]  # fmt: skip
    assert told_of == [
        ("Read", '{"path": "a", "note": "one\\ntwo"}'), ("Shell", '{"command": "ls"}')
    ]  # fmt: skip
    (result,) = counting.results(records)
    assert (result.name, result.attributes[semconv.GEN_AI_TOOL_RESULT]) == ("Read", "xx")


def test_hook_logs_of_every_agent_are_read_as_transcripts_and_pair_their_calls(
    corpus: Path,
) -> None:
    agents = {
        "claude_code": "claude-code", "codex": "codex", "gemini_cli": "gemini-cli",
        "copilot_cli": "github-copilot",
    }  # fmt: skip
    for folder, agent in agents.items():
        path = corpus / "captured" / folder / "hooks.jsonl"
        payloads = [v["stdin"] for v in counting.lines(path)]
        name, records, damage = read(source_of(path))
        assert (name, damage) == ("hook-log", [])
        assert {r.attributes[semconv.GEN_AI_AGENT_NAME] for r in records} == {agent}
        assert {r.witness for r in records} == {Witness.TRANSCRIPT}
        assert len(records) >= len(payloads)
        assert {r.ref for r in counting.results(records)} <= {
            r.ref for r in counting.calls(records)
        }
        assert [r.id for r in records] == [r.id for r in read(source_of(path))[1]]
        assert [r.ref for r in records] == [r.ref for r in read(source_of(path))[1]]
    total = 0
    for path in (corpus / "hooks_claude").iterdir():
        records = read(source_of(path))[1]
        text = path.read_text()
        total += len(text.splitlines()) if path.suffix == ".jsonl" else len(json.loads(text))
        assert all(r.status in set(Status) for r in records)
    assert total == 109
