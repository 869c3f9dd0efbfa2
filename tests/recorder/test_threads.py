"""Threads inside `with recorder.session()`: they know nothing of it, and belong to it."""

from __future__ import annotations

from pathlib import Path

from recorder.model import Kind
from tests.recorder.agents import records_of, run

SET_UP = """
import threading
import recorder
recorder.start(agent="tester")

@recorder.tool
def work(number): return number

def in_threads(*numbers):
    threads = [threading.Thread(target=work, args=(n,)) for n in numbers]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""


def test_what_threads_do_while_one_session_is_open_belongs_to_it(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    run(SET_UP + "with recorder.session('s1'): in_threads(1, 2, 3)\nrecorder.stop()\n", path)
    found = records_of(path, Kind.TOOL_CALL)
    assert len(found) == 6
    assert {r.session for r in found} == {"s1"}


def test_where_several_are_open_or_none_nobody_guesses(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    program = """
with recorder.session('s1'):
    with recorder.session('s2'): in_threads(1)
in_threads(2)
recorder.stop()
"""
    run(SET_UP + program, path)
    found = records_of(path, Kind.TOOL_CALL)
    assert len(found) == 4
    assert not {r.session for r in found} & {"s1", "s2"}
