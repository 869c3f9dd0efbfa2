"""What a line says once and is told with each of its blocks does not fill the disk."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from recorder.model import Record
from recorder.transcripts.claude_code import FORMAT
from recorder.transcripts.format import Damage
from recorder.transcripts.lines import MAX_TOLD, TIMES
from recorder.transcripts.source import Source

BLOCKS = 200
LONG = "word " * 100_000


def line(role: str, kind: str, **fields: Any) -> dict[str, Any]:
    blocks = [
        {"type": kind, "id": f"t{n}", "tool_use_id": f"t{n}", "name": "Bash", "content": "x"}
        for n in range(BLOCKS)
    ]
    message = {"role": role, "id": "m", "content": blocks}
    return {"type": role, "sessionId": "s", "uuid": "u1", "message": message, **fields}


def told(*lines: dict[str, Any]) -> tuple[list[Record], list[Damage]]:
    content = b"".join(json.dumps(one).encode() + b"\n" for one in lines)
    items = list(FORMAT.read(Source("session.jsonl", lambda: io.BytesIO(content))))
    damage = [item for item in items if isinstance(item, Damage)]
    return [r for item in items if not isinstance(item, Damage) for r in item.records], damage


def told_in(records: list[Record]) -> int:
    return sum(len(v) for r in records for v in r.attributes.values() if isinstance(v, str))


AFTER = {
    "type": "user", "sessionId": "s", "uuid": "u2", "message": {"role": "user", "content": "go on"},
}  # fmt: skip


def test_what_belongs_to_all_results_of_a_line_is_told_with_one() -> None:
    records, damage = told(line("user", "tool_result", toolUseResult={"file": LONG}), AFTER)
    assert not damage
    assert sum(r.phase == "end" for r in records) == BLOCKS
    assert [n for n, r in enumerate(records) if LONG in str(r.attributes)] == [1]


@pytest.mark.parametrize(
    ("role", "kind"), [("user", "tool_result"), ("assistant", "tool_use")], ids=["results", "calls"]
)
@pytest.mark.parametrize(
    "fields",
    [{"uuid": LONG}, {"sessionId": LONG}, {"isSidechain": True, "agentId": LONG}],
    ids=["id of the line", "session", "sub-agent"],
)
def test_a_line_that_tells_the_same_again_and_again_is_damage_and_the_next_is_read(
    role: str, kind: str, fields: dict[str, Any]
) -> None:
    records, damage = told(line(role, kind, **fields), AFTER)
    assert [one.line for one in damage] == [1]
    assert any("go on" in str(r.attributes.values()) for r in records)
    assert told_in(records) < MAX_TOLD + TIMES * len(LONG)


def test_as_many_blocks_of_their_own_words_are_all_told() -> None:
    many = line("assistant", "tool_use")
    for block in many["message"]["content"]:
        block["input"] = {"command": LONG[:50_000]}
    records, damage = told(many, AFTER)
    assert not damage
    assert sum(r.phase == "start" and r.kind == "tool_call" for r in records) == BLOCKS
