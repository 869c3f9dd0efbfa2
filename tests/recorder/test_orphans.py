"""Whoever launches a process of ours may die at any moment: nothing is left running, nor lying."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

MODULES = ["recorder.daemon", "recorder.capture.proxy", "recorder.capture.otlp"]


def launched(module: str, folder: Path, ready: int) -> subprocess.Popen[bytes]:
    left = folder / "left"
    left.mkdir()
    return subprocess.Popen(
        [sys.executable, "-m", module, "--recording", str(folder / "flight.db")],
        stdin=subprocess.PIPE, stdout=ready, stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(left)},
    )  # fmt: skip


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("moment", ["before it is ready", "when it is ready"])
def test_a_launcher_that_dies_leaves_nothing(module: str, moment: str, tmp_path: Path) -> None:
    heard, ready = os.pipe()
    process = launched(module, tmp_path, ready)
    os.close(ready)
    try:
        if moment == "when it is ready":
            assert os.read(heard, 1), "its ready line"
        os.close(heard)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode != -signal.SIGKILL
    assert list((tmp_path / "left").iterdir()) == []
    assert not list(tmp_path.glob("*.sock"))
