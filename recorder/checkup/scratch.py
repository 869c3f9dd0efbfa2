"""A recording for a rehearsal: with keys of its own, in a folder that goes away with it."""

from __future__ import annotations

import os
import secrets
import string
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recorder.environment import (
    FLIGHTLOG_KEYS,
    FLIGHTLOG_LINGER,
    FLIGHTLOG_RECORDING,
    FLIGHTLOG_RUN,
)
from recorder.errors import RecordingNotFoundError
from recorder.model import StoredRecord
from recorder.reader import Recording

__all__ = ["Scratch", "scratch", "token"]

LIMIT_SECONDS = 60
_LETTERS = string.ascii_letters + string.digits


def token() -> str:
    """Return something in the form of a credential that opens nothing."""
    return "ghp_" + "".join(secrets.choice(_LETTERS) for _ in range(36))


@dataclass(frozen=True, slots=True)
class Scratch:
    """The folder of a rehearsal."""

    folder: Path
    recording: Path

    def run(
        self,
        command: Sequence[str],
        said: bytes = b"",
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command with something on its standard input.

        Raises:
            OSError: there is no such command.
            subprocess.TimeoutExpired: it does not end.
        """
        return subprocess.run(
            command,
            input=said,
            capture_output=True,
            env=dict(environment or os.environ),
            cwd=self.folder,
            timeout=LIMIT_SECONDS,
            check=False,
        )

    def records(self) -> list[StoredRecord]:
        """Return what was recorded; nothing where there is no recording."""
        try:
            with Recording.open(self.recording) as reader:
                return list(reader.records())
        except RecordingNotFoundError:
            return []

    def bytes_at_rest(self) -> bytes:
        """Return everything that lies in the recording's folder: recording, log, spool."""
        files = [path for path in self.recording.parent.rglob("*") if path.is_file()]
        return b"".join(path.read_bytes() for path in files)


@contextmanager
def scratch() -> Iterator[Scratch]:
    """Make a scratch recording the one of this process and its children, for a while."""
    with tempfile.TemporaryDirectory(prefix="flightlog-scratch-") as name:
        folder = Path(name).resolve()
        recording = folder / "recording" / "flight.db"
        recording.parent.mkdir(mode=0o700)
        own = {
            FLIGHTLOG_KEYS: str(folder / "keys"),
            FLIGHTLOG_RECORDING: str(recording),
            FLIGHTLOG_RUN: "",
            FLIGHTLOG_LINGER: "0",
        }
        before = {name: os.environ.get(name) for name in own}
        os.environ.update(own)
        try:
            yield Scratch(folder, recording)
        finally:
            for variable, value in before.items():
                if value is None:
                    del os.environ[variable]
                else:
                    os.environ[variable] = value
