"""`flightlog mcp`: a real server and client of the MCP SDK with the wrapper between them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analyzer.actions import fold
from recorder.daemon import Daemon
from recorder.model import Kind, Phase, StoredRecord, Witness
from recorder.reader import Recording

FOLDER = Path(__file__).parent
PYTHON = sys.executable
FLIGHTLOG = str(Path(PYTHON).with_name("flightlog"))
SERVER = [PYTHON, str(FOLDER / "server.py")]
SECRET = b"hunter2-swordfish-91"
SAID = [
    '["delete_volume", "broken", "confirmed"]',
    '[false, "deleted vol-1 with 20 characters"]',
    '[true, "Error executing tool broken"]',
    '[false, "the user said accept"]',
]


def records_of(recording: Path) -> list[StoredRecord]:
    with Recording.open(recording) as reader:
        return [r for r in reader.records() if r.witness is Witness.MCP]


def wrapped(recording: Path, *server: str) -> list[str]:
    return [FLIGHTLOG, "mcp", "-r", str(recording), "--name", "volumes", "--", *server]


def talk(recording: Path, **environment: str) -> list[str]:
    done = subprocess.run(
        [PYTHON, str(FOLDER / "client.py"), "legacy", *wrapped(recording, *SERVER)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_real_client_hears_what_the_server_says_and_each_call_is_on_record(
    tmp_path: Path,
) -> None:
    recording = tmp_path / "flight.db"
    assert talk(recording) == SAID
    records = records_of(recording)
    calls = [r for r in records if r.kind is Kind.TOOL_CALL]
    # Requests and answers pass on threads of their own: a call's answer may be recorded after the
    # next call's start, but never before its own.
    by_name = {name: [r for r in calls if r.name == name] for name in ("delete_volume", "broken")}
    assert [r.name for r in calls if r.phase is Phase.START] == [*by_name, "confirmed"]
    for pair in by_name.values():
        assert [r.phase for r in pair] == [Phase.START, Phase.END]
    start, end = by_name["delete_volume"]
    failed = by_name["broken"][1]
    assert start.ref == end.ref
    assert start.attributes["gen_ai.tool.call.id"] == "toolu_delete_volume"
    assert json.loads(str(start.attributes["gen_ai.tool.call.arguments"]))["volume_id"] == "vol-1"
    assert end.attributes["gen_ai.tool.call.result"] == "deleted vol-1 with 20 characters"
    assert (failed.status, failed.attributes["error.type"]) == ("ok", "tool_error")
    asked = [r for r in records if r.name == "elicitation/create"]
    assert [r.phase for r in asked] == [Phase.START, Phase.END]
    assert asked[0].attributes["flightlog.mcp.from"] == "server"
    assert '"accept"' in str(asked[1].attributes["flightlog.mcp.result"])
    assert SECRET not in b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    with Recording.open(recording) as reader:
        (row,) = reader.sessions()
    assert (row.agent, row.ended) == ("volumes", True)


def test_inside_a_launch_the_calls_belong_to_the_launch(tmp_path: Path) -> None:
    recording = tmp_path / "flight.db"
    with Daemon.launch(recording):
        done = subprocess.run(
            [
                *(FLIGHTLOG, "run", "-r", str(recording), "--no-proxy", "--"),
                *(PYTHON, str(FOLDER / "client.py"), "legacy"),
                *wrapped(recording, *SERVER),
            ],
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    assert done.stdout.splitlines() == SAID, done.stderr
    assert "recorded 3 tool calls" in done.stderr
    with Recording.open(recording) as reader:
        (row,) = reader.sessions()
        actions = fold(row, reader.records()).actions()
    calls = [a for a in actions if a.kind is Kind.TOOL_CALL]
    processes = {a.id for a in actions if a.kind is Kind.PROCESS}
    assert len(calls) == 3
    assert {call.join.parent for call in calls if call.join} <= processes
    assert all(call.join for call in calls)


NOISY = r"""
import os, sys
sys.stdout.buffer.write(b"\xff no json \r\n\n{broken\n" + b"x" * 300_000)
sys.stdout.buffer.flush()
while piece := os.read(0, 65536):
    sys.stdout.buffer.write(piece[::-1])
    sys.stdout.buffer.flush()
sys.exit(11)
"""


def test_bytes_pass_untouched_whatever_they_are_and_the_exit_code_too(tmp_path: Path) -> None:
    recording = tmp_path / "flight.db"
    sent = bytes(range(256)) * 40
    done = subprocess.run(
        wrapped(recording, PYTHON, "-c", NOISY), input=sent, capture_output=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 11
    assert done.stdout.startswith(b"\xff no json \r\n\n{broken\n" + b"x" * 300_000)
    assert len(done.stdout) == len(b"\xff no json \r\n\n{broken\n") + 300_000 + len(sent)
    assert "unreadable" in {r.name for r in records_of(recording)}


ECHO_AT_ONCE = """
import sys, sqlite3, json
for line in sys.stdin:
    message = json.loads(line)
    held = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
    number = held.execute("select count(*) from records where kind = 'tool_call'").fetchone()[0]
    print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": number}), flush=True)
"""


def call(number: int) -> bytes:
    params = {"name": "wipe", "arguments": {"n": number}}
    message = {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}
    return json.dumps(message).encode() + b"\n"


def test_a_call_is_committed_before_the_server_hears_of_it(tmp_path: Path) -> None:
    recording = tmp_path / "flight.db"
    command = wrapped(recording, PYTHON, "-c", ECHO_AT_ONCE, str(recording))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdin
        assert running.stdout
        for number in range(1, 4):
            running.stdin.write(call(number))
            running.stdin.flush()
            # The starts of the calls so far, and the ends of at most those before this one.
            assert json.loads(running.stdout.readline())["result"] >= number
        running.stdin.close()
        assert running.wait(30) == 0


@pytest.mark.parametrize("victim", ["wrapper", "server"])
def test_a_call_in_flight_is_on_record_when_the_wrapper_or_the_server_is_killed(
    tmp_path: Path, victim: str
) -> None:
    recording = tmp_path / "flight.db"
    program = (
        "import os, sys; sys.stdin.readline(); print(os.getpid(), flush=True); sys.stdin.read()"
    )
    with (
        Daemon.launch(recording),
        subprocess.Popen(
            wrapped(recording, PYTHON, "-c", program), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as running,
    ):
        assert running.stdin
        assert running.stdout
        running.stdin.write(call(1))
        running.stdin.flush()
        server = int(running.stdout.readline())
        os.kill(running.pid if victim == "wrapper" else server, signal.SIGKILL)
        code = running.wait(30)
    assert code == (-9 if victim == "wrapper" else 137)
    (started,) = (r for r in records_of(recording) if r.kind is Kind.TOOL_CALL)
    assert (started.phase, started.name) == (Phase.START, "wipe")


def test_a_signal_to_the_wrapper_reaches_the_server(tmp_path: Path) -> None:
    program = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(21))\n"
        "print('ready', flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen(
        wrapped(tmp_path / "flight.db", PYTHON, "-c", program),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as running:
        assert running.stdout
        assert running.stdout.readline() == b"ready\n"
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 21


def test_a_server_runs_even_where_nothing_can_be_recorded(tmp_path: Path) -> None:
    recording = tmp_path / "flight.db"
    recording.write_text("a letter" * 1000)
    began = time.monotonic()
    done = subprocess.run(
        wrapped(recording, "cat"), input=call(1), capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, call(1))
    assert time.monotonic() - began < 30


def test_a_server_that_is_not_there_ends_as_in_a_shell(tmp_path: Path) -> None:
    done = subprocess.run(
        wrapped(tmp_path / "flight.db", "no-such-server"), capture_output=True, check=False
    )
    assert done.returncode == 127
    assert done.stderr.startswith(b"Error: no-such-server: no such command")
