"""pi's sessions, line by line, as its session format documents them."""

from __future__ import annotations

from typing import Any

from recorder import semconv
from recorder.model import Kind, Record, Status
from recorder.transcripts import pi
from tests.recorder.transcripts import counting

MS = 1_760_000_000_000
AT = "2025-10-09T08:53:20.000Z"


def message(number: int, **message: Any) -> dict[str, Any]:
    return {
        "type": "message", "id": f"e{number}", "parentId": f"e{number - 1}", "timestamp": AT,
        "message": {"timestamp": MS + number, **message},
    }  # fmt: skip


LINES: list[dict[str, Any]] = [
    {"type": "session", "version": 3, "id": "s-pi", "timestamp": AT, "cwd": "/home/dev/shop"},
    {"type": "model_change", "id": "e0", "parentId": None, "timestamp": AT,
     "provider": "anthropic", "modelId": "claude-x"},
    message(1, role="user", content="clean up"),
    message(2, role="assistant", provider="anthropic", model="claude-x", stopReason="toolUse",
            usage={"input": 100, "output": 7, "cacheRead": 0, "cacheWrite": 0},
            content=[{"type": "thinking", "thinking": "hm"},
                     {"type": "toolCall", "id": "c1", "name": "bash",
                      "arguments": {"command": "rm -rf build"}}]),
    message(3, role="toolResult", toolCallId="c1", toolName="bash", isError=True,
            content=[{"type": "text", "text": "denied"}]),
    message(4, role="bashExecution", command="ls", output="a b", exitCode=2, cancelled=False),
    {"type": "compaction", "id": "e5", "parentId": "e4", "timestamp": AT, "summary": "so far"},
    {"type": "brand_new", "id": "e6", "parentId": "e5", "timestamp": AT, "x": 1},
]  # fmt: skip


def told() -> list[Record]:
    reader = pi.PiReader()
    return [r for n, line in enumerate(LINES, 1) for r in reader.entry(line, f"line {n}")]


def test_calls_results_errors_and_exit_codes_are_told() -> None:
    assert pi.recognises(LINES[0])
    records = told()
    counting.assert_sound(records)
    assert counting.sessions(records) == {"s-pi"}
    assert next((r.ref, r.name) for r in counting.calls(records)) == ("c1", "bash")
    assert len(counting.calls(records)) == len(counting.results(records)) == 2
    assert [r.status for r in counting.results(records)] == [Status.ERROR, Status.OK]
    assert counting.exit_codes(records) == [2], "and the call came back all the same"
    assert counting.tokens(records) == (100, 7)


def test_a_command_that_the_person_typed_is_not_the_model_s() -> None:
    typed = counting.calls(told())[1]
    assert typed.attributes["flightlog.call.by"] == "user"


def test_the_message_s_own_time_counts_and_unknown_types_are_kept_whole() -> None:
    records = told()
    prompt = next(r for r in records if r.kind is Kind.PROMPT)
    assert prompt.t_ns == (MS + 1) * 1_000_000
    kept = next(r for r in records if r.name == "brand_new")
    assert '"x": 1' in str(kept.attributes[semconv.RAW])
