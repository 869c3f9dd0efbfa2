"""Lines of JSON behind what a server's event stream or a container's log wrote before them."""

from __future__ import annotations

import json

from recorder import semconv
from recorder.model import Kind
from recorder.transcripts.table import detect
from tests.recorder.transcripts.reading import in_memory, jsonl, read

EVENTS = [
    {"type": "message.updated", "properties": {"info": {
        "id": "m", "sessionID": "s", "role": "user", "time": {"created": 1_767_225_600_000}}}},
    {"type": "message.part.updated", "properties": {"part": {
        "id": "p", "sessionID": "s", "messageID": "m", "type": "text", "text": "go"}}},
]  # fmt: skip


def test_a_servers_event_stream_is_read_as_its_events_are() -> None:
    stream = "".join(
        f"id: {n}\nevent: message\ndata: {json.dumps(event)}\n\n: alive\n\n"
        for n, event in enumerate(EVENTS)
    )
    plain = read(in_memory(jsonl(EVENTS)))
    found, records, damage = read(in_memory(f"{stream}data: [DONE]\n\n".encode()))
    assert (found, damage) == ("opencode", []) == (plain[0], plain[2])
    said = [r.attributes[semconv.PROMPT_TEXT] for r in records if r.kind is Kind.PROMPT]
    assert said == ["go"]
    assert len(records) == len(plain[1])


def test_a_container_runtimes_lines_are_read_without_what_stands_before_them() -> None:
    line = {"type": "user", "sessionId": "s", "uuid": "u", "timestamp": "2026-01-01T00:00:00Z",
            "message": {"role": "user", "content": "go"}}  # fmt: skip
    log = f"2026-01-01T00:00:01.123456789Z stdout F {json.dumps(line)}\n"
    found, records, damage = read(in_memory(log.encode()))
    assert (found, damage) == ("claude-code", [])
    plain = read(in_memory(jsonl([line])))[1]
    assert [r.id for r in records] == [r.id for r in plain]


def test_what_is_torn_in_such_lines_is_named() -> None:
    stream = f'data: {{"torn\n\ndata: {json.dumps(EVENTS[0])}\n\n'
    _, _, damage = read(in_memory(stream.encode()))
    assert len(damage) == 1


def test_text_that_begins_alike_is_none() -> None:
    for text in ("data: none\nid: 3\n", "id: x\nname: y\n", ": a list\n:: b\n"):
        assert detect(in_memory(text.encode())) is None
