"""What has passed and waits to be recorded: never makes a pump wait longer than is promised.

One thread reads it all in the order in which it passed, so an answer never overtakes its request.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Protocol

from recorder.capture.mcp.lines import Line
from recorder.capture.mcp.message import Side

__all__ = ["Inbox", "Passed", "Recorder"]

MAX_HELD = 128 * 1024 * 1024
"""Bytes that wait; what comes on top is lost to the record, and counted."""
HAND_OVER_SECONDS = 1.05
"""The longest that a call is held back: what the client to the recorder takes at most."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A line that passed."""

    side: Side
    line: Line
    t_ns: int
    """ns since the Unix epoch."""
    lost: int = 0
    """Lines before this one that there was no room for."""


class Recorder(Protocol):
    """What the inbox hands over to, always in its one thread. Never raises."""

    def open(self, go: threading.Event) -> None:
        """Get ready; take no time for it once `go` is set: a call waits to be recorded."""

    def record(self, passed: Passed) -> None:
        """Record a line; one that must be durable is when this returns."""


class Inbox:
    """A queue between the pumps and the thread that records."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._queue: SimpleQueue[tuple[Passed, threading.Event] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._held = 0
        self._lost = 0
        self._go = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flightlog-mcp", daemon=True)

    def start(self) -> None:
        """Begin to record."""
        self._thread.start()

    def put(self, side: Side, line: Line, t_ns: int) -> threading.Event:
        """Take a line and return at once; the event is set when it is recorded, or lost."""
        recorded = threading.Event()
        size = len(line.raw)
        with self._lock:
            if self._held and self._held + size > MAX_HELD:
                self._lost += 1
                recorded.set()
                return recorded
            self._held += size
            lost, self._lost = self._lost, 0
            self._queue.put((Passed(side, line, t_ns, lost), recorded))
        return recorded

    def put_and_wait(self, side: Side, line: Line, t_ns: int) -> None:
        """Take a line and return when it is recorded, or after `HAND_OVER_SECONDS`."""
        recorded = self.put(side, line, t_ns)
        self._go.set()
        recorded.wait(HAND_OVER_SECONDS)

    def close(self, timeout_seconds: float) -> bool:
        """Record what waits, for at most so long; return whether all of it is recorded."""
        self._queue.put(None)
        self._go.set()
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        self._recorder.open(self._go)
        while (item := self._queue.get()) is not None:
            passed, recorded = item
            try:
                self._recorder.record(passed)
            finally:
                with self._lock:
                    self._held -= len(passed.line.raw)
                recorded.set()
