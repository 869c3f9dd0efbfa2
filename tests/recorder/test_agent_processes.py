"""Forks, threads, tasks, pools and every way to die: what was acknowledged is in the recording."""

from __future__ import annotations

import pickle
import random
import signal
import textwrap
from pathlib import Path

import pytest

from recorder.capture import spawned
from recorder.daemon import Daemon
from recorder.model import Kind, Phase
from recorder.service import Service
from recorder.verify import verify
from tests.recorder.agents import launch, records_of, run

AGENT = """
import asyncio, multiprocessing, os, sys, threading, time, warnings
warnings.simplefilter("ignore", DeprecationWarning)
import recorder
recorder.start(agent="tester")

@recorder.tool
def act(what): return what
"""


def told(path: Path) -> list[str]:
    """Return the arguments of the calls whose start is in the recording."""
    starts = [r for r in records_of(path, Kind.TOOL_CALL) if r.phase is Phase.START]
    return sorted(str(r.attributes["gen_ai.tool.call.arguments"]) for r in starts)


@pytest.mark.parametrize("daemon", [True, False])
def test_threads_tasks_and_forks_at_once_lose_nothing(tmp_path: Path, daemon: bool) -> None:
    path = tmp_path / "flight.db"
    running = Daemon.launch(path) if daemon else None
    program = """
async def task(n):
    await asyncio.sleep(0)
    act(f"task {n}")
async def main(): await asyncio.gather(*(task(n) for n in range(10)))

with recorder.session("s"):
    threads = [threading.Thread(target=act, args=(f"thread {n}",)) for n in range(10)]
    [t.start() for t in threads]
    children = []
    for n in range(4):
        child = os.fork()
        if child == 0:
            act(f"child {n}")
            os._exit(0)
        children.append(child)
    asyncio.run(main())
    [t.join() for t in threads]
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    pid = os.fork()
    if pid == 0:
        act("child that exits as any program")
        sys.exit(0)
    os.waitpid(pid, 0)
    act("the parent goes on")
recorder.stop()
"""
    run(AGENT + program, path)
    if running:
        running.stop()
    assert len(told(path)) == 26
    assert len(records_of(path, Kind.TOOL_CALL)) == 52
    assert verify(path).ok


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_of_multiprocessing_are_recorded(tmp_path: Path, method: str) -> None:
    path = tmp_path / "flight.db"
    module = tmp_path / "worker_module.py"
    body = """
    import multiprocessing, sys, warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    import recorder
    recorder.start(agent="tester")

    @recorder.tool
    def act(what): return what

    if __name__ == "__main__":
        with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
            print(sorted(pool.map(act, range(6))))
            pool.close()
            pool.join()
        act("parent")
        recorder.stop()
    """
    module.write_text(textwrap.dedent(body))
    # spawn and forkserver import the program anew, which only works where it is a file.
    command = f"[sys.executable, {str(module)!r}, {method!r}]"
    printed = run(f"import subprocess, sys; subprocess.run({command}, check=True)", path)
    assert printed == "[0, 1, 2, 3, 4, 5]\n"
    assert len(told(path)) == 7
    assert len(records_of(path, Kind.TOOL_CALL)) == 14


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_of_a_program_that_records_as_main_only_are_recorded(
    tmp_path: Path, method: str
) -> None:
    """And theirs, in the session that was open when they were started."""
    path = tmp_path / "flight.db"
    module = tmp_path / "main_module.py"
    body = """
    import sys, warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context
    import recorder

    @recorder.tool
    def act(what):
        open(f"made {what}", "w").close()
        return what

    def parent_of(what):
        child = get_context(sys.argv[1]).Process(target=act, args=(what,))
        child.start()
        child.join()
        return child.exitcode

    if __name__ == "__main__":
        recorder.start(agent="tester", instrument=True)
        with recorder.session("whole"):
            print(parent_of("child"))
            with ProcessPoolExecutor(1, get_context(sys.argv[1])) as pool:
                print(pool.submit(act, "pooled").result(), pool.submit(parent_of, "inner").result())
        recorder.stop()
        print(parent_of("unseen"))
    """
    module.write_text(textwrap.dedent(body))
    command = f"[sys.executable, {str(module)!r}, {method!r}]"
    printed = run(f"import subprocess, sys; subprocess.run({command}, check=True)", path)
    assert printed == "0\npooled 0\n0\n"
    calls = records_of(path, Kind.TOOL_CALL)
    assert [r.session for r in calls] == ["whole"] * 6
    assert len({r.pid for r in calls}) == 3
    files = [str(r.attributes["file.path"]) for r in records_of(path, Kind.FILE)]
    made = [Path(file).name for file in files if "/made " in file]
    assert made == ["made child", "made pooled", "made inner"]
    begun = [r for r in records_of(path, Kind.LIFECYCLE) if r.name == "session"]
    assert [(r.session, r.phase) for r in begun] == [("whole", Phase.START), ("whole", Phase.END)]


def test_a_child_of_another_python_starts_without_flightlog(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    handed = spawned._Handed(spawned.Settings(Path("a"), "agent", "", "", durable_starts=True))
    monkeypatch.setattr("multiprocessing.spawn._python_exe", b"/usr/bin/another")
    assert b"recorder" not in pickle.dumps(handed)


def test_a_child_that_outlives_the_recorder_in_its_parent_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    program = """
ready, go = os.pipe()
act("before the fork")
if os.fork() == 0:
    act("while the parent lives")
    os.write(go, b"x")
    os.close(1)
    sys.stdin.read()  # until the test has seen the parent's death
    act("after its death")
    os._exit(0)
os.read(ready, 1)
os.kill(os.getpid(), 9)
"""
    with launch(AGENT + program, path) as started:
        assert started.wait(60) == -signal.SIGKILL
        started.communicate(timeout=60)  # closes what the child waits for, and ends when it does
    # The next recorder takes in what the orphan put aside.
    Service.start(path).stop()
    assert [word for word in ("before", "while", "after") if word in str(told(path))] == [
        "before", "while", "after",
    ]  # fmt: skip


@pytest.mark.parametrize("daemon", [True, False])
@pytest.mark.parametrize("way", ["os._exit(3)", "os.kill(os.getpid(), 9)", "os.abort()"])
def test_a_call_that_ends_the_process_is_in_the_recording(
    tmp_path: Path, daemon: bool, way: str
) -> None:
    path = tmp_path / "flight.db"
    running = Daemon.launch(path) if daemon else None
    program = f"""
@recorder.tool
def last(): {way}
act("first")
last()
"""
    agent = launch(AGENT + program, path)
    agent.communicate(timeout=60)
    assert agent.returncode != 0
    if running:
        running.stop()
    stored = records_of(path, Kind.TOOL_CALL)
    assert [(r.name, r.phase.value) for r in stored] == [
        ("act", "start"), ("act", "end"), ("last", "start"),
    ]  # fmt: skip
    assert verify(path).ok


@pytest.mark.parametrize("victim", ["agent and recorder", "agent", "recorder"])
def test_kill_at_a_random_moment_loses_no_call_that_began(tmp_path: Path, victim: str) -> None:
    """Each call prints its number as the first thing it does: its start was acknowledged."""
    path = tmp_path / "flight.db"
    running = None if victim == "agent and recorder" else Daemon.launch(path)
    program = """
@recorder.tool
def count(number): print(number, flush=True)
number = 0
while number < 400:
    count(number)
    number += 1
"""
    agent = launch(AGENT + program, path)
    assert agent.stdout is not None
    last = random.randrange(5, 60)
    seen = [agent.stdout.readline() for _ in range(last)]
    if victim == "recorder":
        assert running is not None
        running.process.kill()
    else:
        agent.kill()
    rest, _ = agent.communicate(timeout=120)
    if running:
        running.stop()
    Service.start(path).stop()
    began = {f'{{"number": {n}}}' for n in map(int, "".join([*seen, rest]).split())}
    assert began <= set(told(path))
    assert verify(path).ok
