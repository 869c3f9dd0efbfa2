"""What every reader of transcripts must respect, each seen in real output, one test for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from click.testing import CliRunner

from analyzer.analysis import analyze
from analyzer.state import state_at
from recorder import semconv
from recorder.commands.import_ import command as import_
from recorder.model import Kind, Phase, Record, Status
from recorder.reader import Recording
from recorder.transcripts.openhands_trajectory import tell as tell_openhands
from tests.recorder.transcripts import counting
from tests.recorder.transcripts.reading import in_memory, jsonl, read, records_of, told

T = "2026-11-23T06:09:51.564Z"


def in_session(*lines: dict[str, Any]) -> list[dict[str, Any]]:
    common = {"sessionId": "s1", "version": "2.1.330", "cwd": "/w", "timestamp": T}
    return [{**common, "uuid": f"u{n}", **line} for n, line in enumerate(lines)]


def claude(*lines: dict[str, Any]) -> list[Record]:
    return read(in_memory(jsonl(in_session(*lines))))[1]


def said(message: str, usage: dict[str, int] | None = None, *parts: Any, **more: Any) -> Any:
    content = list(parts) or [{"type": "text", "text": "hm"}]
    about = {"id": message, "role": "assistant", "model": "m", "content": content}
    return {"type": "assistant", "message": about | ({"usage": usage} if usage else {}), **more}


def call(ref: str, command: str = "ls") -> dict[str, Any]:
    return {"type": "tool_use", "id": ref, "name": "Bash", "input": {"command": command}}


def result(ref: str, text: str, **more: Any) -> dict[str, Any]:
    part = {"type": "tool_result", "tool_use_id": ref, "content": text, "is_error": False}
    error = {"is_error": more.pop("is_error", False)}
    return {"type": "user", "message": {"role": "user", "content": [part | error]}, **more}


def test_1_transport_exit_code_and_the_error_in_the_content_are_three_facts(corpus: Path) -> None:
    records = told(next((corpus / "captured/copilot_cli/session-state").glob("a2*/events.jsonl")))
    failed = [r for r in counting.results(records) if r.attributes.get("process.exit.code") == 1]
    assert [r.status for r in failed] == [Status.OK], "`cat` exited 1, and the tool came back"
    refused = [r for r in counting.results(records) if semconv.CONTENT_ERROR in r.attributes]
    assert [(r.status, r.attributes[semconv.CONTENT_ERROR]) for r in refused] == [
        (Status.OK, "HTTP 401")
    ], "curl succeeded over a refusal"
    assert refused[0].attributes["process.exit.code"] == 0


def test_2_a_call_without_a_result_gets_none() -> None:
    records = claude(said("m1", None, call("c1")), said("m2"))
    assert [r.ref for r in counting.calls(records)] == ["c1"]
    assert counting.results(records) == []


def test_3_who_decided_is_the_raw_label_beside_an_estimate() -> None:
    headless = {"decision": "reject", "source": "config", "reasonCode": "unknown"}
    records = claude(
        said("m1", None, call("c1"), call("c2"), call("c3")),
        result("c1", "x was blocked. y", is_error=True, permissionDecision=headless,
               toolDenialKind="user-rejected", entrypoint="sdk-cli"),
        result("c2", "ok", permissionDecision={"decision": "accept", "source": "user_temporary"},
               entrypoint="sdk-py"),
        result("c3", "ok", permissionDecision={"decision": "accept", "source": "user_temporary"},
               entrypoint="cli"),
    )  # fmt: skip
    approvals = [r.attributes for r in records if r.kind is Kind.APPROVAL]
    told_by = [
        (a[semconv.APPROVAL_DECISION], a[semconv.APPROVAL_BY], a[semconv.APPROVAL_HUMAN])
        for a in approvals
    ]
    assert told_by == [
        ("denied", "config", "unlikely"),
        ("approved", "user_temporary", "unlikely"),
        ("approved", "user_temporary", "likely"),
    ]
    assert "user-rejected" in str(approvals[0][semconv.APPROVAL_LABEL]), "kept, though wrong"


def test_5_times_are_read_by_their_formats_clock_and_never_made_up(corpus: Path) -> None:
    clocks = {
        "claude_code": ("captured/claude_code/stream.jsonl", {"iso8601"}),
        "opencode": ("captured/opencode/export.json", {"epoch ms", "none"}),
        "mini": ("captured/mini_swe_agent/mini-2.4.6.traj.json", {"epoch s"}),
        "codex": ("captured/codex/exec-stdout.jsonl", {"none"}),
    }
    for name, (path, clock) in clocks.items():
        records = told(corpus / path)
        found = {r.attributes[semconv.SOURCE_CLOCK] for r in records}
        assert found <= clock | {"none"}, name
        assert all(
            (r.t_ns is None) == (r.attributes[semconv.SOURCE_CLOCK] == "none") for r in records
        ), name
    records = records_of(tell_openhands(counting.loaded(corpus / "openhands/oh-basic.json")))
    assert {r.attributes[semconv.SOURCE_CLOCK] for r in records} >= {"iso8601 without zone"}


def test_6_the_order_is_the_sources_where_times_say_otherwise() -> None:
    records = claude(
        said("m1", None, call("c1"), timestamp="2026-11-23T06:09:59Z"),
        result("c1", "x", timestamp="2026-11-23T06:09:51Z"),
    )
    phases = [r.phase for r in records if r.kind is Kind.TOOL_CALL]
    assert phases == [Phase.START, Phase.END]
    times = [r.t_ns for r in records if r.kind is Kind.TOOL_CALL and r.t_ns is not None]
    assert times == sorted(times, reverse=True)


def test_7_usage_that_each_line_of_a_message_repeats_is_counted_once(corpus: Path) -> None:
    usage = {"input_tokens": 100, "output_tokens": 7}
    records = claude(said("m1", usage), said("m1", usage, call("c1")), said("m2", usage))
    assert counting.tokens(records) == (200, 14)
    copilot = told(next((corpus / "captured/copilot_cli/session-state").glob("2b*/events.jsonl")))
    assert counting.tokens(copilot) == (5 * 1500, 5 * 20), "and the totals at the end, not at all"


def test_7_usage_that_grows_from_line_to_line_counts_as_the_last_line_tells_it(
    tmp_path: Path,
) -> None:
    begun, whole = ({"input_tokens": 100, "output_tokens": count} for count in (1, 40))
    told = [
        said("m1", begun, requestId="r1"),
        said("m1", begun, call("c1"), requestId="r1"),
        said("m1", whole, call("c2"), requestId="r1"),
        said("m2", begun, call("c3")),
    ]
    content = jsonl(in_session(*told))
    for copy in (content[: content.index(b'"c2"')], content):
        (tmp_path / "x.jsonl").write_bytes(copy)
        arguments = ["-r", str(tmp_path / "flight.db"), str(tmp_path / "x.jsonl")]
        assert CliRunner().invoke(import_, arguments).exit_code == 0
    with Recording.open(tmp_path / "flight.db") as recording:
        analysis = analyze(recording, "s1")
    state = state_at(analysis, max(action.start_ns for action in analysis.actions))
    assert (state.input_tokens, state.output_tokens) == (200, 41)


def test_8_calls_bear_the_ids_under_which_other_witnesses_speak_of_them(corpus: Path) -> None:
    folders = {
        "claude_code": "captured/claude_code/projects",
        "codex": "captured/codex/sessions",
        "gemini_cli": "captured/gemini_cli/chats",
    }
    for folder, place in folders.items():
        path = next(p for p in (corpus / place).rglob("*") if p.is_file())
        records = told(path)
        payloads = [v["stdin"] for v in counting.lines(corpus / f"captured/{folder}/hooks.jsonl")]
        assert counting.sessions(records) == {p["session_id"] for p in payloads}
        named = {p["tool_use_id"] for p in payloads if p.get("tool_use_id")}
        assert named <= {r.ref for r in counting.calls(records)}


def test_9_a_hook_that_crashed_is_said_not_to_have_answered(corpus: Path) -> None:
    folder = corpus / "captured/claude_code/hook_failures"
    for name, outcome in (("missing-default", "did not answer"), ("badjson-block", "answered")):
        hooks = [r for r in told(folder / f"{name}.jsonl") if r.name.startswith("hook_")]
        assert [r.attributes["flightlog.hook.outcome"] for r in hooks] == [outcome], name
        assert hooks[0].attributes[semconv.GEN_AI_TOOL_CALL_ID]


def test_10_types_of_a_newer_version_are_kept_as_they_stand() -> None:
    records = claude({"type": "user", "message": {"role": "user", "content": "hi"}})
    newer = {"type": "brand-new", "sessionId": "s1", "uuid": "u9", "x": {"y": [1, 2]}}
    line = jsonl([newer])
    both = in_memory(
        jsonl([{"type": "user", "sessionId": "s1", "message": {"content": "hi"}}]) + line
    )
    kept = read(both)[1][-1]
    assert (kept.kind, kept.name) == (Kind.LIFECYCLE, "brand-new")
    assert str(kept.attributes[semconv.RAW]).encode() + b"\n" == line
    assert len(records) == 2
