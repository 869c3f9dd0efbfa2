"""The screens in a real terminal: several kinds of it, resized, hung up; keys typed into tmux."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from recorder.model import Status
from tests.tui.growing import SESSION, Growing

DEADLINE = 120.0
FLIGHTLOG = [sys.executable, "-c", "from tui.cli import main; main()"]
TERMS = [
    ("xterm-256color", "C.UTF-8", "truecolor"),
    ("tmux-256color", "C", ""),
    ("screen", "C.UTF-8", ""),
]
type Tmux = Callable[..., str]


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Growing]:
    made = Growing(tmp_path / "flight.db")
    made.calls(40, at=1.0)
    made.call(6.0, status=Status.ERROR)
    yield made
    made.store.close()


class Pane:
    """The one pane of a tmux server."""

    def __init__(self, tmux: Tmux, command: list[str], **env: str) -> None:
        self._tmux = tmux
        given = " ".join(f"{name}={value}" for name, value in env.items())
        shell = f"env {given} {shlex.join(command)}; echo ended with $?; exec cat"
        tmux("-u", "new-session", "-d", "-s", "t", "-x", "120", "-y", "36", shell)

    def shown(self) -> str:
        return self._tmux("-u", "capture-pane", "-p", "-t", "t")

    def until(self, *parts: str) -> str:
        deadline = time.monotonic() + DEADLINE
        while not all(part in (shown := self.shown()) for part in parts):
            assert time.monotonic() < deadline, f"never {parts} in\n{shown}"
            time.sleep(0.05)
        return shown

    def type(self, *keys: str) -> None:
        self._tmux("send-keys", "-t", "t", *keys)

    def resize(self, width: int, height: int) -> None:
        self._tmux("resize-window", "-t", "t", "-x", str(width), "-y", str(height))

    def hang_up(self) -> None:
        """Send what a terminal sends that goes away, to what runs in the pane."""
        pid = self._tmux("display-message", "-p", "-t", "t", "#{pane_pid}").strip()
        self._tmux("run-shell", f"pkill -HUP -P {pid}")


@pytest.mark.parametrize(("term", "locale", "colours"), TERMS)
def test_a_session_is_followed_and_replayed_on_every_kind_of_terminal(
    growing: Growing, tmux: Tmux, term: str, locale: str, colours: str
) -> None:
    command = [*FLIGHTLOG, "tail", "--tui", "-r", str(growing.path)]
    pane = Pane(tmux, command, TERM=term, LC_ALL=locale, COLORTERM=colours)
    shown = pane.until("LIVE", "echo 41", "FOLLOWING")
    assert "q Back" in shown
    assert shown.isascii() is (locale == "C")
    growing.calls(1, at=20.0)
    pane.until("echo 42")
    pane.type("X")
    pane.until("PAUSED at 00:06.0", "failed")
    growing.calls(15, at=30.0)
    pane.until("15 BEHIND", "15 new")
    pane.type("R")
    pane.until("PAUSE", "now: rows below are the future", "42/58")
    pane.type("q")
    pane.until("15 BEHIND")
    pane.type("q")
    pane.until("ended with 0")


@pytest.mark.parametrize("command", [["tail", "--tui"], ["replay", SESSION]])
def test_a_terminal_may_shrink_and_grow_and_be_hung_up(
    growing: Growing, tmux: Tmux, command: list[str]
) -> None:
    command = [*FLIGHTLOG, *command, "-r", str(growing.path)]
    pane = Pane(tmux, command, TERM="xterm-256color", LC_ALL="C.UTF-8")
    pane.until("q Back", "echo 4")
    pane.type("g", "Down", "Down")
    wide = pane.until("›   00:01.1")
    pane.resize(80, 24)
    assert len(pane.until("? Help", "q Back").splitlines()) <= 24
    pane.resize(40, 10)
    pane.until("needs 80x20, this is 40x10")
    pane.resize(120, 36)
    pane.until(*(row[:50].rstrip() for row in wide.splitlines()[3:30]))
    pane.hang_up()
    left = pane.until("ended with 0")
    assert "q Back" not in left
