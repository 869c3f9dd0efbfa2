"""What is known of a session that is followed, in the order of a list; fed by looks, never by I/O.

Pure. Every count is taken after what it counts was stored, so that a badge is never behind or
ahead of the list below it.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from analyzer.effects import marked_like_its_call
from analyzer.live import Step
from analyzer.live_session import LiveState, Look, dropped_by
from analyzer.model import Action, Finding, Lane, Outcome, Severity
from analyzer.timeline import Mark
from analyzer.writing import Writer
from recorder.model import Kind, SessionRow

__all__ = ["LiveTail"]

SECOND = 1_000_000_000
MINUTE = 60
RATE_SECONDS = 5
"""Over so long the records per second, and the lag, are told."""
FAILED = frozenset({Outcome.FAILED, Outcome.REFUSED, Outcome.DENIED})
type _Key = tuple[int, int]
"""Start (ns since the epoch) and number of an action: its place in the list."""


class LiveTail:
    """The actions of a session so far, and what is to be said of them."""

    def __init__(self, row: SessionRow) -> None:
        self.row = row
        self.state = LiveState(cwd=row.cwd)
        self.writer: Writer | None = None
        self.seq = 0
        self.received_ns = row.last_ns
        """When the newest record was received."""
        self.waiting = 0
        self.dropped = 0
        self.has_ended = False
        self.reconstructed = ""
        """What of the session the recording says was made up."""
        self.newer: SessionRow | None = None
        """The newest session that began while this one was followed."""
        self._root: int | None = None
        """The action that the whole session is."""
        self._began_ns: int | None = None
        self.findings: list[Finding] = []
        self._actions: dict[int, Action] = {}
        self._keys: list[_Key] = []
        self._running: dict[int, Action] = {}
        self._of: dict[int, tuple[Finding, ...]] = {}
        self._failures: list[_Key] = []
        self._seconds: dict[tuple[Lane, int], int] = {}
        self._reads: deque[tuple[int, int, int]] = deque()
        """When a look was taken, records that it read, how long the newest had waited."""
        self._unseen: set[int] | None = None
        self._found_since = 0

    def __len__(self) -> int:
        """Return the number of actions."""
        return len(self._keys)

    # --- taking in ----------------------------------------------------------------------------

    def take(self, look: Look) -> None:
        """Take in what a look told."""
        for event in look.events:
            if event.step is Step.MERGED and event.former:
                self._forget(event.former)
            self._put(marked_like_its_call(event.action, self._actions))
        self.add_findings(look.findings)
        self.state, self.writer = look.state, look.writer
        self.seq, self.waiting = look.seq, look.waiting
        self.dropped += dropped_by(look.remarks)
        self.received_ns = look.received_ns or self.received_ns
        if self._began_ns is None:
            self._began_ns = look.now_ns
        # What was there before the following began is neither new nor late.
        is_new = look.received_ns > self._began_ns
        waited = look.now_ns - max(look.received_ns, self._began_ns)
        self._reads.append((look.now_ns, look.read if is_new else 0, max(0, waited)))

    def add_findings(self, findings: Iterable[Finding]) -> None:
        """Take in what the rules found; each once."""
        for finding in findings:
            known = self._of.get(finding.action, ())
            if any(other.rule == finding.rule for other in known):
                continue
            both = sorted((*known, finding), key=lambda f: (-f.severity, f.rule))
            self._of[finding.action] = tuple(both)
            insort(self.findings, finding, key=lambda f: f.t_ns)

    def _put(self, action: Action) -> None:
        key, before = (action.start_ns, action.id), self._actions.get(action.id)
        if before is None:
            self._count(action)
            if self._unseen is not None:
                self._unseen.add(action.id)
        elif before.start_ns != action.start_ns:
            _remove(self._keys, (before.start_ns, action.id))
        if before is None or before.start_ns != action.start_ns:
            insort(self._keys, key)
        self._actions[action.id] = action
        if action.outcome in FAILED:
            if key not in self._failures[-1:] and _place(self._failures, key) is None:
                insort(self._failures, key)
        elif before is not None and before.outcome in FAILED:
            _remove(self._failures, (before.start_ns, action.id))
        if action.kind is Kind.LIFECYCLE:
            self.reconstructed = self.reconstructed or action.reconstructed
            # An agent inside the agent has such an action too; the first is the session's own.
            if self._root is None and action.name == "session":
                self._root = action.id
            self.has_ended = self.has_ended or (
                action.id == self._root and action.until_ns is not None
            )
        elif action.until_ns is None:
            self._running[action.id] = action
        else:
            self._running.pop(action.id, None)

    def _count(self, action: Action) -> None:
        second = (action.lane, action.start_ns // SECOND)
        self._seconds[second] = self._seconds.get(second, 0) + 1
        if len(self._seconds) > 8 * MINUTE * len(Lane):
            newest = max(at for _, at in self._seconds)
            kept = {k: n for k, n in self._seconds.items() if k[1] > newest - 2 * MINUTE}
            self._seconds = kept

    def _forget(self, former: int) -> None:
        action = self._actions.pop(former, None)
        if action is not None:
            _remove(self._keys, (action.start_ns, former))
            _remove(self._failures, (action.start_ns, former))
            self._running.pop(former, None)
            if self._unseen is not None:
                self._unseen.discard(former)

    # --- what is new for a reader who has stopped following -------------------------------------

    def stop_reading(self) -> None:
        """Count from now on what the reader does not see."""
        if self._unseen is None:
            self._unseen = set()
            self._found_since = len(self.findings)

    def read_on(self) -> None:
        """The reader is at the newest again."""
        self._unseen = None

    @property
    def behind(self) -> int:
        """How many actions came since the reader stopped following."""
        return len(self._unseen or ())

    @property
    def found_behind(self) -> tuple[int, Severity | None]:
        """How many findings came since then, and the worst severity of all that stand on them."""
        count = len(self.findings) - self._found_since
        unseen = self._unseen
        if unseen is None or count <= 0:
            return 0, None
        of_new = [f.severity for f in self.findings if f.action in unseen]
        return count, max(of_new or [f.severity for f in self.findings[-count:]])

    # --- looking up ---------------------------------------------------------------------------

    @property
    def start_ns(self) -> int:
        """When the session began (ns since the epoch)."""
        return self._keys[0][0] if self._keys else self.row.start_ns

    def now_ns(self, clock_ns: int) -> int:
        """Return up to when something is known: the clock's time while somebody writes."""
        root = None if self._root is None else self._actions.get(self._root)
        if self.has_ended and root is not None and root.until_ns is not None:
            # Not when the newest record came: another session may be recorded by now.
            return root.until_ns
        is_over = self.writer is not None and self.writer.is_over
        return self.received_ns if is_over else clock_ns

    def action(self, row: int) -> Action | None:
        """Return the action of a row; None beyond the ends."""
        return self._actions[self._keys[row][1]] if 0 <= row < len(self._keys) else None

    def by_id(self, number: int) -> Action | None:
        """Return an action by its number."""
        return self._actions.get(number)

    def row_of(self, number: int) -> int | None:
        """Return where an action stands in the list."""
        action = self._actions.get(number)
        return None if action is None else _place(self._keys, (action.start_ns, number))

    def findings_of(self, number: int) -> tuple[Finding, ...]:
        """Return the findings that an action decides, worst first."""
        return self._of.get(number, ())

    def mark(self, action: Action) -> Mark:
        """Return the worst that is known of an action."""
        found = self._of.get(action.id)
        if found:
            return Mark(found[0].severity)
        return Mark.FAILED if action.outcome in FAILED else Mark.NONE

    def running(self) -> list[Action]:
        """Return what has begun and not ended, in order of start."""
        return sorted(self._running.values(), key=lambda a: (a.start_ns, a.id))

    def beside(self, row: int, by: int, *, of: Mapping[int, object] | None = None) -> int | None:
        """Return the next (1) or previous (-1) row that failed, or that `of` names; None if none.

        Args:
            row: where one stands.
            by: which way.
            of: numbers of actions to go to; default: those that failed.
        """
        keys: Sequence[_Key] = self._failures
        if of is not None:
            keys = sorted((a.start_ns, n) for n in of if (a := self._actions.get(n)) is not None)
        here = self._keys[row] if 0 <= row < len(self._keys) else (0, 0)
        place = bisect_left(keys, here)
        place += (int(keys[place : place + 1] == [here])) if by > 0 else -1
        return _place(self._keys, keys[place]) if 0 <= place < len(keys) else None

    @property
    def decisive(self) -> Mapping[int, object]:
        """Numbers of the actions that findings stand on."""
        return self._of

    def minute(self, lane: Lane, now_ns: int, width: int) -> list[int]:
        """Return how many actions of a lane began in each of `width` parts of the last minute."""
        cells = [0] * width
        first = now_ns // SECOND - MINUTE + 1
        for second in range(MINUTE):
            count = self._seconds.get((lane, first + second), 0)
            cells[second * width // MINUTE] += count
        return cells

    def pace(self, now_ns: int) -> tuple[float, float]:
        """Return the records per second, and the longest lag in seconds, of the last moments."""
        while self._reads and self._reads[0][0] < now_ns - RATE_SECONDS * SECOND:
            self._reads.popleft()
        read = [entry for entry in self._reads if entry[1]]
        lag = max((waited for _, _, waited in read), default=0)
        return sum(count for _, count, _ in read) / RATE_SECONDS, lag / SECOND


def _place(keys: Sequence[_Key], key: _Key) -> int | None:
    place = bisect_left(keys, key)
    return place if place < len(keys) and keys[place] == key else None


def _remove(keys: list[_Key], key: _Key) -> None:
    place = _place(keys, key)
    if place is not None:
        del keys[place]
