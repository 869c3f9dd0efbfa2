"""What is known of a session that is followed, in the order of a list; fed by looks, never by I/O.

Pure. Every count is taken after what it counts was stored, so that a badge is never behind or
ahead of the list below it.
"""

from __future__ import annotations

import sys
from bisect import insort
from collections import deque
from collections.abc import Iterable, Mapping, Set
from dataclasses import replace

from analyzer.filters import Filter, Remarks, Subject
from analyzer.live import Step
from analyzer.live_session import LiveState, Look, dropped_by
from analyzer.model import Action, Effect, Finding, Judgement, Lane, Outcome, Severity
from analyzer.timeline import Mark
from analyzer.writing import Writer
from recorder.model import Kind, SessionRow
from tui.live_rows import Key, Rows

__all__ = ["LiveTail"]

SECOND = 1_000_000_000
MINUTE = 60
RATE_SECONDS = 5
"""Over so long the records per second, and the lag, are told."""
FAILED = frozenset({Outcome.FAILED, Outcome.REFUSED, Outcome.DENIED})
EVERYTHING = Filter()
UNJUDGED = Judgement(Effect.UNKNOWN)
NOBODY: frozenset[int] = frozenset()
NOTHING: Mapping[int, Action] = {}
UNREMARKED = Remarks()
type Snapshot = Mapping[int, Action]
"""Number -> action, as it was at some moment."""


class LiveTail:
    """The actions of a session so far, and what is to be said of them."""

    def __init__(self, row: SessionRow) -> None:
        self.row = row
        self.state = LiveState(cwd=row.cwd)
        self.writer: Writer | None = None
        self.seq = 0
        self.received_ns, self._last_ns = row.last_ns, row.start_ns
        """When the newest record was received."""
        self.waiting = self.dropped = 0
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
        self._all = Rows()
        self._shown = self._all
        """Those that the filter keeps; the same where there is none."""
        self.chosen = EVERYTHING
        self.sought = ""
        """What is searched for."""
        self._hits = Rows()
        self._running: dict[int, Action] = {}
        self._of: dict[int, tuple[Finding, ...]] = {}
        self._failures = Rows()
        self.remarks: Mapping[int, Remarks] = {}
        """What the case file says of each action."""
        self._remarked: set[int] = set()
        """Actions of which it said something at any time."""
        self._seconds: dict[tuple[Lane, int], int] = {}
        self._reads: deque[tuple[int, int, int]] = deque()
        """When a look was taken, records that it read, how long the newest had waited."""
        self._unseen: set[int] | None = None
        self._found_since = 0

    def __len__(self) -> int:
        """Return the number of actions, shown or not."""
        return len(self._all)

    # --- taking in ----------------------------------------------------------------------------

    def take(self, look: Look) -> None:
        """Take in what a look told."""
        began_ns = self.start_ns
        for event in look.events:
            if event.step is Step.MERGED and event.former:
                self._forget(event.former)
            self._put(event.action)
        for action in look.judged:
            self._put(action)
        self.add_findings(look.findings)
        if self.start_ns != began_ns:
            # Session time is counted from elsewhere now.
            self.choose(self.chosen)
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
            if any((f.rule, f.title) == (finding.rule, finding.title) for f in known):
                continue
            both = sorted((*known, finding), key=lambda f: (-f.severity, f.rule))
            self._of[finding.action] = tuple(both)
            insort(self.findings, finding, key=lambda f: f.t_ns)
            decisive = self._actions.get(finding.action)
            if decisive is not None:
                self._sort_in(decisive)

    def _put(self, action: Action) -> None:
        before = self._actions.get(action.id)
        if before is None:
            self._count(action)
            if self._unseen is not None:
                self._unseen.add(action.id)
        else:
            if action.judgement == UNJUDGED:
                # What it does is told once; what comes after that does not tell it again.
                action = replace(action, judgement=before.judgement, resources=before.resources)
            if before.start_ns != action.start_ns:
                self._take_out((before.start_ns, action.id))
        self._actions[action.id] = action
        self._last_ns = max(self._last_ns, action.until_ns or action.start_ns)
        self._sort_in(action)
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

    def _sort_in(self, action: Action) -> None:
        """Put an action into the lists that it belongs to now, and take it out of the others."""
        key = (action.start_ns, action.id)
        self._all.add(key)
        self._failures.put(key, is_in=action.outcome in FAILED)
        if self.chosen.is_empty and not self.sought:
            return
        subject = self._subject(action)
        if not self.chosen.is_empty:
            self._shown.put(key, is_in=self.chosen.fits(subject))
        if self.sought and self.sought in subject.text:
            self._hits.add(key)

    def _subject(self, action: Action) -> Subject:
        offset_ns = action.start_ns - self.start_ns
        found, remarks = self._of.get(action.id, ()), self.remarks.get(action.id, UNREMARKED)
        return Subject(self.row, action, found, offset_ns, remarks=remarks)

    def remark(self, remarks: Mapping[int, Remarks]) -> None:
        """Take in what the case file says now."""
        before, self.remarks = self.remarks, remarks
        changed = {n for n in {*before, *remarks} if before.get(n) != remarks.get(n)}
        self._remarked |= changed
        for action in filter(None, map(self._actions.get, changed)):
            self._sort_in(action)

    def _take_out(self, key: Key) -> None:
        for rows in (self._all, self._failures, self._hits, self._shown):
            rows.discard(key)

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
            self._take_out((action.start_ns, former))
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

    # --- filter and search ----------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Return the actions as they are now, for a thread that looks through all of them."""
        return dict(self._actions)

    def fits(self, action: Action, chosen: Filter) -> bool:
        """Tell whether a filter keeps an action; for any thread."""
        return chosen.fits(self._subject(action))

    def says(self, action: Action, text: str) -> bool:
        """Tell whether what is at hand of an action contains a text in lower case; likewise."""
        return text in self._subject(action).text

    def choose(
        self, chosen: Filter, fitting: Set[int] = NOBODY, looked_at: Snapshot = NOTHING
    ) -> None:
        """Show those alone that a filter keeps, from now on.

        Args:
            chosen: the filter.
            fitting: numbers of the actions that it keeps, of those that were looked at.
            looked_at: those; what has come or changed since is looked at here.
        """
        self.chosen = chosen
        self._shown = self._all
        if chosen.is_empty:
            return
        self._shown = Rows(
            (action.start_ns, number)
            for number, action in self._actions.items()
            if (
                number in fitting
                if looked_at.get(number) is action
                and not (number in self._of or number in self._remarked)
                else self.fits(action, chosen)
            )
        )

    def search(self, text: str, hits: Set[int] = NOBODY, looked_at: Snapshot = NOTHING) -> None:
        """Remember what is searched for, and go on to find it in what comes.

        Args:
            text: what is searched for, in lower case; empty: nothing any more.
            hits: numbers of the actions that contain it, of those that were looked at.
            looked_at: those; what has come or changed since is looked at here.
        """
        self.sought = text
        self._hits = Rows(
            (action.start_ns, number)
            for number, action in self._actions.items()
            if number in hits
            or (text and looked_at.get(number) is not action and self.says(action, text))
        )

    def is_hit(self, action: Action) -> bool:
        """Tell whether what is searched for was found in an action."""
        return self._hits.row_of((action.start_ns, action.id)) is not None

    @property
    def hits(self) -> Rows:
        """Where what is searched for was found."""
        return self._hits

    @property
    def failures(self) -> Rows:
        """What failed, was refused or denied."""
        return self._failures

    @property
    def bookmarks(self) -> Rows:
        """What somebody set a bookmark on."""
        said = ((self._actions.get(n), remarks) for n, remarks in self.remarks.items())
        return Rows((a.start_ns, a.id) for a, remarks in said if a and remarks.is_marked)

    def is_marked(self, number: int) -> bool:
        """Tell whether somebody set a bookmark on an action."""
        return self.remarks.get(number, UNREMARKED).is_marked

    # --- looking up ---------------------------------------------------------------------------

    @property
    def start_ns(self) -> int:
        """When the session began (ns since the epoch)."""
        return self._all[0][0] if self._all else self.row.start_ns

    def now_ns(self, clock_ns: int) -> int:
        """Return up to when something is known: the clock's time while somebody writes it."""
        root = None if self._root is None else self._actions.get(self._root)
        if self.has_ended and root is not None and root.until_ns is not None:
            return root.until_ns
        is_over = self.writer is not None and self.writer.is_over
        # The newest record may be another session's, or of an import.
        return min(self.received_ns, self._last_ns) if is_over else clock_ns

    @property
    def row_count(self) -> int:
        """How many actions are shown."""
        return len(self._shown)

    def action(self, row: int) -> Action | None:
        """Return the action of a row that is shown; None beyond the ends."""
        return self._actions[self._shown[row][1]] if 0 <= row < len(self._shown) else None

    def ends(self) -> tuple[Action, ...]:
        """Return the first and the newest action, shown or not."""
        return tuple(self._actions[self._all[row][1]] for row in (0, -1)[: len(self._all)])

    def by_id(self, number: int) -> Action | None:
        """Return an action by its number."""
        return self._actions.get(number)

    def row_of(self, number: int) -> int | None:
        """Return where an action stands in the list; None where it is hidden or not there."""
        action = self._actions.get(number)
        return None if action is None else self._shown.row_of((action.start_ns, number))

    def row_at(self, t_ns: int) -> int | None:
        """Return the row of the newest shown that had begun at a moment; None without any."""
        return max(self._shown.begun(t_ns), 0) if self._shown else None

    def start_of(self, number: int) -> int | None:
        """Return when an action began (ns since the epoch); None if it is not here."""
        action = self._actions.get(number)
        return None if action is None else action.start_ns

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

    def beside(self, here: Action | None, by: int, of: Rows) -> int | None:
        """Return the row of the next (1) or previous (-1) of some actions that is shown.

        Args:
            here: where one stands; None: outside of the list, before or behind all of it.
            by: which way.
            of: those to go to.
        """
        outside = (-1, 0) if by > 0 else (sys.maxsize, 0)
        key = of.beside(outside if here is None else (here.start_ns, here.id), by)
        while key is not None and self._shown.row_of(key) is None:
            key = of.beside(key, by)
        return None if key is None else self._shown.row_of(key)

    @property
    def decisive(self) -> Rows:
        """The actions that findings stand on."""
        return Rows((a.start_ns, n) for n in self._of if (a := self._actions.get(n)) is not None)

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
