"""`recorder.start` beside whatever an agent has set up, and sessions that nobody opened."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from recorder.model import Kind, Phase
from recorder.reader import Recording
from tests.recorder.agents import calls, records_of, run

TOOL = """
import recorder
from opentelemetry import trace

def begin(): recorder.start(agent="tester")

@recorder.tool
def act(what): return what
"""
SDK = """
from opentelemetry.sdk.trace import TracerProvider, sampling
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
memory = InMemorySpanExporter()
"""


def test_a_batch_processor_that_was_there_before_exports_what_it_would_have(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    program = """
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(memory))
trace.set_tracer_provider(provider)
begin()
with trace.get_tracer("app").start_as_current_span("work"):
    act("a")
recorder.stop()
act("after stop")
provider.force_flush()
print(sorted(span.name for span in memory.get_finished_spans()))
print(trace.get_tracer_provider() is provider)
"""
    printed = run(TOOL + SDK + program, path)
    assert printed == "['execute_tool act', 'execute_tool act', 'work']\nTrue\n"
    assert "after stop" not in str(records_of(path))


@pytest.mark.parametrize(
    "share", ["sampling.ALWAYS_OFF", "sampling.ParentBased(sampling.ALWAYS_OFF)"]
)
def test_what_a_sampler_drops_is_recorded_and_still_not_exported(
    tmp_path: Path, share: str
) -> None:
    path = tmp_path / "flight.db"
    program = f"""
provider = TracerProvider(sampler={share})
provider.add_span_processor(BatchSpanProcessor(memory))
trace.set_tracer_provider(provider)
begin()
@recorder.tool
def outer():
    with trace.get_tracer("app").start_as_current_span("inside"):
        return act("inner")
with recorder.session("s"):
    outer()
    recorder.prompt("said")
recorder.stop()
provider.force_flush()
print(memory.get_finished_spans())
"""
    assert run(TOOL + SDK + program, path) == "()\n"
    found = calls(path)
    assert found["act"][0].parent_span_id == found["outer"][0].span_id
    assert {r.session for r in records_of(path, Kind.TOOL_CALL, Kind.PROMPT)} == {"s"}
    (said,) = [r for r in records_of(path) if r.name == "unseen"]
    assert "sampler" in str(said.attributes["flightlog.reason"])


def test_a_provider_that_is_not_the_sdks_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    program = """
class Foreign(trace.TracerProvider):
    def get_tracer(self, *args, **kwargs): return trace.NoOpTracer()
foreign = Foreign()
trace.set_tracer_provider(foreign)
begin()
with recorder.session("s"):
    act("a")
print(trace.get_tracer_provider() is foreign)
recorder.stop()
"""
    assert run(TOOL + program, path) == "True\n"
    assert {r.session for r in records_of(path, Kind.TOOL_CALL)} == {"s"}
    (said,) = [r for r in records_of(path) if r.name == "unseen"]
    assert "Foreign" in str(said.attributes["flightlog.reason"])


def test_starting_twice_and_again_after_a_stop_records_each_call_once(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    program = """
begin(); begin()
act("one")
recorder.stop(); recorder.stop()
act("not recorded")
begin()
act("two")
recorder.stop()
"""
    run(TOOL + program, path)
    starts = [r for r in records_of(path, Kind.TOOL_CALL) if r.phase is Phase.START]
    assert ["one" in str(r.attributes) for r in starts] == [True, False]
    assert len(starts) == 2


def test_an_agent_that_opens_no_session_has_one_of_its_process_and_one_for_each_trace(
    tmp_path: Path,
) -> None:
    path = tmp_path / "flight.db"
    program = """
begin()
act("one"); act("two")
tracer = trace.get_tracer("framework")
with tracer.start_as_current_span("graph"):
    act("three")
with tracer.start_as_current_span("graph", attributes={"gen_ai.conversation.id": "conv-7"}):
    act("four")
with tracer.start_as_current_span("chain", attributes={"session.id": "conv-7"}):
    act("five")
recorder.stop()
"""
    run(TOOL + program, path)
    starts = [r for r in records_of(path, Kind.TOOL_CALL) if r.phase is Phase.START]
    one, two, three, four, five = [r.session for r in starts]
    assert one == two
    assert three == starts[2].trace_id != one
    assert four == five == "conv-7"
    with Recording.open(path) as reader:
        sessions = {row.id: row for row in reader.sessions()}
    assert sessions[one].agent == sessions[three].agent == "tester"
    assert sessions[one].ended
    assert len(sessions) == 3


def test_an_unwritable_recording_says_so_once_and_the_agent_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "not-a-folder"
    folder.write_text("a file")
    done = subprocess.run(
        [sys.executable, "-c", TOOL + f"""
recorder.start({str(folder / "flight.db")!r}, instrument=True)
with recorder.session():
    print(act("a"))
    recorder.prompt("p")
recorder.stop()
"""],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout == "a\n"
    assert done.stderr.startswith("flightlog: not recording: ")
    assert len(done.stderr.splitlines()) == 1
