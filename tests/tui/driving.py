"""Drive the app without a terminal and read its screen as text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from analyzer.filters import Filter
from analyzer.model import Analysis
from tests.tui.held import HeldSource
from tui.app import FlightApp
from tui.glyphs import UNICODE, Glyphs
from tui.screens.replay import Replay
from tui.settings import Settings

DEADLINE = 60.0


async def until(pilot: Pilot[None], holds: Callable[[], object]) -> None:
    """Wait for a condition, or fail and show what was on the screen instead."""
    try:
        async with asyncio.timeout(DEADLINE):
            while not holds():
                await pilot.pause(0.01)
    except TimeoutError:
        pytest.fail(f"not in time; on the screen:\n{text(pilot.app)}")
    await pilot.pause()


@asynccontextmanager
async def driven(
    *held: Analysis,
    session: str | None = None,
    size: tuple[int, int] = (120, 36),
    glyphs: Glyphs = UNICODE,
    at: str | None = None,
    source: HeldSource | None = None,
    chosen: Filter | None = None,
    given: Settings | None = None,
) -> AsyncIterator[tuple[FlightApp, Pilot[None]]]:
    source = source or HeldSource(*held)
    app = FlightApp(
        Path(source.path),
        session,
        at=at,
        chosen=chosen or Filter(),
        settings=given or Settings(),
        glyphs=glyphs,
        source=source,
    )
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: is_ready(app))
        yield app, pilot


def is_ready(app: FlightApp) -> bool:
    screen: Any = app.screen
    return screen.scene is not None if isinstance(screen, Replay) else bool(screen.rows)


@asynccontextmanager
async def replaying(
    held: Analysis, **more: Any
) -> AsyncIterator[tuple[FlightApp, Pilot[None], Replay]]:
    async with driven(held, session=held.session.id, **more) as (app, pilot):
        assert isinstance(app.screen, Replay)
        yield app, pilot, app.screen


def rows(app: App[Any]) -> list[str]:
    """Return what is on the screen, row by row."""
    strips = app.screen._compositor.render_strips(app.size)
    return ["".join(segment.text for segment in strip) for strip in strips]


def text(app: App[Any]) -> str:
    return "\n".join(rows(app))
