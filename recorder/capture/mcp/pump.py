"""Copies bytes between a client and a server, unchanged and as they come.

Only one thing is ever held back, and for a bounded time: the end of a message that may call a tool,
until its start is on record.
"""

from __future__ import annotations

import os
import select
import time
from dataclasses import dataclass

from recorder.capture.mcp.inbox import Inbox
from recorder.capture.mcp.lines import Lines
from recorder.capture.mcp.message import Side, may_call_a_tool

__all__ = ["Output", "to_client", "to_server"]

CHUNK = 256 * 1024


@dataclass(slots=True)
class Output:
    """How far the copying of a server's output has come."""

    passed: int = 0
    """Bytes."""
    is_writing: bool = False
    """The client has not taken yet what was read."""


def to_server(source: int, sink: int, inbox: Inbox) -> None:
    """Copy what the client says until it ends, then close both ends: each side sees the other's."""
    lines = Lines(eager=True)
    try:
        while chunk := _read(source):
            for piece, line in lines.feed(chunk):
                if line is not None and line.size:
                    take = inbox.put_and_wait if may_call_a_tool(line.raw) else inbox.put
                    take(Side.CLIENT, line, time.time_ns())
                _write(sink, piece)
    except OSError:
        pass  # one of them is gone, which the other learns by the closing
    finally:
        _last(lines, Side.CLIENT, inbox)
        os.close(sink)
        # Not closed: a number that is free is given to the next file that somebody opens.
        _point_at_nothing(source)


def to_client(source: int, sink: int, inbox: Inbox, output: Output) -> None:
    """Copy what the server says until it ends, then close both ends."""
    lines = Lines()
    try:
        while chunk := _read(source):
            now = time.time_ns()
            # Noted first and written then: the client's answer must not come in before it.
            for _piece, line in lines.feed(chunk):
                if line is not None and line.size:
                    inbox.put(Side.SERVER, line, now)
            output.is_writing = True
            _write(sink, chunk)
            output.passed += len(chunk)
            output.is_writing = False
    except OSError:
        pass
    finally:
        _last(lines, Side.SERVER, inbox)
        os.close(source)
        _point_at_nothing(sink)


def _last(lines: Lines, side: Side, inbox: Inbox) -> None:
    line = lines.rest()
    if line.size:
        inbox.put(side, line, time.time_ns())


def _read(source: int) -> bytes:
    while True:
        try:
            return os.read(source, CHUNK)
        except BlockingIOError:
            select.select([source], [], [])


def _write(sink: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(sink, view) :]
        except BlockingIOError:
            select.select([], [sink], [])


def _point_at_nothing(descriptor: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    os.dup2(nothing, descriptor, inheritable=False)
    os.close(nothing)
