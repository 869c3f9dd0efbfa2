"""Run a child in our own place: same terminal, same process group, same signals, same exit code.

We wait with all signals blocked and taken one by one, so none is lost and none kills us before the
child. What the terminal sends reaches the child by itself; what was sent to us alone is passed on.
When the child is stopped we stop too, so that the shell sees one job.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from recorder.launch.errors import CannotRunError, CommandNotFoundError

__all__ = ["Ended", "executable_of", "name_of_signal", "signals_held", "spawn", "wait_for"]

_TERMINAL = frozenset({signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP})
# Whatever would end us and is meant for the command; we set no timer and ask for no news of files.
_FORWARDED = frozenset({
    signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2,
    signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGIO,
})  # fmt: skip
_HELD = frozenset({signal.SIGCHLD, *_TERMINAL, *_FORWARDED})
_FROM_KERNEL = 0x80
"""`si_code` of a signal that no process sent (SI_KERNEL, Linux): a key at the terminal."""
# Python ignores these for itself at its start; the child gets the system's default back.
_PYTHON_IGNORES = frozenset({signal.SIGPIPE, signal.SIGXFSZ})


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended."""

    exit_code: int
    """As a shell would say it: its own code, or 128 + the signal's number."""
    signal_name: str
    """Name of the signal that killed it, or empty."""
    status: int
    """The raw wait status."""


def executable_of(command: str, path: str | None) -> str:
    """Return the file that a command's name stands for, looked for as a shell would.

    Args:
        command: a name, or a path with a slash.
        path: the `PATH` to look in.

    Raises:
        CommandNotFoundError: there is none (exit code 127).
        CannotRunError: there is one that may not be executed (exit code 126).
    """
    found = shutil.which(command, path=path)
    if found is not None:
        return found
    if os.sep in command:
        candidates = [command]
    else:
        folders = (path or os.defpath).split(os.pathsep)
        candidates = [os.path.join(folder, command) for folder in folders]
    if any(os.path.exists(candidate) for candidate in candidates):
        raise CannotRunError(
            f"{command}: cannot be executed; is it a program, and is it marked so?"
        )
    raise CommandNotFoundError(f"{command}: no such command; is it spelled right and on your PATH?")


@contextmanager
def signals_held() -> Iterator[None]:
    """Hold back the signals that are the child's business until they are asked for."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
    # A background process that writes to its terminal would be stopped: our last line must not be.
    output = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        yield
    finally:
        # What is still pending was meant for a child that has ended.
        while signal.sigpending() & _HELD:
            signal.sigwait(_HELD)
        signal.signal(signal.SIGTTOU, output)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def spawn(
    executable: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    descriptors: Mapping[int, int] | None = None,
) -> int:
    """Start the child within `signals_held` and return its process id.

    Args:
        executable: the program's file.
        arguments: its name and its arguments.
        environment: all of its environment.
        descriptors: the child's descriptor -> the one of ours that it shall be; default: the same.

    Raises:
        CannotRunError: the system refuses to execute it (exit code 126).
    """
    defaults = {*_PYTHON_IGNORES, signal.SIGTTOU}
    # Python's own handler stands for the default; a launcher's "ignore" (nohup, `&`) is passed on.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        defaults.add(signal.SIGINT)
    actions = [(os.POSIX_SPAWN_DUP2, ours, its) for its, ours in (descriptors or {}).items()]
    try:
        return _spawn(executable, arguments, environment, defaults, actions)
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise CannotRunError(f"{executable}: {error.strerror}") from error
        # A script without `#!`: every shell and execvp(3) give it to sh.
        return _spawn("/bin/sh", ["sh", executable, *arguments[1:]], environment, defaults, actions)


def _spawn(
    executable: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    defaults: set[signal.Signals],
    actions: Sequence[tuple[int, int, int]],
) -> int:
    return os.posix_spawn(
        executable,
        list(arguments),
        environment,
        file_actions=list(actions),
        setsigmask=[],
        setsigdef=defaults,
    )


def wait_for(pid: int, reap_others: Callable[[], None]) -> Ended:
    """Wait until the child has ended, being its stand-in towards the shell and the terminal.

    Args:
        pid: the child.
        reap_others: called whenever some process of ours has ended.
    """
    while True:
        reap_others()
        ended = _look(pid)
        if ended is not None:
            return ended
        number, from_terminal = _next_signal()
        if number in _FORWARDED or (number in _TERMINAL and not from_terminal):
            _send(pid, number)


def _look(pid: int) -> Ended | None:
    """Return how the child ended, or None while it lives; stop ourselves while it is stopped."""
    while True:
        found, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if not found:
            return None
        if not os.WIFSTOPPED(status):
            break
        if _has_terminal():
            # The shell has to see its job stopped; whoever continues us continues the group.
            os.kill(os.getpid(), signal.SIGSTOP)
            _send(pid, signal.SIGCONT)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return Ended(128 + number, name_of_signal(number), status)
    return Ended(os.WEXITSTATUS(status), "", status)


def _next_signal() -> tuple[int, bool]:
    """Wait for a signal; return it and whether the terminal sent it to the whole group."""
    if sys.platform == "linux":
        info = signal.sigwaitinfo(_HELD)
        return info.si_signo, info.si_code == _FROM_KERNEL
    # Elsewhere the sender is not told: a key at the terminal is the likely one.
    return signal.sigwait(_HELD), True


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _send(pid: int, number: int) -> None:
    # Not reaped yet, so the id is still its own; it may only have ended in between.
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def name_of_signal(number: int) -> str:
    """Return a signal's name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
