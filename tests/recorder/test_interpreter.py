"""What the interpreter reports by itself with `instrument=True`: files, processes, connections."""

from __future__ import annotations

from pathlib import Path

from recorder.daemon import Daemon
from recorder.model import Kind, StoredRecord
from recorder.service import Service
from tests.recorder.agents import calls, records_of, run

SET_UP = """
import os, socket, subprocess, sys
import recorder
recorder.start(agent="tester", instrument=True)

@recorder.tool
def act(does):
    does()
"""
# The recorder's threads are threads: Python warns of every fork.
NO_WARNING = "import warnings; warnings.simplefilter('ignore')\n"


def said(record: StoredRecord, *names: str) -> tuple[object, ...]:
    return tuple(record.attributes.get(name) for name in names)


def test_files_are_recorded_in_the_call_that_opens_them(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    program = """
def files():
    with open("notes.txt", "w") as file: file.write("hi")
    for _ in range(50):
        with open("notes.txt") as file: file.read()
    with open("notes.txt", "a") as file: file.write("!")
    os.close(os.open("notes.txt", os.O_RDONLY))
    os.close(os.open("made.txt", os.O_CREAT | os.O_WRONLY | os.O_EXCL))
    os.rename("notes.txt", "old.txt")
    os.remove("old.txt")
    import this_module, wave, json.tool  # reading modules is not the agent's doing
    open("/dev/null").close()
    os.fdopen(os.dup(1)).close()
act(files)
recorder.stop()
open("after.txt", "w").close()
"""
    (tmp_path / "this_module.py").write_text("x = 1")
    run("import sys; sys.path.insert(0, '.')\n" + SET_UP + program, path)
    files = records_of(path, Kind.FILE)
    base = str(tmp_path)
    assert [said(r, "file.mode", "file.path") for r in files] == [
        ("write", f"{base}/notes.txt"),
        ("read", f"{base}/notes.txt"),
        ("append", f"{base}/notes.txt"),
        ("create", f"{base}/made.txt"),
        ("rename", f"{base}/notes.txt"),
        ("remove", f"{base}/old.txt"),
    ]
    assert files[4].attributes["flightlog.file.target"] == f"{base}/old.txt"
    call = calls(path)["act"][0]
    assert {(r.parent_span_id, r.trace_id, r.session) for r in files} == {
        (call.span_id, call.trace_id, call.session)
    }


def test_an_agent_that_touches_its_own_recording_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    program = """
def tamper():
    open(os.environ["FLIGHTLOG_RECORDING"], "r+b").close()
act(tamper)
recorder.stop()
"""
    run(SET_UP + program, path)
    assert [said(r, "file.mode", "file.path") for r in records_of(path, Kind.FILE)] == [
        ("write", str(path))
    ]


def test_processes_are_recorded_however_they_are_started_and_their_secrets_sealed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "flight.db"
    secret = "ghp_" + "Z9y8X7w6V5u4T3s2R1q0P9o8N7m6L5k4J3i2"
    program = f"""
def processes():
    subprocess.run(["echo", "a b"], stdout=subprocess.DEVNULL, cwd="/")
    subprocess.run("true && true", shell=True)
    subprocess.run(["true", "--token={secret}"])
    os.system("true")
    os.waitpid(os.posix_spawn("/bin/true", ["true", "posix"], os.environ), 0)
    if (pid := os.fork()) == 0:
        os.execv("/bin/echo", ["echo", "executed"])
    os.waitpid(pid, 0)
act(processes)
recorder.stop()
"""
    assert run(NO_WARNING + SET_UP + program, path) == "executed\n"
    processes = records_of(path, Kind.PROCESS)
    lines = [str(r.attributes["process.command_line"]) for r in processes]
    assert lines[:2] == ["echo 'a b'", "/bin/sh -c 'true && true'"]
    assert lines[3:] == ["true", "true posix", "echo executed"]
    assert lines[2].startswith("true --token=⟦")
    assert processes[0].attributes["process.working_directory"] == "/"
    assert secret not in str(processes)
    assert {r.parent_span_id for r in processes} == {calls(path)["act"][0].span_id}


def test_connections_are_recorded_with_their_address_but_the_recorders_are_not(
    tmp_path: Path,
) -> None:
    path = tmp_path / "flight.db"
    program = """
def connects():
    server = socket.create_server(("127.0.0.1", 0))
    socket.create_connection(server.getsockname()).close()
    print(server.getsockname()[1])
    one = socket.socket(socket.AF_UNIX)
    try: one.connect("nobody.sock")
    except OSError: pass
    two = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    two.connect(("127.0.0.1", 9))
act(connects)
if (pid := os.fork()) == 0:  # becomes a client of its parent
    act(lambda: print("child"))
    sys.stdout.flush()
    os._exit(0)
os.waitpid(pid, 0)
recorder.stop()
"""
    port = run(NO_WARNING + SET_UP + program, path)
    connections = records_of(path, Kind.API_REQUEST)
    assert [said(r, "server.address", "server.port", "network.transport") for r in connections] == [
        ("127.0.0.1", int(port.split()[0]), "tcp"),
        (f"{tmp_path}/nobody.sock", None, "unix"),
        ("127.0.0.1", 9, "udp"),
    ]


def test_recording_never_sets_itself_off_nor_raises(tmp_path: Path) -> None:
    """With the recorder gone each record opens files of ours: none of that may be recorded."""
    path = tmp_path / "flight.db"
    program = """
import logging, select, signal
logging.disable(logging.CRITICAL)
its = os.pidfd_open(int(os.environ["RECORDER"]))
signal.pidfd_send_signal(its, signal.SIGKILL)
select.select([its], [], [])  # a kill is on its way for a while, and so long the recorder takes
sys.audit("open")
sys.audit("open", object(), None, None)
sys.audit("subprocess.Popen", None, None, None, None)
sys.audit("socket.connect", None, ("x",))
for number in range(5):
    act(lambda: open(f"file-{number}", "w").close())
recorder.stop()
"""
    with Daemon.launch(path) as running:
        run(SET_UP + program, path, RECORDER=str(running.process.pid))
    Service.start(path).stop()  # takes in what was put aside
    files = records_of(path, Kind.FILE)
    assert [str(r.attributes["file.path"])[-6:] for r in files] == [f"file-{n}" for n in range(5)]
