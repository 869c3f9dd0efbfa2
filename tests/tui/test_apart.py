"""A long session is read by a child process and paged: the same as one that is held in memory."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from analyzer.analysis import analyze
from analyzer.columns import Few, RowOf, few, numbers
from analyzer.model import Action, Lane
from analyzer.paging import KEPT, PAGE, PagedActions, PagedAnalysis, page_file
from analyzer.state import StateIndex
from analyzer.timeline import parse_moment
from recorder.errors import FlightlogError
from recorder.reader import Recording
from tests.analyzer.factories import Flight
from tests.tui.driving import rows, text, until
from tests.tui.factories import analysis, long
from tests.tui.wiped import wipe
from tui import source as source_module
from tui.apart import load_apart
from tui.app import FlightApp
from tui.scene import Scene
from tui.source import RecordingSource

ROWS = (0, 1, PAGE - 1, PAGE, 599, -1, -600)


def unheard(_done: int, _total: int) -> None:
    """Nobody listens."""


def paged_of(actions: Sequence[Action]) -> PagedActions:
    with page_file() as file:
        return PagedActions(actions, file)


def test_paged_actions_are_the_actions() -> None:
    held = long(600).actions
    paged = paged_of(held)
    assert len(paged) == 600
    assert list(paged) == list(held)
    assert [paged[row] for row in ROWS] == [held[row] for row in ROWS]
    for part in (slice(250, 260), slice(-3, None), slice(None, 2), slice(9, 3)):
        assert paged[part] == tuple(held[part])
    for beyond in (600, -601):
        with pytest.raises(IndexError):
            paged[beyond]
    assert list(paged_of(())) == []


def test_only_what_is_looked_at_is_in_memory_whoever_looks() -> None:
    held = long(PAGE * (KEPT + 20)).actions
    paged = paged_of(held)
    wrong: list[int] = []

    def look(step: int) -> None:
        wrong.extend(row for row in range(0, len(held), step) if paged[row].id != held[row].id)

    threads = [threading.Thread(target=look, args=(step,)) for step in (97, 101, 255, 256)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(paged._pages) <= KEPT


def test_columns_hold_any_number() -> None:
    assert list(numbers([3, -2, 10**30])) == [3, -2, 10**30]
    assert list(numbers(range(5, 50, 3))) == [5, 8, *range(11, 50, 3)]
    assert [list(numbers(given)) for given in ([], [7], [7, 7], [1, 2, 4])] == [
        [], [7], [7, 7], [1, 2, 4],
    ]  # fmt: skip
    found = RowOf([30, -9, 4, 10**25])
    assert {number: found[number] for number in found} == {-9: 1, 4: 2, 30: 0, 10**25: 3}
    assert found.get(5) is None
    assert len(found) == 4


def test_a_column_of_few_values_is_one_of_them() -> None:
    given = [Lane.TOOL, Lane.API, Lane.TOOL, Lane.USER]
    held = few(given)
    assert isinstance(held, Few)
    assert list(held) == given
    assert (held[0], held[-1], list(held[1:3])) == (Lane.TOOL, Lane.USER, given[1:3])
    assert held == few(given) != few(given[1:])
    many = range(700)
    assert few(many) == tuple(many)


def flight(folder: Path) -> Path:
    made = Flight(session="session-that-is-long", ends=None)
    made.prompt(0.5, "go on")
    for n in range(400):
        made.tool(1.0 + n / 10, "Read", {"file_path": f"src/{n % 40}.py"}, result="ok")
    made.tool(50.0, "Bash", {"command": "rm -rf /home/dev/other"}, result="ok")
    return made.write(folder / "flight.db")


def test_a_child_hands_over_what_would_have_been_read_here(tmp_path: Path) -> None:
    path = flight(tmp_path)
    told: list[tuple[int, int]] = []
    apart = load_apart(path, "session-that-is-long", lambda *said: told.append(said))
    with Recording.open(path) as recording:
        whole = analyze(recording, "session-that-is-long")
    here = Scene.of(whole, StateIndex(whole))
    assert isinstance(apart.analysis, PagedAnalysis)
    assert tuple(apart.analysis.actions) == tuple(whole.actions)
    assert apart.analysis.findings == whole.findings != ()
    assert apart.analysis.end_ns == whole.end_ns
    assert (apart.timeline, apart.marks, apart.nests) == (here.timeline, here.marks, here.nests)
    assert dict(apart.row_of) == dict(here.row_of)
    for t_ns in range(whole.start_ns, whole.end_ns, 700_000_000):
        assert apart.states.at(t_ns) == here.states.at(t_ns)
    assert told[-1][0] == told[-1][1] > 0
    number = whole.actions[7].id
    assert apart.start_of(number) == parse_moment(f"#{number}", whole)


def test_who_does_not_wait_ends_the_child_and_its_complaint_is_handed_on(tmp_path: Path) -> None:
    path = flight(tmp_path)

    class EnoughError(Exception):
        pass

    def enough(_done: int, _total: int) -> None:
        raise EnoughError

    with pytest.raises(EnoughError):
        load_apart(path, "session-that-is-long", enough)
    assert not [child for child in psutil.Process().children() if "tui.apart" in child.cmdline()]
    with pytest.raises(FlightlogError, match="no session 'nobody'"):
        load_apart(path, "nobody", unheard)


async def test_a_long_session_is_replayed_from_its_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_module, "LONG", 100)
    path = flight(tmp_path)
    app = FlightApp(path, "session-that-is-long", source=RecordingSource(path))
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "chain ok" in rows(app)[0])
        await pilot.press("e")
        await until(pilot, lambda: "rm -rf /home/dev/other" in text(app))
        await pilot.press("at", *"#31", "enter")
        await until(pilot, lambda: "#31" in text(app))
        await pilot.press("ampersand", *"tool:Bash", "enter")
        await until(pilot, lambda: "hides 402 of 403" in text(app))


def test_an_empty_session_can_be_paged() -> None:
    with page_file() as file:
        paged = PagedAnalysis.of(analysis([]), file)
        assert Scene.of(paged, StateIndex(paged)).action(0) is None
        assert PagedAnalysis.of(wipe(), file).start_ns == wipe().start_ns
