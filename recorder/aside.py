"""A sealer beside the recorder's, that knows what the recording knows and reads on.

For who writes sealed records next to a recording that others write to: the secrets of one witness
must not stand plain in what another one writes.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import cast

from recorder.errors import SettingsError
from recorder.keys import fingerprint_key
from recorder.location import credentials_file
from recorder.model import Record
from recorder.reader import Recording
from recorder.sealing.declarations import changed_ns, load_settings
from recorder.sealing.forms import Form
from recorder.sealing.recall import NewSecret, Recall
from recorder.sealing.sealed import SealedRecord
from recorder.sealing.sealer import Sealer

__all__ = ["SealerAside"]

LOOK_SECONDS = 0.05
SELECT_CLASSES = "SELECT fingerprint, class, hint FROM credentials"
SELECT_SESSIONS = "SELECT id FROM sessions"
SELECT_FORMS = (
    "SELECT mark, at, length, encoding, fingerprint, rowid FROM forms "
    "WHERE rowid > ? ORDER BY rowid"
)

type _FormRow = tuple[bytes, int, int, str, str, int]


class SealerAside:
    """Seals with a recording's key. For one thread."""

    def __init__(self, recording: Path) -> None:
        """Begin with what the recording knows.

        Raises:
            RecordingError: there is no recording yet, or none that can be read.
            OSError: its key cannot be read.
            ValueError: its key is none.
        """
        self._reader = Recording.open(recording)
        try:
            key = fingerprint_key(self._reader.meta.log_id, self._reader.meta.keys)[0]
            rows = self._reader.rows(SELECT_CLASSES)
            classes = {str(row[0]): (str(row[1]), str(row[2])) for row in rows}
            self._recall = Recall(key, tells=True)
            self.sealer = Sealer(key, classes, self._recall)
            """Knows what was known when it was last looked; stays of use after `close`."""
            self.sealer.file_under(str(row[0]) for row in self._reader.rows(SELECT_SESSIONS))
            self._known: set[str] = set()
            self._settings = credentials_file()
            self._settings_ns = 0
            self._newest = 0
            self._look_at = 0.0
            self._look()
        except BaseException:
            self._reader.close()
            raise

    def seal(self, record: Record) -> tuple[SealedRecord, list[NewSecret]]:
        """Return the record with every secret replaced, and what became known with it."""
        if time.monotonic() >= self._look_at:
            self._look()
        sealed, new = self.sealer.seal(record), self._recall.take_new()
        self._known.update(secret.fingerprint for secret in new)
        return sealed, new

    def close(self) -> None:
        """Let go of the recording."""
        self._reader.close()

    def _look(self) -> None:
        """Learn what became known elsewhere since this was last looked at."""
        self._look_at = time.monotonic() + LOOK_SECONDS
        self._read_settings()
        forms: dict[str, list[Form]] = {}
        for row in self._reader.rows(SELECT_FORMS, (self._newest,)):
            mark, at, length, encoding, fingerprint, self._newest = cast("_FormRow", row)
            form = Form(mark, at, length, encoding, fingerprint)
            forms.setdefault(fingerprint, []).append(form)
        for fingerprint in forms.keys() - self._known:
            self._recall.remember(NewSecret("", fingerprint, tuple(forms[fingerprint])))
        self._known.update(forms)

    def _read_settings(self) -> None:
        """Go by what the user declared and allowed by now; settings that cannot be read change
        nothing, and the recorder says so.
        """
        now_ns = changed_ns(self._settings)
        if now_ns == self._settings_ns:
            return
        self._settings_ns = now_ns
        try:
            self._recall.use(load_settings(self._reader.meta.log_id))
        except (SettingsError, OSError, ValueError):
            return
