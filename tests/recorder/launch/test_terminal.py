"""`flightlog run` in a real terminal: its command has the keys, the job control and the size."""

from __future__ import annotations

import shlex
from collections.abc import Callable

import pytest

from recorder.model import Phase
from tests.recorder.launch.conftest import Ground, until

PROMPT = "ready>"


@pytest.fixture
def shell(ground: Ground, tmux: Callable[..., str]) -> Callable[..., str]:
    """An interactive shell in tmux; returns what types a line and what shows the screen."""
    tmux("new-session", "-d", "-s", "t", "-x", "100", "-y", "30", "bash --norc --noprofile -i")
    tmux("send-keys", "-t", "t", f"PS1='{PROMPT} '; set -o monitor; clear", "Enter")
    until(lambda: shown(tmux).startswith(PROMPT), "a prompt")

    def type_line(line: str) -> str:
        tmux("send-keys", "-t", "t", "-l", line)
        tmux("send-keys", "-t", "t", "Enter")
        return shown(tmux)

    return type_line


def shown(tmux: Callable[..., str]) -> str:
    return tmux("capture-pane", "-p", "-J", "-t", "t")


def run(ground: Ground, program: str) -> str:
    return shlex.join(ground.command("bash", "-c", program, options=["--no-proxy"]))


def test_a_key_that_stops_the_command_gives_the_shell_back_and_fg_goes_on(
    ground: Ground, shell: Callable[..., str], tmux: Callable[..., str]
) -> None:
    shell(run(ground, "echo up $((1)); read line; echo got $line; exit 3") + "; echo code $?")
    until(lambda: "up 1\n" in shown(tmux), "the command")
    tmux("send-keys", "-t", "t", "C-z")
    until(lambda: "Stopped" in shown(tmux), "the shell to see its job stopped")
    shell("echo shell is back")
    until(lambda: "\nshell is back" in shown(tmux), "the shell")
    # bash goes on with a list after a job of it was stopped: what `echo code` said then is no news.
    shell("fg; echo ended with $?")
    shell("words")
    until(lambda: "\nended with 3" in shown(tmux), "the command's own end")
    assert "\ngot words" in shown(tmux)
    assert [r.phase for r in ground.records(name="run")] == [Phase.START, Phase.END]


def test_an_interrupt_is_the_commands_to_take(
    ground: Ground, shell: Callable[..., str], tmux: Callable[..., str]
) -> None:
    program = "trap 'echo taken; exit 9' INT; echo up $((1)); while :; do sleep 0.1; done"
    shell(run(ground, program) + "; echo code $?")
    until(lambda: "up 1\n" in shown(tmux), "the command")
    tmux("send-keys", "-t", "t", "C-c")
    until(lambda: "\ncode 9" in shown(tmux), "the command's own end")
    assert shown(tmux).count("taken\n") == 1
    (ended,) = (r for r in ground.records(name="run") if r.phase is Phase.END)
    assert ended.attributes["process.exit.code"] == 9


def test_the_command_is_on_the_terminal_and_sees_it_change_its_size(
    ground: Ground, shell: Callable[..., str], tmux: Callable[..., str]
) -> None:
    program = (
        "[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo terminals $((1+1+1)); stty size; "
        "trap 'echo now $(stty size)' WINCH; until [ -n \"$done\" ]; do read -t 0.2 done; done"
    )
    shell(run(ground, program))
    until(lambda: "30 100\n" in shown(tmux), "the size")
    assert "terminals 3\n" in shown(tmux)
    tmux("resize-window", "-t", "t", "-x", "90", "-y", "20")
    until(lambda: "\nnow 20 90" in shown(tmux), "the new size")
    shell("end")
    until(lambda: "flightlog: recorded" in shown(tmux), "the end")
