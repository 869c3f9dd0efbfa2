"""Events and messages of agents that keep each by itself, many of them in one source."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from recorder import semconv
from recorder.model import Kind, Record
from tests.recorder.transcripts import counting
from tests.recorder.transcripts.reading import in_memory, jsonl, read, source_of

T = 1_775_000_000_000


def gist(records: Iterable[Record]) -> list[tuple[Any, ...]]:
    """Return what records tell, whichever session they are filed under."""
    return [(r.kind, r.phase, r.name, r.ref, r.t_ns, r.status) for r in records]


def laid_out(value: Any) -> bytes:
    return json.dumps(value, indent=2, sort_keys=True).encode()


@pytest.fixture
def events(corpus: Path) -> list[Any]:
    folder = next((corpus / "captured/openhands_v1/conversations").glob("*/events"))
    return [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]


@pytest.mark.parametrize("way", ["lines", "list", "page", "printed", "printed laid out"])
def test_openhands_events_in_one_source(way: str, events: list[Any], corpus: Path) -> None:
    folder = next((corpus / "captured/openhands_v1/conversations").glob("*/events"))
    apart = [r for path in sorted(folder.glob("*.json")) for r in read(source_of(path))[1]]
    between = b"\nsaid to a person\n--JSON Event--\n"
    content = {
        "lines": jsonl(events), "list": laid_out(events),
        "page": json.dumps({"items": events, "next_page_id": None}).encode(),
        "printed": b"Starting\n" + b"".join(between + json.dumps(e).encode() for e in events),
        "printed laid out": b"Starting\n" + b"".join(between + laid_out(e) for e in events),
    }[way]  # fmt: skip
    found, records, damage = read(in_memory(content + b"\n"))
    assert (found, damage) == ("openhands", [])
    assert len({r.session for r in records}) == 1
    told = [one for one in gist(records) if one[2] != "session" and one[0] is not Kind.MODEL_CALL]
    expected = [one for one in gist(apart) if one[2] != "session" and one[0] is not Kind.MODEL_CALL]
    assert told == expected
    # Where each is a source of its own, a model's turn that made several calls is told with each.
    turns = {e["llm_response_id"] for e in events if e.get("llm_response_id")}
    assert len([r for r in records if r.kind is Kind.MODEL_CALL]) == len(turns)


def test_an_event_that_a_command_line_cut_off_costs_itself_alone(events: list[Any]) -> None:
    mark = b"--JSON Event--\n"
    whole = [e for e in events if e["kind"] == "ActionEvent"][:2]
    content = mark + laid_out(whole[0]) + b"\n" + mark + b'{"id": \n' + mark + laid_out(whole[1])
    _, records, _ = read(in_memory(content))
    assert [r.ref for r in counting.calls(records)] == [e["tool_call_id"] for e in whole]


@pytest.mark.parametrize("way", ["lines", "list"])
def test_opencodes_messages_with_their_parts(way: str, corpus: Path) -> None:
    export = json.loads((corpus / "captured/opencode/export.json").read_bytes())
    messages = [{"info": {"sessionID": export["info"]["id"], **m["info"]}, "parts": m["parts"]}
                for m in export["messages"]]  # fmt: skip
    content = jsonl(messages) if way == "lines" else laid_out(messages)
    found, records, damage = read(in_memory(content))
    assert (found, damage) == ("opencode", [])
    expected = read(source_of(corpus / "captured/opencode/export.json"))[1]
    assert sorted(map(str, gist(records[1:]))) == sorted(map(str, gist(expected[1:])))
    assert counting.sessions(records) == {export["info"]["id"]}


def event(kind: str, **properties: Any) -> dict[str, Any]:
    return {"type": kind, "properties": properties}


def tool(status: str, **state: Any) -> dict[str, Any]:
    part = {"id": "prt_2", "messageID": "msg_1", "sessionID": "ses_1", "type": "tool",
            "callID": "c1", "tool": "bash", "state": {"status": status, **state}}  # fmt: skip
    return event("message.part.updated", part=part)


def text(own: str, message: str, said: str, **more: Any) -> dict[str, Any]:
    part = {"id": own, "messageID": message, "sessionID": "ses_1", "type": "text", "text": said}
    return event("message.part.updated", part={**part, **more})


def info(own: str, role: str, **more: Any) -> dict[str, Any]:
    about = {"id": own, "sessionID": "ses_1", "role": role, "time": {"created": T}}
    return event("message.updated", info={**about, **more})


INPUT = {"input": {"command": "rm -rf build"}}
TIMES = {"start": T + 2, "end": T + 5}
ASKED = {
    "1.1": event("permission.asked", id="per_1", sessionID="ses_1", permission="bash",
                 patterns=["rm *"], tool={"messageID": "msg_1", "callID": "c1"}),
    "1.0": event("permission.updated", id="per_1", sessionID="ses_1", type="bash", pattern="rm *",
                 messageID="msg_1", callID="c1", title="rm", time={"created": T + 3}),
}  # fmt: skip


def log(version: str, reply: str) -> list[dict[str, Any]]:
    replied = {"requestID": "per_1", "reply": reply}
    if version == "1.0":
        replied = {"permissionID": "per_1", "response": reply}
    return [
        event("server.connected"),
        event("session.created", info={"id": "ses_1", "version": "1.18", "directory": "/w",
                                       "time": {"created": T}}),
        info("msg_0", "user"), text("prt_0", "msg_0", "clean up"),
        info("msg_1", "assistant", modelID="m-1"),
        text("prt_1", "msg_1", "I re"), text("prt_1", "msg_1", "I remove", time={"start": T + 1}),
        text("prt_1", "msg_1", "I remove it.", time={"start": T + 1, "end": T + 2}),
        tool("pending", input={}), tool("running", time={"start": T + 2}, **INPUT),
        ASKED[version], event("permission.replied", sessionID="ses_1", **replied),
        tool("completed", output="done", metadata={"exit": 0}, time=TIMES, **INPUT),
        tool("completed", output="done", metadata={"exit": 0}, time=TIMES, **INPUT),
        info("msg_1", "assistant", modelID="m-1", tokens={"input": 7, "output": 3},
             time={"created": T, "completed": T + 9}),
        event("session.idle", sessionID="ses_1"),
    ]  # fmt: skip


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("version", ASKED)
@pytest.mark.parametrize(
    ("reply", "word"), [("once", "approved"), ("always", "approved"), ("reject", "denied")]
)
def test_opencodes_bus_tells_what_was_answered(
    reply: str, word: str, version: str, wrapped: bool
) -> None:
    lines = log(version, reply)
    if wrapped:
        lines = [{"directory": "/w", "payload": one} for one in lines]
    found, records, damage = read(in_memory(jsonl(lines)))
    assert (found, damage) == ("opencode", [])
    assert counting.sessions(records) == {"ses_1"}
    asked, answered = [r for r in records if r.kind is Kind.APPROVAL]
    assert [asked.name, answered.name] == ["requested", word]
    assert {asked.ref, answered.ref} == {"c1"}
    assert "rm *" in str(answered.attributes[semconv.APPROVAL_SUBJECT])
    assert answered.attributes[semconv.APPROVAL_LABEL] == reply
    (call,), (end,) = counting.calls(records), counting.results(records)
    assert "rm -rf build" in str(call.attributes[semconv.GEN_AI_TOOL_ARGUMENTS])
    assert (call.t_ns, end.t_ns) == ((T + 2) * 10**6, (T + 5) * 10**6)
    assert counting.tokens(records) == (7, 3)
    said = [r.attributes.get(semconv.GEN_AI_OUTPUT_MESSAGES) for r in records]
    assert [one for one in said if one] == ["I remove it."]
    assert [r.attributes[semconv.PROMPT_TEXT] for r in records if r.kind is Kind.PROMPT] == [
        "clean up"
    ]
    assert not any(r.attributes.get(semconv.SOURCE_UNKNOWN) for r in records)


def test_what_was_never_completed_on_the_bus_is_told_as_it_was_last() -> None:
    lines = log("1.1", "once")[:10]
    records = read(in_memory(jsonl(lines)))[1]
    assert [r.name for r in counting.calls(records)] == ["bash"]
    assert counting.results(records) == []


def test_parts_on_the_bus_that_have_no_id_are_told_each() -> None:
    lines = [info("msg_1", "user"), *(text("", "msg_1", said) for said in ("one", "two"))]
    records = read(in_memory(jsonl(lines)))[1]
    prompts = [r for r in records if r.kind is Kind.PROMPT]
    assert [r.attributes[semconv.PROMPT_TEXT] for r in prompts] == ["one", "two"]
    assert len({r.id for r in prompts}) == 2


def test_a_list_of_atif_trajectories_tells_each(corpus: Path) -> None:
    one = json.loads((corpus / "captured/atif/codex.atif.json").read_bytes())
    other = {**one, "session_id": "another"}
    found, records, damage = read(in_memory(laid_out([one, other])))
    assert (found, damage) == ("atif", [])
    apart = [read(in_memory(json.dumps(each).encode()))[1] for each in (one, other)]
    assert gist(records) == gist(r for each in apart for r in each)
    assert counting.sessions(records) == {one["session_id"], "another"}


def test_an_open_part_that_names_another_session_than_its_event_is_told() -> None:
    running = tool("running", input={"command": "ls"})
    running["properties"]["sessionID"] = "ses_2"
    _, records, damage = read(in_memory(jsonl([text("prt_1", "msg_1", "go"), running])))
    assert damage == []
    assert [(r.ref, r.session) for r in counting.calls(records)] == [("c1", "ses_2")]
