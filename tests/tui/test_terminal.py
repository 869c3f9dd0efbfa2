"""The real program in a real terminal: tmux, a pty, a pipe; on a recording made by the recorder."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analyzer.casefile import CaseFile, Sort
from recorder import semconv
from recorder.model import Kind, Phase, Record, Status, Witness
from recorder.sealing import Sealer
from recorder.store import Store
from tests.tui.factories import ATTACK

DEADLINE = 30.0
START = 1_777_040_000 * 10**9
REPLAY = [sys.executable, "-c", "from tui.cli import main; main()", "replay"]
FORBIDDEN = (b"\x1b]52", b"\x1b]2;", b"\x9b31m", "\u202e".encode(), b"\xc2\x9b")


def step(number: int, name: str, said: str) -> Iterator[Record]:
    for phase, at in ((Phase.START, number * 1_000), (Phase.END, number * 1_000 + 400)):
        yield Record(
            witness=Witness.SDK,
            phase=phase,
            kind=Kind.TOOL_CALL,
            name=name,
            session="session-of-the-test",
            ref=f"call{number}",
            t_ns=START + at * 1_000_000,
            status=Status.OK if phase is Phase.END else Status.UNSET,
            attributes={
                semconv.GEN_AI_TOOL_NAME: name,
                semconv.GEN_AI_TOOL_ARGUMENTS: '{"command": "echo ' + str(number) + '"}',
                semconv.GEN_AI_TOOL_RESULT: said,
            },
        )


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "flight.db"
    store = Store.open(path)
    sealer = Sealer(store.fingerprint_key, store.credentials())
    made = [r for n in range(4) for r in step(n, "Bash", f"{ATTACK} {n}")]
    store.append([sealer.seal(record) for record in made], checkpoint=True)
    store.close()
    return path


def until(shows: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not shows():
        assert time.monotonic() < deadline, "it did not come to that in time"
        select.select([], [], [], 0.05)


@pytest.mark.parametrize(("width", "height"), [(120, 36), (80, 24)])
@pytest.mark.parametrize("colour", ["", "NO_COLOR=1 "])
def test_a_session_is_replayed_in_tmux_by_keys(
    recording: Path, tmux: Callable[..., str], width: int, height: int, colour: str
) -> None:
    command = f"{colour}{shlex.join(REPLAY)} last -r {recording}; echo ended with $?; exec cat"
    tmux("new-session", "-d", "-s", "t", "-x", str(width), "-y", str(height), command)
    tmux("set-option", "-s", "set-clipboard", "on")

    def shown() -> str:
        return tmux("capture-pane", "-p", "-t", "t")

    until(lambda: "1/4" in shown())
    first = shown()
    assert "PAUSE 00:00.0/00:03.4" in first
    assert "now: rows below are the future" in first
    assert "q Back" in first
    tmux("send-keys", "-t", "t", "Right", "Right")
    until(lambda: "3/4" in shown())
    assert "PAUSE 00:02.0/00:03.4" in shown()
    tmux("send-keys", "-t", "t", "Space")
    until(lambda: "4/4" in shown() and "the end" in shown())
    tmux("send-keys", "-t", "t", "?")
    until(lambda: "Play or pause" in shown())
    tmux("send-keys", "-t", "t", "q")
    until(lambda: "4/4" in shown())
    tmux("send-keys", "-t", "t", "q")
    until(lambda: "ended with 0" in shown())
    assert "UFdORUQ" not in tmux("show-buffer")
    assert "PWNED" not in tmux("display-message", "-p", "-t", "t", "#{pane_title}")


class Terminal:
    """The program on a pty, and every byte that it sent there."""

    def __init__(self, command: list[str], size: tuple[int, int], env: dict[str, str]) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.child = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env={**os.environ, **env},
            start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.seen = b""

    def read(self) -> bool:
        ready, _, _ = select.select([self.master], [], [], 0.1)
        if not ready:
            return True
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.seen += data
        return bool(data)

    def until(self, part: bytes) -> None:
        until(lambda: self.read() and part in self.seen)

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def ended(self) -> int:
        deadline = time.monotonic() + DEADLINE
        while self.child.poll() is None and time.monotonic() < deadline:
            self.read()
        while self.read() and select.select([self.master], [], [], 0)[0]:
            pass
        os.close(self.master)
        return self.child.wait(timeout=1)


def environment(term: str, **more: str) -> dict[str, str]:
    return {"TERM": term, "COLORTERM": "", "LC_ALL": "C.UTF-8", **more}


@pytest.mark.parametrize(
    "env",
    [
        environment("xterm-256color", COLORTERM="truecolor"),
        environment("tmux-256color"),
        environment("screen", NO_COLOR="1"),
    ],
)
def test_no_byte_of_an_attack_reaches_the_terminal(recording: Path, env: dict[str, str]) -> None:
    terminal = Terminal([*REPLAY, "-r", str(recording)], (100, 30), env)
    terminal.until(b"first")
    terminal.type("\r")
    terminal.until(b"PAUSE")
    terminal.type("\r")
    terminal.until("␛]52;c;UFdORUQ=␇".encode())
    terminal.type("qqq")
    assert terminal.ended() == 0
    for attack in FORBIDDEN:
        assert attack not in terminal.seen


@pytest.mark.parametrize(
    "arguments",
    [
        ["tail", "last", "--once"],
        ["replay", "last", "--plain"],
        ["report", "--no-verify"],
        ["findings", "--no-verify"],
        ["sessions", "--no-verify"],
    ],
)
def test_no_byte_of_an_attack_reaches_the_terminal_by_lines(
    recording: Path, arguments: list[str]
) -> None:
    CaseFile(recording, who=ATTACK).add("session-of-the-test", 1, Sort.NOTE, ATTACK)
    command = [*REPLAY[:-1], *arguments, "-r", str(recording)]
    terminal = Terminal(command, (100, 30), environment("xterm-256color"))
    assert terminal.ended() == 0
    assert terminal.seen
    for attack in FORBIDDEN:
        assert attack not in terminal.seen


def test_a_hangup_ends_it_and_gives_the_terminal_back(recording: Path) -> None:
    for number in (signal.SIGHUP, signal.SIGTERM):
        terminal = Terminal(
            [*REPLAY, "last", "-r", str(recording)], (100, 30), environment("xterm-256color")
        )
        terminal.until(b"PAUSE")
        terminal.child.send_signal(number)
        assert terminal.ended() == 0
        assert b"\x1b[?1049l" in terminal.seen


@pytest.mark.parametrize("ignores", ["", "trap '' HUP; "])
@pytest.mark.parametrize("key", ["o", "\x0c"])
def test_a_terminal_that_goes_away_ends_it_also_while_it_is_lent(
    recording: Path, key: str, ignores: str
) -> None:
    # An interactive shell's job: of a group of its own, and not the leader of the session.
    shell = f"{ignores}{shlex.join([*REPLAY, 'last', '-r', str(recording)])}; true"
    env = environment("xterm-256color", PAGER="less", PS1="")
    terminal = Terminal(["bash", "--norc", "-i", "-c", shell], (100, 30), env)
    terminal.until(b"PAUSE")
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(terminal.child.pid)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    pid = int(listed.stdout)
    terminal.type(key)
    terminal.until(b"\x1b[?1049l")
    os.close(terminal.master)
    until(lambda: not is_alive(pid))
    terminal.child.wait(timeout=DEADLINE)


def test_a_hangup_ends_it_also_when_nobody_reads_the_terminal(recording: Path) -> None:
    terminal = Terminal(
        [*REPLAY, "last", "-r", str(recording)], (200, 60), environment("xterm-256color")
    )
    terminal.until(b"PAUSE")
    for _ in range(30):
        # Each draws the whole screen again.
        terminal.type("?")
        time.sleep(0.05)
        terminal.type("q")
        time.sleep(0.05)
    terminal.child.send_signal(signal.SIGHUP)
    until(lambda: not is_alive(terminal.child.pid))
    terminal.child.wait()
    os.close(terminal.master)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.parametrize("size", [(79, 24), (80, 19)])
def test_a_terminal_that_is_too_small_is_refused_with_the_size_it_needs(
    recording: Path, size: tuple[int, int]
) -> None:
    terminal = Terminal(
        [*REPLAY, "last", "-r", str(recording)], size, environment("xterm-256color")
    )
    assert terminal.ended() == 2
    shown = terminal.seen.decode()
    assert f"the terminal is {size[0]}x{size[1]} and the replay needs 80x20" in shown
    assert shown.count("\n") == 1
    assert "\x1b[?1049h" not in shown


@pytest.mark.parametrize(
    ("command", "way_out"),
    [
        (["replay"], "use --plain"),
        (["replay", "last"], "use --plain"),
        (["tail", "--tui"], "leave --tui out"),
    ],
)
def test_a_terminal_that_obeys_no_codes_is_refused(
    recording: Path, command: list[str], way_out: str
) -> None:
    terminal = Terminal(
        [*REPLAY[:-1], *command, "-r", str(recording)], (100, 30), environment("dumb")
    )
    assert terminal.ended() == 2
    shown = terminal.seen.decode()
    assert "TERM is dumb" in shown
    assert way_out in shown
    assert "\x1b" not in shown


def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*REPLAY, *arguments], capture_output=True, text=True, timeout=DEADLINE, check=False,
        env={**os.environ, **more}, encoding="utf-8",
    )  # fmt: skip


def test_a_pipe_gets_the_time_line_as_text(recording: Path) -> None:
    done = run("-r", str(recording), PYTHONIOENCODING="utf-8")
    assert done.returncode == 0
    assert "00:02.0" in done.stdout
    assert "STATE AT 00:03.4" in done.stdout
    assert "\x1b" not in done.stdout
    CaseFile(recording).add("session-of-the-test", 1, Sort.NOTE, f"why {ATTACK}")
    some = run("-r", str(recording), "--filter", "#1", PYTHONIOENCODING="utf-8")
    assert "filter #1: hides 3 of 4" in some.stdout
    assert "00:02.0" not in some.stdout
    assert "note  why ␛]2;PWNED" in some.stdout
    assert "\x1b" not in some.stdout
    for asked, locale in ((["--ascii"], "C.UTF-8"), ([], "C")):
        plain = run("session-of", "-r", str(recording), *asked, LC_ALL=locale)
        assert plain.stdout.isascii()
        assert "00:02.0" in plain.stdout


def test_redirected_stderr_is_refused_before_anything_is_drawn(
    recording: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    shell = f"{shlex.join(REPLAY)} last -r {recording} 2>{log}"
    terminal = Terminal(["sh", "-c", shell], (100, 30), environment("xterm-256color"))
    assert terminal.ended() == 2
    assert "stderr is no terminal" in log.read_text()
    assert b"\x1b" not in terminal.seen


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nobody"], "no session 'nobody'"),
        (["last", "-r", "/no/such/file.db"], "no recording at /no/such/file.db"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    recording: Path, arguments: list[str], message: str
) -> None:
    done = run("-r", str(recording), *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("keys", "shown"),
    [([], "00:02.2/00:03.4"), (["--press", "F", "--press", "down"], "Findings ›")],
)
def test_a_picture_is_made_of_a_real_recording(
    recording: Path, tmp_path: Path, keys: list[str], shown: str
) -> None:
    out = tmp_path / "replay.svg"
    command = [sys.executable, "-m", "tui.picture", str(recording), "last", str(out), "--at", "2.2"]
    done = subprocess.run(
        [*command, *keys], capture_output=True, text=True, timeout=DEADLINE, check=False
    )
    assert done.returncode == 0, done.stderr
    drawn = out.read_text().replace("&#160;", " ")
    assert drawn.startswith("<svg")
    assert shown in drawn
    assert "\x1b" not in drawn
