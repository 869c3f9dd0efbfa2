"""The process that records what passes between a client and a wrapped server.

A client that has no more use for a server gives it some seconds, and kills its process group then:
less than the detectors take to be compiled on a busy machine. So whoever records is forked off
before the server is started, and what the wrapper has told it is recorded however that ends.
"""

from __future__ import annotations

import contextlib
import os
import threading
from dataclasses import replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, NoReturn

from recorder.capture.mcp.inbox import Inbox
from recorder.capture.mcp.journal import Journal, Wrapped
from recorder.capture.mcp.messages import Begun, Over, Passed, Recorded
from recorder.core_dumps import no_core_dump
from recorder.guarding.hold import Hold

__all__ = ["forked"]

RECORD_SECONDS = 120.0
"""How long what has passed may take to be recorded once the server, or the wrapper, has ended."""


def forked(wrapped: Wrapped) -> Connection:
    """Fork the process that records off; return the wrapper's end of the line to it.

    It is nobody's child, so whoever waits for the wrapper's children does not find it, and in a
    session of its own.
    """
    ours, its = Pipe()
    pid = os.fork()
    if pid:
        its.close()
        os.waitpid(pid, 0)
        return ours
    try:
        ours.close()
        os.setsid()
        if not os.fork():
            _write_down(its, wrapped)
    finally:
        _leave()


def _leave() -> NoReturn:
    """End without a word: what is said of an error may hold what passed."""
    os._exit(0)


def _write_down(wrapper: Connection, wrapped: Wrapped) -> None:
    no_core_dump()
    # As long as we held them, who reads the server's output would not see its end.
    nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    line = _Line(wrapper)
    begun = wrapper.recv()
    if not isinstance(begun, Begun):
        return
    journal = Journal(replace(wrapped, pid=begun.pid, t_ns=begun.t_ns), line.say)
    inbox = Inbox(journal, line.recorded)
    over: Over | None = None
    with contextlib.suppress(EOFError, OSError):
        while over is None:
            message = wrapper.recv()
            if isinstance(message, Passed):
                inbox.put(message)
            elif isinstance(message, Over):
                over = message
    if inbox.close(RECORD_SECONDS):
        journal.end(over)


class _Line:
    """Our end of the line to the wrapper, which may be gone."""

    def __init__(self, wrapper: Connection) -> None:
        self._wrapper = wrapper
        self._lock = threading.Lock()

    def say(self, message: Any) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._wrapper.send(message)

    def recorded(self, passed: Passed, hold: Hold | None) -> None:
        if passed.awaited:
            self.say(Recorded(passed.awaited, hold))
