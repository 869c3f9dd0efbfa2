"""What messages become: hand-made ones, and what the SDK of another day really sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recorder.capture.mcp.conversation import Conversation, Scene, must_be_durable
from recorder.capture.mcp.lines import Lines
from recorder.capture.mcp.message import Form, Side, may_call_a_tool, parse
from recorder.model import Kind, Phase, Record, Status

CLIENT, SERVER = Side.CLIENT, Side.SERVER


def talk(*messages: tuple[Side, Any]) -> list[Record]:
    """Return the records of messages, given as JSON values or as bytes."""
    conversation = Conversation(Scene(digest_key=b"k"))
    records: list[Record] = []
    for side, value in messages:
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        for message in parse(raw):
            records += conversation.read(side, message, 1)
    return records


def call(number: Any, name: str = "wipe", **params: Any) -> dict[str, Any]:
    method = {"jsonrpc": "2.0", "id": number, "method": "tools/call"}
    return {**method, "params": {"name": name, "arguments": {}, **params}}


def answer(number: Any, result: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "result": result}


def test_what_the_2026_protocol_really_sent_is_understood(captured_mcp: Path) -> None:
    conversation = Conversation(Scene())
    records: list[Record] = []
    for line in captured_mcp.read_text().splitlines():
        seen = json.loads(line)
        side = CLIENT if seen["dir"] == "client->server" else SERVER
        for message in parse(json.dumps(seen["msg"]).encode()):
            records += conversation.read(side, message, int(seen["ts"] * 1e9))
    ends = [r for r in records if r.kind is Kind.TOOL_CALL and r.phase is Phase.END]
    assert [(r.name, r.status) for r in ends] == [
        ("list_volumes", Status.OK),
        ("delete_volume", Status.ERROR),
        ("no_such_tool", Status.ERROR),
    ]
    starts = [r for r in records if must_be_durable(r)]
    assert starts[1].trace_id == "7fb72e591f23a3acd1925df9c11015ac"
    assert starts[1].parent_span_id == "e3da39fdbd4c6163"
    assert starts[1].attributes["flightlog.mcp.server"] == "ops"
    assert starts[1].attributes["mcp.protocol.version"] == "2026-07-28"


def test_ids_of_the_two_sides_and_of_two_types_are_not_confused() -> None:
    records = talk(
        (CLIENT, call(1, "first")),
        (CLIENT, call("1", "second")),
        (SERVER, {"jsonrpc": "2.0", "id": 1, "method": "roots/list"}),
        (CLIENT, answer(1, {"roots": []})),
        (SERVER, answer("1", {"content": []})),
        (SERVER, answer(1, {"content": [], "isError": True})),
    )
    ends = {r.name: r for r in records if r.phase is Phase.END}
    assert ends["second"].status is Status.OK
    assert ends["first"].status is Status.ERROR
    assert ends["mcp roots/list"].attributes["flightlog.mcp.from"] == "server"
    starts = {r.name: r for r in records if r.phase is Phase.START}
    assert all(starts[name].ref == ends[name].ref for name in ends)


def test_what_a_server_asks_inside_a_result_is_answered_in_the_next_call() -> None:
    asked = {"method": "elicitation/create", "params": {"message": "Delete?"}}
    interim = {"resultType": "input_required", "inputRequests": {"k": asked}, "requestState": "s"}
    again: dict[str, Any] = {"inputResponses": {"k": {"action": "decline"}}, "requestState": "s"}
    records = talk(
        (CLIENT, call(1)),
        (SERVER, answer(1, interim)),
        (CLIENT, call(2, **again)),
        (SERVER, answer(2, {"content": [], "resultType": "complete"})),
    )
    start, end = (r for r in records if r.kind is Kind.APPROVAL)
    assert start.ref == end.ref
    assert start.attributes["flightlog.approval.subject"] == "Delete?"
    assert end.attributes["flightlog.approval.decision"] == "denied"
    assert records[1].attributes["flightlog.mcp.result_type"] == "input_required"


def test_call_id_of_the_agent_is_found_in_the_meta_data() -> None:
    asked = call(1, _meta={"claudecode/toolUseId": "toolu_01A"})
    start, end = talk((CLIENT, asked), (SERVER, answer(1, {"content": []})))
    assert start.attributes["gen_ai.tool.call.id"] == "toolu_01A"
    assert end.attributes["gen_ai.tool.call.id"] == "toolu_01A"


def test_answer_that_nobody_asked_for_is_a_record() -> None:
    (record,) = talk((SERVER, answer(9, {"content": []})))
    assert record.name == "mcp unexpected answer"


def test_pages_of_a_list_are_one_list() -> None:
    def listing(number: int, tools: list[str], cursor: str = "", more: str = "") -> Any:
        params = {"cursor": cursor} if cursor else {}
        result: dict[str, Any] = {"tools": [{"name": t, "description": t} for t in tools]}
        ask = {"jsonrpc": "2.0", "id": number, "method": "tools/list", "params": params}
        return (CLIENT, ask), (SERVER, answer(number, {**result, "nextCursor": more or None}))

    records = talk(
        *listing(1, ["a"], more="2"), *listing(2, ["b"], cursor="2"),
        *listing(3, ["a"], more="2"), *listing(4, ["b"], cursor="2"),
        *listing(5, ["a"], more="2"), *listing(6, ["c"], cursor="2"),
    )  # fmt: skip
    offers = [r for r in records if r.name.startswith("mcp tools ")]
    assert [r.name for r in offers if r.phase is Phase.POINT] == [
        "mcp tools offered",
        "mcp tools changed",
    ]
    assert offers[-1].attributes["flightlog.mcp.tools.added"] == ["c"]
    assert offers[-1].attributes["flightlog.mcp.tools.removed"] == ["b"]


def test_peer_cannot_end_the_session_of_the_record() -> None:
    records = talk(
        (SERVER, {"jsonrpc": "2.0", "id": 1, "method": "session"}), (CLIENT, answer(1, {}))
    )
    assert {r.name for r in records} == {"mcp session"}


def test_media_are_counted_and_not_kept() -> None:
    image = {"type": "image", "data": "QUJD" * 100, "mimeType": "image/png"}
    _, end = talk((CLIENT, call(1)), (SERVER, answer(1, {"content": [image]})))
    assert "QUJD" not in json.dumps(end.attributes)
    assert end.attributes["flightlog.mcp.cut"] == 400


@pytest.mark.parametrize(
    "raw",
    [
        b'{"jsonrpc":"2.0","id":1,"method":"tools\\/call","params":{}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools\\u002fcall","params":{}}',
        b'{"jsonrpc":"2.0","id":1,"method":"\\u0074ools/call"}',
    ],
)
def test_spelling_a_call_otherwise_does_not_get_it_past_the_record(raw: bytes) -> None:
    assert may_call_a_tool(raw)
    (record,) = talk((CLIENT, raw))
    assert must_be_durable(record)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
_method = st.sampled_from(
    ["initialize", "tools/call", "tools/list", "resources/read", "prompts/get", "ping",
     "sampling/createMessage", "elicitation/create", "notifications/cancelled", "x/y"]
)  # fmt: skip
PARTS = ("action", "content", "contents", "messages", "model", "tools")
"""What results of MCP's methods may hold."""


@given(_method, _json, _json)
@example("prompts/get", {}, 5)
def test_hostile_parameters_and_results_never_raise(method: str, params: Any, result: Any) -> None:
    ask = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    wrapped = {"name": result, "_meta": params, "arguments": result, "inputResponses": params}
    for asked in (ask, {**ask, "params": wrapped}, {"method": method, "params": params}):
        for told in (result, {**dict.fromkeys(PARTS, result), "inputRequests": params}):
            assert isinstance(talk((CLIENT, asked), (SERVER, answer(1, told))), list)
            assert isinstance(talk((SERVER, asked), (CLIENT, {"id": 1, "error": told})), list)


@given(st.binary())
def test_any_bytes_are_messages_or_nothing(raw: bytes) -> None:
    assert all(message.form in Form for message in parse(raw))


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_pieces_add_up_to_what_came(chunks: list[bytes]) -> None:
    lines = Lines(eager=True)
    passed = b"".join(piece for chunk in chunks for piece, _ in lines.feed(chunk))
    assert passed == b"".join(chunks)


def test_whole_message_is_noticed_before_its_newline() -> None:
    lines = Lines(eager=True)
    raw = json.dumps(call(1)).encode()
    assert [line for _, line in lines.feed(raw[:20])] == [None]
    ((piece, line),) = lines.feed(raw[20:])
    assert piece == raw[20:]
    assert line is not None
    assert line.raw == raw
