"""The beginning of a long session, at once: what its first records tell, while the rest is read.

Reading a million records takes minutes, and even counting what they tell of times takes seconds.
Here nothing is asked that an index does not answer; so times, and the order of what began at the
very start, may turn out otherwise once everything was read.
"""

from __future__ import annotations

from itertools import islice

from analyzer.actions import fold
from analyzer.commands.selection import NEWEST, chosen_session
from analyzer.effects import judge_all
from analyzer.model import Analysis
from recorder.model import SessionRow, Witness
from recorder.reader import Recording

__all__ = ["glimpse", "whole_id"]

LONG = 4_000
"""Records from which on a session is worth a glimpse; a shorter one is read as soon."""
FIRST = 300
"""Records that a glimpse reads."""
SELECT_IDS = "SELECT id FROM sessions WHERE id = ? OR substr(id, 1, length(?)) = ?"
SELECT_SESSION = """
SELECT id, agent, agent_version, model, cwd, host, user, witness, run, first_seq,
       (SELECT max(seq) FROM records r WHERE r.session_id = s.id),
       (SELECT count(*) FROM records r WHERE r.session_id = s.id)
FROM sessions s WHERE id = ?
"""


def whole_id(recording: Recording, wanted: str) -> str:
    """Return the id of the session that an id, its beginning, or `last` stands for.

    Raises:
        SessionNotFoundError: there is none, or several fit.
    """
    if wanted == NEWEST:
        found = recording.rows("SELECT id FROM sessions LIMIT 2")
    else:
        found = recording.rows(SELECT_IDS, (wanted, wanted, wanted))
    ids = [str(name) for (name,) in found]
    if len(ids) == 1 or wanted in ids:
        return wanted if wanted in ids else ids[0]
    return chosen_session(recording, wanted).id


def glimpse(recording: Recording, session_id: str) -> Analysis | None:
    """Return the beginning of a session as if it were all; None where all is read as soon.

    Raises:
        SessionNotFoundError: there is no such session.
    """
    row = _row(recording, whole_id(recording, session_id))
    if row.records < LONG:
        return None
    first = islice(recording.records(session=row.id, page=FIRST), FIRST)
    told = fold(row, first, recording.blob).actions()
    actions = judge_all(told, recording.blob, workspace=row.cwd)
    return Analysis(
        session=row,
        actions=tuple(actions),
        credentials=(),
        findings=(),
        reconstructed="",
        verifier_key=recording.meta.verifier_key,
    )


def _row(recording: Recording, session_id: str) -> SessionRow:
    """Return a session without looking at any record between its first and its last."""
    (told,) = recording.rows(SELECT_SESSION, (session_id,))
    first_seq, last_seq, records = (int(str(value)) for value in told[9:])
    first, last = recording.record(first_seq), recording.record(last_seq)
    names = [str(value) for value in told[:7]]
    return SessionRow(
        id=names[0], agent=names[1], agent_version=names[2], model=names[3], cwd=names[4],
        host=names[5], user=names[6], witness=Witness(str(told[7])), run=str(told[8]),
        first_seq=first_seq, last_seq=last_seq, records=records,
        start_ns=0 if first is None else first.time_ns,
        last_ns=0 if last is None else last.time_ns,
        ended=False,
        timed=first is not None and first.t_ns is not None,
    )  # fmt: skip
