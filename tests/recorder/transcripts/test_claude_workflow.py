"""Claude Code's journal of a workflow: its lines stand in the session whose folder it lies in."""

from __future__ import annotations

from recorder import semconv
from recorder.model import Kind, Status
from tests.recorder.transcripts import counting
from tests.recorder.transcripts.reading import in_memory, jsonl, read

SESSION = "9dab0ac2-b04d-4111-bdf9-5dce6d566ad3"
NAME = f"projects/-w/{SESSION}/subagents/workflows/wf_1/journal.jsonl"
LINES = [
    {"type": "started", "key": "v2:a", "agentId": "a1"},
    {"type": "started", "key": "v2:b", "agentId": "a2"},
    {"type": "result", "key": "v2:a", "agentId": "a1", "result": {"ok": True}},
    {"type": "failed", "key": "v2:b", "agentId": "a2"},
]


def test_each_line_is_kept_and_one_that_failed_is_an_error() -> None:
    found, records, damage = read(in_memory(jsonl(LINES), NAME))
    assert (found, damage) == ("claude-workflow", [])
    assert counting.sessions(records) == {SESSION}
    assert [r.name for r in records] == [
        "workflow started", "workflow started", "workflow result", "workflow failed",
    ]  # fmt: skip
    assert {r.kind for r in records} == {Kind.LIFECYCLE}
    assert [r.status is Status.ERROR for r in records] == [False, False, False, True]
    assert all(r.attributes[semconv.RAW] for r in records)


def test_a_longer_copy_adds_its_new_lines_and_a_type_not_known_is_marked() -> None:
    first = read(in_memory(jsonl(LINES[:2]), NAME))[1]
    longer = read(in_memory(jsonl([*LINES, {"type": "paused", "agentId": "a3"}]), NAME))[1]
    assert {r.id for r in first} < {r.id for r in longer}
    assert [r.name for r in longer if semconv.SOURCE_UNKNOWN in r.attributes] == ["paused"]


def test_a_journal_elsewhere_is_a_session_of_its_own() -> None:
    (session,) = counting.sessions(read(in_memory(jsonl(LINES), "journal.jsonl"))[1])
    assert session.startswith("claude-code-")
