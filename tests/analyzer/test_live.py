"""Following a recording while it grows: an agent in a process of its own, and `tail` in another."""

from __future__ import annotations

import os
import queue
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from analyzer.commands.tail_lines import line_of
from analyzer.live import LiveFeed, Step
from recorder import semconv
from recorder.errors import RecordingError
from recorder.model import Kind, SessionRow
from recorder.reader import Recording
from recorder.sealing import Sealer
from recorder.store import Store
from tests.analyzer.factories import DELETE, DELETED, Flight

DEADLINE = 30.0
TAIL = [sys.executable, "-c", "from tui.cli import main; main()", "tail"]
AGENT = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    import recorder

    @recorder.tool(name="Bash")
    def bash(command: str) -> str:
        while not Path(sys.argv[1]).exists():
            time.sleep(0.02)
        return "done"

    recorder.start(agent="live-agent")
    with recorder.session():
        bash(command="first")
        bash(command="second")
    recorder.stop()
    """
)


class Lines:
    """The lines that a child process writes, as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.seen: list[str] = []
        self._queue: queue.Queue[str] = queue.Queue()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def until(self, wanted: Callable[[str], bool]) -> str:
        """Return the first line that fits, waiting for it."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            try:
                line = self._queue.get(timeout=0.1)
            except queue.Empty:
                continue
            self.seen.append(line)
            if wanted(line):
                return line
        raise AssertionError(f"it never came; there were: {self.seen}")

    def end(self) -> None:
        self._thread.join(DEADLINE)

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._queue.put(line.rstrip("\n"))


@contextmanager
def child(command: list[str], recording: Path) -> Iterator[Lines]:
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "FLIGHTLOG_RECORDING": str(recording)},
    )
    lines = Lines(process)
    try:
        yield lines
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(DEADLINE)
        lines.end()
        if process.stdout:
            process.stdout.close()


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "the condition was not met in time"
        time.sleep(0.02)


def has_a_session(path: Path) -> bool:
    try:
        with Recording.open(path) as recording:
            return bool(recording.sessions())
    except RecordingError:
        return False  # not there yet, or not yet whole


def test_tail_shows_a_call_while_it_runs_then_its_end_and_leaves_quietly(tmp_path: Path) -> None:
    recording, gate = tmp_path / "flight.db", tmp_path / "gate"
    with child([sys.executable, "-c", AGENT, str(gate)], recording) as agent:
        wait_for(lambda: has_a_session(recording))
        with child(TAIL, recording) as tail:
            line = tail.until(lambda line: "Bash first" in line)
            assert "started" in line
            assert line.endswith("running")
            assert not any("ended" in line for line in tail.seen)
            gate.touch()
            tail.until(lambda line: "ended" in line and "Bash first" in line)
            tail.until(lambda line: "ended" in line and "session" in line)
            tail.process.send_signal(signal.SIGINT)
            assert tail.process.wait(DEADLINE) == 0
        assert agent.process.wait(DEADLINE) == 0


def test_the_call_that_an_agent_was_killed_in_is_shown_as_running(tmp_path: Path) -> None:
    recording = tmp_path / "flight.db"
    with child([sys.executable, "-c", AGENT, str(tmp_path / "never")], recording) as agent:
        wait_for(lambda: has_a_session(recording))
        with child(TAIL, recording) as tail:
            tail.until(lambda line: "Bash first" in line)
            agent.process.kill()
            agent.process.wait(DEADLINE)
    done = subprocess.run(
        [*TAIL, "last", "--once", "-r", str(recording)],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=True,
    )
    assert "running" in next(line for line in done.stdout.splitlines() if "Bash first" in line)
    assert "ended" not in done.stdout


@pytest.mark.parametrize("folder", [".", "not yet"])
def test_tail_waits_for_a_recording_that_nobody_has_begun_yet(tmp_path: Path, folder: str) -> None:
    recording, gate = tmp_path / folder / "flight.db", tmp_path / "gate"
    gate.touch()
    with child(TAIL, recording) as tail:
        assert str(recording) in tail.until(lambda line: "waiting for one" in line)
        with child([sys.executable, "-c", AGENT, str(gate)], recording) as agent:
            assert agent.process.wait(DEADLINE) == 0
        tail.until(lambda line: "ended" in line and "Bash second" in line)
        tail.process.send_signal(signal.SIGINT)
        assert tail.process.wait(DEADLINE) == 0


@pytest.mark.parametrize("given", [["--once"], ["last"]])
def test_tail_does_not_wait_for_what_should_be_there(tmp_path: Path, given: list[str]) -> None:
    with child([*TAIL, *given], tmp_path / "flight.db") as tail:
        tail.until(lambda line: "no recording at" in line and "flightlog demo" in line)
        assert tail.process.wait(DEADLINE) == 2


def test_tail_goes_on_with_the_file_that_replaced_the_one_it_followed(tmp_path: Path) -> None:
    recording, new = tmp_path / "flight.db", tmp_path / "new.db"
    Flight(session="old").write(recording)
    Flight(session="new").write(new)
    with child(TAIL, recording) as tail:
        tail.until(lambda line: "waiting for a session" in line)
        new.rename(recording)
        tail.until(lambda line: "was replaced" in line)
        tail.process.send_signal(signal.SIGINT)
        assert tail.process.wait(DEADLINE) == 0


def grow(store: Store, sealer: Sealer, flight: Flight, count: int) -> None:
    records = sorted(flight.records, key=lambda r: r.t_ns or 0)
    store.append([sealer.seal(r) for r in records[:count]], checkpoint=False)
    flight.records = records[count:]


def test_each_look_tells_what_is_new_and_joins_the_wire_to_the_call(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    flight = Flight(ends=None)
    span = flight.tool(1.0, "Bash", {"command": "curl"}, lasts=9.0)
    flight.graphql(2.0, DELETE, DELETED, span=span)
    store = Store.open(path)
    sealer = Sealer(store.fingerprint_key, store.credentials())
    grow(store, sealer, flight, 2)
    with Recording.open(path) as recording:
        feed = LiveFeed(recording, lambda _row: True)
        assert [(e.step, e.action.name) for e in feed.look()] == [
            (Step.STARTED, "session"),
            (Step.STARTED, "Bash"),
        ]
        assert feed.look() == []
        feed.is_stale()
        assert not feed.is_stale()
        grow(store, sealer, flight, 1)
        assert feed.is_stale()
        (event,) = feed.look()
        assert event.step is Step.STARTED
        assert event.action.join is not None
        assert event.action.join.parent == feed.running()[1].id
        grow(store, sealer, flight, 2)
        assert [(e.step, e.action.kind.value) for e in feed.look()] == [
            (Step.ENDED, "api_request"),
            (Step.ENDED, "tool_call"),
        ]
        assert [a.name for a in feed.running()] == ["session"]
    store.close()


def test_a_request_of_a_call_that_was_made_up_is_marked_like_it(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    flight = Flight(ends=None)
    span = flight.tool(
        1.0, "Bash", {"command": "curl"}, lasts=9.0, extra={semconv.RECONSTRUCTED: "the command"}
    )
    flight.graphql(2.0, DELETE, DELETED, span=span)
    store = Store.open(path)
    sealer = Sealer(store.fingerprint_key, store.credentials())
    told = []
    with Recording.open(path) as recording:
        feed = LiveFeed(recording, lambda _row: True)
        while flight.records:
            grow(store, sealer, flight, 1)
            told += [event for event in feed.look() if event.action.kind is Kind.API_REQUEST]
    store.close()
    assert told
    for event in told:
        assert event.action.reconstructed.endswith(": the command")
        assert "≈ " in line_of(event, None)


def test_what_a_session_did_before_it_was_followed_is_no_news(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    flight = Flight(ends=None)
    flight.tool(1.0, "Bash", {"command": "early"}, lasts=1.0)
    flight.tool(5.0, "Bash", {"command": "late"}, lasts=1.0)
    store = Store.open(path)
    sealer = Sealer(store.fingerprint_key, store.credentials())
    grow(store, sealer, flight, 3)
    with Recording.open(path) as recording:
        silent = iter([False])
        feed = LiveFeed(recording, lambda _row: next(silent, True))
        assert feed.look() == []
        grow(store, sealer, flight, 2)
        assert ["late" in e.action.title for e in feed.look()] == [True, True]
    store.close()


def test_a_session_that_the_index_has_lost_is_followed_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    flight = Flight(ends=None)
    flight.tool(1.0, "Bash", {"command": "rm -rf /srv"}, lasts=1.0)
    store = Store.open(path)
    sealer = Sealer(store.fingerprint_key, store.credentials())
    with Recording.open(path) as recording:
        feed = LiveFeed(recording, lambda _row: True)
        grow(store, sealer, flight, 3)
        with sqlite3.connect(path) as db:
            db.execute("DELETE FROM sessions")
        db.close()
        assert any("rm -rf /srv" in event.action.title for event in feed.look())
    store.close()


def test_what_others_record_costs_one_list_of_sessions_a_look_and_may_be_wanted_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "flight.db"
    store = Store.open(path)
    sealer = Sealer(store.fingerprint_key, store.credentials())
    mine, others = Flight(ends=None), [Flight(session=f"other-{n}", ends=None) for n in range(20)]
    for flight in (mine, *others):
        for at in range(1, 6):
            flight.tool(float(at), "Bash", {"command": f"{flight.session} {at}"}, lasts=0.5)
        grow(store, sealer, flight, 9)
    wanted = {mine.session}
    asked: list[int] = []
    sessions = Recording.sessions

    def counted(recording: Recording) -> list[SessionRow]:
        asked.append(1)
        return sessions(recording)

    with Recording.open(path) as recording:
        feed = LiveFeed(recording, lambda row: row.id in wanted)
        monkeypatch.setattr(Recording, "sessions", counted)
        assert {event.action.session for event in feed.look()} == wanted
        assert len(asked) == 1
        wanted.add("other-7")
        for flight in others:
            grow(store, sealer, flight, 2)
        assert {event.action.session for event in feed.look()} == {"other-7"}
        assert len(asked) == 2
    store.close()
