"""What has passed and waits to be recorded: never makes a pump wait longer than is promised.

One thread reads it all in the order in which it passed, so an answer never overtakes its request.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Protocol

from recorder.capture.mcp.lines import Line
from recorder.capture.mcp.message import Side
from recorder.guarding.hold import Hold, cannot_decide

__all__ = ["Inbox", "Passed", "Receipt", "Recorder"]

MAX_HELD = 128 * 1024 * 1024
"""Bytes that wait; what comes on top is lost to the record, and counted."""
HAND_OVER_SECONDS = 1.05
"""The longest that a call is held back: what the client to the recorder takes at most."""

DECISION_SECONDS = 12.0
"""The longest that a call waits for a guard that enforces, its start included; then it is denied.
"""


@dataclass(frozen=True, slots=True)
class Passed:
    """A line that passed."""

    side: Side
    line: Line
    t_ns: int
    """ns since the Unix epoch."""
    lost: int = 0
    """Lines before this one that there was no room for."""


@dataclass(slots=True)
class Receipt:
    """What became of a line that was put in."""

    recorded: threading.Event = field(default_factory=threading.Event)
    """Set when it is recorded, or lost."""
    hold: Hold | None = None
    """Why it must not be passed on; None where it may."""


class Recorder(Protocol):
    """What the inbox hands over to, always in its one thread. Never raises."""

    def open(self, go: threading.Event) -> None:
        """Get ready; take no time for it once `go` is set: a call waits to be recorded."""

    def record(self, passed: Passed) -> Hold | None:
        """Record a line; one that must be durable is when this returns.

        Returns what holds it back, where a guard was asked.
        """

    def enforces(self) -> bool:
        """Tell whether a call may only go on once a guard has let it."""


class Inbox:
    """A queue between the pumps and the thread that records."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._queue: SimpleQueue[tuple[Passed, Receipt] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._held = 0
        self._lost = 0
        self._go = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flightlog-mcp", daemon=True)

    def start(self) -> None:
        """Begin to record."""
        self._thread.start()

    def put(self, side: Side, line: Line, t_ns: int) -> Receipt:
        """Take a line and return at once."""
        receipt = Receipt()
        size = len(line.raw)
        with self._lock:
            if self._held and self._held + size > MAX_HELD:
                self._lost += 1
                receipt.hold = cannot_decide("too much waits to be recorded")
                receipt.recorded.set()
                return receipt
            self._held += size
            lost, self._lost = self._lost, 0
            self._queue.put((Passed(side, line, t_ns, lost), receipt))
        return receipt

    def put_and_wait(self, side: Side, line: Line, t_ns: int) -> Hold | None:
        """Take a line and return when it is recorded, or after `HAND_OVER_SECONDS`.

        Where a guard enforces, wait for it as well and return what holds the line back.
        """
        receipt = self.put(side, line, t_ns)
        self._go.set()
        if not self._recorder.enforces():
            receipt.recorded.wait(HAND_OVER_SECONDS)
            return None
        if not receipt.recorded.wait(DECISION_SECONDS):
            return cannot_decide("it was not asked in time")
        return receipt.hold

    def enforces(self) -> bool:
        """Tell whether a call may only go on once a guard has let it."""
        return self._recorder.enforces()

    def close(self, timeout_seconds: float) -> bool:
        """Record what waits, for at most so long; return whether all of it is recorded."""
        self._queue.put(None)
        self._go.set()
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        self._recorder.open(self._go)
        while (item := self._queue.get()) is not None:
            passed, receipt = item
            receipt.hold = cannot_decide("it could not be recorded")
            try:
                receipt.hold = self._recorder.record(passed)
            finally:
                with self._lock:
                    self._held -= len(passed.line.raw)
                receipt.recorded.set()
