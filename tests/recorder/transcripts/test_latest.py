"""What readers remember does not grow with the file."""

from __future__ import annotations

from typing import Any

import pytest

from recorder.model import Record
from recorder.transcripts import latest
from recorder.transcripts.latest import Latest
from recorder.transcripts.messages import MessageReader
from recorder.transcripts.telling import Telling


def call(number: int) -> dict[str, Any]:
    asked = {"id": f"call_{number}", "function": {"name": "bash", "arguments": "{}"}}
    return {"role": "assistant", "content": None, "tool_calls": [asked]}


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latest, "MOST", 50)


def test_what_came_first_is_let_go_of() -> None:
    kept: Latest[int] = Latest()
    for number in range(53):
        kept[str(number)] = number
    assert list(kept) == [str(number) for number in range(3, 53)]


def test_calls_without_results_are_remembered_up_to_a_number() -> None:
    reader = MessageReader(Telling("messages", "s", "none"))
    for number in range(60):
        assert len(list(reader.message(call(number), f"message {number}", None))) == 2
    assert len(reader.tools) == 50
    answer = {"role": "tool", "tool_call_id": "call_59", "content": "ok"}
    (result,) = reader.message(answer, "result", None)
    assert isinstance(result, Record)
    assert result.name == "bash"
