"""Every key of every screen does something that can be seen: no key is dead, no dead end silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot

from recorder.model import Status
from tests.tui.driving import driven, text, until
from tests.tui.factories import renamed
from tests.tui.growing import Growing, following
from tests.tui.held import HeldSource
from tests.tui.test_beside import tamer
from tests.tui.wiped import wipe
from tui.actions import Place, acts_of
from tui.app import FlightApp
from tui.screens.beside import Beside
from tui.screens.findings import Findings
from tui.screens.help import Help
from tui.screens.live import Live
from tui.screens.replay import Replay
from tui.widgets.lines import LineList
from tui.widgets.prompt import Prompt
from tui.widgets.rows import RowView

SIZES = [(120, 36), (80, 24)]
SEEN = 30.0
"""Seconds in which something must be seen; nobody waits for them but where nothing is."""
LEAVING = {"back"}
"""Acts that end the screen; tried last, on the screen as it is."""


async def open_place(app: FlightApp, pilot: Pilot[None], place: Place) -> None:
    """Open a screen from the list of sessions."""
    if place is Place.SESSIONS:
        return
    if place is Place.BESIDE:
        app.go_beside(wipe().session.id, "b22")
        await until(pilot, lambda: isinstance(app.screen, Beside) and app.screen.scenes)
        return
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, Replay) and app.screen.scene)
    if place is Place.FINDINGS:
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, Findings))
    elif place is Place.HELP:
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help))


def followed(path: Path) -> Growing:
    """Return a recording with failures and findings before and after its middle."""
    growing = Growing(path)
    growing.calls(20, at=1.0)
    for at in (10.0, 40.0):
        growing.call(at, status=Status.ERROR)
        growing.call(at + 1, command="rm -rf /home/dev/shop/backups")
        growing.calls(20, at=at + 2)
    return growing


def seen(app: FlightApp) -> tuple[Any, ...]:
    """Return all that a person could notice."""
    screen: Any = app.screen
    return text(app), screen.focused, screen, app.theme, len(app.screen_stack)


async def at_rest(app: FlightApp, pilot: Pilot[None], place: Place, base: Any) -> Any:
    """Put a screen into the middle of what it shows, as if nothing had been pressed; return it."""
    is_there = base in app.screen_stack
    while len(app.screen_stack) > 1 and not (is_there and app.screen is base):
        if isinstance(app.screen, CommandPalette):
            await pilot.pause(0.3)
            await pilot.press("escape")
        else:
            app.pop_screen()
        await pilot.pause()
    if not is_there:
        await open_place(app, pilot, place)
        base = app.screen
        await pilot.pause(0.2)
    prompt = base.query_one(Prompt)
    if prompt.is_open:
        prompt.close(cancelled=True)
    base.hush()
    for view in base.query(RowView):
        view.shift = 0
    if isinstance(base, Replay) and base.playhead is not None:
        base.remove_class("-big", "-big-body", "-big-state", "-lanes-on", "-lanes-off")
        base.query_one("#actions").focus()
        base.go(base.playhead.to_row(4).faster(-1))
    elif isinstance(base, Live):
        base.remove_class("-details")
        base.listed.focus()
        base.go_row(30)
    elif isinstance(base, Beside):
        base.pairs.focus()
        base.pairs.move_to(5)
    elif isinstance(base, Findings):
        base.query_one("#findings").focus()
        base.show_findings(0)
    elif isinstance(base, Help):
        base.query_one("#help", LineList).scroll_to(y=20, animate=False, immediate=True)
    else:
        base.query_one("#sessions").focus()
        base.action_edge(-1)
        base.action_move(1)
    await pilot.pause()
    return base


async def noticed(app: FlightApp, pilot: Pilot[None], before: tuple[Any, ...]) -> bool:
    try:
        async with asyncio.timeout(SEEN):
            while seen(app) == before:
                await pilot.pause(0.02)
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("place", Place)
async def test_every_key_is_noticed(place: Place, size: tuple[int, int], tmp_path: Path) -> None:
    async with opened(place, size, tmp_path) as (app, pilot):
        assert await dead_keys(app, pilot, place) == []


@asynccontextmanager
async def opened(
    place: Place, size: tuple[int, int], folder: Path
) -> AsyncIterator[tuple[FlightApp, Pilot[None]]]:
    """Open the app, the live view on a recording that somebody writes and all else on held ones."""
    if place is Place.LIVE:
        with closing(followed(folder / "flight.db")) as growing:
            async with following(growing, size=size) as (app, pilot, _screen):
                yield app, pilot
        return
    held = (wipe(), tamer(), renamed(wipe(), "c33"))
    source = HeldSource(*held, path=str(folder / "flight.db"))
    async with driven(*held, size=size, source=source) as (app, pilot):
        await until(pilot, lambda: "first" in text(app) or "renew.env" in text(app))
        await open_place(app, pilot, place)
        yield app, pilot


async def dead_keys(app: FlightApp, pilot: Pilot[None], place: Place) -> list[str]:
    """Return the keys of a screen of which nothing is noticed."""
    dead, base = [], app.screen
    for act in acts_of(place):
        for key in act.keys.split() if act.id not in LEAVING else ():
            base = await at_rest(app, pilot, place, base)
            before = seen(app)
            await pilot.press(key)
            if not await noticed(app, pilot, before):
                dead.append(f"{key} ({act.id})")
    await at_rest(app, pilot, place, base)
    before = seen(app)
    await pilot.press("q")
    if app.is_running and not await noticed(app, pilot, before) and app.is_running:
        dead.append("q")
    return dead
