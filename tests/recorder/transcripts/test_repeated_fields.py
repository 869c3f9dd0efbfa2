"""What a line says once and is told with each of its blocks does not fill the disk."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
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


def strings(value: Any) -> Iterator[str]:
    """Yield every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def read_file(content: str, numbered: str) -> dict[str, Any]:
    return line("user", "tool_result") | {
        "message": {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "t", "content": numbered}
        ]},
        "toolUseResult": {"type": "text", "file": {"filePath": "/a.py", "content": content,
                                                   "numLines": 40, "more": content + "!"}},
    }  # fmt: skip


@pytest.mark.parametrize("mark", ["→", "\t"])
def test_a_file_that_was_read_is_told_once_where_the_text_says_the_same(mark: str) -> None:
    lines = [f"{n}\tx = {n}  # line" for n in range(40)]
    content = "\n".join(lines)
    numbered = "\n".join(f"{n:>6}{mark}{text}" for n, text in enumerate(lines, 1))
    records, _ = told(read_file(content, numbered + "\n\n<system-reminder>x</system-reminder>"))
    detail = json.loads(str(records[-1].attributes["flightlog.tool.result.detail"]))
    assert detail == {"type": "text", "file": {
        "filePath": "/a.py", "numLines": 40, "more": content + "!"
    }}  # fmt: skip
    records, _ = told(read_file(content.replace("x = 7", "x = 8"), numbered))
    detail = json.loads(str(records[-1].attributes["flightlog.tool.result.detail"]))
    assert detail["file"]["content"] == content.replace("x = 7", "x = 8")


def test_of_real_results_every_text_of_their_structure_is_still_on_record(corpus: Path) -> None:
    looked_at = 0
    for path in sorted((corpus / "claude_code").rglob("*.jsonl")):
        for raw in path.read_bytes().splitlines():
            try:
                value = json.loads(raw)
            except ValueError:
                continue
            detail = value.get("toolUseResult")
            if not isinstance(detail, dict):
                continue
            for record in told(value)[0]:
                output = str(record.attributes.get("gen_ai.tool.call.result", ""))
                kept = str(record.attributes.get("flightlog.tool.result.detail", ""))
                if record.phase != "end":
                    continue
                looked_at += 1
                plain = re.sub(r"(?m)^ *\d+[→\t]", "", output)
                held = set(strings(json.loads(kept))) if kept else set()
                for text in strings(detail):
                    assert text in held or text.strip() in output or text.strip() in plain
                break
    assert looked_at > 100
