"""`flightlog run`: what is recorded of any command, and that the command does not notice."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from analyzer.actions import fold
from analyzer.model import Action
from recorder.model import Kind, Phase
from recorder.reader import Recording
from recorder.verify import verify
from tests.recorder.launch.conftest import FLIGHTLOG, Ground, until

PYTHON = sys.executable
SECRET = "hunter2-swordfish-91"
BODY = '{"path": "/things", "name": "Zoë"}'


def actions_of(ground: Ground) -> list[Action]:
    with Recording.open(ground.recording) as reader:
        (row,) = reader.sessions()
        return list(fold(row, reader.records()).actions())


@pytest.mark.parametrize(
    ("program", "code"),
    [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143), ("kill -9 $$", 137)],
)
def test_it_exits_as_its_command_did(ground: Ground, program: str, code: int) -> None:
    done = ground.run("sh", "-c", program, options=["--no-proxy"])
    assert done.returncode == code
    (ended,) = (r for r in ground.records(name="run") if r.phase is Phase.END)
    assert ended.attributes["process.exit.code"] == code
    with Recording.open(ground.recording) as reader:
        (row,) = reader.sessions()
    assert (row.agent, row.cwd, row.ended, row.run) == ("sh", str(Path.cwd()), True, row.id)
    assert verify(ground.recording).ok


@pytest.mark.parametrize("closed", ["2>&-", "2>/dev/full", "2>&1 | exec true", ">&- 2>&- <&-"])
def test_who_cannot_hear_the_last_line_gets_the_commands_exit_code(
    ground: Ground, closed: str
) -> None:
    own = shlex.join(ground.command("sh", "-c", "exit 7", options=["--no-proxy", "--no-otlp"]))
    script = f"set -o pipefail; {own} {closed}"
    assert subprocess.run(["bash", "-c", script], timeout=90, check=False).returncode == 7
    assert [r.phase for r in ground.records(name="run")] == [Phase.START, Phase.END]


def test_a_folder_that_was_removed_under_it_is_no_hindrance(ground: Ground, tmp_path: Path) -> None:
    own = shlex.join(ground.command("sh", "-c", "exit 7"))
    gone = tmp_path / "gone"
    gone.mkdir()
    removed = f"rmdir {gone}; {own}"
    done = subprocess.run(["sh", "-c", removed], cwd=gone, timeout=90, check=False)
    assert done.returncode == 7
    started = [r for r in ground.records(name="session") if r.phase is Phase.START]
    assert [r.attributes["process.working_directory"] for r in started] == [""]


@pytest.mark.parametrize("what", ["ulimit -n 12", "rmdir ../gone; FLIGHTLOG_RECORDING=flight.db"])
def test_what_the_machine_refuses_is_said_in_one_line(tmp_path: Path, what: str) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    own = f"export FLIGHTLOG_RECORDING={tmp_path}/flight.db; {what}; {FLIGHTLOG} run -- true"
    done = subprocess.run(
        ["sh", "-c", own], cwd=gone, capture_output=True, text=True, timeout=90, check=False
    )
    assert (done.returncode, done.stderr[:7], done.stderr.count("\n")) == (2, "Error: ", 1)


@pytest.mark.parametrize(
    "name", ["TERM", "HUP", "INT", "QUIT", "USR1", "USR2", "ALRM", "VTALRM", "PROF", "IO"]
)
def test_a_signal_that_is_sent_to_run_is_the_commands_to_take(ground: Ground, name: str) -> None:
    program = (
        "import signal, sys\n"
        f"signal.signal(signal.SIG{name}, lambda *_: (print('taken', flush=True), sys.exit(5)))\n"
        "print('ready', flush=True)\n"
        "while True: signal.pause()\n"
    )
    process = ground.begin(PYTHON, "-c", program, options=["--no-proxy", "--no-otlp"])
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(getattr(signal, f"SIG{name}"))
    output, _ = process.communicate(timeout=60)
    assert (output, process.returncode) == ("taken\n", 5)


def test_a_command_that_is_not_there_or_no_program_ends_as_in_a_shell(
    ground: Ground, tmp_path: Path
) -> None:
    plain = tmp_path / "plain.txt"
    plain.write_text("words")
    missing, refused = ground.run("no-such-agent"), ground.run(str(plain))
    assert (missing.returncode, refused.returncode) == (127, 126)
    assert missing.stderr == (
        "Error: no-such-agent: no such command; is it spelled right and on your PATH?\n"
    )
    assert len(refused.stderr.splitlines()) == 1
    assert not ground.recording.exists()


def test_a_script_without_an_interpreter_line_runs_as_it_does_in_a_shell(
    ground: Ground, tmp_path: Path
) -> None:
    script = tmp_path / "script"
    script.write_text("echo from $1; exit 3\n")
    script.chmod(0o755)
    done = ground.run(str(script), "here", options=["--no-proxy"])
    assert (done.returncode, done.stdout) == (3, "from here\n")


def test_nothing_runs_when_the_recording_cannot_be_written(ground: Ground, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    ground.recording.write_text("this is somebody's letter, and no recording at all" * 99)
    done = ground.run("touch", str(mark))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert not mark.exists()


def test_the_command_has_the_streams_that_run_was_given(ground: Ground) -> None:
    done = subprocess.run(
        ground.command("sh", "-c", "cat; echo aside >&2", options=["--no-proxy"]),
        input="through and through",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "through and through"
    aside, line = done.stderr.splitlines()
    assert aside == "aside"
    assert line.startswith("flightlog: recorded ")


PYTHON_GET = (
    "import urllib.request, sys; print(urllib.request.urlopen(sys.argv[1]).read().decode())"
)
REQUESTS_GET = "import requests, sys; print(requests.get(sys.argv[1]).content.decode())"
HTTPX_GET = "import httpx, sys; print(httpx.get(sys.argv[1]).content.decode())"
AIOHTTP_GET = """
import aiohttp, asyncio, sys
async def main():
    async with aiohttp.ClientSession() as session:
        async with session.get(sys.argv[1]) as answer:
            print((await answer.read()).decode())
asyncio.run(main())
"""
NODE_FETCH = "fetch(process.argv[1]).then(r => r.text()).then(console.log)"
NODE_HTTPS = """
require('node:https').get(process.argv[1], (answer) => {
  answer.setEncoding('utf8'); let text = '';
  answer.on('data', (piece) => { text += piece; }).on('end', () => console.log(text));
});
"""
CLIENTS = {
    "curl": ["curl", "-sS"],
    "python urllib": [PYTHON, "-c", PYTHON_GET],
    "python requests": [PYTHON, "-c", REQUESTS_GET],
    "python httpx": [PYTHON, "-c", HTTPX_GET],
    "python aiohttp": [PYTHON, "-c", AIOHTTP_GET],
    "node fetch": ["node", "-e", NODE_FETCH],
    "node https": ["node", "-e", NODE_HTTPS],
}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_without_any_instrumentation_is_seen_on_the_wire(
    ground: Ground, client: str
) -> None:
    command = CLIENTS[client]
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no {command[0]} here")
    done = ground.run(*command, ground.upstream.url("/things"))
    assert (done.returncode, done.stdout.strip()) == (0, BODY), done.stderr
    assert "recorded 1 request, " in done.stderr
    actions = actions_of(ground)
    (request,) = (a for a in actions if a.kind is Kind.API_REQUEST)
    assert request.attributes["http.response.status_code"] == 200
    (maker,) = (a for a in actions if request.join and a.id == request.join.parent)
    assert maker.kind is Kind.PROCESS
    assert maker.title.split()[0].endswith(Path(command[0]).name)


JAVA = """
import java.net.*; import java.net.http.*;
public class Get { public static void main(String[] a) throws Exception {
  System.out.println(HttpClient.newHttpClient().send(
    HttpRequest.newBuilder(URI.create(a[0])).build(),
    HttpResponse.BodyHandlers.ofString()).body());
} }
"""


def test_java_is_seen_on_the_wire(ground: Ground, tmp_path: Path) -> None:
    if shutil.which("javac") is None:
        pytest.skip("there is no Java compiler here")
    (tmp_path / "Get.java").write_text(JAVA)
    done = ground.run("java", str(tmp_path / "Get.java"), ground.upstream.url("/things"))
    assert (done.returncode, done.stdout.strip()) == (0, BODY), done.stderr
    assert len(ground.requests("/things")) == 1


def test_git_over_https_is_seen_on_the_wire(ground: Ground, tmp_path: Path) -> None:
    repository = ground.upstream.url("/nobody/nothing.git")
    ground.run("git", "ls-remote", repository, HOME=str(tmp_path))
    assert len(ground.requests("/nobody/nothing.git/info/refs")) == 1


def test_each_process_of_a_pipeline_is_recorded_with_its_end(ground: Ground) -> None:
    done = ground.run("sh", "-c", "sleep 1.1 | cat; (sleep 1.0; exit 4); exit 5")
    assert done.returncode == 5
    processes = [a for a in actions_of(ground) if a.kind is Kind.PROCESS]
    codes = {a.title: a.exit_code for a in processes}
    assert codes["sleep 1.1"] == codes["cat"] == codes["sleep 1.0"] == 0
    (whole,) = (a for a in processes if a.attributes["process.parent_pid"] not in pids(processes))
    assert whole.exit_code == 5
    assert all(a.end_ns for a in processes)


def pids(actions: list[Action]) -> set[object]:
    return {a.attributes["process.pid"] for a in actions}


def test_what_a_shell_becomes_by_exec_is_on_record(ground: Ground) -> None:
    ground.run("sh", "-c", "sleep 0.2; exec sleep 1.01", options=["--no-proxy"])
    assert "sleep 1.01" in {a.title for a in actions_of(ground) if a.kind is Kind.PROCESS}


def test_that_short_processes_may_be_missing_is_said_and_on_record(ground: Ground) -> None:
    program = "for i in 1 2 3 4 5 6 7 8 9; do /bin/true; done; sleep 0.1"
    done = ground.run("sh", "-c", program, options=["--no-proxy", "--no-otlp"])
    assert "; perhaps processes shorter than 10 ms; " in done.stderr
    (noted,) = ground.records(name="unseen")
    assert "shorter than 10 ms may be missing" in str(noted.attributes["flightlog.reason"])


def test_a_process_that_outlives_its_parent_is_still_followed(ground: Ground) -> None:
    orphan = "(sleep 1.0; exit 9) & sleep 0.1"
    ground.run("sh", "-c", f"sh -c '{orphan}'; sleep 1.8", options=["--no-proxy"])
    ends = {r.ref: r for r in ground.records(Kind.PROCESS) if r.phase is Phase.END}
    assert 9 in {r.attributes.get("process.exit.code") for r in ends.values()}


def test_a_secret_on_the_command_line_in_the_environment_or_sent_is_never_at_rest(
    ground: Ground,
) -> None:
    ground.run(
        *("sh", "-c", 'curl -sS -H "Authorization: Bearer $API_TOKEN" "$0"; sleep 0.1; : "$1"'),
        *(ground.upstream.url("/things"), f"--password={SECRET}"),
        API_TOKEN=SECRET,
    )
    (request,) = ground.requests("/things")
    assert "⟦" in str(request.attributes["http.request.header.authorization"])
    assert SECRET.encode() not in ground.bytes_at_rest()


def test_an_agent_that_records_itself_keeps_its_requests_in_its_calls(ground: Ground) -> None:
    program = f"""
import subprocess, recorder
recorder.start(agent="inner")
@recorder.tool
def Fetch(url: str) -> str:
    return subprocess.run(["curl", "-sS", url], capture_output=True, text=True).stdout
with recorder.session("inner-session"):
    Fetch({ground.upstream.url("/things")!r})
"""
    done = ground.run(PYTHON, "-c", program)
    assert done.returncode == 0, done.stderr
    assert "flightlog replay inner-session" in done.stderr
    assert "no hooks" not in done.stderr
    with Recording.open(ground.recording) as reader:
        launch, inner = reader.sessions()
        everything = list(reader.records())
        in_launch = fold(launch, everything).actions()
        in_agent = fold(inner, everything).actions()
    assert launch.id == launch.run == inner.run
    (request,) = (a for a in in_agent if a.kind is Kind.API_REQUEST)
    (call,) = (a for a in in_agent if a.kind is Kind.TOOL_CALL)
    assert request.join is not None
    assert request.join.parent == call.id
    assert Kind.API_REQUEST not in {a.kind for a in in_launch}
    assert Kind.PROCESS in {a.kind for a in in_launch}


def test_the_last_line_says_what_could_not_be_seen_and_how_to_look_at_the_rest(
    ground: Ground,
) -> None:
    # A client that trusts nobody but the server itself: the wire goes dark.
    program = """
import ssl, sys, urllib.request
context = ssl.create_default_context(cafile=sys.argv[2])
for _ in range(2):
    try:
        print(urllib.request.urlopen(sys.argv[1], context=context).status)
    except OSError as error:
        print("refused")
"""
    url, roots = ground.upstream.url("/things"), str(ground.upstream.certificate)
    done = ground.run(PYTHON, "-c", program, url, roots)
    assert done.stdout == "refused\n200\n"
    line = done.stderr.splitlines()[-1]
    assert "the content sent to 127.0.0.1" in line
    assert "the agent itself (no hooks, no telemetry)" in line
    session = line.split("flightlog replay ")[1].split()[0]
    with Recording.open(ground.recording) as reader:
        assert reader.session(session).run == session


def test_the_users_own_node_options_are_kept(ground: Ground) -> None:
    done = ground.run("sh", "-c", "echo $NODE_OPTIONS", NODE_OPTIONS="--max-old-space-size=99")
    assert done.stdout.startswith("--max-old-space-size=99 --require ")


@pytest.mark.parametrize("victim", ["recorder.daemon", "recorder.capture.proxy"])
def test_a_killed_recorder_or_proxy_comes_back_and_the_command_goes_on(
    ground: Ground, tmp_path: Path, victim: str
) -> None:
    first, go = tmp_path / "first", tmp_path / "go"
    url = ground.upstream.url
    program = (
        f"curl -sS {url('/before')} > {first}.part; mv {first}.part {first}; "
        f"while [ ! -e {go} ]; do sleep 0.05; done; curl -sS {url('/after')}; exit 6"
    )
    running = ground.begin("sh", "-c", program)
    until(first.exists, "the first request")
    (old,) = serving_processes(running.pid, victim)
    old.kill()
    until(
        lambda: [p for p in serving_processes(running.pid, victim) if p.pid != old.pid],
        "another one",
    )
    if victim == "recorder.capture.proxy":
        (new,) = serving_processes(running.pid, victim)
        until(lambda: listens(new), "the new proxy's port")
    go.touch()
    out, err = running.communicate(timeout=60)
    assert running.returncode == 6
    assert "/after" in out, err
    assert len(ground.requests("/before")) == len(ground.requests("/after")) == 1
    assert [r.phase for r in ground.records(name="run")] == [Phase.START, Phase.END]
    report = verify(ground.recording)
    assert report.ok
    said = "the recording proxy had died within about " if "proxy" in victim else ""
    assert report.gaps == bool(said)
    assert said in err.splitlines()[-1]


def serving_processes(pid: int, module: str) -> list[psutil.Process]:
    found = []
    for process in psutil.Process(pid).children():
        with contextlib.suppress(psutil.Error):
            if module in process.cmdline():
                found.append(process)
    return found


def listens(process: psutil.Process) -> bool:
    return any(c.status == psutil.CONN_LISTEN for c in process.net_connections("tcp"))


def test_what_was_acknowledged_outlives_run_itself(ground: Ground, tmp_path: Path) -> None:
    done, pid = tmp_path / "done", tmp_path / "pid"
    program = (
        f"echo $$ > {pid}; curl -sS {ground.upstream.url('/things')}; touch {done}; exec sleep 60"
    )
    running = ground.begin("sh", "-c", program)
    until(done.exists, "the request")
    helpers = serving_processes(running.pid, "recorder.daemon")
    helpers += serving_processes(running.pid, "recorder.capture.proxy")
    running.kill()
    running.wait()
    os.kill(int(pid.read_text()), signal.SIGKILL)
    running.communicate(timeout=30)
    psutil.wait_procs(helpers, timeout=20)
    assert not any(p.is_running() for p in helpers)
    assert len(ground.requests("/things")) == 1
    assert [r.phase for r in ground.records(name="run")] == [Phase.START]
    assert verify(ground.recording).ok
