"""What the verification of a recording means for its sessions, in the words of a list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from recorder.model import SessionRow
from recorder.reader import Recording
from recorder.verify import Problem, VerifyReport, verify

__all__ = ["Chain", "chain_in", "chain_of"]


@dataclass(frozen=True, slots=True)
class Chain:
    """What verifying a recording showed; never more than its level."""

    is_intact: bool
    words: str
    """`chain ok (L0 self)`, or `chain BAD at record 44`."""
    doubtful: frozenset[str] = frozenset()
    """Ids of the sessions that something changed, missing or added concerns."""
    problems: tuple[Problem, ...] = ()

    def state_of(self, session_id: str) -> str:
        """Return what stands in a list beside a session: `ok` or `BAD`."""
        return "BAD" if session_id in self.doubtful else "ok"


def chain_of(path: Path, *, progress: Callable[[int, int], None] | None = None) -> Chain:
    """Verify a recording.

    Args:
        path: the recording.
        progress: called now and then with (records done, records in all).

    Raises:
        RecordingError: it cannot be opened or read at all.
    """
    return chain_in(verify(path, progress=progress))


def chain_in(report: VerifyReport) -> Chain:
    """Return what a verification showed.

    Raises:
        RecordingError: the recording cannot be opened any more.
    """
    if report.ok:
        return Chain(is_intact=True, words=f"chain ok ({report.level})")
    first = report.problems[0]
    where = "" if first.seq is None else f" at record {first.seq}"
    with Recording.open(report.path) as recording:
        doubtful = _doubtful(recording, report)
    return Chain(
        is_intact=False, words=f"chain BAD{where}", doubtful=doubtful, problems=report.problems
    )


def _doubtful(recording: Recording, report: VerifyReport) -> frozenset[str]:
    # A root or checkpoint that does not fit follows from the records that are named, if any are.
    named = [problem for problem in report.problems if problem.seq is not None]
    problems = named or report.problems
    return frozenset(
        row.id
        for row in recording.sessions()
        if any(_concerns(recording, problem, row) for problem in problems)
    )


def _concerns(recording: Recording, problem: Problem, row: SessionRow) -> bool:
    if problem.seq is None:
        return True
    stored = recording.record(problem.seq)
    if stored is not None and stored.session:
        return stored.session == row.id
    if stored is not None and stored.run:
        # The wire knows the launch, not the session.
        return stored.run == row.run
    # Nobody can say any more whose record it was: it may have been any session's of that time.
    return row.first_seq <= problem.seq <= row.last_seq
