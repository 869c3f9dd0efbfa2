"""Without a recorder a record is sealed behind its hook; a notice stands for it until then."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from analyzer.actions import fold
from analyzer.model import Action
from recorder import semconv
from recorder.capture.hook import fallback
from recorder.capture.hook.agents import AGENTS
from recorder.capture.hook.client import frame_of
from recorder.capture.hook.notice import AGENT_NAMES, CALL_ENDS, CALL_STARTS, OTHERS, notice_of
from recorder.capture.hook.payload import decode_payload
from recorder.capture.hook.records import HookReader
from recorder.capture.hook.settings.table import SETTINGS, Wiring
from recorder.daemon import Daemon
from recorder.location import socket_path
from recorder.model import Kind, Phase
from recorder.reader import Recording
from recorder.verify import verify
from tests.recorder.hook.conftest import Hooks

SESSION = "8af8835b-aaca-4696-b914-9d26fae517a5"
SECRET = "hQ7rT2vX9kLm4pZw8sBn"
START = {
    "session_id": SESSION,
    "cwd": "/work",
    "hook_event_name": "PreToolUse",
    "tool_name": "Bash",
    "tool_input": {"command": f"API_TOKEN={SECRET} make deploy"},
    "tool_use_id": "toolu_0123456789",
}
END = {**START, "hook_event_name": "PostToolUse", "tool_response": "deployed"}
GEMINI_START = {
    "session_id": SESSION,
    "hook_event_name": "BeforeTool",
    "tool_name": "run_shell_command",
    "tool_input": {"command": "make deploy"},
}
GEMINI_END = {**GEMINI_START, "hook_event_name": "AfterTool", "tool_response": {"llmContent": "ok"}}
ENDS_OF_TURNS = {*fallback.TURN_ENDS, "SessionEnd", "sessionEnd", "session.deleted"}
ENDS_OF_TURNS |= {"afterAgentResponse", "errorOccurred"}


@pytest.fixture
def gate(own_folders: Path) -> Iterator[Path]:
    """A settings file that whoever seals reads, and that gives nothing until `opened`."""
    settings = own_folders / "config" / "flightlog" / "credentials.toml"
    settings.parent.mkdir(parents=True)
    os.mkfifo(settings)
    yield settings
    settings.unlink()


def opened(gate: Path) -> None:
    descriptor = os.open(gate, os.O_WRONLY)
    gate.unlink()
    gate.write_text("")
    os.close(descriptor)


def sealing(hooks: Hooks) -> list[psutil.Process]:
    """Return the processes that seal behind hooks of this recording."""
    words = str(hooks.recording)
    return [p for p in psutil.process_iter() if words in _command(p) and p.ppid() != os.getpid()]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def waiting(hooks: Hooks) -> list[dict[str, Any]]:
    """Return what stands in the spool now, whoever is writing."""
    texts = [path.read_text() for path in hooks.spool_files()]
    return [json.loads(line)["fields"] for text in texts for line in text.splitlines()]


def until(condition: Callable[[], object]) -> bool:
    limit = time.monotonic() + 60
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(0.05)
    return True


def actions(hooks: Hooks) -> list[Action]:
    with Recording.open(hooks.recording) as recording:
        (row,) = recording.sessions()
        return list(fold(row, recording.records(session=row.id)).actions())


def recorded(hooks: Hooks) -> None:
    with Daemon.launch(hooks.recording):
        pass


def test_a_tool_s_start_is_in_the_spool_before_the_hook_ends_and_nothing_that_was_said(
    hooks: Hooks, gate: Path
) -> None:
    done = hooks.run("claude-code", START)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b""), "nobody holds its pipes"
    start, gap = waiting(hooks)
    assert (start["kind"], start["phase"], start["name"]) == ("tool_call", "start", "Bash")
    assert (start["session"], start["ref"], start["pid"]) == (
        SESSION,
        "toolu_0123456789",
        os.getpid(),
    )
    assert start["attributes"][semconv.NOT_KEPT] == len(json.dumps(START))
    assert gap["name"] == "gap"
    assert not any(word in hooks.bytes_at_rest() for word in (SECRET.encode(), b"make", b"/work"))
    opened(gate)
    (whole,) = hooks.spooled()
    assert "make deploy" in whole["attributes"][semconv.GEN_AI_TOOL_ARGUMENTS]
    assert SECRET.encode() not in hooks.bytes_at_rest()


def test_what_was_sealed_in_time_leaves_no_trace_of_its_notice(hooks: Hooks) -> None:
    hooks.run("claude-code", START)
    assert len(hooks.spooled()) == 1
    recorded(hooks)
    assert [(r.phase, r.ref) for r in hooks.records()] == [(Phase.START, "toolu_0123456789")]
    assert not any(semconv.NOT_KEPT in r.attributes for r in hooks.everything())
    report = verify(hooks.recording)
    assert (report.ok, report.gaps) == (True, 0)


def test_a_recorder_leaves_alone_what_is_still_being_sealed_and_takes_it_in_afterwards(
    hooks: Hooks, gate: Path
) -> None:
    hooks.run("claude-code", START)
    (child,) = sealing(hooks)
    child.suspend()
    gate.unlink()
    gate.write_text("")
    with Daemon.launch(hooks.recording):
        hooks.run("claude-code", END)
        assert [r.phase for r in hooks.records()] == [Phase.END]
        assert len(waiting(hooks)) == 2
        child.resume()
        assert until(lambda: not waiting(hooks))
    assert [r.phase for r in hooks.records()] == [Phase.END, Phase.START]
    assert not any(semconv.NOT_KEPT in r.attributes for r in hooks.records())
    assert verify(hooks.recording).gaps == 0


@pytest.mark.parametrize(
    ("agent", "start", "end"),
    [("claude-code", START, END), ("gemini", GEMINI_START, GEMINI_END)],
)
def test_when_the_sealing_process_is_killed_the_call_stays_one_and_the_loss_shows(
    hooks: Hooks, gate: Path, agent: str, start: dict[str, Any], end: dict[str, Any]
) -> None:
    hooks.run(agent, start)
    (child,) = sealing(hooks)
    child.send_signal(signal.SIGKILL)
    gate.unlink()
    gate.write_text("")
    recorded(hooks)
    (call,) = actions(hooks)
    assert call.kind is Kind.TOOL_CALL
    assert call.title == f"{start['tool_name']} (its input was not kept)"
    gaps = [r for r in hooks.everything() if r.name == "gap"]
    assert [g.attributes[semconv.COUNT] for g in gaps] == [1]
    assert str(gaps[0].attributes[semconv.REASON]).startswith("the input of a call was not kept")
    with Daemon.launch(hooks.recording):
        hooks.run(agent, end)
    (call,) = actions(hooks)
    assert len(call.records) == 2
    assert "make deploy" in call.title, "its end tells the input"
    report = verify(hooks.recording)
    assert (report.ok, report.gaps) == (True, 1)


def test_a_lost_result_is_no_success(hooks: Hooks, gate: Path) -> None:
    gate.unlink()
    gate.write_text("")
    with Daemon.launch(hooks.recording):
        hooks.run("claude-code", START)
    gate.unlink()
    os.mkfifo(gate)
    hooks.run("claude-code", END)
    (child,) = sealing(hooks)
    child.send_signal(signal.SIGKILL)
    gate.unlink()
    gate.write_text("")
    recorded(hooks)
    (call,) = actions(hooks)
    assert len(call.records) == 2
    assert call.end_ns is None
    assert call.attributes[semconv.NOT_KEPT] == len(json.dumps(END))


@pytest.mark.parametrize("by", ["guard", "launch", "unknown event", "turn's end"])
def test_what_somebody_waits_for_whole_is_sealed_before_the_hook_ends(
    hooks: Hooks, by: str
) -> None:
    event = {"unknown event": "New", "turn's end": "Stop"}.get(by, "PreToolUse")
    if by == "guard":
        hooks.recording.with_name("flight.db.guard.json").write_text('{"mode": "observe"}')
    hooks.run(
        "claude-code",
        {**START, "hook_event_name": event},
        FLIGHTLOG_RUN="run-1" if by == "launch" else "",
    )
    mark, sealed = waiting(hooks)
    assert (mark["name"], sealed["session"]) == ("gap", SESSION)


@pytest.mark.parametrize("field", ["session_id", "tool_name", "tool_use_id"])
@pytest.mark.parametrize(
    "value",
    [
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "AKIAIOSFODNN7EXAMPLE",
        "sk-ant-api03-hQ7rT2vX9kLm4pZw8sBn-hQ7rT2vX9kLm4pZw8sBn",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27uhbUJU1p1r",
        "run make deploy",
        "call_x\nAPI_TOKEN",
        "../../etc/shadow",
        {"nested": "make deploy"},
    ],
)
def test_what_has_not_the_shape_of_a_name_or_an_id_stays_out_of_a_notice(
    field: str, value: object
) -> None:
    raw = json.dumps({**START, field: value}).encode()
    start, _ = notice_of(frame_of(b"claude-code", b"", raw, 0)).splitlines()
    fields = json.loads(start)["fields"]
    assert json.dumps(value) not in json.dumps(fields)
    assert (fields["name"] == "tool") == (field == "tool_name")
    assert (fields["ref"] == "") == (field == "tool_use_id")
    assert (fields["session"] == "") == (field == "session_id")


def test_its_tables_say_what_the_agents_own_readers_say() -> None:
    assert {name: agent.recorded_as for name, agent in AGENTS.items()} == AGENT_NAMES
    heard = {event for agent in AGENTS.values() for event in agent.events}
    heard |= {event for s in SETTINGS.values() for file in s.files for event in file.events}
    assert heard - ENDS_OF_TURNS == (CALL_STARTS | CALL_ENDS | OTHERS) & heard
    for name, agent in AGENTS.items():
        for event in agent.events:
            raw = json.dumps({"hook_event_name": event, **{k: v for k, v in END.items()
                              if k != "hook_event_name"}}).encode()  # fmt: skip
            (record, *_) = HookReader().read(decode_payload(frame_of(name.encode(), b"", raw, 0)))
            phase = record.phase if record.kind is Kind.TOOL_CALL else None
            if event in CALL_STARTS:
                assert phase is Phase.START, event
            elif event in CALL_ENDS:
                assert phase is Phase.END, event
            else:
                assert phase in {None, Phase.END}, event


def started(hooks: Hooks, **environment: str) -> subprocess.Popen[bytes]:
    hook = subprocess.Popen(
        Wiring(hooks.recording).words("claude-code", ""),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    assert hook.stdin
    hook.stdin.write(json.dumps(START).encode())
    hook.stdin.close()
    return hook


@pytest.mark.parametrize("there", ["nobody", "a recorder that does not answer"])
def test_a_hook_that_is_killed_while_it_seals_leaves_a_gap(
    hooks: Hooks, gate: Path, there: str
) -> None:
    silent = socket.socket(socket.AF_UNIX)
    if there != "nobody":
        silent.bind(str(socket_path(hooks.recording)))
        silent.listen()
    hook = started(hooks, FLIGHTLOG_RUN="r1")
    try:
        assert until(lambda: waiting(hooks))
        (mark,) = waiting(hooks)
        assert mark["name"] == "gap"
        assert SECRET.encode() not in hooks.bytes_at_rest()
    finally:
        hook.kill()
        hook.wait()
        silent.close()
    gate.unlink()
    gate.write_text("")  # nobody reads what it was
    recorded(hooks)
    (told,) = [r for r in hooks.everything() if r.name == "gap"]
    assert told.attributes[semconv.COUNT] == 1
    assert "ended before it was done" in str(told.attributes[semconv.REASON])


def test_a_mark_is_void_once_its_hook_has_sealed(hooks: Hooks) -> None:
    assert hooks.run("claude-code", START, FLIGHTLOG_RUN="r1").returncode == 0
    recorded(hooks)
    assert [r.name for r in hooks.records()] == ["Bash"]
    assert not [r for r in hooks.everything() if r.name == "gap"]
