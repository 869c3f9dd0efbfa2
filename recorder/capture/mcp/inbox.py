"""What has passed and waits to be recorded.

One thread reads it all in the order in which it passed, so an answer never overtakes its request.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

from recorder.capture.mcp.messages import Passed
from recorder.guarding.hold import Hold, cannot_decide

__all__ = ["Inbox", "Recorder"]

MAX_HELD = 64 * 1024 * 1024
"""Bytes that wait; whoever puts in more waits as well."""


class Recorder(Protocol):
    """What the inbox hands over to, always in its one thread. Never raises."""

    def open(self, go: threading.Event) -> None:
        """Get ready; take no time for it once `go` is set: a call waits to be recorded."""

    def record(self, passed: Passed) -> Hold | None:
        """Record a line; one that must be durable is when this returns.

        Returns what holds it back, where a guard was asked.
        """


class Inbox:
    """A queue before the thread that records."""

    def __init__(self, recorder: Recorder, recorded: Callable[[Passed, Hold | None], None]) -> None:
        """Begin to record.

        Args:
            recorder: records.
            recorded: called from the thread with each line once it is recorded, or lost.
        """
        self._recorder = recorder
        self._recorded = recorded
        self._changed = threading.Condition()
        self._waiting: deque[Passed] = deque()
        self._held = 0
        self._is_over = False
        self._go = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flightlog-mcp", daemon=True)
        self._thread.start()

    def put(self, passed: Passed) -> None:
        """Take a line, once there is room."""
        size = len(passed.line.raw)
        with self._changed:
            self._changed.wait_for(lambda: not self._held or self._held + size <= MAX_HELD)
            self._held += size
            self._waiting.append(passed)
            self._changed.notify_all()
        if passed.awaited:
            self._go.set()

    def close(self, timeout_seconds: float) -> bool:
        """Record what waits, for at most so long; return whether all of it is recorded."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
        self._go.set()
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        self._recorder.open(self._go)
        while (passed := self._next()) is not None:
            hold: Hold | None = cannot_decide("it could not be recorded")
            try:
                hold = self._recorder.record(passed)
            finally:
                self._recorded(passed, hold)
                with self._changed:
                    self._held -= len(passed.line.raw)
                    self._changed.notify_all()

    def _next(self) -> Passed | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_over)
            return self._waiting.popleft() if self._waiting else None
