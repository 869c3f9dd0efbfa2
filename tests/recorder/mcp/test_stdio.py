"""The official SDK's client and server, with `flightlog mcp` between them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from mcp.shared.exceptions import MCPError

from recorder.errors import RecorderBusyError
from recorder.model import Kind, Phase, Status
from recorder.service import Service
from tests.recorder.mcp.conftest import OPS_TOKEN, SECRET, Bench, until

RUN = "0123456789abcdef0123456789abcdef"


async def test_call_and_result_are_on_record_with_both_parties(bench: Bench) -> None:
    async with bench.session() as session:
        result = await session.call_tool("list_volumes", {"env": "staging"})
        assert result.is_error is False
    start, end = bench.pair("list_volumes")
    assert start.kind is Kind.TOOL_CALL
    assert json.loads(str(start.attributes["gen_ai.tool.call.arguments"])) == {"env": "staging"}
    assert start.attributes["flightlog.mcp.server"] == "ops"
    assert start.attributes["mcp.protocol.version"] == "2025-11-25"
    assert start.attributes["network.transport"] == "pipe"
    assert end.attributes["jsonrpc.request.id"] == start.attributes["jsonrpc.request.id"]
    assert end.attributes["gen_ai.tool.call.result"] == "vol-1 in staging"
    assert end.attributes["flightlog.mcp.is_error"] is False
    assert end.status is Status.OK


async def test_refusal_inside_a_result_is_an_error_of_the_content_only(bench: Bench) -> None:
    async with bench.session() as session:
        result = await session.call_tool("refuse", {"token": SECRET})
        assert result.is_error
    _, end = bench.pair("refuse")
    assert end.status is Status.ERROR
    assert end.attributes["flightlog.mcp.answer"] == "result"
    assert end.attributes["flightlog.mcp.is_error"] is True
    assert "rpc.response.status_code" not in end.attributes


async def test_json_rpc_error_is_told_apart_from_a_failing_tool(bench: Bench) -> None:
    async with bench.session() as session:
        with pytest.raises(MCPError):
            await session.read_resource("ops://nothing")
    _, end = bench.pair("ops://nothing")
    assert end.status is Status.ERROR
    assert end.attributes["flightlog.mcp.answer"] == "error"
    assert int(str(end.attributes["rpc.response.status_code"])) < 0
    assert "flightlog.mcp.is_error" not in end.attributes


async def test_resources_and_prompts_are_on_record(bench: Bench) -> None:
    async with bench.session() as session:
        await session.read_resource("ops://runbook")
        await session.get_prompt("cleanup", {"env": "staging"})
    _, read = bench.pair("ops://runbook")
    assert read.kind is Kind.FILE
    assert "first look, then delete" in str(read.attributes["flightlog.mcp.content"])
    _, prompt = bench.pair("cleanup")
    assert prompt.kind is Kind.PROMPT
    assert prompt.attributes["flightlog.prompt.text"] == "Delete what nobody uses in staging."


async def test_what_the_server_asks_of_person_and_model_is_on_record(bench: Bench) -> None:
    async with bench.session() as session:
        result = await session.call_tool("ask", {})
        assert result.is_error is False, result
    _, decision = bench.pair("elicitation/create")
    assert decision.kind is Kind.APPROVAL
    assert decision.attributes["flightlog.approval.decision"] == "approved"
    asked, answered = bench.pair("sampling/createMessage")
    assert asked.kind is Kind.MODEL_CALL
    assert asked.attributes["flightlog.mcp.from"] == "server"
    assert answered.attributes["gen_ai.output.messages"] == "Yes."
    assert answered.attributes["gen_ai.response.model"] == "tiny"


async def test_tool_that_is_described_otherwise_under_way_is_a_record(bench: Bench) -> None:
    async with bench.session() as session:
        await session.list_tools()
        await session.call_tool("rewrite", {})
        await session.list_tools()
    until(lambda: bench.records("mcp tools changed"), "the change")
    (changed,) = bench.records("mcp tools changed")
    assert changed.attributes["flightlog.mcp.tools.changed"] == ["list_volumes"]
    assert "id_ed25519" in str(changed.attributes["flightlog.mcp.tools"])
    assert "id_ed25519" not in str(changed.attributes["flightlog.mcp.tools.before"])
    assert len(bench.records("mcp tools offered")) == 1


async def test_call_that_the_server_died_in_stays_open(bench: Bench) -> None:
    async with bench.session() as session:
        with pytest.raises(MCPError):
            await session.call_tool("die", {})
    until(lambda: len(bench.records("mcp server")) == 2, "the server's end")
    (start,) = bench.records("die")
    assert start.phase is Phase.START
    end = bench.records("mcp server")[1]
    assert end.attributes["process.exit.code"] == 137
    assert end.attributes["flightlog.process.signal"] == "SIGKILL"
    assert end.attributes["flightlog.mcp.unanswered"] == 1


async def test_cancelled_call_says_so_and_progress_is_counted(bench: Bench) -> None:
    progressed = anyio.Event()

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        del progress, total, message
        progressed.set()

    async with bench.session() as session:
        async with anyio.create_task_group() as group:

            async def call() -> None:
                await session.call_tool("hang", {}, progress_callback=on_progress)

            group.start_soon(call)
            await progressed.wait()
            group.cancel_scope.cancel()
        until(lambda: len(bench.records("hang")) >= 2, "the cancellation")
    cancelled = bench.records("hang")[1]
    assert cancelled.phase is Phase.POINT
    assert cancelled.attributes["flightlog.mcp.cancelled"] is True
    until(lambda: len(bench.records("mcp server")) == 2, "the server's end")
    assert bench.records("mcp server")[1].attributes["flightlog.mcp.notifications.progress"] == 1


async def test_no_secret_of_a_call_or_a_result_is_ever_at_rest(bench: Bench) -> None:
    async with bench.session() as session:
        await session.call_tool("refuse", {"token": SECRET})
        shown = await session.call_tool("show_token", {})
        assert OPS_TOKEN in str(shown.content)
    _, shown_end = bench.pair("show_token")
    assert any(seal.role.value == "exposed" for seal in shown_end.seals)
    written = bench.bytes_at_rest()
    assert SECRET.encode() not in written
    assert OPS_TOKEN.encode() not in written


async def test_without_a_recorder_one_of_its_own_records_and_ends_with_it(idle: Bench) -> None:
    async with idle.session() as session:
        await session.call_tool("refuse", {"token": SECRET})
    start, _ = idle.pair("refuse")
    assert start.session.startswith("mcp-")
    assert SECRET.encode() not in idle.bytes_at_rest()
    until(lambda: _is_free(idle.recording), "nobody holds the recording any more")


def _is_free(recording: Path) -> bool:
    try:
        Service.start(recording).stop()
    except RecorderBusyError:
        return False
    return True


def test_launch_is_found_where_the_client_passes_no_variables_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLIGHTLOG_RUN", RUN)
    monkeypatch.setenv("FLIGHTLOG_RECORDING", str(bench.recording))
    client = Path(__file__).with_name("bare_client.py")
    subprocess.run([sys.executable, str(client)], check=True, timeout=60, capture_output=True)
    start, _ = bench.pair("list_volumes")
    assert start.run == RUN
    assert start.session == ""
    assert isinstance(start.attributes["flightlog.peer.pid"], int)
