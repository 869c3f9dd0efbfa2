"""What every test stands on: folders of its own, and never the user's recordings or keys."""

from __future__ import annotations

import importlib.metadata
import platform
import sqlite3
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point every place that flightlog would use at a folder of this test."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("FLIGHTLOG_KEYS", str(home / "keys"))
    for name in ("FLIGHTLOG_RECORDING", "FLIGHTLOG_RUN", "FLIGHTLOG_DURABILITY"):
        monkeypatch.delenv(name, raising=False)
    return home


def pytest_report_header() -> str:
    """Name the versions that a failure may hang on."""
    textual = importlib.metadata.version("textual")
    mitmproxy = importlib.metadata.version("mitmproxy")
    return (
        f"python {platform.python_version()}, sqlite {sqlite3.sqlite_version}, "
        f"textual {textual}, mitmproxy {mitmproxy}"
    )
