"""Runs an MCP server in our own place, with its standard streams led past the recorder."""

from __future__ import annotations

import os
import resource
import signal
import threading
from typing import NoReturn

from recorder.capture.mcp.journal import Wrapped
from recorder.capture.mcp.pump import Mouth, Output, to_client, to_server
from recorder.capture.mcp.scribe import forked
from recorder.capture.mcp.teller import Teller
from recorder.core_dumps import no_core_dump
from recorder.launch.foreground import Ended, executable_of, signals_held, spawn, wait_for

__all__ = ["end_like", "run_wrapped"]

QUIET_SECONDS = 0.5
"""How long a server that has ended may leave its output open (to a child of its own) in silence."""
RECORD_SECONDS = 10.0
"""How long the end waits for what has passed and is not recorded yet; it is recorded after it, too.
"""
_ENDING = frozenset({signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT})


def run_wrapped(command: tuple[str, ...], recording: str | None, name: str) -> Ended:
    """Run a server to its end, recording what it is told and what it says.

    Args:
        command: name or path of the server's program, and its arguments.
        recording: as named on the command line, or None.
        name: what the agent is called, or empty.

    Raises:
        FlightlogError: the server was not started; one line why, with a shell's exit code.
    """
    executable = executable_of(command[0], os.environ.get("PATH"))
    scribe = forked(Wrapped(command, 0, recording, name, os.getppid()))
    server_in, to_write = os.pipe()
    to_read, server_out = os.pipe()
    with signals_held():
        pid = spawn(executable, command, dict(os.environ), {0: server_in, 1: server_out})
        no_core_dump()
        os.close(server_in)
        os.close(server_out)
        teller = Teller(scribe, pid)
        mouth, output = Mouth(1), Output()
        heard = (0, to_write, teller, mouth)
        threading.Thread(target=to_server, args=heard, daemon=True).start()
        said = (to_read, mouth, teller, output)
        copying = threading.Thread(target=to_client, args=said, daemon=True)
        copying.start()
        ended = wait_for(pid, _nobody_else)
        _let_out(copying, output)
        teller.close(ended, RECORD_SECONDS, _is_told_to_end)
    return ended


def _let_out(copying: threading.Thread, output: Output) -> None:
    """Wait until the client has all that the server said; not while nothing comes, nor when told
    to end.
    """
    passed = -1
    while copying.is_alive() and not _is_told_to_end():
        if not output.is_writing and output.passed == passed:
            return
        passed = output.passed
        copying.join(QUIET_SECONDS)


def _is_told_to_end() -> bool:
    return bool(signal.sigpending() & _ENDING)


def end_like(ended: Ended) -> NoReturn:
    """End this process as the server ended: with its exit code, or by the same signal."""
    if not ended.signal_name:
        os._exit(ended.exit_code)
    # The server has left its memory on disk, where that is wanted; ours is of no use to anyone.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    number = os.WTERMSIG(ended.status)
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    os.kill(os.getpid(), number)
    os._exit(ended.exit_code)


def _nobody_else() -> None:
    """Reap nothing: the server is our only child that ends by itself."""
