"""Derive everything from one session of a recording: the one door of the analyzer."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import replace

from analyzer.actions import ActionFold
from analyzer.clocks import by_the_recorder, transcript_clock
from analyzer.commanded import commanded_of
from analyzer.credentials import credentials_of
from analyzer.disagreements import with_inner_disagreements
from analyzer.effects import judge_all
from analyzer.gathering import is_same_session
from analyzer.lending import Shown, learn, lent_of
from analyzer.model import Action, Analysis
from analyzer.outside import outside_of
from analyzer.rules import RuleSet, Scene, findings_of, rules_of
from analyzer.strangers import may_be_server_of
from analyzer.task_scope import TaskScope
from analyzer.testimony import Clock
from recorder.model import Kind, SessionRow, StoredRecord
from recorder.reader import Recording

__all__ = ["Progress", "analyze", "records_around"]

SECOND = 1_000_000_000
TOLD_EVERY = 500
"""Records between two calls of `progress`."""
type Progress = Callable[[int, int], None]
AFTER_NS = 60 * SECOND
"""Records of no session are looked through this long after the session's last one: the answer to a
request of a killed agent still comes."""


def analyze(
    recording: Recording,
    session_id: str,
    rules: RuleSet | None = None,
    *,
    progress: Progress | None = None,
) -> Analysis:
    """Return everything that is derived from one session.

    Args:
        recording: where it stands.
        session_id: its id, or the beginning of one.
        rules: which rules look for findings; default: flightlog's and the settings folder's.
        progress: called now and then with (records read, records of the session); what it raises
            ends the analysis.

    Raises:
        SessionNotFoundError: no session has that id, or several begin with it.
    """
    row = recording.session(session_id)
    fold = _folded(recording, row, progress=progress)
    own = fold.actions()
    clock = transcript_clock(own, recording)
    if clock is not None:
        fold = _folded(recording, row, clock=clock)
        own = fold.actions()
        row = replace(row, last_ns=max(a.end_ns or a.start_ns for a in own))
    labels = fold.labels()
    # What the actions were made of takes more than they do themselves.
    del fold
    outside = outside_of(recording, row, own)
    shown: Shown = {}
    learn(shown, (*own, *outside.actions))
    own = lent_of(own, shown, recording.blob)
    commanded = commanded_of((*own, *outside.actions), recording.blob)
    # A commanded request has its call's number, negative: it stands behind it.
    told = sorted((*own, *outside.actions, *commanded), key=lambda a: (a.start_ns, abs(a.id)))
    actions = with_inner_disagreements(judge_all(told, recording.blob, workspace=row.cwd))
    labels = {**dict(outside.labels), **labels}
    credentials = credentials_of(actions, labels, recording.blob)
    scene = Scene(actions, credentials, TaskScope(actions, row.cwd, recording.blob))
    return Analysis(
        session=row,
        actions=actions,
        credentials=credentials,
        findings=findings_of(
            scene, rules or rules_of(), session=row.id, cwd=row.cwd, blobs=recording.blob
        ),
        reconstructed=_reconstructed(actions),
        clocks=outside.clocks if clock is None else (clock, *outside.clocks),
        verifier_key=recording.meta.verifier_key,
    )


def _folded(
    recording: Recording,
    row: SessionRow,
    *,
    clock: Clock | None = None,
    progress: Progress | None = None,
) -> ActionFold:
    """Return a session's records folded into actions.

    Args:
        recording: where they stand.
        row: the session.
        clock: of the transcript, where it differs from the recorder's.
        progress: as in `analyze`.
    """
    fold = ActionFold.of(row, recording.blob)
    for number, record in enumerate(records_around(recording, row)):
        fold.add(record if clock is None else by_the_recorder(record, clock))
        if progress is not None and number % TOLD_EVERY == 0:
            progress(min(number, row.records), row.records)
    if progress is not None:
        progress(row.records, row.records)
    return fold


def records_around(recording: Recording, row: SessionRow) -> Iterator[StoredRecord]:
    """Yield what may concern a session, in order of `seq`.

    Its own records, those of no session around it, and those of other sessions at the same time or
    of the same launch: these tell which requests are not its own, and may tell of its own calls.
    """
    loose = list(_loose(recording, row))
    last = max(row.last_seq, loose[-1].seq if loose else 0)
    others = []
    for other in recording.sessions():
        is_kin = _is_kin(other, row) or may_be_server_of(other, row)
        is_around = other.last_seq >= row.first_seq and other.first_seq <= last
        if other.id != row.id and (is_kin or is_around):
            after = min(other.first_seq, row.first_seq) - 1
            until = None if is_kin else last
            others.append(recording.records(session=other.id, after=after, until=until))
    own = recording.records(session=row.id, after=row.first_seq - 1)
    return heapq.merge(own, loose, *others, key=lambda record: record.seq)


def _is_kin(other: SessionRow, row: SessionRow) -> bool:
    """Tell whether another session is of the same launch, or the same one under another spelling.

    Late telemetry of a call may be the only thing that such a session ever holds.
    """
    return other.run == row.run != "" or is_same_session(other.id, row.id)


def _loose(recording: Recording, row: SessionRow) -> Iterator[StoredRecord]:
    for record in recording.records(session="", after=row.first_seq - 1):
        if record.seq > row.last_seq and record.time_ns > row.last_ns + AFTER_NS:
            return
        yield record


def _reconstructed(actions: tuple[Action, ...]) -> str:
    """Return what the session says of itself; an action's own mark is its own matter."""
    return next(
        (a.reconstructed for a in actions if a.kind is Kind.LIFECYCLE and a.reconstructed), ""
    )
