"""Cursor's `store.db`: messages in the root's order, what the root no longer names, outcomes."""

from __future__ import annotations

import json
import sqlite3
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from recorder import semconv
from recorder.model import Kind, Phase
from recorder.reader import Recording
from recorder.transcripts.format import Damage
from recorder.transcripts.table import detect
from tests.recorder.transcripts import counting
from tests.recorder.transcripts.reading import jsonl, read, source_of
from tests.recorder.transcripts.test_import_summary import ran

AGENT_ID = "0f0f0f0f-1111-4222-8333-444444444444"


def field(number: int, content: bytes) -> bytes:
    """Return a field of a protobuf message."""
    size, length = len(content), b""
    while size > 0x7F:
        length, size = length + bytes([size & 0x7F | 0x80]), size >> 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + content


def call(ref: str, tool: str = "Shell", **args: Any) -> dict[str, Any]:
    return {"type": "tool-call", "toolCallId": ref, "toolName": tool, "args": args}


def result(ref: str, output: Any, high: Any = None, tool: str = "Shell") -> dict[str, Any]:
    part = {"type": "tool-result", "toolCallId": ref, "toolName": tool, "result": output}
    options = {"cursor": {"highLevelToolCallResult": high}} if high else {}
    return {"role": "tool", "id": ref, "content": [part], "providerOptions": options}


def written(
    path: Path,
    named: list[Any],
    before: tuple[Any, ...] = (),
    waiting: tuple[Any, ...] = (),
    waited: tuple[Any, ...] = (),
    folder: str = "file:///home/dev/my%20work",
) -> Path:
    """Write a database whose root names some messages; others stand there from before.

    What waits is in the root's state, what waited in a former one.
    """
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE blobs (id TEXT PRIMARY KEY, data BLOB)")
        db.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT)")

        def put(content: bytes) -> str:
            digest = sha256(content).hexdigest()
            db.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?)", (digest, content))
            return digest

        for message in before:
            put(json.dumps(message).encode())
        put(b"".join(field(4, json.dumps(message).encode()) for message in waited))
        put(b"{what an agent read}")
        put(b"\x00\xffno message")
        root = b"".join(
            field(1, bytes.fromhex(put(json.dumps(message).encode()))) for message in named
        )
        root += b"".join(field(4, json.dumps(message).encode()) for message in waiting)
        root += field(5, b"\x08\x05") + field(9, folder.encode())
        about = {
            "agentId": AGENT_ID, "latestRootBlobId": put(root), "name": "Tidy",
            "createdAt": 1787430000000, "lastUsedModel": "composer-2",
        }  # fmt: skip
        db.execute("INSERT INTO meta VALUES ('0', ?)", (json.dumps(about).encode().hex(),))
    db.close()
    return path


SYSTEM = {"role": "system", "content": "You are an agent."}
ASKED = {"role": "user", "content": [
    {"type": "text", "text": "<user_query>\ntidy up\n</user_query>"}]}  # fmt: skip
ANSWER: dict[str, Any] = {"role": "assistant", "id": "1", "content": [
    {"type": "reasoning", "text": "first look", "signature": "x"},
    {"type": "text", "text": "I look."},
    call("t1", command="ls"), call("t2", command="cat x")]}  # fmt: skip
RESULTS = [
    result("t1", "Exit code: 0\n\nCommand output:\n\n```\nx\n```",
           {"output": {"success": {"exitCode": 0}}, "isError": False}),
    result("t2", "Exit code: 1\n\nCommand output:\n\n```\nno\n```"),
]  # fmt: skip
DONE = {"role": "assistant", "id": "1", "content": [{"type": "text", "text": "Done."}]}


def test_a_conversation_is_told_in_its_roots_order(tmp_path: Path) -> None:
    path = written(tmp_path / "store.db", [SYSTEM, ASKED, ANSWER, *RESULTS, DONE, DONE])
    found, records, damage = read(source_of(path))
    assert (found, damage) == ("cursor", [])
    counting.assert_sound(records)
    assert counting.sessions(records) == {AGENT_ID}
    kinds = [r.kind for r in records if r.kind is not Kind.TOOL_CALL]
    assert kinds == [
        Kind.LIFECYCLE, Kind.PROMPT, Kind.PROMPT, Kind.MODEL_CALL, Kind.MODEL_CALL, Kind.MODEL_CALL,
    ]  # fmt: skip
    begun, prompt, answer = records[0], records[2], records[3]
    assert (begun.t_ns, begun.attributes[semconv.PROCESS_CWD]) == (
        1787430000000 * 10**6, "/home/dev/my work",
    )  # fmt: skip
    assert begun.attributes[semconv.GEN_AI_MODEL] == "composer-2"
    assert prompt.attributes[semconv.PROMPT_TEXT] == "tidy up"
    assert answer.attributes[semconv.GEN_AI_OUTPUT_MESSAGES] == "I look."
    assert answer.attributes["flightlog.thinking"] == "first look"
    assert [r.ref for r in counting.calls(records)] == ["t1", "t2"]
    assert [r.ref for r in counting.results(records)] == ["t1", "t2"]
    assert counting.exit_codes(records) == [0, 1]
    assert counting.errors(records) == []
    assert {r.t_ns for r in records[1:]} == {None}


def test_what_a_summary_took_out_of_the_root_is_told_before_it(tmp_path: Path) -> None:
    summary = {"role": "user", "content": "what was done",
               "providerOptions": {"cursor": {"isSummary": True}}}  # fmt: skip
    before = written(tmp_path / "before.db", [SYSTEM, ASKED, ANSWER, *RESULTS])
    after = written(tmp_path / "after.db", [SYSTEM, summary, DONE],
                    before=(SYSTEM, ASKED, ANSWER, *RESULTS))  # fmt: skip
    first, second = (read(source_of(path))[1] for path in (before, after))
    assert {r.id for r in first} < {r.id for r in second}
    said = [r.attributes.get(semconv.PROMPT_TEXT) for r in second if r.kind is Kind.PROMPT]
    assert said == ["tidy up", "You are an agent.", "what was done"]


def test_a_call_that_waits_is_told_once(tmp_path: Path) -> None:
    waits = written(tmp_path / "waits.db", [SYSTEM, ASKED], waiting=(ANSWER,))
    ended = written(tmp_path / "ended.db", [SYSTEM, ASKED, ANSWER, *RESULTS], waiting=(ANSWER,))
    first, second = (read(source_of(path))[1] for path in (waits, ended))
    assert [len(counting.calls(r)) for r in (first, second)] == [2, 2]
    assert [len(counting.results(r)) for r in (first, second)] == [0, 2]
    assert {r.id for r in first} < {r.id for r in second}
    # A former state waited for the first of two calls.
    half = {**ANSWER, "content": ANSWER["content"][:3]}
    later = written(tmp_path / "later.db", [SYSTEM, ASKED, ANSWER, *RESULTS], waited=(half, ANSWER))
    third = read(source_of(later))[1]
    counting.assert_sound(third)
    assert [r.id for r in third] == [
        r.id
        for r in read(source_of(written(tmp_path / "x.db", [SYSTEM, ASKED, ANSWER, *RESULTS])))[1]
    ]


def test_a_database_that_is_cut_off_tells_what_of_it_can_be_read(tmp_path: Path) -> None:
    said = [{"role": "user", "content": f"say {n} {'x' * 3000}"} for n in range(60)]
    path = written(tmp_path / "store.db", [SYSTEM, ASKED, ANSWER, *RESULTS, *said])
    content = path.read_bytes()
    cut = tmp_path / "cut.db"
    whole = {r.id for r in read(source_of(path))[1]}
    told = []
    for part in (0.9, 0.5):
        # The pages behind the cut are gone; the header still counts them.
        cut.write_bytes(content[: int(len(content) * part)] + bytes(len(content)))
        _, records, damage = read(source_of(cut))
        assert {r.id for r in records} <= whole
        assert damage
        told.append(len(records))
    assert told[0] > told[1] > 5


@pytest.mark.parametrize(
    ("high", "error", "code"),
    [
        ({"output": {"failure": {"exitCode": 3}}, "isError": True}, "", 3),
        ({"output": {"failure": {"message": "no"}}}, "tool_error", None),
        ({"output": {"error": {"message": "no"}}, "isError": True}, "tool_error", None),
        ({"output": {"timeout": {"timeoutMs": 5}}}, "timeout", None),
        ({"output": {"rejected": {"reason": "not now"}}}, "denied", None),
        ({"output": {"permissionDenied": {}}, "isError": True}, "denied", None),
        ({"output": {"success": {}, "isError": False}}, "", None),
        ({"output": [], "isError": True}, "tool_error", None),
    ],
)
def test_a_result_tells_how_its_call_went(
    tmp_path: Path, high: dict[str, Any], error: str, code: int | None
) -> None:
    asks = {"role": "assistant", "content": [call("t1", command="x")]}
    path = written(tmp_path / "store.db", [asks, result("t1", "so", high)])
    _, records, damage = read(source_of(path))
    (came,) = counting.results(records)
    assert damage == []
    assert (came.attributes.get(semconv.ERROR_TYPE) or "") == error
    assert came.attributes.get(semconv.PROCESS_EXIT_CODE) == code
    decided = [("denied", None)] if error == "denied" else []
    assert counting.approvals(records) == decided


def test_what_is_lost_or_odd_costs_itself_alone(tmp_path: Path) -> None:
    odd = {"role": "assistant", "content": [7, None, call("t9")]}
    path = written(tmp_path / "store.db", [SYSTEM, ASKED, ANSWER, *RESULTS, odd, {"a": 1}])
    with sqlite3.connect(path) as db:
        lost = sha256(json.dumps(ASKED).encode()).hexdigest()
        db.execute("DELETE FROM blobs WHERE id = ?", (lost,))
    db.close()
    _, records, damage = read(source_of(path))
    assert [one.reason.split(" ", 2)[2] for one in damage] == [
        "is not in the database", "is no message of a known shape",
    ]  # fmt: skip
    assert all(isinstance(one, Damage) for one in damage)
    assert [r.ref for r in counting.calls(records)] == ["t1", "t2", "t9"]


def test_a_folder_that_is_no_uri_costs_nothing_else(tmp_path: Path) -> None:
    path = written(tmp_path / "store.db", [SYSTEM, ASKED], folder="file://[home")
    _, records, damage = read(source_of(path))
    assert damage == []
    assert records[0].attributes[semconv.PROCESS_CWD] == "file://[home"
    assert [r.kind for r in records[1:]] == [Kind.PROMPT, Kind.PROMPT]


def test_another_programs_database_of_the_same_tables_is_not_cursors(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE blobs (id TEXT PRIMARY KEY, data BLOB)")
        db.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT)")
        db.execute("INSERT INTO meta VALUES ('version', '3')")
    db.close()
    assert detect(source_of(path)) is None


def test_what_was_told_first_stays_where_two_files_tell_of_one_session(tmp_path: Path) -> None:
    folder = tmp_path / "chats" / "w" / AGENT_ID
    folder.mkdir(parents=True)
    written(folder / "store.db", [SYSTEM, ASKED, ANSWER, *RESULTS, DONE])
    transcript = tmp_path / "projects" / "w" / "agent-transcripts" / f"{AGENT_ID}.jsonl"
    transcript.parent.mkdir(parents=True)
    transcript.write_bytes(jsonl([{"role": "user", "message": {"content": "tidy up"}}] * 2))
    done = ran(tmp_path / "r" / "flight.db", str(tmp_path / "chats"), str(tmp_path / "projects"))
    assert done.exit_code == 0
    with Recording.open(tmp_path / "r" / "flight.db") as opened:
        begun = [r for r in opened.records() if r.session and r.phase is Phase.START]
    assert {r.t_ns for r in begun if r.kind is Kind.LIFECYCLE} == {1787430000000 * 10**6}


def test_a_transcripts_calls_have_the_ids_of_the_database_beside_it(tmp_path: Path) -> None:
    calls = [
        {"type": "tool_use", "name": "Shell", "input": {"command": command}}
        for command in ("ls", "cat x")
    ]
    other = {"type": "tool_use", "name": "Shell", "input": {"command": "pwd"}}
    path = tmp_path / "projects" / "w" / "agent-transcripts" / AGENT_ID / f"{AGENT_ID}.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(jsonl([
        {"role": "user", "message": {"content": "tidy up"}},
        {"role": "assistant", "message": {"content": [*calls, other, calls[0]]}},
    ]))  # fmt: skip
    alone = read(source_of(path))[1]
    folder = tmp_path / "chats" / "w" / AGENT_ID
    folder.mkdir(parents=True)
    written(folder / "store.db", [SYSTEM, ASKED, ANSWER, *RESULTS, DONE])
    beside = read(source_of(path))[1]
    assert [r.id for r in alone] == [r.id for r in beside]
    assert [r.ref for r in counting.calls(beside)][:2] == ["t1", "t2"]
    made = [r.ref for r in counting.calls(alone)]
    assert [r.ref for r in counting.calls(beside)][2:] == made[2:]
    (folder / "store.db").write_bytes(b"SQLite format 3\x00broken")
    assert [r.ref for r in counting.calls(read(source_of(path))[1])] == made
