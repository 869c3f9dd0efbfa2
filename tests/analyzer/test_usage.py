"""What a session used is counted once, however many files tell of it, and in whichever order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analyzer.analysis import analyze
from analyzer.live_session import live_session
from analyzer.state import StateIndex
from recorder.commands.import_ import command as import_command
from recorder.reader import Recording

T = "2026-11-20T10:00:0{}Z"


def gemini(inputs: list[int], total: int) -> tuple[Any, list[Any]]:
    chat = {
        "sessionId": "s", "projectHash": "p", "startTime": T.format(0), "lastUpdated": T.format(9),
        "messages": [
            {"id": f"m{n}", "type": "gemini", "content": "so", "timestamp": T.format(n),
             "model": "m", "tokens": {"input": count, "output": 1}}
            for n, count in enumerate(inputs)
        ],
    }  # fmt: skip
    stream = [
        {"type": "init", "session_id": "s", "model": "m", "timestamp": T.format(0)},
        {"type": "result", "status": "success", "timestamp": T.format(9),
         "stats": {"input_tokens": total, "output_tokens": len(inputs)}},
    ]  # fmt: skip
    return [chat], stream


def codex(inputs: list[int], total: int) -> tuple[list[Any], list[Any]]:
    counted = [
        {"timestamp": T.format(n), "type": "event_msg", "payload": {
            "type": "token_count", "info": {
                "last_token_usage": {"input_tokens": count, "output_tokens": 1},
                "total_token_usage": {"input_tokens": sum(inputs[: n + 1]), "output_tokens": n}}}}
        for n, count in enumerate(inputs)
    ]  # fmt: skip
    begun = {"timestamp": T.format(0), "type": "session_meta", "payload": {
        "id": "s", "timestamp": T.format(0), "cwd": "/w", "originator": "codex_exec",
        "cli_version": "0.1"}}  # fmt: skip
    said = [
        {"type": "thread.started", "thread_id": "s"},
        {"type": "turn.completed",
         "usage": {"input_tokens": total, "output_tokens": len(inputs)}},
    ]  # fmt: skip
    return [begun, *counted], said


@pytest.mark.parametrize("agent", [gemini, codex])
@pytest.mark.parametrize("order", ["calls", "sum", "calls, sum", "sum, calls"])
@pytest.mark.parametrize("more", [0, 50])
def test_a_sum_told_beside_its_calls_counts_only_where_it_is_more(
    agent: Any, order: str, more: int, tmp_path: Path
) -> None:
    calls, stream = agent([10, 20, 10], 40 + more)
    recording = tmp_path / "flight.db"
    for name in order.split(", "):
        path = tmp_path / f"{name}.jsonl"
        lines = stream if name == "sum" else calls
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        done = CliRunner().invoke(import_command, ["-r", str(recording), str(path)])
        assert done.exit_code == 0, done.output
    expected = 40 + (more if "sum" in order else 0)
    with Recording.open(recording) as opened:
        analysis = analyze(opened, "s")
    end = StateIndex(analysis).at(2**62)
    assert (end.input_tokens, end.output_tokens) == (expected, 3)
    with live_session(recording, "s") as session:
        look = session.look(2**62)
        assert look is not None
        assert (look.state.input_tokens, look.state.output_tokens) == (expected, 3)
