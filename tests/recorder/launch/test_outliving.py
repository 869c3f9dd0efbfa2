"""Processes that outlive the command: they keep their network, and are recorded to their end."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil

from recorder.location import spool_folder
from recorder.model import Kind, Phase
from recorder.verify import verify
from tests.recorder.launch.conftest import Ground, until


def of_the_run(ground: Ground) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if str(ground.recording) in process.cmdline():
                found.append(process)
    return found


def test_a_process_that_outlives_the_command_has_its_requests_recorded(
    ground: Ground, tmp_path: Path
) -> None:
    go, late = tmp_path / "go", tmp_path / "late"
    url = ground.upstream.url("/late")
    program = f"while [ ! -e {go} ]; do sleep 0.05; done; curl -sS {url} > {late}.part; exit 9"
    program = f"(sh -c '{program}'; mv {late}.part {late}; sleep 0.1) > /dev/null 2>&1 & exit 4"
    done = ground.run("sh", "-c", program)
    assert done.returncode == 4
    assert " will still do (it is recorded until they end); " in done.stderr
    assert of_the_run(ground) != []
    go.touch()
    until(late.exists, "the late request")
    assert late.read_text() == '{"path": "/late", "name": "Zoë"}'
    until(lambda: not of_the_run(ground), "the end of all that recorded the run")
    assert len(ground.requests("/late")) == 1
    ends = [r for r in ground.records(Kind.PROCESS) if r.phase is Phase.END]
    assert 9 in {record.attributes.get("process.exit.code") for record in ends}
    assert not any(spool_folder(ground.recording).glob("*.jsonl"))
    assert verify(ground.recording).ok


def test_nothing_stays_where_nothing_needs_it_and_the_last_line_says_what_goes_on(
    ground: Ground, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    program = f"sh -c 'while [ ! -e {go} ]; do sleep 0.05; done' > /dev/null 2>&1 & exit 0"
    done = ground.run("sh", "-c", program, options=["--no-proxy", "--no-otlp"])
    assert "what 1 process that goes on will still do; " in done.stderr or (
        "what 2 processes that go on will still do; " in done.stderr
    )
    until(lambda: not of_the_run(ground), "the recorder's end")
    go.touch()


def test_a_second_run_joins_what_stays_for_the_first(ground: Ground, tmp_path: Path) -> None:
    go = tmp_path / "go"
    program = f"sh -c 'while [ ! -e {go} ]; do sleep 0.05; done' > /dev/null 2>&1 & exit 0"
    ground.run("sh", "-c", program, options=["--no-otlp"])
    done = ground.run("sh", "-c", "exit 3", options=["--no-proxy", "--no-otlp"])
    go.touch()
    assert done.returncode == 3, done.stderr
    until(lambda: not of_the_run(ground), "the recorder's end")
    codes = [
        r.attributes["process.exit.code"]
        for r in ground.records(name="run")
        if r.phase is Phase.END
    ]
    assert codes == [0, 3]
