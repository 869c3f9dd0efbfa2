"""Where a hook's payload goes while no recorder answers: sealed, into the recording's spool.

The next recorder takes it in. Outside a launch one is started for that, and stays for a while: a
user who never runs a recorder has a recording all the same, and the hooks that follow are fast.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from recorder.capture.hook.payload import HookPayload, decode_payload
from recorder.capture.hook.records import HookReader
from recorder.core_dumps import no_core_dump
from recorder.environment import FLIGHTLOG_LINGER, FLIGHTLOG_RUN
from recorder.errors import RecordingError
from recorder.keys import fingerprint_key
from recorder.location import spool_folder
from recorder.model import Kind, Phase, Record
from recorder.sealing.aside import NOTHING, Known, sealer_aside
from recorder.sealing.forms import Form
from recorder.sealing.sealer import Sealer
from recorder.spool import Spool, complete

__all__ = ["put_aside", "take_in_later"]

SELECT_FORMS = (
    "SELECT mark, at, length, encoding, fingerprint, class, hint "
    "FROM (SELECT * FROM forms ORDER BY rowid DESC LIMIT ?) "
    "LEFT JOIN credentials USING (fingerprint)"
)
MOST_FORMS = 10_000
"""Forms of secrets, some seven for each, that are read: a hook has no time for more."""
TURN_ENDS = frozenset({"Stop", "AfterAgent", "agentStop", "stop", "session.idle"})


def put_aside(frame: bytes, recording: bytes, noticed: int | None = None) -> None:
    """Seal the records of a frame into the spool; they survive a loss of power when this returns.

    Args:
        frame: the frame.
        recording: the recording.
        noticed: the locked file of the spool in which a notice of the frame stands.

    Raises:
        OSError: the spool cannot be written.
        ValueError: it is no frame.
    """
    no_core_dump()
    path = Path(os.fsdecode(recording))
    payload = decode_payload(frame)
    records = HookReader(pairs=False).read(payload)
    sealer = _sealer(path, {record.session for record in records})
    sealed = [sealer.seal(record) for record in records]
    secrets = sealer.recall.take_new()
    if noticed is None:
        Spool(spool_folder(path)).append(*sealed, secrets=secrets, sync=True)
    else:
        complete(noticed, sealed, secrets)
    if _lingers() or any(_ends_a_turn(record, payload) for record in records):
        take_in_later(path)


def _lingers() -> bool:
    """Tell whether a recorder is worth starting at once; a launch sees to one of its own."""
    return not os.environ.get(FLIGHTLOG_RUN) and os.environ.get(FLIGHTLOG_LINGER) != "0"


def _sealer(recording: Path, sessions: Collection[str]) -> Sealer:
    """Return a sealer that knows what the recording knows, or one with a key of this process alone
    where there is none: then secrets are sealed all the same, but cannot be followed.
    """
    try:
        log_id, kept, known = _known(recording, sessions)
        return sealer_aside(fingerprint_key(log_id, kept)[0], log_id, known)
    except (OSError, ValueError, LookupError, RecordingError):
        return sealer_aside(os.urandom(32), "")


def _known(recording: Path, sessions: Collection[str]) -> tuple[str, str, Known]:
    """Return the id of the recording's log, beginning the recording where there is none, where its
    keys are, and what it knows.

    Raises:
        OSError: it cannot be read.
        RecordingError: it cannot be begun.
        LookupError: the file is no recording.
    """
    # The bare module: `sqlite3` itself would load datetime and collections for nothing.
    import _sqlite3  # noqa: PLC0415

    if not recording.exists():
        from recorder.store import Store  # noqa: PLC0415

        Store.open(recording).close()
    if not recording.is_file():
        raise LookupError  # a pipe would be waited for without end
    try:
        db = _sqlite3.connect(f"{recording.absolute().as_uri()}?mode=ro", uri=True)
        try:
            row = db.execute("SELECT log_id FROM meta").fetchone()
            kept = _keys_kept(db)
            known = _secrets(db, sessions)
        finally:
            db.close()
    except _sqlite3.Error as error:
        raise LookupError from error
    if row is None:
        raise LookupError
    return str(row[0]), kept, known


def _keys_kept(db: Any) -> str:
    """Return where the recording's keys are, as it tells; a former release's does not."""
    import _sqlite3  # noqa: PLC0415

    try:
        row = db.execute("SELECT folder FROM keys_kept").fetchone()
    except _sqlite3.Error:
        return ""
    return str(row[0]) if row else ""


def _secrets(db: Any, sessions: Collection[str]) -> Known:
    """Return what a recording knows of secrets, the newest where they are very many; a former
    release's recording knows none by their forms.
    """
    import _sqlite3  # noqa: PLC0415

    try:
        rows = db.execute(SELECT_FORMS, (MOST_FORMS,)).fetchall()
    except _sqlite3.Error:
        return NOTHING
    if not rows:
        return NOTHING
    is_there = "SELECT id FROM sessions WHERE id = ?"
    filed = [row[0] for session in sessions for row in db.execute(is_there, (session,))]
    return Known(
        tuple(Form(*row[:5]) for row in rows),
        tuple((row[4], (row[5], row[6])) for row in rows if row[5] is not None),
        tuple(filed),
    )


def _ends_a_turn(record: Record, payload: HookPayload) -> bool:
    if record.kind is not Kind.LIFECYCLE:
        return False
    ends_session = record.name == "session" and record.phase is Phase.END
    return ends_session or record.name in TURN_ENDS or payload.event in TURN_ENDS


def take_in_later(recording: Path) -> None:
    """Start a recorder that takes the spool in and ends, and do not wait for it."""
    root = str(Path(__file__).resolve().parents[3])
    program = "from recorder.capture.hook.settle import main; main()"
    command = [sys.executable, "-P", "-c", program, str(recording)]
    quiet = [(os.POSIX_SPAWN_OPEN, n, os.devnull, os.O_RDWR, 0) for n in range(3)]
    os.posix_spawn(
        sys.executable,
        command,
        {**os.environ, "PYTHONPATH": root},
        file_actions=quiet,
        setsid=True,
    )
