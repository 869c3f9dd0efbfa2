"""A child process that says when it is ready: one line of JSON on its standard output.

The recorder, the proxy and the samples' servers are started this way. The child holds our end of
its standard input: when this process dies, however it dies, the child sees the end and ends too.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

__all__ = ["ReadyChild", "StartError", "python_command"]

READY_SECONDS = 60.0
"""It takes a second or two; on a machine whose cores have ten times their work, ten times as long.
A child that fails is seen at once: only one that hangs is waited for."""
ANSWER_SECONDS = 20.0
STOP_SECONDS = 15.0


class StartError(Exception):
    """A child did not become ready; the message is its own last line of complaint."""

    def __init__(self, reason: str, returncode: int | None) -> None:
        super().__init__(reason)
        self.returncode = returncode


@dataclass(slots=True)
class ReadyChild:
    """A running child and what its ready line said. A context manager: leaving it stops it."""

    ready: Mapping[str, Any]
    process: subprocess.Popen[bytes] = field(repr=False)
    _stderr: IO[bytes] = field(repr=False)

    @classmethod
    def launch(
        cls, command: Sequence[str], *, environment: Mapping[str, str] | None = None
    ) -> Self:
        """Start a command and return once it has printed its ready line.

        Args:
            command: program and arguments.
            environment: the child's whole environment; default: this process's.

        Raises:
            StartError: it could not be started, ended, printed something else, or was not
                ready in time.
        """
        # A file, not a pipe: nobody reads it while the child runs, and a full pipe would stop it.
        try:
            stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=environment,
                # Ctrl-C at the terminal is for the agent; who records it ends after it.
                start_new_session=True,
            )
        except OSError as error:
            raise StartError(f"no process can be started here: {error.strerror}", None) from error
        try:
            return cls(dict(json.loads(_first_line(process, READY_SECONDS))), process, stderr)
        except (ValueError, TypeError) as error:
            raise _start_error(process, stderr) from error
        except BaseException:
            _end(process, stderr)
            raise

    def errors(self) -> str:
        """Return what the child has said on its standard error so far."""
        return _written(self._stderr)

    def stop(self) -> None:
        """Ask the child to finish and wait until it has; stopping twice is fine."""
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self._stderr.close()

    def let_go(self) -> bool:
        """Tell the child that it is not needed here any more; return whether it ended.

        False where it answered by another line: it goes on for others, and is not waited for. Twice
        is fine.
        """
        if self.process.stdout is None or self.process.stdout.closed:
            return self.process.poll() is not None
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        line = b"" if self.process.poll() is not None else _first_line(self.process, ANSWER_SECONDS)
        if not line:
            self.stop()
            return True
        if self.process.stdout:
            self.process.stdout.close()
        self._stderr.close()
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()


def python_command(module: str, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """Return the command and environment that run one of our modules in this same Python.

    The child finds this very package, and nothing that lies in the working folder (`-P`).
    """
    root = str(Path(__file__).resolve().parents[1])
    inherited = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([root, inherited] if inherited else [root])
    command = [sys.executable, "-P", "-m", module, *arguments]
    return command, {**os.environ, "PYTHONPATH": path}


def _first_line(process: subprocess.Popen[bytes], seconds: float) -> bytes:
    deadline = time.monotonic() + seconds
    line = b""
    if process.stdout is None:
        return line
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if not selector.select(max(0.0, deadline - time.monotonic())):
                return b""
            piece = os.read(process.stdout.fileno(), 65536)
            if not piece:
                return b""
            line += piece
    return line


def _start_error(process: subprocess.Popen[bytes], stderr: IO[bytes]) -> StartError:
    """End a child that did not start and return its own account of why."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(1.0)
    returncode = process.returncode
    lines = _written(stderr).strip().splitlines()
    _end(process, stderr)
    if lines:
        reason = lines[-1].removeprefix("Error: ")
    elif returncode is None:
        reason = f"it was not ready after {READY_SECONDS:g} s"
    else:
        reason = f"it ended with exit code {returncode} and no reason"
    return StartError(reason, returncode)


def _written(file: IO[bytes]) -> str:
    # Reading at a place of our own: the child writes through the same file position.
    size = os.fstat(file.fileno()).st_size
    return os.pread(file.fileno(), size, 0).decode("utf-8", "replace")


def _end(process: subprocess.Popen[bytes], stderr: IO[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, stderr):
        if stream is not None:
            stream.close()
