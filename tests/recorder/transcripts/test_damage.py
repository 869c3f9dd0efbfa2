"""Whatever stands in a transcript is told, or named as damage; nothing is raised, nothing stops.

Real files with fields of other types, other orders, cut anywhere.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recorder.model import Kind, Record
from recorder.transcripts import lines
from recorder.transcripts.format import Damage
from recorder.transcripts.mending import mended
from recorder.transcripts.source import Source
from recorder.transcripts.table import detect, format_named

LOADED = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    deadline=None,
    max_examples=60,
)
SOURCES = {
    "claude-code": "captured/claude_code/stream.jsonl",
    "codex": "captured/codex/sessions/rollout-2026-11-23T06-06-58-"
    "01a20703-cad9-7db1-a721-4434f7a917bd.jsonl",
    "gemini-cli": "captured/gemini_cli/chats/session-2026-11-23T06-08-1447921d.jsonl",
    "copilot-cli": "captured/copilot_cli/session-state/"
    "a2865456-3f3a-4aec-a86a-1dd961b002c7/events.jsonl",
    "opencode": "captured/opencode/run.jsonl",
    "hook-log": "captured/codex/hooks.jsonl",
    "openhands-trajectory": "openhands/oh-basic.json",
    "swe-agent": "swe_agent/ctf-flash.traj",
    "mini-swe-agent": "captured/mini_swe_agent/mini-2.4.6.traj.json",
    "atif": "captured/atif/codex.atif.json",
    "claude-agent-sdk": "captured/claude_agent_sdk/messages.jsonl",
    "otlp": "captured/claude_agent_sdk/otlp-traces.otlp.jsonl",
    "har": "captured/http_proxy/mini-session.har",
    "http-log": "cline/cli-headless-verbose.json",
}


def is_lines(name: str) -> bool:
    return SOURCES[name].endswith(".jsonl")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def read(name: str, content: bytes) -> tuple[list[Record], list[Damage]]:
    items = list(format_named(name).read(Source("x", lambda: io.BytesIO(content), len(content))))
    damage = [item for item in items if isinstance(item, Damage)]
    return [r for i in items if not isinstance(i, Damage) for r in i.records], damage


def places(value: Any, depth: int = 0) -> list[tuple[Any, Any]]:
    """Return every (container, key) inside a value, down to a depth."""
    if depth > 5 or not isinstance(value, dict | list):
        return []
    keys: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
    inner = [place for key in keys for place in places(value[key], depth + 1)]
    return [(value, key) for key in keys] + inner


@pytest.mark.parametrize("name", SOURCES)
@LOADED
@given(data=st.data())
def test_a_value_of_another_type_is_told_or_named(
    name: str, data: st.DataObject, corpus: Path
) -> None:
    content = (corpus / SOURCES[name]).read_bytes()
    documents = [json.loads(line) for line in content.splitlines()] if is_lines(name) else [
        json.loads(content)
    ]  # fmt: skip
    for _ in range(data.draw(st.integers(1, 4))):
        container, key = data.draw(st.sampled_from(places(documents)))
        if isinstance(container, dict) or key < len(container):
            container[key] = data.draw(VALUES)
    changed = "\n".join(json.dumps(d) for d in documents).encode()
    records, _ = read(name, changed)
    assert len({r.id for r in records}) <= len(records)


@pytest.mark.parametrize("name", SOURCES)
@LOADED
@given(at=st.integers(0, 10_000), junk=st.binary(max_size=12))
def test_a_file_that_is_cut_or_overwritten_anywhere_is_told_or_named(
    name: str, at: int, junk: bytes, corpus: Path
) -> None:
    content = (corpus / SOURCES[name]).read_bytes()
    place = at * len(content) // 10_000
    for damaged in (content[:place], content[:place] + junk + content[place + len(junk) :]):
        records, damage = read(name, damaged)
        assert records or damage or not damaged.strip() or name == "otlp"


@pytest.mark.parametrize("name", ["claude-agent-sdk"])
@LOADED
@given(data=st.data())
def test_lines_in_another_order_tell_as_many_calls(
    name: str, data: st.DataObject, corpus: Path
) -> None:
    lines = (corpus / SOURCES[name]).read_text().splitlines()
    shuffled = [lines[0], *data.draw(st.permutations(lines[1:]))]
    told = [read(name, "\n".join(order).encode())[0] for order in (lines, shuffled)]
    refs = [sorted(r.ref for r in records if r.kind == "tool_call") for records in told]
    assert refs[0] == refs[1]


def test_a_file_of_nul_bytes_is_no_transcript() -> None:
    assert detect(Source("x", lambda: io.BytesIO(b"\x00" * 4096), 4096)) is None


def test_every_format_stands_in_the_table_with_what_it_was_tested_on() -> None:
    for name in [*SOURCES, "openhands", "cline", "aider", "pi", "mitmproxy", "messages"]:
        assert format_named(name).tested


@pytest.mark.parametrize(
    "name", ["openhands-trajectory", "mini-swe-agent", "swe-agent", "atif", "har", "http-log"]
)
@pytest.mark.parametrize("part", [0.7, 0.85, 0.99])
def test_of_a_document_that_is_cut_off_the_good_part_is_told(
    name: str, part: float, corpus: Path
) -> None:
    content = (corpus / SOURCES[name]).read_bytes()
    cut = content[: int(len(content) * part)]
    found = detect(Source("x", lambda: io.BytesIO(cut), len(cut)))
    assert found is not None
    assert found.name == name
    records, damage = read(name, cut)
    assert [d.reason[:14] for d in damage] == ["not valid JSON"]
    whole, _ = read(name, content)
    assert 0 < len(records) <= len(whole)
    same = {r.id for r in records} & {r.id for r in whole}
    assert len(same) >= len(records) - 3, "a longer copy goes on where this one was cut"


@LOADED
@given(value=VALUES, at=st.integers(0, 400))
def test_what_is_mended_is_a_part_of_what_was_written(value: Any, at: int) -> None:
    text = json.dumps([value, {"a": value}, "end"])
    found = mended(text.encode()[:at])
    whole = json.loads(text)
    assert found is None or is_part(found, whole)


def is_part(part: Any, whole: Any) -> bool:
    if isinstance(part, list):
        return (
            isinstance(whole, list) and all(map(is_part, part, whole)) and len(part) <= len(whole)
        )
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(k in whole and is_part(v, whole[k])
                                               for k, v in part.items())  # fmt: skip
    return bool(part == whole)


@pytest.mark.parametrize("name", [name for name in SOURCES if is_lines(name)])
def test_an_odd_first_entry_costs_itself_alone(name: str, corpus: Path) -> None:
    content = (corpus / SOURCES[name]).read_bytes()
    whole, _ = read(name, content)
    odd, _ = read(name, b'{"type":[],"subtype":{},"role":[1],"sessionID":{},"uuid":[]}\n' + content)
    assert len(odd) >= len(whole) > 0


def test_of_a_line_of_too_many_values_the_beginning_is_told_and_the_rest_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines, "WHOLE_LINE", 2_000)
    monkeypatch.setattr(lines, "MAX_LINE", 4_000)
    monkeypatch.setattr(lines, "BEGINNING", 1_000)
    values = [
        {"sessionId": "s", "type": "user", "uuid": f"u{n}", "message": {"content": said},
         "toolUseResult": [{"n": n} for n in range(count)]}
        for n, (said, count) in enumerate([("first", 0), ("long", 3_000), ("last", 0)])
    ]  # fmt: skip
    content = b"".join(json.dumps(value).encode() + b"\n" for value in values)
    records, damage = read("claude-code", content)
    said = [r.attributes["flightlog.prompt.text"] for r in records if r.kind is Kind.PROMPT]
    assert said == ["first", "long", "last"]
    assert [(d.line, "is left out" in d.reason) for d in damage] == [(2, True)]
