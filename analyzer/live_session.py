"""One session while it is recorded: each look tells what came, what it means, and who writes.

For one thread: it holds a connection. What it hands over is frozen, so that any thread may read it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from analyzer.credentials import short_name
from analyzer.live import Event, LiveFeed, Remark
from analyzer.model import Action, Finding
from analyzer.requests import host_of
from analyzer.rules import RuleSet, rules_of
from analyzer.rules.live import LiveExamination
from analyzer.state import files_of
from analyzer.usage import Usage
from analyzer.writing import Writer, last_spoken, writer_of
from recorder import semconv
from recorder.model import Kind, Role, SessionRow
from recorder.reader import Recording

__all__ = ["LiveSession", "LiveState", "Look", "dropped_by", "live_session"]

MOST = 500
"""Records that one look reads, so that what it tells is small and soon there."""
JUDGE_EVERY_NS = 500_000_000
"""So often the rules are asked while nothing comes: an open action is judged when it stays open."""
GAP = "gap"


@dataclass(frozen=True, slots=True)
class LiveState:
    """What the agent holds now."""

    cwd: str = ""
    files: int = 0
    last_file: str = ""
    hosts: tuple[str, ...] = ()
    """In the order in which they were first spoken to."""
    credentials: tuple[str, ...] = ()
    """Names of the credentials that were seen, in that order."""
    used: frozenset[str] = frozenset()
    """Those of them that were used."""
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """What one look told."""

    now_ns: int
    """When it was taken."""
    seq: int
    """The newest record that was read."""
    read: int
    """Records that it read."""
    waiting: int
    """Records that are in the recording and were not read yet."""
    received_ns: int
    """When the recorder received the newest record that was read."""
    events: tuple[Event, ...]
    judged: tuple[Action, ...]
    """Actions of which it is known now what they do to the world."""
    findings: tuple[Finding, ...]
    remarks: tuple[Remark, ...]
    state: LiveState
    writer: Writer
    is_overtaken: bool
    """Something turned out otherwise than the rules were told: the whole is to be judged again."""


class LiveSession:
    """Looks at one session again and again."""

    def __init__(self, recording: Recording, row: SessionRow, rules: RuleSet) -> None:
        self.row = row
        self._recording = recording
        self._feed = LiveFeed(recording, lambda other: other.id == row.id)
        self._feed.spoken = last_spoken(recording)
        self._examination = LiveExamination(row, rules, recording.blob)
        self._holdings = _Holdings(row.cwd)
        self._writer: Writer | None = None
        self._judged_ns = 0
        self._waiting = 1

    def look(self, now_ns: int | None = None) -> Look | None:
        """Return what is new since the last look; None where nothing is.

        Args:
            now_ns: the time (ns since the epoch); default: the clock's.
        """
        now_ns = time.time_ns() if now_ns is None else now_ns
        before, feed = self._feed.seq, self._feed
        events: list[Event] = []
        if feed.is_stale() or self._waiting:
            events = feed.look(MOST)
            self._waiting = max(0, self._recording.last_seq() - feed.seq)
        judged, findings = self._judged(events, now_ns)
        writer = writer_of(feed.spoken, feed.received_ns, now_ns)
        if feed.seq == before and not judged and not findings and writer == self._writer:
            return None
        self._writer = writer
        self._holdings.take((event.action for event in events), feed.labels(self.row.id))
        overtaken, self._examination.overtaken = self._examination.overtaken, False
        return Look(
            now_ns=now_ns,
            seq=feed.seq,
            read=feed.seq - before,
            waiting=self._waiting,
            received_ns=feed.received_ns,
            events=tuple(events),
            judged=judged,
            findings=findings,
            remarks=tuple(feed.remarks()),
            state=self._holdings.state(),
            writer=writer,
            is_overtaken=overtaken,
        )

    def _judged(
        self, events: Iterable[Event], now_ns: int
    ) -> tuple[tuple[Action, ...], tuple[Finding, ...]]:
        # The newest of each action: what it was before it ended is no news for the rules.
        changed = {event.action.id: event.action for event in events}
        if not changed and now_ns - self._judged_ns < JUDGE_EVERY_NS:
            return (), ()
        self._judged_ns = now_ns
        labels = self._feed.labels(self.row.id)
        findings = self._examination.look(changed.values(), now_ns, labels)
        return self._examination.judged, findings


class _Holdings:
    """What the agent holds, added up while it grows; an action that is told again counts once."""

    def __init__(self, cwd: str) -> None:
        self._session_cwd = self._cwd = cwd
        self._files: dict[str, None] = {}
        self._hosts: dict[str, None] = {}
        self._credentials: dict[str, str] = {}
        self._used: set[str] = set()
        self._usage = Usage()

    def take(self, actions: Iterable[Action], labels: Mapping[str, tuple[str, str]]) -> None:
        for action in actions:
            told = action.attributes
            if action.kind is Kind.TOOL_CALL:
                for path in files_of(action, self._session_cwd):
                    # Again at the end: the last one is named.
                    self._files.pop(path, None)
                    self._files[path] = None
            host = host_of(told) if action.kind is Kind.API_REQUEST else ""
            if host:
                self._hosts.setdefault(host)
            folder = told.get(semconv.PROCESS_CWD)
            self._cwd = folder if isinstance(folder, str) and folder else self._cwd
            for seen in action.sightings:
                kind = labels.get(seen.fingerprint, ("credential", ""))[0]
                self._credentials[seen.fingerprint] = short_name(kind, seen.fingerprint)
                if seen.role is Role.USED:
                    self._used.add(seen.fingerprint)
            self._usage.take(action)

    def state(self) -> LiveState:
        return LiveState(
            cwd=self._cwd,
            files=len(self._files),
            last_file=next(reversed(self._files), ""),
            hosts=tuple(self._hosts),
            credentials=tuple(self._credentials.values()),
            used=frozenset(self._credentials[seen] for seen in self._used),
            input_tokens=self._usage.tokens[0],
            output_tokens=self._usage.tokens[1],
        )


@contextmanager
def live_session(path: Path, session_id: str) -> Iterator[LiveSession]:
    """Open a recording to follow one of its sessions.

    Raises:
        RecordingError: the recording cannot be used.
        SessionNotFoundError: it has no such session, or several fit.
    """
    with Recording.open(path) as recording:
        yield LiveSession(recording, recording.session(session_id), rules_of())


def dropped_by(remarks: Iterable[Remark]) -> int:
    """Return how many records the recorder says it had to leave out."""
    return sum(remark.count for remark in remarks if remark.name == GAP)
