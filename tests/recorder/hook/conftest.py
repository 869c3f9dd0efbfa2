"""Hooks as agents run them: the real client process, its payload on stdin."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from recorder.capture.hook.settings.table import Wiring
from recorder.daemon import Daemon
from recorder.model import StoredRecord, Witness
from recorder.reader import Recording
from tests.recorder.hook.settings_files import Done, Run
from tui.cli import main

CORPUS = Path(__file__).parents[4] / "shared" / "corpora" / "transcripts.tar.xz"


@dataclass(frozen=True, slots=True)
class Hooks:
    """Runs hooks into one recording."""

    recording: Path

    def run(
        self, agent: str, payload: object, event: str = "", **environment: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the command that `install` writes, with a payload on its standard input."""
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return subprocess.run(
            Wiring(self.recording).words(agent, event),
            input=raw,
            capture_output=True,
            check=False,
            env={**os.environ, **environment},
            timeout=60,
        )

    def records(self) -> list[StoredRecord]:
        """Return what hooks have told the recording, with large values whole."""
        return [r for r in self.everything() if r.witness is Witness.HOOK]

    def everything(self) -> list[StoredRecord]:
        """Return all records."""
        with Recording.open(self.recording) as recording:
            return list(recording.records())

    def spooled(self) -> list[dict[str, Any]]:
        """Return the fields of what waits in the spool, once nobody writes to it any more."""
        found = []
        for path in self.spool_files():
            with open(path) as file:
                fcntl.flock(file, fcntl.LOCK_SH)
                lines = [json.loads(line) for line in file]
            found += [line["fields"] for line in lines if not line.get("notice")] or [
                line["fields"] for line in lines
            ]
        return sorted(found, key=lambda fields: int(fields["observed"]))

    def spool_files(self) -> list[Path]:
        """Return the files of the spool."""
        return list(self.recording.with_name(self.recording.name + ".spool").glob("*.jsonl"))

    def bytes_at_rest(self) -> bytes:
        """Return everything that lies beside the recording, and the recording itself."""
        return b"".join(
            path.read_bytes() for path in self.recording.parent.rglob("*") if path.is_file()
        )


@pytest.fixture
def hooks(tmp_path: Path) -> Hooks:
    """Hooks with no recorder running."""
    folder = tmp_path / "r"
    folder.mkdir()
    return Hooks(folder / "flight.db")


@pytest.fixture
def daemon(hooks: Hooks) -> Iterator[Daemon]:
    """A recorder for `hooks`."""
    with Daemon.launch(hooks.recording) as running:
        yield running


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of real hook payloads; skips where the corpora are absent."""
    if not CORPUS.exists():
        pytest.skip(f"the corpora are not here ({CORPUS.parent.name} beside the project)")
    folder = tmp_path_factory.mktemp("corpus")
    with tarfile.open(CORPUS) as archive:
        members = [m for m in archive if "hooks" in m.name]
        archive.extractall(folder, members=members, filter="data")
    return folder / "transcripts"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME"):
        monkeypatch.delenv(name, raising=False)

    def command(*words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["flightlog", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return Done(int(left.value.code or 0), said.out, said.err)

    return command
