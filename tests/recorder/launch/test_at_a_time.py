"""Several runs on one recording at a time: one recorder for all, for as long as anyone needs it."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import psutil

from recorder.location import spool_folder
from recorder.model import Phase
from recorder.verify import verify
from tests.recorder.launch.conftest import Ground, until


def recorders(ground: Ground) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            command = process.cmdline()
            if "recorder.daemon" in command and str(ground.recording) in command:
                found.append(process)
    return found


def run_ends(ground: Ground) -> list[object]:
    ends = [r for r in ground.records(name="run") if r.phase is Phase.END]
    return [record.attributes["process.exit.code"] for record in ends]


def is_left_in_order(ground: Ground) -> bool:
    """No recorder stays, nothing waits, and all verifies."""
    until(lambda: not recorders(ground), "the recorder's end")
    return not any(spool_folder(ground.recording).glob("*.jsonl")) and verify(ground.recording).ok


def test_runs_that_begin_together_are_all_recorded(ground: Ground) -> None:
    runs = [ground.begin("sh", "-c", f"exit {n}", options=["--no-otlp"]) for n in (3, 4, 5)]
    for run, code in zip(runs, (3, 4, 5), strict=True):
        _out, err = run.communicate(timeout=90)
        assert run.returncode == code, err
    # A run does not wait for a slow disk: what it handed over is committed by the recorder later.
    until(lambda: sorted(map(str, run_ends(ground))) == ["3", "4", "5"], "the ends of all runs")
    assert is_left_in_order(ground)


def test_the_recorder_of_a_run_that_ends_first_stays_for_the_other(
    ground: Ground, tmp_path: Path
) -> None:
    first_up, second_up, go = tmp_path / "first", tmp_path / "second", tmp_path / "go"
    first = ground.begin("sh", "-c", f"touch {first_up}; {waiting_for(second_up)}")
    until(first_up.exists, "the first run")
    url = ground.upstream.url
    program = f"curl -sS {url('/b1')}; touch {second_up}; {waiting_for(go)}; curl -sS {url('/b2')}"
    second = ground.begin("sh", "-c", program)
    _out, err = first.communicate(timeout=60)
    assert first.returncode == 0
    assert len(err.splitlines()) == 1, err
    assert len(recorders(ground)) == 1
    time.sleep(1.5)  # longer than a recorder stays that nobody is connected to
    go.touch()
    _out, err = second.communicate(timeout=60)
    assert "recorded 2 requests" in err
    assert run_ends(ground) == [0, 0]
    assert is_left_in_order(ground)


def test_the_recorder_that_a_run_joined_is_replaced_when_it_is_killed(
    ground: Ground, tmp_path: Path
) -> None:
    first_up, second_up, go = tmp_path / "first", tmp_path / "second", tmp_path / "go"
    plain = ["--no-proxy", "--no-otlp"]
    first = ground.begin("sh", "-c", f"touch {first_up}; {waiting_for(second_up)}", options=plain)
    until(first_up.exists, "the first run")
    program = f"touch {second_up}; {waiting_for(go)}; exit 7"
    second = ground.begin("sh", "-c", program, options=plain)
    first.communicate(timeout=60)
    (old,) = recorders(ground)
    old.kill()
    until(lambda: [p for p in recorders(ground) if p.pid != old.pid], "another recorder")
    go.touch()
    second.communicate(timeout=60)
    assert run_ends(ground) == [0, 7]
    assert is_left_in_order(ground)


def waiting_for(mark: Path) -> str:
    return f"while [ ! -e {mark} ]; do sleep 0.05; done"
