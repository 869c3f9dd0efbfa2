"""opencode 2's database: whole messages in their sequence, beside what an older version began."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from recorder import semconv
from recorder.model import Kind, Record
from tests.recorder.transcripts import counting
from tests.recorder.transcripts.reading import read, source_of

BEGUN = 1791500531462
SESSION = (
    "(id text PRIMARY KEY, parent_id text, directory text NOT NULL, title text, "
    "version text NOT NULL, permission text, model text, time_created integer NOT NULL)"
)
NEW = (
    f"CREATE TABLE session_v2 {SESSION};"
    "CREATE TABLE session_message (id text PRIMARY KEY, session_id text NOT NULL, "
    "type text NOT NULL, seq integer NOT NULL, time_created integer NOT NULL, data text NOT NULL);"
)
OLD = (
    f"CREATE TABLE session {SESSION};"
    "CREATE TABLE message (id text PRIMARY KEY, session_id text, time_created integer, data text);"
    "CREATE TABLE part (id text PRIMARY KEY, message_id text, session_id text, data text);"
)


def tool(ref: str, name: str, state: dict[str, Any], **time: int) -> dict[str, Any]:
    return {"type": "tool", "id": ref, "name": name, "executed": False, "state": state,
            "time": {"created": BEGUN + 10, **time}}  # fmt: skip


def answer(*content: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "agent": "build", "model": {"id": "m1", "providerID": "fake"}, "content": list(content),
        "tokens": {"input": 1000, "output": 34, "reasoning": 0, "cache": {"read": 200, "write": 0}},
        "time": {"created": BEGUN + 5, "streamed": BEGUN + 30, "completed": BEGUN + 40}, **more,
    }  # fmt: skip


def said(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


RAN = tool(
    "call_1", "shell",
    {"status": "completed", "input": {"command": "exit 7"},
     "content": [said("out\n"), said("Command exited with code 7.")],
     "metadata": {"status": "completed", "exit": 7}},
    ran=BEGUN + 20, completed=BEGUN + 30,
)  # fmt: skip
MESSAGES: list[tuple[str, dict[str, Any]]] = [
    ("user", {"text": "run it", "files": [], "time": {"created": BEGUN + 1}}),
    ("assistant", answer(
        {"type": "reasoning", "text": "first look", "time": {"created": BEGUN + 6}}, RAN)),
    ("assistant", answer(said("It failed."))),
    ("idle", {"outcome": "succeeded", "time": {"created": BEGUN + 50}}),
]  # fmt: skip


def database(path: Path, messages: Iterable[tuple[str, dict[str, Any]]], old: str = "") -> Path:
    """Write a database of one session; `old` has the rows of the older version's tables."""
    db = sqlite3.connect(path)
    db.executescript(NEW + (OLD + old if old else ""))
    session = ("ses_1", None, "/w", "t", "2.0.26", None, '{"id": "m1"}', BEGUN)
    db.execute("INSERT INTO session_v2 VALUES (?, ?, ?, ?, ?, ?, ?, ?)", session)
    for number, (kind, data) in enumerate(messages, 1):
        row = (f"msg_{number}", "ses_1", kind, number, data["time"]["created"], json.dumps(data))
        db.execute("INSERT INTO session_message VALUES (?, ?, ?, ?, ?, ?)", row)
    db.commit()
    db.close()
    return path


def told(path: Path) -> list[Record]:
    found, records, damage = read(source_of(path))
    assert (found, damage) == ("opencode", [])
    counting.assert_sound(records)
    assert counting.sessions(records) == {"ses_1"}
    return records


def of(records: list[Record], kind: Kind) -> list[Record]:
    return [r for r in records if r.kind is kind]


def test_each_message_is_told_in_its_sequence(tmp_path: Path) -> None:
    records = told(database(tmp_path / "opencode.db", MESSAGES))
    begun, prompt = records[0], *of(records, Kind.PROMPT)
    assert (begun.t_ns, begun.attributes[semconv.PROCESS_CWD]) == (BEGUN * 10**6, "/w")
    assert (prompt.attributes[semconv.PROMPT_TEXT], prompt.t_ns) == (
        "run it", (BEGUN + 1) * 10**6,
    )  # fmt: skip
    (call,), (result,) = counting.calls(records), counting.results(records)
    assert (call.ref, call.name, call.t_ns) == ("call_1", "shell", (BEGUN + 20) * 10**6)
    assert result.t_ns == (BEGUN + 30) * 10**6
    assert result.attributes[semconv.GEN_AI_TOOL_RESULT] == "out\n\nCommand exited with code 7."
    assert (counting.exit_codes(records), counting.errors(records)) == ([7], [])
    assert counting.tokens(records) == (2000, 68)
    answers = [
        r.attributes.get(semconv.GEN_AI_OUTPUT_MESSAGES) for r in of(records, Kind.MODEL_CALL)
    ]
    assert [text for text in answers if text] == ["It failed."]
    assert not [r for r in records if semconv.SOURCE_UNKNOWN in r.attributes]


@pytest.mark.parametrize(
    ("state", "error", "decision"),
    [
        ({"status": "error", "error": {"type": "tool.execution", "message": "gone"}},
         "tool_error", None),
        ({"status": "error",
          "error": {"type": "permission.rejected", "message": "Permission denied: shell"}},
         "denied", "denied"),
        ({"status": "running"}, None, None),
        ({"status": "pending", "input": "{"}, None, None),
    ],
)  # fmt: skip
def test_a_call_tells_how_it_went(
    tmp_path: Path, state: dict[str, Any], error: str | None, decision: str | None
) -> None:
    part = tool("call_1", "shell", {"input": {}, **state}, completed=BEGUN + 30)
    records = told(database(tmp_path / "opencode.db", [("assistant", answer(part))]))
    ends = [r.attributes.get(semconv.ERROR_TYPE) for r in counting.results(records)]
    assert ends == ([error] if error else [])
    decided = [r.attributes[semconv.APPROVAL_DECISION] for r in of(records, Kind.APPROVAL)]
    assert decided == ([decision] if decision else [])


def test_other_messages_are_told_for_what_they_are(tmp_path: Path) -> None:
    time = {"created": BEGUN, "completed": BEGUN + 9}
    records = told(database(tmp_path / "opencode.db", [
        ("system", {"text": "The tools have changed.", "time": time}),
        ("shell", {"callID": "sh_1", "command": "ls", "output": "x", "time": time}),
        ("model-switched", {"model": {"id": "m2"}, "time": time}),
        ("assistant", answer(said("hi"), error={"type": "provider", "message": "429"})),
        ("sent-by-pigeon", {"time": time}),
    ]))  # fmt: skip
    (prompt,) = of(records, Kind.PROMPT)
    assert prompt.attributes[semconv.PROMPT_ROLE] == "system"
    assert [r.ref for r in counting.results(records)] == ["sh_1"]
    failed = [r for r in of(records, Kind.MODEL_CALL) if r.attributes.get(semconv.ERROR_TYPE)]
    assert [r.attributes[semconv.ERROR_TYPE] for r in failed] == ["provider"]
    assert [r.name for r in records if semconv.SOURCE_UNKNOWN in r.attributes] == ["sent-by-pigeon"]


def test_what_an_older_version_began_is_told_once_and_goes_on(tmp_path: Path) -> None:
    row = f"('ses_1', NULL, '/w', 't', '1.15.10', NULL, NULL, {BEGUN})"
    part = json.dumps({"type": "text", "text": "run it"})
    user = json.dumps({"role": "user", "time": {"created": BEGUN + 1}})
    old = (
        f"INSERT INTO session VALUES {row};"
        f"INSERT INTO message VALUES ('msg_1', 'ses_1', {BEGUN + 1}, '{user}');"
        f"INSERT INTO part VALUES ('prt_1', 'msg_1', 'ses_1', '{part}');"
    )
    before = tmp_path / "before.db"
    db = sqlite3.connect(before)
    db.executescript(OLD + old)
    db.close()
    first = told(before)
    second = told(database(tmp_path / "after.db", MESSAGES, old=old))
    assert {r.id for r in first} < {r.id for r in second}
    assert len(of(second, Kind.PROMPT)) == 1
    assert len(counting.calls(second)) == 1


def test_a_message_that_is_no_object_costs_itself_alone(tmp_path: Path) -> None:
    path = database(tmp_path / "opencode.db", MESSAGES)
    db = sqlite3.connect(path)
    db.execute("UPDATE session_message SET data = 'x{' WHERE id = 'msg_1'")
    db.commit()
    db.close()
    _, records, damage = read(source_of(path))
    assert [one.reason for one in damage] == ["message msg_1 holds no JSON object"]
    assert len(counting.calls(records)) == 1


@pytest.mark.parametrize("filled", [True, False])
def test_a_database_that_is_cut_off_tells_what_of_it_can_be_read(
    tmp_path: Path, filled: bool
) -> None:
    said = [("user", {"text": f"say {n} {'x' * 3000}", "time": {"created": BEGUN + n}})
            for n in range(80)]  # fmt: skip
    path = database(tmp_path / "opencode.db", said)
    whole, content = {r.id for r in told(path)}, path.read_bytes()
    cut = tmp_path / "cut.db"
    # A copy that ended early, or pages that a disk lost.
    cut.write_bytes(content[: len(content) * 6 // 10] + bytes(len(content) * filled))
    found, records, damage = read(source_of(cut))
    assert found == "opencode"
    assert {r.id for r in records} <= whole
    assert len(records) > 20
    assert damage
