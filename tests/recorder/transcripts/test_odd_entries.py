"""An entry of a document that is not shaped as its format has them costs itself alone."""

from __future__ import annotations

import copy
import json
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from recorder import semconv
from recorder.model import Kind, Record
from recorder.transcripts.format import Damage
from tests.recorder.transcripts.reading import in_memory, read
from tests.recorder.transcripts.test_damage import SOURCES

MESSAGES = [
    {"role": "system", "content": "be good"},
    {"role": "user", "content": "do it"},
    {"role": "assistant", "content": "yes", "tool_calls": [
        {"id": f"c{n}", "type": "function", "function": {"name": "sh", "arguments": '{"n": 1}'}}
        for n in range(6)
    ]},
    *({"role": "tool", "tool_call_id": f"c{n}", "content": f"out {n}"} for n in range(6)),
    {"role": "assistant", "content": "done"},
]  # fmt: skip
CLOUDTRAIL = [
    {"eventID": f"e{n}", "eventSource": "s3.amazonaws.com", "eventName": "DeleteBucket",
     "eventTime": f"2026-01-01T00:00:0{n}Z", "userIdentity": {"type": "IAMUser"}}
    for n in range(6)
]  # fmt: skip
CHAT = [
    {"requestId": f"r{n}", "timestamp": 1_767_225_600_000 + n, "message": {"text": f"ask {n}"},
     "response": [{"value": f"answer {n} {k}"} for k in range(6)], "result": {"metadata": {
         "toolCallRounds": [{"toolCalls": [{"id": f"k{n}", "name": "run", "arguments": "{}"}]}],
         "toolCallResults": {f"k{n}": {"content": [{"value": "out"}]}}}}}
    for n in range(6)
]  # fmt: skip
GEMINI = [
    {"id": f"m{n}", "type": "gemini", "content": f"say {n}", "timestamp": "2026-01-01T00:00:00Z",
     "toolCalls": [{"id": f"t{n}{k}", "name": "sh", "args": {}, "status": "success"}
                   for k in range(6)]}
    for n in range(6)
]  # fmt: skip
OPENCODE = [
    {"info": {"id": f"msg_{n}", "role": "assistant", "time": {"created": 1, "completed": 2}},
     "parts": [{"id": f"prt_{n}{k}", "type": "text", "text": f"say {n} {k}"} for k in range(6)]}
    for n in range(6)
]  # fmt: skip
LOGS = [
    {"timeUnixNano": "1767225600000000000", "body": {"stringValue": f"body {n}"},
     "attributes": [{"key": "event.name", "value": {"stringValue": "x"}}]}
    for n in range(6)
]  # fmt: skip
ROWS: list[dict[str, Any]] = [
    {"ts": 1_767_225_600_000, "type": "say", "say": "text", "text": "the task"},
    *({"ts": 1_767_225_600_001 + n, "type": "say", "say": "text", "text": f"say {n}"}
      for n in range(6)),
]  # fmt: skip
DOCUMENTS: dict[str, tuple[Any, Sequence[str | int]]] = {
    "messages": ({"messages": MESSAGES, "model": "m"}, ["messages"]),
    "messages, bare": (MESSAGES, []),
    "messages, their calls": (
        {"session_id": "s", "messages": MESSAGES}, ["messages", 2, "tool_calls"]
    ),
    "messages, several": ([{"id": n, "messages": MESSAGES} for n in range(6)], []),
    "vscode-chat": ({"sessionId": "s", "requests": CHAT}, ["requests"]),
    "vscode-chat, what was said": (
        {"sessionId": "s", "requests": CHAT}, ["requests", 3, "response"]
    ),
    "gemini-cli": ({"projectHash": "p", "sessionId": "g", "messages": GEMINI}, ["messages"]),
    "gemini-cli, its calls": (
        {"projectHash": "p", "sessionId": "g", "messages": GEMINI}, ["messages", 3, "toolCalls"]
    ),
    "opencode": ({"info": {"id": "ses_1"}, "messages": OPENCODE}, ["messages"]),
    "opencode, its parts": ({"info": {"id": "ses_1"}, "messages": OPENCODE},
                            ["messages", 3, "parts"]),
    "cline": (ROWS, []),
    "cloudtrail": ({"Records": CLOUDTRAIL}, ["Records"]),
    "cloudtrail, bare": (CLOUDTRAIL, []),
    "kubernetes-audit": ({"items": [
        {"auditID": f"a{n}", "stage": "ResponseComplete", "verb": "get"} for n in range(6)
    ]}, ["items"]),
    "gcp-audit": ({"entries": [
        {"insertId": f"i{n}", "protoPayload": {"methodName": f"m{n}"}} for n in range(6)
    ]}, ["entries"]),
    "hook-log": ([
        {"hook_event_name": "PreToolUse", "session_id": "s", "tool_name": "Bash",
         "tool_input": {"command": f"ls {n}"}, "tool_use_id": f"t{n}"} for n in range(6)
    ], []),
    "otlp": ({"resourceLogs": [{"scopeLogs": [{"logRecords": LOGS}]}]},
             ["resourceLogs", 0, "scopeLogs", 0, "logRecords"]),
    "otlp, its resources": ({"resourceLogs": [
        {"scopeLogs": [{"logRecords": [one]}]} for one in LOGS
    ]}, ["resourceLogs"]),
    "http-log": ([
        {"scope": "https://a.example:443", "method": "GET", "path": f"/{n}", "status": 200}
        for n in range(6)
    ], []),
}  # fmt: skip
REAL: dict[str, Sequence[str]] = {
    "openhands-trajectory": [], "swe-agent": ["trajectory"], "mini-swe-agent": ["messages"],
    "atif": ["steps"], "har": ["log", "entries"],
}  # fmt: skip
VALUES: list[Any] = [7, [[{}]], {"a": {"b": None}}, None, "x", float("inf"), -1e300, True]
AT = 4
"""Behind what a session's id is made from where its format gives it none."""
ODD = [5, "odd", None, ["odd"]]


def told(document: Any) -> tuple[str, list[Record], list[Damage]]:
    return read(in_memory(json.dumps(document).encode()))


def with_odd(document: Any, path: Sequence[str | int], at: int, odd: Any) -> Any:
    """Return a document with something odd in one of its lists."""
    changed = copy.deepcopy(document)
    within = changed
    for name in path:
        within = within[name]
    within.insert(at, odd)
    return changed


def gist(record: Record) -> tuple[str, ...]:
    """Return what a record says, but for where it stood."""
    said = {
        name: value
        for name, value in record.attributes.items()
        if not name.startswith("flightlog.source.") and name != semconv.GEN_AI_TOOL_CALL_ID
    }
    return record.kind, record.phase, record.name, json.dumps(said, sort_keys=True)


def looked_at(name: str, corpus: Path) -> tuple[Any, Sequence[str | int]]:
    if name in REAL:
        return json.loads((corpus / SOURCES[name]).read_bytes()), REAL[name]
    return DOCUMENTS[name]


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("name", [*DOCUMENTS, *REAL])
def test_what_is_no_object_is_named_and_all_around_it_is_told(
    name: str, odd: Any, corpus: Path
) -> None:
    document, path = looked_at(name, corpus)
    format_name, whole, undamaged = told(document)
    assert format_name == name.partition(",")[0]
    assert undamaged == []
    found, records, damage = told(with_odd(document, path, AT, odd))
    assert found == format_name
    assert not Counter(map(gist, whole)) - Counter(map(gist, records))
    assert len(records) == len(whole)
    ((reason, kept),) = [(one.reason, one.kept) for one in damage]
    assert f" {AT + 1}: " in reason or f" {AT + 1} part 1: " in reason
    # What lists within a list hold is told as if it stood there.
    assert kept in {json.dumps(odd), "odd"}


@pytest.mark.parametrize("name", [*DOCUMENTS, *REAL])
def test_an_object_of_another_shape_costs_no_call(name: str, corpus: Path) -> None:
    document, path = looked_at(name, corpus)
    within = document
    for step in path:
        within = within[step]
    for odd in ({}, {"a newer version's": {"record": [1]}}, *(
        dict.fromkeys(within[1], value) for value in VALUES
    )):  # fmt: skip
        for at in (0, AT):
            format_name, records, _ = told(with_odd(document, path, at, odd))
            assert format_name == name.partition(",")[0]
            assert len(records) >= len(told(document)[1])
            calls = [sum(r.kind is Kind.TOOL_CALL for r in some)
                     for some in (records, told(document)[1])]  # fmt: skip
            assert calls[0] >= calls[1]


@pytest.mark.parametrize("name", [*DOCUMENTS, *REAL])
def test_a_number_without_end_costs_no_other_entry(name: str, corpus: Path) -> None:
    document, path = looked_at(name, corpus)
    within = document
    for step in path:
        within = within[step]
    whole = len(told(document)[1])
    for field in within[1]:
        # As a program writes 1e400, which JSON may hold.
        format_name, records, _ = told(with_odd(document, path, AT, within[1] | {field: math.inf}))
        assert format_name == name.partition(",")[0]
        assert len(records) >= whole


def test_many_that_are_no_objects_are_told_together() -> None:
    _, records, damage = told([*MESSAGES[:2], *range(2500), *MESSAGES[2:]])
    assert [one.reason for one in damage] == [
        "message 3 to 1002: no JSON objects",
        "message 1003 to 2002: no JSON objects",
        "message 2003 to 2502: no JSON objects",
    ]
    assert [n for one in damage for n in json.loads(one.kept)] == list(range(2500))
    assert len(records) == len(told(MESSAGES)[1])


def test_a_line_that_is_no_object_is_kept(tmp_path: Path) -> None:
    lines = [{"type": "user", "sessionId": "s", "uuid": f"u{n}",
              "message": {"role": "user", "content": [f"word {n}", 5, {"type": "text", "text": "x"},
                                                      {"type": "newer", "of": "thing"}]}}
             for n in range(2)]  # fmt: skip
    content = b"\n".join([*(json.dumps(line).encode() for line in lines), b'"odd"'])
    _, records, damage = read(in_memory(content))
    assert [(one.line, one.reason, one.kept) for one in damage] == [
        (3, "not a JSON object", '"odd"')
    ]
    assert [r.attributes[semconv.PROMPT_TEXT] for r in records[1:]] == [
        f'word {n}\n5\nx\n{{"type": "newer", "of": "thing"}}' for n in range(2)
    ]
