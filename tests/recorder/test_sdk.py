"""A Python agent recorded through OpenTelemetry: what it says, how it forks, how it dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recorder.daemon import Daemon
from recorder.model import Kind, Phase, Status, StoredRecord
from recorder.reader import Recording
from recorder.verify import verify

AGENT = """
import asyncio, os, sys, time
import recorder
recorder.start(agent="tester", agent_version="2", model="scripted")

@recorder.tool
def Bash(command: str, timeout: int = 5) -> dict[str, object]:
    if command == "boom":
        raise RuntimeError("exploded with API_TOKEN=abc123def456ghi")
    return {"stdout": f"ran {command}", "exit_code": 0}

@recorder.tool(name="Fetch", attributes={"flightlog.reconstructed": "all of it"})
async def fetch(url: str) -> str:
    return "page of " + url
"""


def run(program: str, path: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", AGENT + program],
        env={**os.environ, "FLIGHTLOG_RECORDING": str(path), **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def records_of(path: Path, kind: Kind | None = None) -> list[StoredRecord]:
    with Recording.open(path) as reader:
        return [r for r in reader.records() if kind is None or r.kind is kind]


STORY = """
with recorder.session("the-session", attributes={"flightlog.task.paths": "src"}):
    recorder.prompt("please list")
    with recorder.model_call() as turn:
        turn.answer("I will list", input_tokens=7, output_tokens=3)
    Bash("ls")
    try:
        Bash("boom", timeout=1)
    except RuntimeError:
        pass
    asyncio.run(fetch("https://example.org"))
    recorder.approval(decision="denied", subject="rm", by="user")
recorder.stop()
"""


@pytest.mark.parametrize("daemon", [True, False])
def test_an_agent_is_recorded_with_a_recorder_beside_it_or_inside_it(
    tmp_path: Path, daemon: bool
) -> None:
    path = tmp_path / "flight.db"
    running = Daemon.launch(path) if daemon else None
    done = run(STORY, path, FLIGHTLOG_RUN="run-1")
    if running:
        running.stop()
    assert (done.returncode, done.stderr) == (0, "")
    stored = [r for r in records_of(path) if r.session]
    said = [(r.kind.value, r.phase.value, r.name, r.status.value) for r in stored]
    assert said == [
        ("lifecycle", "start", "session", "unset"),
        ("prompt", "point", "user prompt", "unset"),
        ("model_call", "start", "scripted", "unset"),
        ("model_call", "end", "scripted", "unset"),
        ("tool_call", "start", "Bash", "unset"),
        ("tool_call", "end", "Bash", "unset"),
        ("tool_call", "start", "Bash", "unset"),
        ("tool_call", "end", "Bash", "error"),
        ("tool_call", "start", "Fetch", "unset"),
        ("tool_call", "end", "Fetch", "unset"),
        ("approval", "point", "denied", "unset"),
        ("lifecycle", "end", "session", "unset"),
    ]
    assert {r.session for r in stored} == {"the-session"}
    assert {r.run for r in stored} == {"run-1"}
    assert json.loads(str(stored[4].attributes["gen_ai.tool.call.arguments"])) == {"command": "ls"}
    assert json.loads(str(stored[5].attributes["gen_ai.tool.call.result"]))["stdout"] == "ran ls"
    assert stored[4].ref == stored[5].ref != stored[6].ref
    assert stored[4].parent_span_id == stored[0].span_id
    assert stored[8].attributes["flightlog.reconstructed"] == "all of it"
    with Recording.open(path) as reader:
        (row,) = reader.sessions()
    assert (row.id, row.agent, row.agent_version, row.model, row.ended) == (
        "the-session", "tester", "2", "scripted", True,
    )  # fmt: skip
    assert "abc123def456ghi" not in str(stored)
    assert verify(path).ok


@pytest.mark.parametrize("daemon", [True, False])
def test_the_call_in_flight_is_in_the_recording_of_an_agent_killed_in_mid_call(
    tmp_path: Path, daemon: bool
) -> None:
    path, sign = tmp_path / "flight.db", tmp_path / "sign"
    running = Daemon.launch(path) if daemon else None
    program = f"""
@recorder.tool
def Wipe(volume: str) -> None:
    open({str(sign)!r}, "w").close()
    time.sleep(60)

with recorder.session("s"):
    Bash("ls")
    Wipe("3d2c42fb")
"""
    agent = subprocess.Popen(
        [sys.executable, "-c", AGENT + program],
        env={**os.environ, "FLIGHTLOG_RECORDING": str(path)},
    )
    deadline = time.monotonic() + 60
    while not sign.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    agent.send_signal(signal.SIGKILL)
    agent.wait()
    if running:
        running.stop()
    calls = [(r.name, r.phase) for r in records_of(path, Kind.TOOL_CALL)]
    assert calls == [("Bash", Phase.START), ("Bash", Phase.END), ("Wipe", Phase.START)]
    with Recording.open(path) as reader:
        assert not reader.session("s").ended
    assert verify(path).ok


def test_a_forked_child_and_threads_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    program = """
import threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)
with recorder.session("s"):
    threads = [threading.Thread(target=Bash, args=(f"t{n}",)) for n in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    if os.fork() == 0:
        Bash("in the child")
        os._exit(0)
    os.wait()
"""
    assert run(program, path).returncode == 0
    calls = records_of(path, Kind.TOOL_CALL)
    assert len(calls) == 18
    child = [r for r in calls if "in the child" in str(r.attributes)]
    assert len({r.pid for r in calls}) == 2
    assert len(child) == 2
    assert {r.session for r in child} == {"s"}


def test_an_agent_whose_recorder_cannot_start_goes_on_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    path.write_text("this is somebody's letter, not a recording, and it stays as it is")
    done = run("print(Bash('ls')['stdout'])", path)
    assert done.returncode == 0
    assert done.stdout == "ran ls\n"
    assert "flightlog: not recording" in done.stderr
    assert path.read_text().startswith("this is somebody's letter")


def test_a_tracer_provider_that_was_set_up_before_keeps_its_exporters(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    before = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
memory = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(memory))
trace.set_tracer_provider(provider)
"""
    after = """
with trace.get_tracer("app").start_as_current_span("my own work"):
    Bash("ls")
print([s.name for s in memory.get_finished_spans()])
"""
    done = subprocess.run(
        [sys.executable, "-c", before + AGENT + after],
        env={**os.environ, "FLIGHTLOG_RECORDING": str(path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "['execute_tool Bash', 'my own work']"
    stored = [r for r in records_of(path) if r.session]
    assert [r.name for r in stored] == ["my own work", "Bash", "Bash", "my own work"]
    assert len({r.session for r in stored}) == 1
    assert stored[-1].status is Status.UNSET
