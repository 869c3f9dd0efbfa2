"""Recordings that several tests look at, made once."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from tests.analyzer.factories import Flight, wipe

BESIDE = Path(__file__).parents[3] / "shared" / "corpora"
CORPUS = Path(os.environ.get("FLIGHTLOG_CORPORA", BESIDE)) / "transcripts.tar.xz"


@pytest.fixture(scope="session")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of real agents' hooks, OTLP and transcripts; skips where the corpora are absent."""
    if not CORPUS.exists():
        pytest.skip(f"the corpora are not here ({CORPUS.parent.name} beside the project)")
    folder = tmp_path_factory.mktemp("captured")
    with tarfile.open(CORPUS) as archive:
        members = [m for m in archive if m.name.startswith("transcripts/captured/")]
        archive.extractall(folder, members=members, filter="data")
    return folder / "transcripts" / "captured"


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of two sessions, the newer one the wipe."""
    folder = tmp_path_factory.mktemp("flown")
    quiet = Flight(session="quiet-one", trace="0e" * 16, run="run-0", pid=1)
    quiet.tool(0.0, "Bash", {"command": "ls"}, {"exit_code": 0})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLIGHTLOG_KEYS", str(folder / "keys"))
        return quiet.write(folder / "flight.db", wipe())
