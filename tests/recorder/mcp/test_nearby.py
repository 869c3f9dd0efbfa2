"""A recorder for those who started none."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from recorder.capture.mcp import nearby
from recorder.capture.mcp.nearby import NearbyRecorder
from recorder.daemon import Daemon
from recorder.errors import RecordingError


def test_where_nothing_can_be_recorded_a_start_is_tried_ever_more_seldom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[float] = []

    def launch(_recording: Path) -> Daemon:
        tried.append(time.monotonic())
        raise RecordingError("it is read-only")

    monkeypatch.setattr(nearby, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(Daemon, "launch", launch)
    complaints: list[str] = []
    recorder = NearbyRecorder(tmp_path / "flight.db", threading.Event().set, complaints.append)
    limit = time.monotonic() + 60
    while len(tried) < 8 and time.monotonic() < limit:
        time.sleep(0.01)
    recorder.stop()
    pauses = [later - earlier for earlier, later in pairwise(tried)]
    # A busy machine only makes them longer; the eighth try comes after two, four ... and 128 looks.
    assert sum(pauses) >= 0.001 * sum(2**n for n in range(1, 8))
    assert complaints == ["it is read-only"]
