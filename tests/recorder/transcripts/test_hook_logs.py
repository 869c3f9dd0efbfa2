"""Logs of people's own hooks: events under other names, envelopes, lists inside of an object."""

from __future__ import annotations

import json
from typing import Any

import pytest

from recorder import semconv
from recorder.model import Kind
from recorder.transcripts.table import detect
from tests.recorder.transcripts import counting
from tests.recorder.transcripts.reading import in_memory, jsonl, read

ASKED: dict[str, Any] = {"session_id": "s", "cwd": "/w", "prompt": "list the files"}
BEFORE: dict[str, Any] = {
    "session_id": "s", "cwd": "/w", "tool_name": "Bash", "tool_input": {"command": "ls"},
}  # fmt: skip
AFTER: dict[str, Any] = {**BEFORE, "tool_response": {"stdout": "x", "stderr": ""}}
PAYLOADS = [("UserPromptSubmit", ASKED), ("PreToolUse", BEFORE), ("PostToolUse", AFTER)]
TIMES = [f"2026-01-02T19:18:3{n}Z" for n in range(len(PAYLOADS))]


def log(made: str) -> bytes:
    """Return a log of those payloads, as one of several programs writes it."""
    timed = list(zip(TIMES, PAYLOADS, strict=True))
    match made:
        case "own name":
            return jsonl({"hook_event_name": e, "timestamp": t, **p} for t, (e, p) in timed)
        case "renamed":
            return jsonl({"ts": t, "event": e, **p} for t, (e, p) in timed)
        case "hook type":
            return jsonl({"time": t, "hook_type": e, **p} for t, (e, p) in timed)
        case "envelope":
            return jsonl({"logged_at": t, "hook": e, "hook_input": p} for t, (e, p) in timed)
        case "object in event":
            return jsonl({"ts": t, "event": {"hook_event_name": e, **p}} for t, (e, p) in timed)
        case _:
            entries = [{"timestamp": t, "hook_event_name": e, **p} for t, (e, p) in timed]
            return json.dumps({"version": "1.0", "max_entries": 9, "entries": entries},
                              indent=2).encode()  # fmt: skip


@pytest.mark.parametrize(
    "made", ["own name", "renamed", "hook type", "envelope", "object in event", "entries"]
)
def test_a_hook_log_is_read_whatever_its_program_calls_the_event(made: str) -> None:
    source = in_memory(log(made))
    found, records, damage = read(source)
    assert (found, damage) == ("hook-log", [])
    assert counting.sessions(records) == {"s"}
    (prompt,) = [r for r in records if r.kind is Kind.PROMPT]
    assert prompt.attributes[semconv.PROMPT_TEXT] == "list the files"
    (call,), (result,) = counting.calls(records), counting.results(records)
    assert (call.name, call.ref) == ("Bash", result.ref)
    assert [r.t_ns for r in (prompt, call, result)] == sorted(
        {r.t_ns for r in records if r.t_ns is not None}
    )
    assert [r.id for r in records] == [r.id for r in read(in_memory(log(made)))[1]]


@pytest.mark.parametrize(
    "entry",
    [
        {"session_id": "s", "event": "page_view"},
        {"event": "PreToolUse", "matcher": "Bash"},
        {"session_id": "s", "event": 7},
        {"events": [{"session_id": "s"}]},
    ],
)
def test_what_is_no_hooks_payload_is_not_read_as_one(entry: dict[str, Any]) -> None:
    found = detect(in_memory(jsonl([entry])))
    assert found is None or found.name != "hook-log"
