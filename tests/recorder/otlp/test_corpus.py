"""What real agents emitted, sent again to a real receiver: calls, decisions, model calls, prompts.

What must come out is counted here by its own few lines, from the names that each agent's own
telemetry uses, not by the recorder's tables.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from recorder import semconv
from recorder.model import Kind, StoredRecord
from tests.recorder.otlp.conftest import JSON, Station

type Said = dict[str, Any]

CALL_ID = {  # where an agent's telemetry names its tool calls
    "claude_code": ("tool_use_id",),
    "claude_agent_sdk": ("tool_use_id",),
    "codex": ("call_id",),
    "copilot_cli": ("gen_ai.tool.call.id",),
    "gemini_cli": ("gen_ai.tool.call_id",),
    "opencode": ("ai.toolCall.id", "tool.call_id"),
    "openhands_v1": ("lmnr.association.properties.metadata.tool_call_id",),
}


@dataclass(frozen=True)
class Item:
    name: str
    said: Said
    trace: str
    span: str
    parent: str
    kind: int


def plain(attributes: list[Said]) -> Said:
    return {a["key"]: next(iter(a["value"].values()), None) for a in attributes}


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def items_of(path: Path) -> Iterator[Item]:
    """Yield the spans and log records of a file of OTLP/JSON lines."""
    for line in map(json.loads, lines_of(path)):
        for entry in line.get("resourceSpans", []):
            for scope in entry["scopeSpans"]:
                for span in scope["spans"]:
                    yield Item(
                        span["name"], plain(span.get("attributes", [])), span["traceId"],
                        span["spanId"], span.get("parentSpanId") or "", span.get("kind", 0),
                    )  # fmt: skip
        for entry in line.get("resourceLogs", []):
            for scope in entry["scopeLogs"]:
                for log in scope["logRecords"]:
                    said = plain(log.get("attributes", []))
                    name = said.get("event.name") or log.get("eventName") or ""
                    yield Item(name, said, log.get("traceId", ""), log.get("spanId", ""), "", 0)


def send(station: Station, path: Path) -> list[StoredRecord]:
    for line in lines_of(path):
        signal = "traces" if b'"resourceSpans"' in line[:40] else "logs"
        answer = station.post(f"/v1/{signal}", line, JSON)
        assert (answer.status, answer.body) == (200, b"{}")
    return station.records()


def of(records: list[StoredRecord], kind: Kind) -> list[StoredRecord]:
    return [r for r in records if r.kind is kind]


def files() -> list[str]:
    return [
        *(f"{agent}/otlp-logs" for agent in ("claude_code", "claude_agent_sdk", "codex")),
        *(f"{agent}/otlp-logs" for agent in ("gemini_cli", "opencode")),
        *(f"{agent}/otlp-traces" for agent in ("claude_code", "claude_agent_sdk", "codex")),
        *(f"{agent}/otlp-traces" for agent in ("gemini_cli", "opencode", "openhands_v1")),
        "copilot_cli/otlp-traces-run1",
        *(f"sdk_otel/{name}" for name in ("langchain_openinference", "langchain_openllmetry")),
        *(f"sdk_otel/openai_agents_{name}" for name in ("openinference", "otelv2")),
        *(f"sdk_otel/mcp-{side}" for side in ("client", "server")),
    ]


@pytest.mark.parametrize("name", files())
def test_nothing_that_an_agent_sent_is_missing(shared: Station, captured: Path, name: str) -> None:
    path = captured / f"{name}.otlp.jsonl"
    records = send(shared, path)
    sent = list(items_of(path))
    got = Counter((r.trace_id, r.span_id) for r in records)
    assert not Counter((i.trace, i.span) for i in sent) - got
    assert shared.gaps() == []
    agent = name.partition("/")[0]
    if agent not in CALL_ID:
        return
    named = {str(i.said[key]) for i in sent for key in CALL_ID[agent] if i.said.get(key)}
    about = [r for r in records if r.kind in {Kind.TOOL_CALL, Kind.APPROVAL}]
    by_id = {r.ref for r in about if semconv.GEN_AI_TOOL_CALL_ID in r.attributes}
    assert by_id == named
    sessions = {i.said.get("session.id") or i.said.get("conversation.id") for i in sent}
    sessions |= {i.said.get("gen_ai.conversation.id") for i in sent}
    sessions |= {i.said.get("lmnr.association.properties.session_id") for i in sent}
    if about:
        assert {r.session for r in about} == sessions - {None}


def test_claude_codes_excerpt_of_a_command_is_a_command_as_its_whole_input_is(
    station: Station, captured: Path, tmp_path: Path
) -> None:
    """Its former versions, and settings that tell less, give the excerpt alone."""
    path = captured / "claude_code/otlp-logs.otlp.jsonl"
    told = [i.said["tool_input"] for i in items_of(path) if i.said.get("tool_input")]
    less = tmp_path / "less.jsonl"
    less.write_bytes(path.read_bytes().replace(b'"tool_input"', b'"another"'))
    calls = of(send(station, less), Kind.TOOL_CALL)
    given = [json.loads(str(r.attributes[semconv.GEN_AI_TOOL_ARGUMENTS])) for r in calls]
    expected = [json.loads(text)["command"] for text in told]
    assert expected
    assert [a["command"].split()[:1] for a in given] == [c.split()[:1] for c in expected]
    assert all(set(arguments) == {"command"} for arguments in given)


@pytest.mark.parametrize("agent", ["claude_code", "claude_agent_sdk"])
def test_claude_code(station: Station, captured: Path, agent: str) -> None:
    logs, traces = (captured / agent / f"otlp-{signal}.otlp.jsonl" for signal in ("logs", "traces"))
    records = send(station, logs)
    events = Counter(i.name.removeprefix("claude_code.") for i in items_of(logs))
    assert len(of(records, Kind.TOOL_CALL)) == events["tool_result"]
    assert len(of(records, Kind.APPROVAL)) == events["tool_decision"] == 4
    assert len(of(records, Kind.PROMPT)) == events["user_prompt"] == 1
    requests = [
        r for r in of(records, Kind.MODEL_CALL) if semconv.GEN_AI_INPUT_TOKENS in r.attributes
    ]
    assert len(requests) == events["api_request"] == 5
    decided = Counter(
        i.said["decision"] for i in items_of(logs) if i.name.endswith("tool_decision")
    )
    words = Counter(r.attributes[semconv.APPROVAL_DECISION] for r in of(records, Kind.APPROVAL))
    assert words == {"approved": decided["accept"], "denied": decided["reject"]}
    both = send(station, traces)[len(records) :]
    spans = Counter(i.name for i in items_of(traces))
    assert len(of(both, Kind.TOOL_CALL)) == spans["claude_code.tool"] == 4
    assert len(of(both, Kind.MODEL_CALL)) == spans["claude_code.llm_request"]
    assert len(of(both, Kind.APPROVAL)) == spans["claude_code.tool.blocked_on_user"]
    assert {r.session for r in records + both} == {next(items_of(logs)).said["session.id"]}
    with_result = [
        r for r in of(both, Kind.TOOL_CALL) if semconv.GEN_AI_TOOL_RESULT in r.attributes
    ]
    assert len(with_result) == 2, "two ran and said something"


def test_codex(station: Station, captured: Path) -> None:
    path = captured / "codex" / "otlp-logs.otlp.jsonl"
    records = send(station, path)
    events = Counter(i.name for i in items_of(path))
    assert len(of(records, Kind.TOOL_CALL)) == events["codex.tool_result"] == 4
    assert len(of(records, Kind.APPROVAL)) == events["codex.tool_decision"] == 3
    assert len(of(records, Kind.PROMPT)) == events["codex.user_prompt"] == 1
    completed = [
        i for i in items_of(path)
        if i.name == "codex.sse_event" and i.said.get("event.kind") == "response.completed"
    ]  # fmt: skip
    model_calls = of(records, Kind.MODEL_CALL)
    assert len(model_calls) == events["codex.api_request"] + len(completed)
    exits = [r.attributes.get(semconv.PROCESS_EXIT_CODE) for r in of(records, Kind.TOOL_CALL)]
    outputs = [i.said["output"] for i in items_of(path) if i.name == "codex.tool_result"]
    assert exits == [
        int(o.split("exited with code ")[1].split()[0]) if "exited with code" in o else None
        for o in outputs
    ]
    assert 1 in exits, "what it calls a success"


def test_gemini(station: Station, captured: Path) -> None:
    logs, traces = (captured / "gemini_cli" / f"otlp-{s}.otlp.jsonl" for s in ("logs", "traces"))
    records = send(station, logs)
    events = Counter(i.name.removeprefix("gemini_cli.") for i in items_of(logs))
    assert len(of(records, Kind.TOOL_CALL)) == events["tool_call"] == 4
    assert len(of(records, Kind.APPROVAL)) == events["tool_call"], "each bears its decision"
    assert len(of(records, Kind.PROMPT)) == events["user_prompt"]
    spans = send(station, traces)[len(records) :]
    calls = of(spans, Kind.TOOL_CALL)
    # A log record has no call id: it bears the id of the span around the call's.
    assert {r.ref for r in of(records, Kind.TOOL_CALL)} == {c.parent_span_id for c in calls}
    assert len(of(spans, Kind.MODEL_CALL)) == sum(i.name == "llm_call" for i in items_of(traces))
    assert all(r.attributes[semconv.GEN_AI_TOOL_ARGUMENTS].startswith("{") for r in calls)  # type: ignore[union-attr]  # text in this corpus
    assert all(semconv.GEN_AI_TOOL_RESULT in r.attributes for r in calls)


def test_copilot(station: Station, captured: Path) -> None:
    path = captured / "copilot_cli" / "otlp-traces-run1.otlp.jsonl"
    records = send(station, path)
    sent = list(items_of(path))
    operations = Counter(i.said.get("gen_ai.operation.name") for i in sent)
    assert len(of(records, Kind.TOOL_CALL)) == operations["execute_tool"] == 4
    assert len(of(records, Kind.MODEL_CALL)) == operations["chat"] == 5
    (denied,) = [i for i in sent if i.said.get("error.type") == "denied"]
    (approval,) = of(records, Kind.APPROVAL)
    assert approval.ref == denied.said["gen_ai.tool.call.id"]
    assert approval.attributes[semconv.APPROVAL_DECISION] == "denied"
    assert "shell(rm)" in str(approval.attributes[semconv.REASON])
    (prompt,) = of(records, Kind.PROMPT)
    assert "Inspect the staging volume" in str(prompt.attributes[semconv.PROMPT_TEXT])
    codes = sorted(int(i.said["process.exit.code"]) for i in sent if "process.exit.code" in i.said)
    found = [r.attributes.get(semconv.PROCESS_EXIT_CODE) for r in of(records, Kind.TOOL_CALL)]
    assert sorted(c for c in found if isinstance(c, int)) == codes


def test_opencode_and_openhands(station: Station, captured: Path) -> None:
    path = captured / "opencode" / "otlp-traces.otlp.jsonl"
    records = send(station, path)
    spans = Counter(i.name for i in items_of(path))
    calls = of(records, Kind.TOOL_CALL)
    assert len(calls) == spans["ai.toolCall"] + spans["Tool.execute"] == 6
    assert len({c.ref for c in calls}) == 3
    assert len(of(records, Kind.MODEL_CALL)) == spans["ai.streamText.doStream"] == 4
    path = captured / "openhands_v1" / "otlp-traces.otlp.jsonl"
    more = send(station, path)[len(records) :]
    sent = list(items_of(path))
    calls = of(more, Kind.TOOL_CALL)
    assert len(calls) == sum(i.said.get("lmnr.span.type") == "TOOL" for i in sent) == 5
    assert len(of(more, Kind.MODEL_CALL)) == sum(i.name == "litellm.completion" for i in sent) == 6
    (prompt,) = of(more, Kind.PROMPT)
    assert str(prompt.attributes[semconv.PROMPT_TEXT]).startswith("Inspect the staging volume")
    dashed = {i.said["lmnr.association.properties.session_id"] for i in sent}
    assert {r.session for r in more} == dashed


FRAMEWORKS: Mapping[str, str] = {
    "langchain_openinference": "session.id",
    "langchain_openllmetry": "traceloop.association.properties.thread_id",
    "openai_agents_openinference": "",
    "openai_agents_otelv2": "",
}


@pytest.mark.parametrize(("name", "session"), FRAMEWORKS.items())
def test_frameworks_of_three_conventions(
    station: Station, captured: Path, name: str, session: str
) -> None:
    path = captured / "sdk_otel" / f"{name}.otlp.jsonl"
    records = send(station, path)
    sent = list(items_of(path))
    tools = [
        i for i in sent
        if i.said.get("openinference.span.kind") == "TOOL"
        or i.said.get("gen_ai.operation.name") == "execute_tool"
    ]  # fmt: skip
    models = [
        i for i in sent
        if i.said.get("openinference.span.kind") == "LLM"
        or i.said.get("gen_ai.operation.name") == "chat"
    ]  # fmt: skip
    calls = of(records, Kind.TOOL_CALL)
    assert [c.span_id for c in calls] == [i.span for i in tools]
    assert len(calls) == 4
    assert [m.span_id for m in of(records, Kind.MODEL_CALL)] == [i.span for i in models]
    assert {c.name for c in calls} == {"bash"}
    for call in calls:
        arguments = json.loads(str(call.attributes[semconv.GEN_AI_TOOL_ARGUMENTS]))
        assert set(arguments) == {"command", "description"}, "as they are, in nobody's wrapping"
        assert call.attributes[semconv.GEN_AI_TOOL_RESULT]
    for model in of(records, Kind.MODEL_CALL):
        assert model.attributes[semconv.GEN_AI_MODEL] == "gpt-stub"
        assert model.attributes[semconv.GEN_AI_INPUT_TOKENS] == 1500
        assert model.attributes[semconv.GEN_AI_OUTPUT_MESSAGES]
    named = (
        {str(i.said[session]) for i in sent if session in i.said} if session else {tools[0].trace}
    )
    assert {r.session for r in records if r.trace_id == tools[0].trace} == named
    if name.startswith("langchain"):
        assert all(c.ref.startswith("call_stub_") for c in calls), "named by the tool's message"
        assert len({c.ref for c in calls}) == 4


def test_both_ends_of_mcp(station: Station, captured: Path) -> None:
    for side in ("client", "server"):
        send(station, captured / "sdk_otel" / f"mcp-{side}.otlp.jsonl")
    sent = [
        i for side in ("client", "server")
        for i in items_of(captured / "sdk_otel" / f"mcp-{side}.otlp.jsonl")
        if i.said.get("mcp.method.name") == "tools/call"
    ]  # fmt: skip
    calls = station.records(Kind.TOOL_CALL)
    assert [(c.span_id, c.name) for c in calls] == [(i.span, i.name.split()[-1]) for i in sent]
    failed = [c.name for c in calls if c.attributes.get(semconv.ERROR_TYPE) == "tool_error"]
    assert set(failed) == {"delete_volume", "no_such_tool"}
