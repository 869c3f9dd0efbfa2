"""A file that an earlier result leaves no doubt of is not told again, and can be had from that."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from recorder import semconv
from recorder.model import Kind, Phase, Record
from recorder.transcripts.claude_files import LEFT_BY, LONGEST
from tests.recorder.transcripts.reading import in_memory, jsonl, read

DETAIL = "flightlog.tool.result.detail"
_NUMBER = re.compile(r"^ *\d+[→\t]", re.MULTILINE)


def result(number: int, detail: dict[str, Any], session: str = "s") -> dict[str, Any]:
    return {
        "type": "user", "sessionId": session, "uuid": f"u{number}", "toolUseResult": detail,
        "message": {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": f"t{number}", "content": "done"}
        ]},
    }  # fmt: skip


def edit(before: str, old: str, new: str, path: str = "/a", **more: Any) -> dict[str, Any]:
    return {"filePath": path, "oldString": old, "newString": new, "originalFile": before, **more}


def originals(*lines: dict[str, Any]) -> list[Any]:
    """Return what each result tells of the file as it was."""
    _, records, damage = read(in_memory(jsonl(lines)))
    assert not damage
    told = [r.attributes.get(DETAIL) for r in records if r.phase is Phase.END]
    return [json.loads(str(one)).get("originalFile") if one else None for one in told]


def test_a_file_is_told_once_while_nothing_else_touches_it() -> None:
    written = {"filePath": "/a", "type": "create", "content": "a b b"}
    told = originals(
        result(1, written),
        result(2, edit("a b b", "b", "c")),
        result(3, edit("a c b", "b", "d", replaceAll=True)),
        result(4, edit("a c d", "a", "e")),
    )
    assert told == [None, *({LEFT_BY: f"t{n}"} for n in (1, 2, 3))]


@pytest.mark.parametrize("lines", [
    [edit("a b", "b", "c"), edit("a c ", "c", "d")],  # somebody else was there
    [edit("a b", "b", "c"), edit("a c", "c", "d", path="/b")],
    [edit("a b", "b", "c", userModified=True), edit("a x", "x", "d")],
    [edit("a b", "", "c"), edit("a b", "b", "d")],
    [edit("a b", "b", "c"), {"filePath": "/a"}, edit("a c", "c", "d")],
    [edit("x" * LONGEST + "a", "a", "b"), edit("x" * LONGEST + "b", "b", "c")],
])  # fmt: skip
def test_where_there_is_any_doubt_it_is_told_again(lines: list[dict[str, Any]]) -> None:
    told = originals(*(result(n, detail) for n, detail in enumerate(lines)))
    assert told == [detail.get("originalFile") for detail in lines]


def test_what_another_session_did_says_nothing() -> None:
    told = originals(result(1, edit("a b", "b", "c")), result(2, edit("a c", "c", "d"), "other"))
    assert told == ["a b", "a c"]


def test_of_real_sessions_each_file_follows_from_the_calls_that_are_named(corpus: Path) -> None:
    followed = 0
    for path in sorted((corpus / "claude_code").rglob("*.jsonl")):
        content = path.read_bytes()
        raw = {ref: detail for ref, detail in map(_original_of, content.splitlines()) if ref}
        records = read(in_memory(content))[1]
        calls = {r.ref: r for r in records if (r.kind, r.phase) == (Kind.TOOL_CALL, Phase.START)}
        ends = {r.ref: r for r in records if (r.kind, r.phase) == (Kind.TOOL_CALL, Phase.END)}
        for ref, original in raw.items():
            held = json.loads(str(ends[ref].attributes.get(DETAIL, "{}"))).get("originalFile")
            if isinstance(held, dict):
                left = _left_by(held[LEFT_BY], calls, ends)
                assert original == left or original.strip() in left
                followed += 1
            else:
                said = str(ends[ref].attributes[semconv.GEN_AI_TOOL_RESULT])
                assert held == original or original.strip() in said
    assert followed > 30


def _original_of(line: bytes) -> tuple[str, str]:
    try:
        value = json.loads(line)
        return value["message"]["content"][0]["tool_use_id"], value["toolUseResult"][
            "originalFile"
        ] + ""
    except (ValueError, KeyError, TypeError, IndexError):
        return "", ""


def _left_by(ref: str, calls: dict[str, Record], ends: dict[str, Record]) -> str:
    """Return what a call left, by what is on record alone."""
    asked = json.loads(str(calls[ref].attributes[semconv.GEN_AI_TOOL_ARGUMENTS]))
    detail = json.loads(str(ends[ref].attributes.get(DETAIL, "{}")))
    if "old_string" not in asked:
        told = (
            detail.get("content") or detail.get("file", {}).get("content") or asked.get("content")
        )
        text = str(ends[ref].attributes[semconv.GEN_AI_TOOL_RESULT])
        return str(told) if told else _NUMBER.sub("", text)
    before = detail["originalFile"]
    if isinstance(before, dict):
        before = _left_by(before[LEFT_BY], calls, ends)
    every = -1 if asked.get("replace_all") else 1
    return str(before).replace(asked["old_string"], asked["new_string"], every)


def test_what_a_call_was_given_is_not_told_again_with_its_result() -> None:
    long, other = "old line of code\n" * 20, "new line of code\n" * 20
    call = {
        "type": "assistant", "sessionId": "s", "uuid": "u0",
        "message": {"id": "m", "role": "assistant", "content": [
            {"type": "tool_use", "id": f"t{n}", "name": "Edit",
             "input": {"file_path": "/a", "old_string": long, "new_string": other}}
            for n in (1, 2)
        ]},
    }  # fmt: skip
    changed = edit(long, long, other + "by hand")
    _, records, _ = read(in_memory(jsonl([
        call, result(1, edit(long, long, other)), result(2, changed)
    ])))  # fmt: skip
    started = [r for r in records if r.phase is Phase.START and r.kind is Kind.TOOL_CALL]
    for record in started:
        asked = json.loads(str(record.attributes[semconv.GEN_AI_TOOL_ARGUMENTS]))
        assert (asked["old_string"], asked["new_string"]) == (long, other)
    first, second = (json.loads(str(r.attributes[DETAIL])) for r in records if r.phase is Phase.END)
    assert first == {"filePath": "/a", "originalFile": long}
    assert second == first | {"newString": other + "by hand"}
