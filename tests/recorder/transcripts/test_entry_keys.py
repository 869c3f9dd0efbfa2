"""Entries without an id come out the same wherever they stand: no damaged line doubles the rest."""

from __future__ import annotations

import json
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from recorder import semconv
from recorder.model import Kind
from recorder.transcripts import entry_keys
from recorder.transcripts.entry_keys import EntryKeys, shown_place
from recorder.transcripts.handing import hand_to
from recorder.transcripts.importer import Importer
from tests.recorder.transcripts.reading import in_memory, jsonl, read

AT = "2026-11-23T06:00:0%d.000Z"
SDK: dict[str, Any] = {"session_id": "s", "content": [{"text": "yes"}], "model": "m"}
HOOK = {"session_id": "s", "cwd": "/w", "tool_name": "Bash", "tool_input": {"command": "ls"}}


def prompts(key: str) -> list[dict[str, Any]]:
    """Return entries of which two are the same."""
    said = ("do it", "again", "again")
    return [{key: {"role": "user", "content": words}, "timestamp": AT % 1} for words in said]


LINES: dict[str, list[dict[str, Any]]] = {
    "claude-code": [
        {"type": "permission-mode", "sessionId": "s", "permissionMode": "default"},
        *({**line, "type": "user", "sessionId": "s"} for line in prompts("message")),
        {"type": "permission-mode", "sessionId": "s", "permissionMode": "default"},
    ],
    "codex": [
        {"type": "session_meta", "timestamp": AT % 0, "payload": {"id": "s"}},
        *({**line, "type": "response_item", "payload": {"type": "message", **line["payload"]}}
          for line in prompts("payload")),
        {"type": "turn.started"}, {"type": "turn.started"},
    ],
    "gemini-cli": [
        {"type": "init", "session_id": "s", "model": "m", "timestamp": AT % 0},
        *({"type": "message", "role": "user", "content": "again", "timestamp": AT % 1},) * 2,
        {"$set": {"summary": "x"}},
    ],
    "copilot-cli": [
        {"type": "session.start", "id": "1", "timestamp": AT % 0, "data": {"sessionId": "s"}},
        *({"type": "user.message", "timestamp": AT % 1, "data": {"content": "again"}},) * 2,
    ],
    "cursor": [
        {"role": role, "message": {"content": [{"type": "text", "text": "again"}]}}
        for role in ("user", "assistant", "user", "assistant")
    ],
    "opencode": [
        {"type": "error", "sessionID": "ses_1", "timestamp": 1763878000000, "error": {"name": n}}
        for n in ("a", "b", "a")
    ],
    "hook-log": [
        {**HOOK, "hook_event_name": event} for event in ("PreToolUse", "PostToolUse") * 2
    ],
    "pi": [
        {"type": "session", "id": "s", "timestamp": AT % 0, "cwd": "/w"},
        *({**line, "type": "message"} for line in prompts("message")),
    ],
    "claude-agent-sdk": [
        {"py_type": "SystemMessage", "msg": {"subtype": "init", "data": {"session_id": "s"}}},
        *({"py_type": "AssistantMessage", "msg": {**SDK, "message_id": "m"}},) * 3,
    ],
    "messages": [
        {"messages": [{"role": "user", "content": words}, {"role": "assistant", "content": "ok"}]}
        for words in ("one", "two", "one")
    ],
}  # fmt: skip
AIDER = b"""# aider chat started at 2026-11-23 06:00:00

> Aider v0.86.1
#### add a test

Added.

#### add a test

Added.

"""
BAD = b'{"type": "user", broken\n'


def ids(content: bytes, name: str) -> list[str]:
    """Return the ids of what content tells."""
    found, records, _ = read(in_memory(content))
    assert found == name
    made = [r.id for r in records if r.name != "session"]
    assert len(set(made)) == len(made), "what is said twice is told twice"
    return made


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_damaged_line_changes_no_other_entry(name: str, at: int) -> None:
    lines = jsonl(LINES[name]).splitlines(keepends=True)
    whole = ids(b"".join(lines), name)
    assert len(whole) >= len(lines) - 1
    assert ids(b"".join([*lines[:at], BAD, b"\n\n", *lines[at:]]), name) == whole
    shorter = ids(b"".join(lines[:-1]), name)
    assert whole[: len(shorter)] == shorter
    assert len(whole) > len(shorter)


def test_a_text_history_tells_its_entries_wherever_they_stand() -> None:
    other = AIDER.replace(b"06:00:00", b"07:00:00")
    both = ids(AIDER + other, "aider")
    assert sorted(both) == sorted([*ids(AIDER, "aider"), *ids(other, "aider")])


def test_documents_laid_out_alike_are_told_apart_and_go_on_where_they_ended() -> None:
    def laid_out(session: str, count: int) -> bytes:
        entries = [
            {**HOOK, "hook_event_name": "Stop", "session_id": session, "cwd": f"/{n // 2}"}
            for n in range(count)
        ]
        return json.dumps(entries, indent=2).encode()

    one, other = ids(laid_out("one", 4), "hook-log"), ids(laid_out("two", 4), "hook-log")
    assert not set(one) & set(other)
    assert ids(laid_out("one", 9), "hook-log")[: len(one)] == one


def test_what_was_imported_with_a_damaged_line_is_not_imported_again(tmp_path: Path) -> None:
    lines = jsonl(LINES["claude-code"]).splitlines(keepends=True)
    hand = hand_to(tmp_path / "flight.db")
    try:
        bad = b"".join([*lines[:2], BAD, *lines[2:]])
        first = Importer(hand).one(in_memory(bad, "bad.jsonl"))
        hand.settle()
        second = Importer(hand).one(in_memory(b"".join(lines), "ok.jsonl"))
        longer = Importer(hand).one(in_memory(b"".join([*lines, lines[-1]]), "longer.jsonl"))
    finally:
        hand.close()
    assert (first.new, [d.line for d in first.damage]) == (7, [3])
    assert (second.records, second.new) == (6, 0)
    assert (longer.records, longer.new) == (7, 1)


def test_the_place_that_is_shown_is_the_line() -> None:
    keys = EntryKeys()
    first, second = keys.of(b"same"), keys.of("same")
    assert first != second
    assert shown_place(first, 0) == first
    assert shown_place(f"exec {second} call 1", 12) == "exec line 12 call 1"
    assert shown_place("uuid", 12) == "uuid"
    told: list[str] = []

    class Looking:
        """Takes what is handed over and looks where it stands."""

        committed = 0

        def filed_as(self, session: str) -> str:
            return session

        def give(self, records: Any) -> set[str]:
            told.extend(str(r.attributes[semconv.SOURCE_PLACE]) for r in records)
            return {record.id for record in records}

        def settle(self) -> None: ...

        def close(self) -> None: ...

    Importer(Looking()).one(in_memory(jsonl(LINES["cursor"])))
    assert told == ["session", "line 1", "line 2", "line 3", "line 4"]


def test_what_is_remembered_of_entries_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry_keys, "MAX_REMEMBERED", 1_000)
    keys, made = EntryKeys(), set[str]()
    text = b"x" * 10_000
    tracemalloc.start()
    for number in range(5_000):
        made.add(keys.of(b"%d %s" % (number % 2_500, text)))
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(made) == 5_000
    assert grown < sum(map(sys.getsizeof, made)) + sys.getsizeof(made) + 250_000
    again = EntryKeys()
    assert {again.of(b"%d %s" % (n % 2_500, text)) for n in range(5_000)} == made


def test_a_place_is_the_entrys_and_leaves_the_calls_id_to_its_own_attribute() -> None:
    line = {"type": "assistant", "sessionId": "s", "uuid": "u1", "message": {
        "id": "m", "role": "assistant", "content": [
            {"type": "tool_use", "id": f"toolu_{n}", "name": "Bash", "input": {}} for n in range(2)
        ],
    }}  # fmt: skip
    _, records, _ = read(in_memory(jsonl([line])))
    calls = [r for r in records if r.kind is Kind.TOOL_CALL]
    assert [r.ref for r in calls] == ["toolu_0", "toolu_1"]
    assert {r.attributes[semconv.SOURCE_PLACE] for r in calls} == {"u1"}
    assert len({r.id for r in calls}) == 2
