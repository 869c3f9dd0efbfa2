"""Copies bytes between a client and a server, unchanged and as they come.

Two things are held back, each for a bounded time: the end of a message that may call a tool, until
its start is on record, and what the server says, until the scribe has it. Where a person has set up
a guard that enforces, a call that it denies is not passed on, and answered here.
"""

from __future__ import annotations

import os
import select
import threading
import time
from dataclasses import dataclass, field

from recorder.capture.mcp.denial import denials
from recorder.capture.mcp.lines import MAX_LINE, Line, Lines
from recorder.capture.mcp.message import Side, may_call_a_tool
from recorder.capture.mcp.teller import Teller
from recorder.guarding.hold import Hold, cannot_decide

__all__ = ["Mouth", "Output", "to_client", "to_server"]

CHUNK = 256 * 1024


@dataclass(slots=True)
class Output:
    """How far the copying of a server's output has come."""

    passed: int = 0
    """Bytes."""
    is_writing: bool = False
    """The client has not taken yet what was read."""


class Mouth:
    """Where the client hears: the server's words, and between two lines of them ours."""

    def __init__(self, sink: int) -> None:
        self._sink = sink
        self._lock = threading.Lock()
        self._is_between = True
        self._waiting: list[bytes] = []

    def say(self, chunk: bytes) -> None:
        """Pass on what the server says."""
        with self._lock:
            _write(self._sink, chunk)
            self._is_between = chunk.endswith(b"\n")
            self._let_out()

    def slip_in(self, line: bytes) -> None:
        """Say a line of our own, once the server is not in the middle of one."""
        with self._lock:
            self._waiting.append(line)
            self._let_out()

    def close(self) -> None:
        """Say no more."""
        with self._lock:
            _point_at_nothing(self._sink)

    def _let_out(self) -> None:
        while self._is_between and self._waiting:
            _write(self._sink, self._waiting.pop(0))


def to_server(source: int, sink: int, teller: Teller, mouth: Mouth) -> None:
    """Copy what the client says until it ends, then close both ends: each side sees the other's.

    Args:
        source: where the client is heard.
        sink: where the server hears.
        teller: has it recorded.
        mouth: where the client hears, for the answer to a call that is denied.
    """
    lines = Lines(eager=True)
    waiting = _Waiting()
    try:
        while chunk := _read(source):
            for piece, line in lines.feed(chunk):
                if line is None:
                    _write(sink, waiting.after(piece, gated=teller.enforces()))
                    continue
                hold = _taken(line, teller)
                if hold is None:
                    _write(sink, waiting.whole(piece))
                else:
                    waiting.forget()
                    mouth.slip_in(denials(line.raw, hold))
    except OSError:
        pass  # one of them is gone, which the other learns by the closing
    finally:
        _last(lines, Side.CLIENT, teller)
        os.close(sink)
        # Not closed: a number that is free is given to the next file that somebody opens.
        _point_at_nothing(source)


@dataclass(slots=True)
class _Waiting:
    """The beginning of a line that waits for its end, because a guard is to see the whole of it."""

    _pieces: list[bytes] = field(default_factory=list)
    _size: int = 0

    def after(self, piece: bytes, *, gated: bool) -> bytes:
        """Take a piece that ends no line; return what may be passed on."""
        if not gated and not self._pieces:
            return piece
        self._size += len(piece)
        if self._size <= MAX_LINE:
            self._pieces.append(piece)
        return b""

    def whole(self, piece: bytes) -> bytes:
        """Return the line that a piece ends, and begin the next."""
        line = b"".join([*self._pieces, piece])
        self.forget()
        return line

    def forget(self) -> None:
        """Begin the next line without passing this one on."""
        self._pieces.clear()
        self._size = 0


def _taken(line: Line, teller: Teller) -> Hold | None:
    """Record a line of the client's; return what holds it back."""
    if not line.size:
        return None
    now = time.time_ns()
    if not may_call_a_tool(line.raw):
        teller.put(Side.CLIENT, line, now)
        is_known = line.size == len(line.raw)
        return None if is_known or not teller.enforces() else cannot_decide("it is too long")
    return teller.put_and_wait(Side.CLIENT, line, now)


def to_client(source: int, mouth: Mouth, teller: Teller, output: Output) -> None:
    """Copy what the server says until it ends, then close both ends."""
    lines = Lines()
    try:
        while chunk := _read(source):
            now = time.time_ns()
            # Noted first and written then: the client's answer must not come in before it, and a
            # client that kills us for it must not take it along.
            for _piece, line in lines.feed(chunk):
                if line is not None and line.size:
                    teller.put(Side.SERVER, line, now)
            teller.until_told()
            output.is_writing = True
            mouth.say(chunk)
            output.passed += len(chunk)
            output.is_writing = False
    except OSError:
        pass
    finally:
        _last(lines, Side.SERVER, teller)
        os.close(source)
        mouth.close()


def _last(lines: Lines, side: Side, teller: Teller) -> None:
    line = lines.rest()
    if line.size:
        teller.put(side, line, time.time_ns())


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
