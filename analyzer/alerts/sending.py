"""Send alerts beside the work, not in its way, and no more of them than anybody can read."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from analyzer.alerts.alert import Alert, alert_of
from analyzer.alerts.channels import Channel
from analyzer.model import Finding, Severity
from recorder.counted import counted

__all__ = ["Limit", "Sender"]

MOST = 10
WINDOW_SECONDS = 60.0
AGAIN_SECONDS = 30.0
"""The same rule in the same session is told again after so long."""
WAITING = 100
END_SECONDS = 15.0


class Limit:
    """At most ten alerts a minute, and one of a rule in a session each half minute.

    Lesser alerts take no graver one's place: ten of its own severity or above are what stops one.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sent: deque[tuple[float, Severity]] = deque()
        self._last: dict[tuple[str, str], float] = {}
        self._kept_back = 0

    @property
    def kept_back(self) -> int:
        """How many were kept back since the last alert that went."""
        return self._kept_back

    def keep_back(self, number: int = 1) -> None:
        """Count alerts that could not go, though they might have."""
        self._kept_back += number

    def allows(self, session: str, rule: str, severity: Severity) -> tuple[bool, int]:
        """Tell whether an alert may go, and how many were kept back since the last that did."""
        now = self._clock()
        while self._sent and now - self._sent[0][0] > WINDOW_SECONDS:
            self._sent.popleft()
        as_grave = sum(sent >= severity for _, sent in self._sent)
        last = self._last.get((session, rule))
        if as_grave >= MOST or (last is not None and now - last < AGAIN_SECONDS):
            self._kept_back += 1
            return False, 0
        self._sent.append((now, severity))
        self._last[session, rule] = now
        kept, self._kept_back = self._kept_back, 0
        return True, kept


class Sender:
    """Hands findings to channels in a thread of its own."""

    def __init__(
        self,
        channels: Sequence[Channel],
        complain: Callable[[str], None],
        *,
        least: Severity = Severity.MEDIUM,
        limit: Limit | None = None,
    ) -> None:
        """Start.

        Args:
            channels: whom to tell.
            complain: takes one line where a channel fails; called from another thread.
            least: findings below this are not sent.
            limit: how many may go.
        """
        self._channels = tuple(channels)
        self._complain = complain
        self._least = least
        self._limit = limit or Limit()
        self._queue: queue.Queue[Alert | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)
        self._thread.start()

    def send(self, session: str, finding: Finding) -> bool:
        """Queue an alert of a finding; tell whether it goes out."""
        if finding.severity < self._least or not self._channels:
            return False
        may, kept = self._limit.allows(session, finding.rule, finding.severity)
        if not may:
            return False
        try:
            self._queue.put_nowait(alert_of(session, finding, kept))
        except queue.Full:
            self._limit.keep_back(kept + 1)
            return False
        return True

    def close(self) -> None:
        """Send what waits, say what was kept back, then end; not longer than a channel takes."""
        if number := self._limit.kept_back:
            self._complain(f"{counted(number, 'further finding')}: too many for an alert each")
        try:
            self._queue.put(None, timeout=END_SECONDS)
        except queue.Full:
            return
        self._thread.join(END_SECONDS)

    def _run(self) -> None:
        while (alert := self._queue.get()) is not None:
            for channel in self._channels:
                wrong = channel.tell(alert)
                if wrong:
                    self._complain(f"{channel.name}: {wrong}")
