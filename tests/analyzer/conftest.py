"""What real agents emitted, unpacked once."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

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
