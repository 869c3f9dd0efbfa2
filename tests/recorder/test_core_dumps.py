"""Whoever holds what is not sealed yet leaves no image of it when it crashes; agents do as ever."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

FLIGHTLOG = str(Path(sys.executable).with_name("flightlog"))
SLEEP = "import time; time.sleep(60)"
COMMANDS = {
    "recorder": [sys.executable, "-m", "recorder.daemon", "--recording", "flight.db"],
    "receiver": [FLIGHTLOG, "serve", "-r", "./flight.db", "--http-port", "0", "--grpc-port", "0"],
    "receiver of a run": [
        sys.executable,
        "-m",
        "recorder.capture.otlp",
        "--recording",
        "flight.db",
    ],
    "proxy": [sys.executable, "-m", "recorder.capture.proxy", "--recording", "flight.db"],
    "guard": [sys.executable, "-m", "analyzer.guard.serving", "--recording", "flight.db"],
    "import": [FLIGHTLOG, "import", "-r", "./flight.db", "-"],
    "scan": [FLIGHTLOG, "credentials", "scan"],
    "mcp": [FLIGHTLOG, "mcp", "-r", "./flight.db", "--", sys.executable, "-c", SLEEP],
    "run": [FLIGHTLOG, "run", "-r", "./flight.db", "--", sys.executable, "-c", SLEEP],
}
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of others are Linux's")


@contextlib.contextmanager
def running(name: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    before, most = resource.getrlimit(resource.RLIMIT_CORE)
    root = str(Path(__file__).parents[2])
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    try:
        process = subprocess.Popen(
            COMMANDS[name], cwd=folder, stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, "PYTHONPATH": root, "FLIGHTLOG_LINGER": "0"},
        )  # fmt: skip
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (before, most))
    with process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def dumps(process: psutil.Process) -> bool:
    return process.rlimit(psutil.RLIMIT_CORE)[0] not in {0, 1}


def until_quiet(process: psutil.Process) -> None:
    limit = time.monotonic() + 60
    while dumps(process):
        assert time.monotonic() < limit, "it asks for no image"
        time.sleep(0.02)


@pytest.mark.parametrize("name", COMMANDS)
def test_who_holds_what_is_not_sealed_leaves_no_image_of_it(name: str, tmp_path: Path) -> None:
    if not resource.getrlimit(resource.RLIMIT_CORE)[1]:
        pytest.skip("no process here may leave one")
    with running(name, tmp_path) as process:
        until_quiet(psutil.Process(process.pid))
        if name in {"mcp", "run"}:
            children = psutil.Process(process.pid).children()
            (server,) = (child for child in children if SLEEP in child.cmdline())
            assert dumps(server), "what it runs is as it would be without it"
        os.kill(process.pid, signal.SIGSEGV)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = status
        assert os.WTERMSIG(status) == signal.SIGSEGV
        assert not os.WCOREDUMP(status)
