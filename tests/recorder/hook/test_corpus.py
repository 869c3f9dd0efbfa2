"""Real payloads of real agents through the real client: what becomes of each of them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from recorder import semconv
from recorder.capture.hook.agents import AGENTS
from recorder.capture.hook.payload import HookPayload
from recorder.capture.hook.records import PAYLOAD, HookReader
from recorder.daemon import Daemon
from recorder.model import Kind, Phase, Record, Status
from tests.recorder.hook.conftest import Hooks

FAKE_TOKEN = b"sk_test_FAKE0000000000000000"


def captured(corpus: Path, folder: str) -> list[dict[str, Any]]:
    lines = (corpus / "captured" / folder / "hooks.jsonl").read_text().splitlines()
    return [json.loads(line)["stdin"] for line in lines]


def of_agent(agent: str, payloads: list[dict[str, Any]]) -> list[Record]:
    """Return the records of payloads in one reader, as in a running recorder."""
    reader = HookReader()
    return [
        record
        for n, data in enumerate(payloads)
        for record in reader.read(
            HookPayload(f"{n:032x}", agent, "", "", 7, "", n, 0, json.dumps(data).encode())
        )
    ]


def calls(records: list[Record]) -> dict[str, list[Phase]]:
    found: dict[str, list[Phase]] = {}
    for record in records:
        if record.kind is Kind.TOOL_CALL:
            found.setdefault(record.ref, []).append(record.phase)
    return found


AGENTS_OF = {
    "claude_code": "claude-code",
    "claude_agent_sdk": "claude-code",
    "codex": "codex",
    "gemini_cli": "gemini",
    "copilot_cli": "copilot",
}


@pytest.mark.parametrize(("folder", "agent"), AGENTS_OF.items())
def test_every_captured_payload_is_recorded_by_the_real_client_and_answered_neutrally(
    folder: str, agent: str, corpus: Path, hooks: Hooks, daemon: Daemon
) -> None:
    payloads = captured(corpus, folder)
    for number, payload in enumerate(payloads, 1):
        done = hooks.run(agent, payload)
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout == AGENTS[agent].answer
        # Committed by the time the agent goes on, not some time later.
        assert len({r.attributes[semconv.PROCESS_CWD] for r in hooks.records()}) == 1
        assert len(hooks.records()) >= number
    records = hooks.records()
    assert len({record.session for record in records}) == 1
    assert not any(PAYLOAD in record.attributes for record in records if record.name != "hook")
    expected = Counter((r.kind, r.phase, r.name) for r in of_agent(agent, payloads))
    assert Counter((r.kind, r.phase, r.name) for r in records) == expected
    assert FAKE_TOKEN not in hooks.bytes_at_rest()
    daemon.stop()
    assert FAKE_TOKEN not in hooks.bytes_at_rest()


def test_without_a_recorder_the_same_payloads_wait_sealed_and_are_taken_in(
    corpus: Path, hooks: Hooks
) -> None:
    payloads = [p for p in captured(corpus, "claude_code") if "tool_name" in p]
    for payload in payloads:
        done = hooks.run("claude-code", payload)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert FAKE_TOKEN not in hooks.bytes_at_rest()
    waiting = hooks.spooled()
    assert [w["attributes"]["flightlog.hook.event"] for w in waiting] == [
        p["hook_event_name"] for p in payloads
    ]
    with Daemon.launch(hooks.recording):
        pass
    assert sorted(r.id for r in hooks.records()) == sorted(w["id"] for w in waiting)
    assert hooks.spooled() == []
    seals = {seal.fingerprint for record in hooks.records() for seal in record.seals}
    assert len([s for s in seals if s]) == len(seals) >= 1


def test_claude_codes_denied_call_has_its_end_from_the_batch(corpus: Path) -> None:
    records = of_agent("claude-code", captured(corpus, "claude_code"))
    assert all(Phase.START in phases and Phase.END in phases for phases in calls(records).values())
    assert len(calls(records)) == 4
    denied = [r for r in records if r.attributes.get(semconv.ERROR_TYPE) == "denied"]
    assert {"rm -rf build" in str(r.attributes[semconv.GEN_AI_TOOL_ARGUMENTS]) for r in denied} == {
        True,
        False,
    }
    approvals = [r for r in records if r.kind is Kind.APPROVAL]
    assert [a.attributes[semconv.APPROVAL_DECISION] for a in approvals] == ["requested"]
    assert approvals[0].ref in calls(records), "found by tool and arguments, it has no id itself"


def test_codex_calls_bear_its_own_ids_and_a_rejected_one_stays_open(corpus: Path) -> None:
    records = of_agent("codex", captured(corpus, "codex"))
    phases = calls(records)
    assert all(ref.startswith("call_stub_") for ref in phases)
    assert sorted(map(len, phases.values())) == [1, 2, 2, 2]


def test_gemini_and_copilot_calls_without_ids_are_paired_by_what_they_say(corpus: Path) -> None:
    gemini = of_agent("gemini", captured(corpus, "gemini_cli"))
    assert list(calls(gemini).values()) == [[Phase.START, Phase.END]] * 4
    codes = [r.attributes.get(semconv.PROCESS_EXIT_CODE) for r in gemini if r.phase is Phase.END]
    assert codes.count(1) == 1, "`cat /nonexistent-file`"
    assert {r.status for r in gemini if r.phase is Phase.END and r.kind is Kind.TOOL_CALL} == {
        Status.OK
    }, "transport is one fact, the exit code another"
    copilot = of_agent("copilot", captured(corpus, "copilot_cli"))
    ends = [r for r in copilot if r.kind is Kind.TOOL_CALL and r.phase is Phase.END]
    starts = [r for r in copilot if r.kind is Kind.TOOL_CALL and r.phase is Phase.START]
    assert {e.ref for e in ends} < {s.ref for s in starts}
    assert [e.attributes.get(semconv.PROCESS_EXIT_CODE) for e in ends] == [0, 1]
    assert all(r.trace_id == "6c518805ad5170ff9d0b17e28830f184" for r in starts)
    assert {r.name for r in copilot} >= {"session", "user prompt", "bash", "requested"}


def test_every_other_projects_claude_payload_becomes_records(corpus: Path) -> None:
    payloads: list[Any] = []
    for path in sorted((corpus / "hooks_claude").iterdir()):
        text = path.read_text()
        if path.suffix == ".jsonl":
            payloads += [json.loads(line)["payload"] for line in text.splitlines()]
        else:
            payloads += json.loads(text)
    assert len(payloads) == 109
    records = of_agent("claude-code", payloads)
    assert len(records) >= len(payloads)
    assert all(r.name for r in records)
    unknown = [r for r in records if PAYLOAD in r.attributes]
    assert all(r.kind is Kind.LIFECYCLE and r.attributes[semconv.REASON] for r in unknown)
    assert sum(r.kind is Kind.TOOL_CALL for r in records) >= 60
