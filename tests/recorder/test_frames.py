"""What the function that begins a span knows of it: functions that look as the frameworks' do."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider

from recorder.capture.sdk import FlightSpanProcessor
from recorder.model import Kind, Phase, Record
from recorder.wire import decode_record

LANGCHAIN = "openinference.instrumentation.langchain"
AGENTS = "opentelemetry.instrumentation.openai_agents"


class Kept:
    """A pipeline that keeps the starts it is given, and what was waited for."""

    def __init__(self) -> None:
        self.starts: list[Record] = []
        self.waited: list[str] = []

    def submit(self, record: Record, *, wait: bool = False) -> bool:
        if record.phase is Phase.START:
            self.starts.append(record)
        if wait:
            self.waited.append(record.name)
        return True

    def submit_fields(self, fields: dict[str, Any], *, wait: bool = False) -> bool:
        return self.submit(decode_record(fields), wait=wait)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def begin(kept: Kept) -> Callable[[str, str], Any]:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(FlightSpanProcessor(kept))
    return lambda scope, name: provider.get_tracer(scope).start_as_current_span(name)


def of(module: str, text: str) -> Any:
    """Return a function `does` that stands in a module of that name."""
    known: dict[str, Any] = {"__name__": module}
    exec(text, known)
    return known["does"]


GRAPH = of(
    "langgraph.pregel.main",
    """
def invoke(config, inside):
    with inside("graph"):
        pass
does = invoke
""",
)
TOOL = of(
    "langchain_core.tools.base",
    """
def run(self, tool_input, inside, tool_call_id=None):
    with inside("bash"):
        return self.function()
does = run
""",
)
CALL = of(
    "agents.run_internal.tool_execution",
    """
def _run_single_tool(tool_call, inside):
    with inside("function"):
        pass
does = _run_single_tool
""",
)
MODEL = of(
    "langchain_core.language_models.chat_models",
    """
def generate(inside):
    with inside("ChatOpenAI"):
        pass
does = generate
""",
)
BASH = SimpleNamespace(name="bash", function=lambda: None)


def test_two_turns_of_one_thread_are_one_session(kept: Kept, begin: Any) -> None:
    for thread in ("thread-1", "thread-1", "thread-2"):
        GRAPH({"configurable": {"thread_id": thread}}, lambda name: begin(LANGCHAIN, name))
    assert [r.session for r in kept.starts] == ["thread-1", "thread-1", "thread-2"]


@pytest.mark.parametrize(
    "config", [None, {}, {"configurable": {}}, {"configurable": {"thread_id": ""}}]
)
def test_without_a_thread_each_trace_is_its_own(kept: Kept, begin: Any, config: Any) -> None:
    GRAPH(config, lambda name: begin(LANGCHAIN, name))
    (start,) = kept.starts
    assert start.session == start.trace_id


def test_a_call_is_one_from_its_start_on_with_id_and_arguments(kept: Kept, begin: Any) -> None:
    TOOL(BASH, {"command": "ls"}, lambda name: begin(LANGCHAIN, name), "call_1")
    call = SimpleNamespace(name="bash", call_id="call_2", arguments='{"command": "pwd"}')
    CALL(call, lambda name: begin(AGENTS, name))
    said = [(r.kind, r.name, dict(r.attributes)) for r in kept.starts]
    assert [(kind, name) for kind, name, _ in said] == [(Kind.TOOL_CALL, "bash")] * 2
    assert [a["gen_ai.tool.call.id"] for _, _, a in said] == ["call_1", "call_2"]
    arguments = [a["gen_ai.tool.call.arguments"] for _, _, a in said]
    assert arguments == ['{"command": "ls"}', '{"command": "pwd"}']
    assert kept.waited == ["bash", "bash"], "committed before the tool runs"


def test_what_a_tool_begins_inside_is_not_the_call(kept: Kept, begin: Any) -> None:
    inside = SimpleNamespace(
        name="research", function=lambda: MODEL(lambda name: begin(LANGCHAIN, name))
    )
    TOOL(inside, "topic", lambda name: begin(LANGCHAIN, name), "call_1")
    call, model = kept.starts
    assert (call.name, model.name) == ("research", "ChatOpenAI")
    assert model.kind is Kind.LIFECYCLE
    assert "gen_ai.tool.call.id" not in model.attributes


def test_spans_of_other_libraries_are_taken_as_they_are(kept: Kept, begin: Any) -> None:
    TOOL(BASH, "x", lambda name: begin("opentelemetry.instrumentation.httpx", name), "call_1")
    (start,) = kept.starts
    assert (start.kind, start.name) == (Kind.LIFECYCLE, "bash")


def test_a_framework_that_has_changed_is_no_reason_to_fail(kept: Kept, begin: Any) -> None:
    CALL(object(), lambda name: begin(AGENTS, name))
    (start,) = kept.starts
    assert (start.kind, start.name) == (Kind.LIFECYCLE, "function")
