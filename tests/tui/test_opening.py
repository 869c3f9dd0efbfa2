"""Opening a long session: its beginning is there at once, the rest comes while one reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from analyzer.analysis import Progress, analyze
from analyzer.glimpse import FIRST, LONG, glimpse, whole_id
from analyzer.model import Analysis
from recorder.errors import SessionNotFoundError
from recorder.reader import Recording
from tests.analyzer.factories import Flight
from tests.tui.driving import rows, text, until
from tests.tui.factories import action, analysis, scene
from tests.tui.held import HeldSource
from tests.tui.wiped import wipe
from tui.app import FlightApp
from tui.scene import Scene
from tui.screens.replay import Replay, reading_words


class Slow(HeldSource):
    """Reads the beginning at once, and the rest when it is let."""

    def __init__(self, held: Analysis, first: int) -> None:
        super().__init__(held)
        self.beginning = replace(held, actions=held.actions[:first], findings=(), credentials=())
        self.may_go_on = Event()
        self.was_stopped = Event()

    def glimpse(self, session_id: str) -> Scene | None:
        del session_id
        return scene(self.beginning)

    def load(self, session_id: str, progress: Progress | None = None) -> Scene:
        assert progress is not None
        while not self.may_go_on.wait(0.01):
            try:
                progress(21, 60)
            except Exception:
                self.was_stopped.set()
                raise
        return super().load(session_id)


async def test_the_beginning_is_shown_while_the_rest_is_read_and_one_stays_where_one_is() -> None:
    held = wipe()
    source = Slow(held, 5)
    app = FlightApp(source.path, held.session.id, source=source)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "reading 35 % of 60 records" in rows(app)[0])
        await pilot.press("right", "right", "right")
        await until(pilot, lambda: "4/5" in text(app))
        here = rows(app)[2].split("5")[0]
        screen = app.screen
        assert isinstance(screen, Replay)
        source.may_go_on.set()
        await until(pilot, lambda: "chain ok" in rows(app)[0])
        assert "findings C1 M1" in rows(app)[0]
        assert "4/10" in text(app)
        assert rows(app)[2].startswith(here[:20])
        await pilot.press("e")
        await until(pilot, lambda: "R03" in text(app))


def test_how_far_it_is_read_is_told_as_far_as_it_is_known() -> None:
    assert reading_words(0, 0) == "reading ..."
    assert reading_words(499, 1_000) == "reading 49 % of 1,000 records"
    assert reading_words(1_000, 1_000) == "judging ..."


async def test_what_was_asked_for_is_gone_to_once_it_was_read() -> None:
    held = wipe()
    source = Slow(held, 3)
    app = FlightApp(source.path, held.session.id, source=source, at="R07")
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "1/3" in text(app))
        source.may_go_on.set()
        await until(pilot, lambda: "9/10" in text(app))


async def test_leaving_ends_the_reading() -> None:
    held = wipe()
    source = Slow(held, 3)
    app = FlightApp(source.path, held.session.id, source=source)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "reading 35 %" in rows(app)[0])
        await pilot.press("q")
    assert source.was_stopped.wait(10)


async def test_one_that_plays_goes_on_playing_when_the_rest_is_there() -> None:
    held = analysis(
        [action(n, wipe().actions[1].kind, "m", f"a{n}", n * 1_000) for n in range(1, 99)]
    )
    source = Slow(held, 40)
    app = FlightApp(source.path, held.session.id, source=source)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "1/40" in text(app))
        await pilot.press("space")
        source.may_go_on.set()
        await until(pilot, lambda: "/98" in text(app))
        screen = app.screen
        assert isinstance(screen, Replay)
        assert screen.playhead is not None
        assert screen.playhead.playing
        assert screen.playhead.timeline.length_ns > 90 * 10**9


def flight(calls: int) -> Flight:
    made = Flight(session="session-that-is-long", ends=None)
    for n in range(calls):
        made.tool(1.0 + n / 100, "Read", {"file_path": f"src/{n % 40}.py"}, result="ok")
    return made


def test_a_glimpse_is_the_beginning_of_what_is_read_later(tmp_path: Path) -> None:
    path = flight(LONG // 2).write(tmp_path / "flight.db", Flight(session="other"))
    with Recording.open(path) as recording:
        found = glimpse(recording, "session-that")
        assert found is not None
        whole = analyze(recording, "session-that")
        assert found.session == replace(whole.session, ended=False)
        seen = [(a.id, a.title, a.start_ns) for a in found.actions]
        assert seen == [(a.id, a.title, a.start_ns) for a in whole.actions][: len(seen)]
        assert len(seen) > FIRST // 3
        assert found.end_ns == whole.end_ns
        assert glimpse(recording, "other") is None


def test_a_session_is_named_by_its_beginning_or_as_last(tmp_path: Path) -> None:
    path = flight(3).write(tmp_path / "flight.db", Flight(session="session-b"))
    with Recording.open(path) as recording:
        assert whole_id(recording, "session-t") == "session-that-is-long"
        assert whole_id(recording, "session-b") == "session-b"
        assert whole_id(recording, "last") in {"session-that-is-long", "session-b"}
        for wanted in ("session-", "nobody", "", "%"):
            with pytest.raises(SessionNotFoundError):
                whole_id(recording, wanted)
    with Recording.open(flight(2).write(tmp_path / "one.db")) as recording:
        assert whole_id(recording, "last") == "session-that-is-long"
