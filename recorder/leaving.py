"""What a recorder could not commit before its process has to end goes to the spool, shortened.

Something that takes long to look through must not take what stands behind it along. The next
recorder takes the spool in, and leaves out what was committed all the same.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from recorder.aside import SealerAside
from recorder.errors import RecordingError
from recorder.location import spool_folder
from recorder.model import Record
from recorder.sealing.aside import sealer_aside
from recorder.sealing.bounds import bounded
from recorder.sealing.sealer import Sealer
from recorder.spool import Spool
from recorder.store import Store

__all__ = ["leave_behind"]

logger = logging.getLogger(__name__)

BRIEF = 4096
"""Characters of each value that are kept: these are sealed in no time."""


def leave_behind(store: Store, records: Sequence[Record]) -> None:
    """Seal records into the spool of a store's recording, with the beginnings of long values.

    Never raises: the process is about to end. The thread that uses the store may go on with it.
    """
    try:
        spool = Spool(spool_folder(store.path))
        sealer = _sealer(store)
        sealed = [sealer.seal(bounded(r, store.fingerprint_key, BRIEF)) for r in records]
        spool.append(*sealed, secrets=sealer.recall.take_new(), sync=True)
    except Exception as error:
        # The error's type only: its text could quote what was being written.
        logger.warning("%d records are lost (%s)", len(records), type(error).__name__)


def _sealer(store: Store) -> Sealer:
    """Return a sealer that knows what the recording knows, read anew: the thread that knows more is
    the one that is not waited for.
    """
    try:
        aside = SealerAside(store.path)
    except (RecordingError, OSError, ValueError):
        return sealer_aside(store.fingerprint_key, store.log_id)
    aside.close()
    return aside.sealer
