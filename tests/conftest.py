"""What every test stands on: folders of its own, and never the user's recordings or keys."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No test depends on how busy the machine is.
settings.register_profile("any", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any")

LONGEST = {"test_nothing_plain.py", "test_keyed_digests.py", "test_runs.py", "test_every_key.py"}
"""Files with tests of ten seconds and more, most of them in one go."""

# Hundreds of processes are started here: where none may keep what it compiled, each compiles all of
# flightlog again, which takes a third of its start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Started in the background, or by nohup, the suite is told to ignore these; its children are not.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest: begun last, one worker would be at it with the others idle."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session", autouse=True)
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Compile once for all workers of a run what is compiled once for a machine."""
    base = tmp_path_factory.getbasetemp()
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(run / "cache"))
        yield


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point every place that flightlog would use at a folder of this test."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("FLIGHTLOG_KEYS", str(home / "keys"))
    # A process that outlives its test is only for tests that ask for one.
    monkeypatch.setenv("FLIGHTLOG_LINGER", "0")
    for name in ("FLIGHTLOG_RECORDING", "FLIGHTLOG_RUN", "FLIGHTLOG_DURABILITY"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """A tmux server of this test alone, as a function that runs one of its commands."""
    if shutil.which("tmux") is None:
        pytest.skip("needs tmux")
    socket = str(tmp_path / "tmux.sock")

    def run(*arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", socket, "-f", "/dev/null", *arguments],
            # readline puts these two into the environment, behind Python's back, and the workers of
            # xdist find them there: with them a terminal has one size for ever.
            env={k: v for k, v in os.environ.items() if k not in {"LINES", "COLUMNS"}},
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        return done.stdout

    yield run
    run("kill-server")


def pytest_report_header() -> str:
    """Name the versions that a failure may hang on."""
    textual = importlib.metadata.version("textual")
    mitmproxy = importlib.metadata.version("mitmproxy")
    return (
        f"python {platform.python_version()}, sqlite {sqlite3.sqlite_version}, "
        f"textual {textual}, mitmproxy {mitmproxy}"
    )
