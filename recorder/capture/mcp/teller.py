"""Tells the process that records what passes: never makes a pump wait longer than is promised."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from recorder.capture.mcp.lines import Line
from recorder.capture.mcp.message import Side
from recorder.capture.mcp.messages import Begun, Opened, Over, Passed, Recorded, Said
from recorder.guarding.hold import Hold, cannot_decide
from recorder.guarding.place import Mode, mode_of
from recorder.saying import say

if TYPE_CHECKING:
    from recorder.launch.foreground import Ended

__all__ = ["Teller"]

MAX_HELD = 128 * 1024 * 1024
"""Bytes that wait; what comes on top is lost to the record, and counted."""
HAND_OVER_SECONDS = 1.05
"""The longest that a call is held back: what the client to the recorder takes at most."""

DECISION_SECONDS = 12.0
"""The longest that a call waits for a guard that enforces, its start included; then it is denied.
"""
LOOK_SECONDS = 0.05
TOLD_SECONDS = 0.05
"""The longest that what the server says is held back until the scribe has it."""


@dataclass(slots=True)
class _Receipt:
    """What became of a line that is waited for."""

    recorded: threading.Event = field(default_factory=threading.Event)
    """Set when it is recorded, or lost."""
    hold: Hold | None = field(default_factory=lambda: cannot_decide("it could not be recorded"))


class Teller:
    """The wrapper's end of the line to its scribe."""

    def __init__(self, scribe: Connection, pid: int) -> None:
        """Begin with a server that runs as a process of that id."""
        self._scribe = scribe
        self._queue: SimpleQueue[Begun | Passed | Over] = SimpleQueue()
        self._queue.put(Begun(pid, time.time_ns()))
        self._lock = threading.Condition()
        self._held = self._lost = 0
        self._numbers = itertools.count(1)
        self._receipts: dict[int, _Receipt] = {}
        self._is_gone = False
        self._recording: Path | None = None
        self._opened = threading.Event()
        threading.Thread(target=self._tell, name="flightlog-tell", daemon=True).start()
        self._hearing = threading.Thread(target=self._hear, name="flightlog-hear", daemon=True)
        self._hearing.start()

    def put(self, side: Side, line: Line, t_ns: int) -> None:
        """Take a line that passed, and return at once."""
        self._take(side, line, t_ns, None)

    def until_told(self) -> None:
        """Wait until the scribe has all that was taken, so that our own end cannot lose it."""
        with self._lock:
            self._lock.wait_for(lambda: self._is_gone or not self._held, TOLD_SECONDS)

    def put_and_wait(self, side: Side, line: Line, t_ns: int) -> Hold | None:
        """Take a line and return when it is recorded, or after `HAND_OVER_SECONDS`.

        Where a guard enforces, wait for it as well and return what holds the line back.
        """
        receipt = _Receipt()
        self._take(side, line, t_ns, receipt)
        if not self.enforces():
            receipt.recorded.wait(HAND_OVER_SECONDS)
            return None
        if not receipt.recorded.wait(DECISION_SECONDS):
            return cannot_decide("it was not asked in time")
        return receipt.hold

    def enforces(self) -> bool:
        """Tell whether a call may only go on once a guard has let it."""
        if self._recording is None:
            self._opened.wait(DECISION_SECONDS)
        return self._recording is not None and mode_of(self._recording) is Mode.ENFORCE

    def close(
        self, ended: Ended, timeout_seconds: float, is_impatient: Callable[[], object]
    ) -> None:
        """Say how the server ended, and wait until all that passed is recorded.

        Args:
            ended: how.
            timeout_seconds: the longest that is waited; the scribe goes on without us.
            is_impatient: whoever waits for our end does so no longer.
        """
        self._queue.put(Over(ended, time.time_ns()))
        for _ in range(round(timeout_seconds / LOOK_SECONDS)):
            self._hearing.join(LOOK_SECONDS)
            if not self._hearing.is_alive() or (self._queue.empty() and is_impatient()):
                return

    def _take(self, side: Side, line: Line, t_ns: int, receipt: _Receipt | None) -> None:
        size = len(line.raw)
        with self._lock:
            if self._is_gone or (self._held and self._held + size > MAX_HELD):
                self._lost += 1
                if receipt is not None:
                    receipt.hold = cannot_decide("too much waits to be recorded")
                    receipt.recorded.set()
                return
            number = 0
            if receipt is not None:
                number = next(self._numbers)
                self._receipts[number] = receipt
            self._held += size
            lost, self._lost = self._lost, 0
            self._queue.put(Passed(side, line, t_ns, lost, number))

    def _tell(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                item = self._queue.get()
                self._scribe.send(item)
                if isinstance(item, Passed):
                    with self._lock:
                        self._held -= len(item.line.raw)
                        self._lock.notify_all()

    def _hear(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                heard = self._scribe.recv()
                if isinstance(heard, Recorded):
                    with self._lock:
                        receipt = self._receipts.pop(heard.number)
                    receipt.hold = heard.hold
                    receipt.recorded.set()
                elif isinstance(heard, Opened):
                    self._recording = heard.recording
                    self._opened.set()
                elif isinstance(heard, Said):
                    say(heard.text)
        with self._lock:
            self._is_gone = True
            self._lock.notify_all()
            receipts = list(self._receipts.values())
        self._opened.set()
        for receipt in receipts:
            receipt.recorded.set()
