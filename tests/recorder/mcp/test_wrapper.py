"""The wrapper as a process: bytes, signals, exit codes, and sudden deaths."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from recorder.daemon import Daemon
from recorder.model import Phase, Status
from tests.recorder.mcp.conftest import FLIGHTLOG, SECRET, Bench, until

ECHO = "import sys\nfor line in sys.stdin.buffer: sys.stdout.buffer.write(line); sys.stdout.flush()"
CAT = (sys.executable, "-c", ECHO)
# Answers each request by its id; looks only at the line's end, so that 50 MB cost it nothing.
ANSWER = """
import sys
for line in sys.stdin.buffer:
    sys.stdout.buffer.write(b'{"jsonrpc":"2.0","id":7,"result":{"content":[]}}\\n')
    sys.stdout.flush()
"""
CALL = (
    b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"wipe","arguments":{"a":1}}}\n'
)


def begin(bench: Bench, *server: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        bench.wrapped(*server), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=-1
    )


def say(process: subprocess.Popen[bytes], data: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(data)
    process.stdin.flush()


def hear(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    return process.stdout.readline()


def test_every_byte_passes_unchanged_whatever_it_is(bench: Bench) -> None:
    odd = b"".join(
        [
            CALL,
            b'no JSON at all \xff\xfe\n\n\r\n{"jsonrpc":"2.0"}\n',
            b'[{"jsonrpc":"2.0","id":1,"method":"ping"},',
            b'{"jsonrpc":"2.0","id":"1","method":"tools/call","params":{"name":"second"}}]\n',
            b'{"jsonrpc":"2.0","id":2,"method":"tools/call","params":[1]}\n[]\n',
            b"\x00" * 70_000 + b"\n" + b"[" * 100_000 + b"\n",
            b'{"jsonrpc":"2.0","id":3,"method":"tools\\/call","params":{"name":"no newline"}}',
        ]
    )
    done = subprocess.run(
        bench.wrapped("cat"), input=odd, capture_output=True, timeout=60, check=True
    )
    assert done.stdout == odd
    assert done.stderr == b""
    names = [record.name for record in bench.records()]
    assert {"wipe", "second", "no newline"} <= set(names)
    unreadable = bench.records("mcp unreadable")
    reasons = {str(record.attributes["flightlog.reason"]) for record in unreadable}
    assert any("no JSON" in reason for reason in reasons)


def test_message_of_50_mb_passes_whole_and_is_cut_in_the_record(bench: Bench) -> None:
    arguments = json.dumps({"first": "word " * 10_000_000, "last": SECRET})
    call = (
        f'{{"method":"tools/call","params":{{"name":"upload","arguments":{arguments}}},'
        '"jsonrpc":"2.0","id":7}\n'
    ).encode()
    process = begin(bench, sys.executable, "-c", ECHO)
    echoed: list[bytes] = []
    listener = threading.Thread(target=lambda: echoed.append(hear(process)))
    listener.start()
    say(process, call)
    listener.join(60)
    assert hashlib.sha256(echoed[0]).digest() == hashlib.sha256(call).digest()
    process.communicate(timeout=60)
    start = bench.records("upload")[0]
    assert start.attributes["jsonrpc.request.id"] == "7"
    assert int(str(start.attributes["flightlog.mcp.cut"])) > 48_000_000
    assert len(str(start.attributes["flightlog.mcp.sha256"])) == 64
    assert SECRET.encode() not in bench.bytes_at_rest()


def test_call_is_on_record_before_the_server_has_it(bench: Bench, tmp_path: Path) -> None:
    looks = tmp_path / "looks.py"
    looks.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from recorder.reader import Recording\n"
        "for line in sys.stdin:\n"
        "    with Recording.open(Path(sys.argv[1])) as opened:\n"
        "        print([r.name for r in opened.records()].count('wipe'), flush=True)\n"
    )
    process = begin(bench, sys.executable, str(looks), str(bench.recording))
    say(process, CALL)
    assert hear(process) == b"1\n"
    process.communicate(timeout=60)


def test_exit_code_stderr_and_environment_are_the_servers_own(bench: Bench) -> None:
    program = "import os, sys; sys.stderr.write(os.environ['MARK']); sys.exit(7)"
    done = subprocess.run(
        bench.wrapped(sys.executable, "-c", program),
        env={**os.environ, "MARK": "its own words"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (7, b"", b"its own words")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_server_killed_by_a_signal_looks_so_to_the_client(bench: Bench, number: int) -> None:
    program = f"import os; os.kill(os.getpid(), {int(number)})"
    done = subprocess.run(
        bench.wrapped(sys.executable, "-c", program), timeout=60, check=False, stdin=-3
    )
    assert done.returncode == -number


def test_signal_reaches_the_server_which_decides_what_to_do(bench: Bench) -> None:
    program = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('bye', flush=True), sys.exit(5)))\n"
        "print('ready', flush=True)\n"
        "while True: signal.pause()\n"
    )
    process = begin(bench, sys.executable, "-c", program)
    assert hear(process) == b"ready\n"
    process.terminate()
    output, _ = process.communicate(timeout=60)
    assert (output, process.returncode) == (b"bye\n", 5)


def test_server_that_does_not_exist_is_one_line_and_exit_code_127(bench: Bench) -> None:
    done = subprocess.run(
        bench.wrapped("no-such-server"), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 127
    assert done.stderr.startswith("Error: no-such-server: no such command")
    assert done.stderr.count("\n") == 1


def test_recording_that_cannot_be_written_costs_one_line_and_no_call(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    command = [FLIGHTLOG, "mcp", "-r", str(tmp_path / "file" / "flight.db"), "--", *CAT]
    done = subprocess.run(command, input=CALL, capture_output=True, timeout=60, check=True)
    assert done.stdout == CALL
    assert done.stderr.count(b"\n") == 1
    assert b"not recorded" in done.stderr


def test_wrapper_killed_in_a_call_leaves_the_call_on_record_and_no_server(bench: Bench) -> None:
    process = begin(bench, *CAT)
    say(process, CALL)
    assert hear(process) == CALL
    (server,) = (p for p in psutil.Process(process.pid).children() if "-c" in p.cmdline())
    process.kill()
    process.communicate(timeout=60)
    assert bench.records("wipe")[0].phase is Phase.START
    server.wait(60)


def is_over(bench: Bench) -> bool:
    return any(r.phase is Phase.END for r in bench.records("mcp server"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_client_that_kills_the_wrapper_before_it_can_seal_loses_nothing_that_passed(
    idle: Bench, tmp_path: Path, number: signal.Signals
) -> None:
    """As clients do some seconds after they had enough: with the whole process group."""
    (tmp_path / "no-cache").mkdir()
    environment = {**os.environ, **idle.environment, "XDG_CACHE_HOME": str(tmp_path / "no-cache")}
    process = subprocess.Popen(
        idle.wrapped(sys.executable, "-c", ANSWER),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    say(process, CALL.replace(b'"a":1', b'"token":"' + SECRET.encode() + b'"'))
    assert b"result" in hear(process)
    os.killpg(process.pid, number)
    assert process.wait(60) == -number
    assert process.stdout is not None
    assert process.stdout.read() == b""
    until(lambda: idle.recording.exists() and is_over(idle), "the end of the server")
    start, end = idle.pair("wipe")
    assert (start.status, end.status) == (Status.UNSET, Status.OK)
    (over,) = (r for r in idle.records("mcp server") if r.phase is Phase.END)
    is_known = number is signal.SIGTERM
    assert (over.attributes.get("flightlog.process.signal") == number.name) == is_known
    assert ("killed" in str(over.attributes.get("flightlog.reason"))) != is_known
    until(lambda: not list(idle.recording.parent.glob("*.spool/*")), "the spool to be taken in")
    assert SECRET.encode() not in idle.bytes_at_rest()
    (process.stdin or process.stdout).close()
    process.stdout.close()


def test_recorder_killed_in_a_call_loses_nothing(idle: Bench) -> None:
    with Daemon.launch(idle.recording) as daemon:
        process = begin(idle, *CAT)
        say(process, CALL)
        assert hear(process) == CALL
        daemon.process.kill()
        daemon.process.wait()
        secret = CALL.replace(b'"a":1', b'"token":"' + SECRET.encode() + b'"')
        say(process, secret.replace(b"wipe", b"second"))
        hear(process)
        assert SECRET.encode() not in idle.bytes_at_rest()
        process.communicate(timeout=60)
    until(lambda: any(r.phase is Phase.START for r in idle.records("second")), "the second call")
    assert [r.phase for r in idle.records("wipe")][:1] == [Phase.START]
    assert SECRET.encode() not in idle.bytes_at_rest()


def test_recorder_that_hangs_holds_a_call_back_for_a_bounded_time_only(idle: Bench) -> None:
    with Daemon.launch(idle.recording) as daemon:
        process = begin(idle, *CAT)
        say(process, CALL)
        assert hear(process) == CALL
        os.kill(daemon.process.pid, signal.SIGSTOP)
        try:
            say(process, CALL)
            assert hear(process) == CALL
        finally:
            os.kill(daemon.process.pid, signal.SIGCONT)
        process.communicate(timeout=60)


def test_answer_with_large_result_passes_while_it_is_recorded(bench: Bench) -> None:
    program = (
        "import sys\n"
        "for line in sys.stdin:\n"
        '    text = "word " * 10_000_000\n'
        '    print(\'{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"\''
        " + text + '\"}]}}', flush=True)\n"
    )
    process = begin(bench, sys.executable, "-c", program)
    say(process, CALL)
    assert len(hear(process)) > 50_000_000
    process.communicate(timeout=60)
    end = bench.pair("wipe")[1]
    assert int(str(end.attributes["flightlog.mcp.cut"])) > 48_000_000
