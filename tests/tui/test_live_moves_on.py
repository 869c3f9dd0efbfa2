"""The live view where no session was named: it waits for one, and goes on with the next one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.driving import rows, text, until
from tests.tui.growing import SESSION, Growing, following
from tui.app import FollowingApp
from tui.screens.live import Live

NEXT = "d14f00d0-next"


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Growing]:
    made = Growing(tmp_path / "flight.db", begins=False)
    yield made
    made.store.close()


@asynccontextmanager
async def unnamed(growing: Growing) -> AsyncIterator[tuple[FollowingApp, Pilot[None]]]:
    app = FollowingApp(growing.path)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, Live) and rows(app)[0].strip())
        yield app, pilot


async def test_it_waits_for_the_first_session(growing: Growing) -> None:
    async with unnamed(growing) as (app, pilot):
        assert "waiting for a session" in text(app)
        growing.begin(SESSION)
        growing.calls(3, at=1.0)
        await until(pilot, lambda: "echo 3" in text(app) and "FOLLOWING" in text(app))


async def test_it_goes_on_with_the_session_that_begins_after_the_end(growing: Growing) -> None:
    growing.begin(SESSION)
    growing.calls(3, at=1.0)
    growing.end_session(9.0)
    async with unnamed(growing) as (app, pilot):
        await until(pilot, lambda: "SESSION ENDED" in text(app))
        growing.begin(NEXT, at=50.0)
        growing.calls(1, at=51.0)
        await until(pilot, lambda: f"LIVE › {NEXT[:8]}" in text(app) and "echo 4" in text(app))
        assert f"session {SESSION[:8]} has ended" in text(app)
        assert "echo 3" not in text(app)
        growing.end_session(52.0)
        await until(pilot, lambda: "SESSION ENDED" in text(app))


async def test_nothing_is_taken_from_under_a_reader(growing: Growing) -> None:
    growing.begin(SESSION)
    growing.calls(3, at=1.0)
    async with unnamed(growing) as (app, pilot):
        await until(pilot, lambda: "echo 3" in text(app))
        await pilot.press("up")
        await until(pilot, lambda: "FOLLOWING" not in text(app))
        growing.end_session(9.0)
        growing.begin(NEXT, at=50.0)
        await until(pilot, lambda: f"session {NEXT[:8]} began, S lists" in text(app))
        assert "echo 3" in text(app)
        await pilot.press("G")
        await until(pilot, lambda: f"LIVE › {NEXT[:8]}" in text(app))


async def test_a_session_that_was_named_stays(growing: Growing) -> None:
    growing.begin(SESSION)
    growing.calls(3, at=1.0)
    async with following(growing) as (app, pilot, _screen):
        growing.begin(NEXT, at=20.0)
        await until(pilot, lambda: f"session {NEXT[:8]} began, S lists" in text(app))
        assert "FOLLOWING" in text(app)


async def test_the_clock_of_a_session_stops_at_its_end(growing: Growing) -> None:
    growing.begin(SESSION)
    growing.calls(3, at=1.0)
    growing.end_session(9.0)
    growing.begin(NEXT, at=50.0)
    growing.calls(5, at=51.0)
    async with following(growing) as (app, pilot, _screen):
        await until(pilot, lambda: "SESSION ENDED" in text(app))
        assert "  00:09  " in rows(app)[0]


async def test_what_was_made_up_is_said_above_the_list(growing: Growing) -> None:
    growing.begin(SESSION, flightlog_reconstructed="the story")
    growing.calls(3, at=1.0)
    async with following(growing) as (app, pilot, _screen):
        await until(pilot, lambda: "≈ RE-ENACTMENT, reconstructed: the story" in text(app))
