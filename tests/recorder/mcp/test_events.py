"""Server-sent events, in pieces and without end."""

from __future__ import annotations

import pytest

from recorder.capture.mcp import events
from recorder.capture.mcp.events import Event, EventStream


def test_lines_of_data_are_one_text_whose_size_is_its_own() -> None:
    stream = EventStream()
    assert stream.feed(b"event: note\ndata: one\ndata:\nda") == []
    assert stream.feed(b"ta: three\n\n") == [Event("note", b"one\n\nthree", 10)]


@pytest.mark.parametrize("line", [b"data:\n", b"data: x\n", b"data: " + b"y" * 700 + b"\n"])
def test_data_without_end_are_counted_and_not_held(
    monkeypatch: pytest.MonkeyPatch, line: bytes
) -> None:
    monkeypatch.setattr(events, "MAX_LINE", 1000)
    stream = EventStream()
    for _ in range(5000):
        stream.feed(line)
    (event,) = stream.feed(b"\n")
    assert (event.data, event.size > 1000) == (b"", True)
    assert stream.feed(b"data: next\n\n") == [Event("message", b"next", 4)]
