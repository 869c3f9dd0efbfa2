"""Large documents hold what they hold, at a fraction of the memory."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.transcripts import long_json
from recorder.transcripts import source as source_module
from recorder.transcripts.format import Entry
from recorder.transcripts.json_text import NotJsonError, TooLargeError
from recorder.transcripts.long_json import LongList, parse_long
from recorder.transcripts.table import detect, format_named, recognised
from tests.recorder.transcripts.reading import in_memory

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=40,
)


def plain(value: Any) -> Any:
    """Return a value with ordinary lists."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


@settings(max_examples=50, deadline=None)
@given(
    value=VALUES,
    indent=st.sampled_from([None, 1]),
    ascii_only=st.booleans(),
    small=st.sampled_from([12, 80]),
)
def test_whatever_is_large_is_read_as_it_is_written(
    value: Any, indent: int | None, ascii_only: bool, small: int
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(long_json, "SMALL", small)
        assert plain(parse_long(text)) == value
        assert json.loads(json.dumps(parse_long(text))) == value


@settings(max_examples=50, deadline=None)
@given(value=VALUES, cut=st.integers(0, 200), small=st.sampled_from([12, 80]))
def test_what_is_cut_off_or_goes_on_is_refused(value: Any, cut: int, small: int) -> None:
    text = json.dumps([value, {"é": value}], ensure_ascii=False).encode()
    wrong = [text[:-1] + b",]", *(text[:-2] + end for end in (b",}]", b',"":}]', b",1:1}]"))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(long_json, "SMALL", small)
        for damaged in (text[: min(cut, len(text) - 1)], text + b" 1", *wrong):
            with pytest.raises(NotJsonError):
                parse_long(damaged)


LARGE = '{"e%d": [' + ", ".join(['{"f": "gh"}'] * 800) + "]}"


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ('{"a%d": 1, "b": [2]}', 2_000),
        ("[%d, [3]]", 2_000),
        ('{"c%d": {"d": [{}]}}', 2_000),
        (LARGE, 20),
    ],
)
def test_no_part_of_a_document_is_looked_at_again_for_each_value(
    written: str, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = ", ".join(written % n for n in range(count))
    members = ", ".join(f'"{n}": {written % n}' for n in range(count))
    text = f'{{"list": [{inner}], "object": {{{members}}}, {members}}}'.encode()
    looked_at = 0
    window = long_json._Text._window

    def counted(self: Any, at: int, size: int) -> str:
        nonlocal looked_at
        found = window(self, at, size)
        looked_at += len(found)
        return found

    monkeypatch.setattr(long_json, "SMALL", 4_000)
    monkeypatch.setattr(long_json._Text, "_window", counted)
    assert plain(parse_long(text)) == json.loads(text)
    assert looked_at < 5 * len(text)


def test_a_long_list_is_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_json, "SMALL", 20)
    held = parse_long(json.dumps(list(range(100))).encode())
    assert isinstance(held, LongList)
    assert (len(held), held[0], held[-1], held[:3], held[98:]) == (100, 0, 99, [0, 1, 2], [98, 99])
    assert (42 in held, next(reversed(held)), [*held][5], bool(held)) == (True, 99, 5, True)
    with pytest.raises(IndexError):
        held[100]


def test_a_million_small_messages_take_their_text_and_little_more() -> None:
    text = b'{"messages": [' + b",".join([b'{"role": "user", "content": "hi"}'] * 300_000) + b"]}"
    tracemalloc.start()
    document = parse_long(text)
    assert sum(message["content"] == "hi" for message in document["messages"]) == 300_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000


@pytest.mark.parametrize("written", ["{%s}", '[1, {"a": {%s}}]'])
@pytest.mark.parametrize("member", ['{"value": 1}', f"[{'[],' * 20_000}1]"])
def test_an_object_of_very_many_values_is_refused_before_it_fills_the_memory(
    member: str, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_json, "MOST_OF_OBJECT", 8 << 20)
    members = ", ".join(f'"member{n}": {member}' for n in range(6_000_000 // len(member)))
    text = (written % members).encode()
    tracemalloc.start()
    with pytest.raises(
        TooLargeError, match="a JSON object of over 8 MiB of memory, which is not read"
    ):
        parse_long(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30_000_000


CLOUD = {"auditID": "a", "stage": "ResponseComplete", "verb": "get", "requestURI": "/api"}
LISTS: dict[str, tuple[Any, Any]] = {
    "atif": ({"schema_version": "ATIF-v1.5", "agent": {"name": "a"}, "steps": None},
             {"source": "user", "message": "m" * 200, "step_id": 1}),
    "openhands-trajectory": ({"trajectory": None},
                             {"id": 1, "source": "user", "action": "message", "args": {
                                 "content": "m" * 200}}),
    "vscode-chat": ({"sessionId": "s", "requests": None},
                    {"requestId": "r", "message": {"text": "m" * 200}}),
    "http-log": (None, {"scope": "https://a.example", "method": "GET", "path": "/" + "p" * 200,
                        "status": 200, "response": {}}),
    "kubernetes-audit": (None, {**CLOUD, "user": {"username": "u" * 200}}),
    "messages": (None, {"role": "user", "content": "m" * 200}),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_a_format_never_copies_the_list_of_a_document(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_module, "LARGE_DOCUMENT", 100_000)
    monkeypatch.setattr(long_json, "SMALL", 10_000)
    around, entry = LISTS[name]
    entries = [entry] * 6_000
    whole = entries if around is None else {k: v or entries for k, v in around.items()}
    source = in_memory(json.dumps(whole, indent=1).encode())
    assert recognised(format_named(name), source)
    tracemalloc.start()
    assert detect(source) is format_named(name)
    items = format_named(name).read(source)
    told = sum(len(item.records) for item in items if isinstance(item, Entry))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert told >= len(entries)
    assert peak < 400 * len(entries), "as objects the entries take more than twice as much"
