"""A span's end tells what its start did not, by the short way as by the long one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.util.types import AttributeValue

from recorder import semconv
from recorder.capture.sdk import FlightSpanProcessor
from recorder.capture.spans import told_by
from recorder.client import Client
from recorder.daemon import Daemon
from recorder.model import Record
from recorder.service import Service
from tests.recorder.agents import launch, records_of

TITLES = ("execute_tool Bash", "chat gpt", "ai.toolCall", "POST", "step")
VALUES: dict[str, tuple[AttributeValue, ...]] = {
    semconv.GEN_AI_OPERATION: ("execute_tool", "chat", "invoke_agent", "unheard of"),
    semconv.GEN_AI_TOOL_NAME: ("Bash", "Read"),
    semconv.GEN_AI_TOOL_ARGUMENTS: ('{"a": 1}', '{"input_str": "{\'a\': 1}"}', ("a", "b")),
    semconv.GEN_AI_TOOL_RESULT: ("done", '{"tool_call_id": "call_1"}', 7, ("x", "y")),
    semconv.GEN_AI_TOOL_CALL_ID: ("call_1", "call_2"),
    semconv.GEN_AI_MODEL: ("gpt", "claude"),
    semconv.GEN_AI_OUTPUT_TOKENS: (12, 13),
    semconv.HTTP_METHOD: ("GET", "POST"),
    semconv.SPAN_NAME: ("step", "another"),
    "input.value": ("in", '{"a": 1}'),
    "output.value": ("out", '{"tool_call_id": "call_3"}'),
    "openinference.span.kind": ("TOOL", "LLM", "AGENT"),
    "tool.name": ("Write",),
    "llm.request.type": ("chat",),
    "anything": ("at all", True, 1.5),
}
SAID = st.dictionaries(st.sampled_from(sorted(VALUES)), st.integers(0, 3), max_size=6).map(
    lambda chosen: {name: VALUES[name][n % len(VALUES[name])] for name, n in chosen.items()}
)


class Kept:
    """A pipeline that keeps what it is given."""

    def __init__(self) -> None:
        self.given: list[dict[str, Any]] = []

    def submit(self, record: Record, *, wait: bool = False) -> bool:
        raise NotImplementedError

    def submit_fields(self, fields: dict[str, Any], *, wait: bool = False) -> bool:
        """Keep a record's fields."""
        del wait
        self.given.append(fields)
        return True


@given(st.sampled_from(TITLES), SAID, SAID, st.booleans())
@example("execute_tool Bash", {}, {semconv.GEN_AI_TOOL_RESULT: '{"tool_call_id": "c"}'}, False)
@example("step", {}, {semconv.GEN_AI_OPERATION: "execute_tool"}, False)
def test_an_end_tells_what_its_start_did_not(
    title: str,
    first: dict[str, AttributeValue],
    later: dict[str, AttributeValue],
    is_renamed: bool,
) -> None:
    kept = Kept()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(FlightSpanProcessor(kept, durable_starts=False))
    span = provider.get_tracer("t").start_span(title, attributes=first)
    span.set_attributes(later)
    if is_renamed:
        span.update_name("execute_tool Renamed")
    span.end()
    start, end = kept.given
    assert isinstance(span, ReadableSpan)
    kind, name, said = told_by(span)
    assert (end["kind"], end["name"]) == (kind, name)
    before = start["attributes"]
    assert end["attributes"] == {
        key: value for key, value in said.items() if key not in before or before[key] != value
    }
    assert start["id"] != end["id"]
    assert {key: start[key] for key in ("session", "ref", "trace_id", "span_id", "run")} == {
        key: end[key] for key in ("session", "ref", "trace_id", "span_id", "run")
    }


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"args": [], "kwargs": {"command": "ls", "n": 1}}, {"command": "ls", "n": 1}),
        ({"args": ["ü", 2], "kwargs": {"command": "ls"}}, {"args": ["ü", 2], "command": "ls"}),
        ({"args": [], "kwargs": {}}, {}),
        ({"args": [1], "kwargs": {"args": "its own"}}, None),
        ({"args": {"a": 1}, "kwargs": {}}, None),
        ({"args": [], "kwargs": {}, "more": 1}, None),
        ({"input_str": "{'command': 'ls'}", "inputs": {}}, {"command": "ls"}),
        ({"input_str": "no literal"}, None),
    ],
)
def test_what_openllmetry_wraps_arguments_in_is_taken_off_and_nothing_else(
    told: dict[str, Any], expected: dict[str, Any] | None
) -> None:
    kept = Kept()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(FlightSpanProcessor(kept, durable_starts=False))
    said = {"traceloop.span.kind": "tool", "traceloop.entity.input": json.dumps(told)}
    provider.get_tracer("t").start_span("shell.tool", attributes=said).end()
    given = json.loads(kept.given[0]["attributes"][semconv.GEN_AI_TOOL_ARGUMENTS])
    assert given == (told if expected is None else expected)


def test_bytes_become_text_wherever_the_recorder_is(tmp_path: Path) -> None:
    def tell(pipeline: Client | Service) -> None:
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(FlightSpanProcessor(pipeline, durable_starts=False))
        with provider.get_tracer("t").start_as_current_span(
            "step", attributes={"raw": b"caf\xc3\xa9 \xff"}
        ) as span:
            span.set_attribute("later", b"\xfe")

    beside, inside = tmp_path / "beside.db", tmp_path / "inside.db"
    with Daemon.launch(beside):
        client = Client(beside)
        tell(client)
        client.close()
    service = Service.start(inside)
    tell(service)
    service.stop()
    for path in (beside, inside):
        start, end = (r for r in records_of(path) if r.name == "step")
        assert start.attributes["raw"] == "café \\xff"
        assert end.attributes["later"] == "\\xfe"


def test_an_agent_that_a_broken_pipe_ends_outlives_its_recorder(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    program = """
import signal, sys
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
import recorder
recorder.start(agent="tester")
@recorder.tool
def act(what): return what
act("with a recorder")
print("ready", flush=True)
sys.stdin.readline()
act("without")
recorder.stop()
print("done", flush=True)
"""
    with Daemon.launch(path) as daemon, launch(program, path) as started:
        assert started.stdin is not None
        assert started.stdout is not None
        assert started.stdout.readline() == "ready\n"
        daemon.process.kill()
        daemon.process.wait()
        started.stdin.write("\n")
        started.stdin.flush()
        assert started.stdout.readline() == "done\n"
        assert started.wait(60) == 0
