"""Real transcripts of real agents; skipped where the corpora are absent."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

CORPORA = Path(__file__).parents[4] / "shared" / "corpora"


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the transcripts, unpacked."""
    return _unpacked("transcripts.tar.xz", tmp_path_factory) / "transcripts"


@pytest.fixture(scope="session")
def incidents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the synthetic incidents, unpacked."""
    return _unpacked("incidents.tar.xz", tmp_path_factory)


def _unpacked(name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (CORPORA / name).exists():
        pytest.skip(f"the corpora are not here ({CORPORA.name} beside the project)")
    folder = tmp_path_factory.mktemp("corpus")
    with tarfile.open(CORPORA / name) as archive:
        archive.extractall(folder, filter="data")
    return folder
