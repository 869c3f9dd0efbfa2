"""The client process under everything that can go wrong: it never gets in the agent's way."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner

from recorder import semconv
from recorder.capture.hook import client, fallback
from recorder.capture.hook.agents import AGENTS
from recorder.capture.hook.records import CUT, PAYLOAD
from recorder.capture.hook.settings.table import Wiring
from recorder.commands.hook import command
from recorder.daemon import Daemon
from recorder.location import socket_path, spool_folder
from recorder.model import Kind, Phase
from recorder.sealing.bounds import KEPT, MARKED
from recorder.verify import verify
from tests.recorder.hook.conftest import Hooks

START = {
    "session_id": "s1",
    "cwd": "/work",
    "hook_event_name": "PreToolUse",
    "tool_name": "Bash",
    "tool_input": {"command": "ls"},
    "tool_use_id": "toolu_1",
}
SECRET = "hQ7rT2vX9kLm4pZw8sBn"


def test_a_call_is_recorded_with_its_id_launch_process_and_trace(
    hooks: Hooks, daemon: Daemon
) -> None:
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    hooks.run("claude-code", START, FLIGHTLOG_RUN="run-1", TRACEPARENT=trace)
    (record,) = hooks.records()
    assert (record.kind, record.phase, record.name) == (Kind.TOOL_CALL, Phase.START, "Bash")
    assert (record.ref, record.session, record.run) == ("toolu_1", "s1", "run-1")
    assert record.pid == os.getpid()
    assert (record.trace_id, record.parent_span_id) == ("a" * 32, "b" * 16)
    assert record.attributes[semconv.GEN_AI_TOOL_ARGUMENTS] == '{"command": "ls"}'
    assert record.attributes[semconv.GEN_AI_TOOL_CALL_ID] == "toolu_1"
    assert daemon.process.poll() is None


def test_a_start_is_committed_before_the_tool_can_run(hooks: Hooks, daemon: Daemon) -> None:
    for number in range(5):
        assert hooks.run("claude-code", {**START, "tool_use_id": f"t{number}"}).returncode == 0
    daemon.process.kill()
    daemon.process.wait()
    assert [r.ref for r in hooks.records()] == [f"t{n}" for n in range(5)]


def test_when_the_recorder_dies_in_between_nothing_is_lost_and_nothing_doubled(
    hooks: Hooks,
) -> None:
    refs = [f"t{number}" for number in range(12)]
    with Daemon.launch(hooks.recording) as daemon:
        for number, ref in enumerate(refs):
            if number == 5:
                os.kill(daemon.process.pid, signal.SIGKILL)
                daemon.process.wait()
            done = hooks.run("claude-code", {**START, "tool_use_id": ref})
            assert (done.returncode, done.stdout) == (0, b"")
    with Daemon.launch(hooks.recording):
        pass
    assert sorted(r.ref for r in hooks.records()) == sorted(refs)


def test_a_recorder_that_hangs_up_without_an_answer_leaves_the_record_to_the_spool(
    hooks: Hooks,
) -> None:
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(socket_path(hooks.recording)))
    server.listen()

    def hang_up() -> None:
        connection, _ = server.accept()
        connection.recv(65536)
        connection.close()

    thread = threading.Thread(target=hang_up)
    thread.start()
    done = hooks.run("claude-code", START)
    thread.join()
    server.close()
    assert done.returncode == 0
    assert [fields["ref"] for fields in hooks.spooled()] == ["toolu_1"]


@pytest.mark.parametrize("then", [signal.SIGKILL, signal.SIGCONT])
def test_what_a_recorder_did_not_commit_in_time_waits_in_the_spool_too(
    hooks: Hooks, then: signal.Signals
) -> None:
    daemon = Daemon.launch(hooks.recording)
    os.kill(daemon.process.pid, signal.SIGSTOP)
    assert hooks.run("claude-code", START).returncode == 0
    assert [fields["ref"] for fields in hooks.spooled()] == ["toolu_1"]
    os.kill(daemon.process.pid, then)
    daemon.stop()
    with Daemon.launch(hooks.recording):
        assert until(lambda: not hooks.spooled())
    assert [r.ref for r in hooks.records()] == ["toolu_1"]


@pytest.mark.parametrize("with_daemon", [True, False])
@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "JSONDecodeError"),
        (b"no json at all", "JSONDecodeError"),
        (b"[1, 2]", "no JSON object"),
        (b'{"session_id": ' + b"[" * 200_000, "RecursionError"),
        (b'{"n": ' + b"9" * 10_000 + b"}", "ValueError"),
        (b"\xff\xfe\x00 not utf-8", "JSONDecodeError"),
    ],
    ids=["empty", "text", "list", "deep", "number", "bytes"],
)
def test_what_cannot_be_read_is_kept_as_text_with_the_reason(
    hooks: Hooks, payload: bytes, reason: str, with_daemon: bool, request: pytest.FixtureRequest
) -> None:
    if with_daemon:
        request.getfixturevalue("daemon")
    done = hooks.run("gemini", payload)
    assert (done.returncode, done.stdout) == (0, b"{}\n")
    attributes = hooks.records()[0].attributes if with_daemon else hooks.spooled()[0]["attributes"]
    assert reason in str(attributes[semconv.REASON])
    text = str(attributes.get(PAYLOAD, ""))
    assert payload.decode("utf-8", "surrogateescape").startswith(text[:1000])


def test_invalid_utf8_inside_json_is_kept(hooks: Hooks, daemon: Daemon) -> None:
    raw = json.dumps(START).encode().replace(b'"ls"', b'"cat \xff.txt"')
    assert hooks.run("claude-code", raw).returncode == 0
    (record,) = hooks.records()
    assert (
        "cat \udcff.txt"
        in json.loads(str(record.attributes[semconv.GEN_AI_TOOL_ARGUMENTS]))["command"]
    )


def test_ten_megabytes_are_recorded_with_a_beginning_and_more_than_the_limit_is_said_to_be_cut(
    hooks: Hooks, daemon: Daemon
) -> None:
    content = "all work and no play\n" * 500_000
    large = {**START, "tool_input": {"content": content}}
    assert hooks.run("claude-code", large).returncode == 0
    beyond = json.dumps({"session_id": "x" * (client.LIMIT + 5_000_000)}).encode()
    assert hooks.run("claude-code", beyond).returncode == 0
    daemon.stop()
    # What a busy recorder could not take in time waits in the spool; the next one takes it in.
    with Daemon.launch(hooks.recording):
        pass
    long, cut = hooks.records()
    assert KEPT * 0.9 < long.blobs[semconv.GEN_AI_TOOL_ARGUMENTS].size <= KEPT + MARKED
    (told,) = cast(dict[str, dict[str, Any]], long.attributes[semconv.VALUES_CUT]).values()
    assert told["length"] == len(json.dumps(large["tool_input"], ensure_ascii=False))
    most = len(beyond) - client.LIMIT
    assert most - (1 << 20) <= cast(int, cut.attributes[CUT]) <= most
    assert cut.blobs[PAYLOAD].size <= KEPT + MARKED


@pytest.mark.parametrize("with_daemon", [True, False])
def test_no_secret_of_a_payload_is_ever_at_rest(
    hooks: Hooks, with_daemon: bool, request: pytest.FixtureRequest
) -> None:
    if with_daemon:
        request.getfixturevalue("daemon")
    command = f"curl -H 'Authorization: Bearer {SECRET}' https://x.test"
    hooks.run("claude-code", {**START, "tool_input": {"command": command}})
    hooks.run("claude-code", {"hook_event_name": "New", "api_key": SECRET, "session_id": "s"})
    hooks.run("claude-code", f"no json, but API_TOKEN={SECRET}".encode())
    assert SECRET.encode() not in hooks.bytes_at_rest()
    assert hooks.recording.exists()


def test_the_spool_is_for_its_owner_alone(hooks: Hooks) -> None:
    hooks.run("claude-code", START)
    folder = spool_folder(hooks.recording)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())]
    assert modes == [0o700, 0o600]


def test_what_fails_altogether_leaves_a_gap_and_no_payload(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A recording that is a folder: no socket, no key, and nothing can be begun.
    monkeypatch.setattr(fallback, "put_aside", lambda *_: (_ for _ in ()).throw(ValueError("x")))
    read, write = os.pipe()
    os.write(write, json.dumps({"hook_event_name": "Stop", "token": SECRET}).encode())
    os.close(write)
    saved = os.dup(0)
    os.dup2(read, 0)
    try:
        with pytest.raises(ValueError, match="x"):
            client.record(b"claude-code", b"", os.fsencode(hooks.recording))
    finally:
        os.dup2(saved, 0)
        os.close(read)
        os.close(saved)
    (gap,) = hooks.spooled()
    assert (gap["name"], gap["witness"]) == ("gap", "recorder")
    assert gap["attributes"][semconv.REASON] == "a hook could not be recorded: ValueError"
    assert SECRET.encode() not in hooks.bytes_at_rest()
    with Daemon.launch(hooks.recording):
        pass
    assert [r.name for r in hooks.everything() if r.name == "gap"] == ["gap"]


def test_what_cannot_begin_a_recording_is_sealed_with_a_key_of_its_own(
    hooks: Hooks, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "keys"
    in_the_way.write_text("a file, not a folder")
    said = {**START, "tool_input": {"command": f"TOKEN={SECRET} ls"}}
    done = hooks.run("claude-code", said, FLIGHTLOG_KEYS=str(in_the_way))
    assert done.returncode == 0
    assert [fields["ref"] for fields in hooks.spooled()] == ["toolu_1"]
    assert SECRET.encode() not in hooks.bytes_at_rest()


def test_nothing_keeps_the_agent_from_its_work(tmp_path: Path) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("")
    done = Hooks(blocked / "flight.db").run("cursor", START)
    assert (done.returncode, done.stdout) == (0, b"{}\n")
    assert b"Bash" not in done.stderr


def test_the_first_hook_on_a_machine_makes_the_folders_of_its_recording(tmp_path: Path) -> None:
    for depth, lingers in (("data", "1"), ("share/data", "0"), ("s/h/a/re", "1")):
        hooks = Hooks(tmp_path / depth / "flight.db")
        done = hooks.run("claude-code", START, FLIGHTLOG_LINGER=lingers)
        assert (done.returncode, b"not recorded" in done.stderr) == (0, False)
        with Daemon.launch(hooks.recording):
            pass
        assert [record.name for record in hooks.records()] == ["Bash"]


@pytest.mark.parametrize("closed", ["0", "1", "2", "01", "02", "12", "012"])
def test_streams_that_are_closed_keep_nobody_from_work(hooks: Hooks, closed: str) -> None:
    words = shlex.join(Wiring(hooks.recording).words("cursor"))  # which is answered something
    shut = " ".join(f"{number}<&-" for number in closed)
    said = json.dumps({**START, "hook_event_name": "preToolUse"}).encode()
    done = subprocess.run(["/bin/sh", "-c", f"{words} {shut}"], input=said, check=False)
    assert done.returncode == 0
    names = [fields["name"] for fields in hooks.spooled()]
    assert names == (["hook"] if "0" in closed else ["Bash"])


def test_at_the_end_of_a_turn_the_spool_is_taken_in_without_anybody_asking(hooks: Hooks) -> None:
    hooks.run("claude-code", START)
    hooks.run("claude-code", {"hook_event_name": "Stop", "session_id": "s1"})
    deadline = threading.Event()
    for _ in range(600):
        if hooks.recording.exists() and len(hooks.records()) == 2:
            break
        deadline.wait(0.05)
    assert {r.name for r in hooks.records()} == {"Bash", "Stop"}


def test_one_hook_starts_a_recorder_for_those_that_follow_which_leaves_when_it_is_idle(
    hooks: Hooks,
) -> None:
    at = socket_path(hooks.recording)
    hooks.run("claude-code", START, FLIGHTLOG_LINGER="2")
    assert until(lambda: at.exists() and hooks.recording.exists() and len(hooks.records()) == 1)
    second = {**START, "tool_use_id": "toolu_2"}
    hooks.run("claude-code", second, FLIGHTLOG_LINGER="2")
    assert hooks.spooled() == []
    assert [r.ref for r in hooks.records()] == ["toolu_1", "toolu_2"]
    assert until(lambda: not at.exists()), "it left"
    assert until(lambda: [r.phase for r in hooks.everything() if r.name == "recorder"][1:])
    assert verify(hooks.recording).ok


def test_a_hook_inside_a_launch_starts_no_recorder_beside_the_launchs_own(hooks: Hooks) -> None:
    hooks.run("claude-code", START, FLIGHTLOG_LINGER="60", FLIGHTLOG_RUN="run-1")
    assert [fields["ref"] for fields in hooks.spooled()] == ["toolu_1"]


def until(condition: Callable[[], object]) -> bool:
    limit = time.monotonic() + 60
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(0.05)
    return True


def test_a_launch_that_records_by_itself_gets_the_hooks_of_its_agent(
    hooks: Hooks, tmp_path: Path
) -> None:
    other = Hooks(tmp_path / "other.db")
    hooks.run("claude-code", START, FLIGHTLOG_RECORDING=str(other.recording))
    assert hooks.spooled() == []
    assert [fields["ref"] for fields in other.spooled()] == ["toolu_1"]


def test_the_command_for_people_records_the_same(hooks: Hooks) -> None:
    # Through a process: it reads the real standard input.
    import subprocess
    import sys

    program = "from recorder.commands.hook import command; command()"
    for agent, expected in (("copilot", b"{}\n"), ("claude-code", b""), ("nonsense", b"")):
        done = subprocess.run(
            [sys.executable, "-c", program, agent, "--recording", str(hooks.recording), "--odd"],
            input=json.dumps(START).encode(),
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (0, expected)
    assert [f["ref"] for f in hooks.spooled()] == ["toolu_1", "toolu_1", ""]


def test_a_file_that_is_no_recording_is_said_to_be_none_and_the_hook_is_kept(hooks: Hooks) -> None:
    hooks.recording.write_bytes(b"something else altogether")
    done = hooks.run("cursor", {"hook_event_name": "stop"})
    assert (done.returncode, done.stdout) == (0, b"{}\n")
    assert b"flight.db is no recording" in done.stderr
    assert hooks.recording.read_bytes() == b"something else altogether"
    assert hooks.spooled()


def test_a_folder_is_said_to_be_no_recording(hooks: Hooks) -> None:
    hooks.recording.mkdir()
    done = hooks.run("claude-code", START)
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"flight.db is no recording" in done.stderr


def test_its_help_names_every_agent() -> None:
    text = CliRunner().invoke(command, ["--help"]).output
    assert all(agent in text for agent in AGENTS)


def test_the_client_and_the_table_agree_on_what_is_neutral() -> None:
    assert {name: a.answer for name, a in AGENTS.items()} == {
        name: client.ANSWERS.get(name.encode(), b"") for name in AGENTS
    }
    assert not any(word in a.answer for a in AGENTS.values() for word in (b"allow", b"approve"))


@pytest.mark.parametrize("depth", [0, 12])
def test_the_client_finds_the_socket_where_the_recorder_puts_it(
    tmp_path: Path, depth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever the temporary folder of an agent's child is: it may be too long for an address too.
    monkeypatch.setenv("TMPDIR", str(tmp_path / ("t" * 100)))
    recording = tmp_path.joinpath(*["a-long-folder-name"] * depth, "f.db")
    expected = socket_path(recording)
    expected.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    assert client.socket_of(os.fsencode(recording)) == os.fsencode(expected)
