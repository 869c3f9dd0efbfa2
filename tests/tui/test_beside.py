"""Two sessions side by side: by command, from the list, by key and mouse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from textual.pilot import Pilot

from analyzer.model import Analysis
from recorder.model import Kind
from tests.recorder.factories import record, write
from tests.tui.attacked import hostile
from tests.tui.driving import driven, rows, text, until
from tests.tui.factories import action, renamed
from tests.tui.wiped import wipe
from tui.app import FlightApp
from tui.commands.replay import command
from tui.glyphs import ASCII, UNICODE, Glyphs
from tui.screens.beside import Beside
from tui.screens.replay import Replay
from tui.screens.sessions import Sessions
from tui.widgets.lines import LineList

SIZES = [(120, 36), (80, 24)]


def tamer() -> Analysis:
    """Return a session that begins like the wipe and leaves the token alone."""
    held = renamed(wipe(), "b22")
    kept = [a for a in held.actions if a.id not in {31, 39, 41}]
    asked = action(31, Kind.TOOL_CALL, "AskUser", "AskUser may I look for another token?", 3_400)
    return replace(
        held,
        actions=tuple(sorted([*kept, asked], key=lambda a: (a.start_ns, a.id))),
        findings=(),
        credentials=held.credentials[:1],
    )


@asynccontextmanager
async def beside(
    *held: Analysis, size: tuple[int, int] = (120, 36), glyphs: Glyphs = UNICODE
) -> AsyncIterator[tuple[FlightApp, Pilot[None], Beside]]:
    sessions = held or (wipe(), tamer())
    async with driven(*sessions, size=size, glyphs=glyphs) as (app, pilot):
        app.go_beside(sessions[0].session.id, sessions[1].session.id)
        await until(pilot, lambda: isinstance(app.screen, Beside) and app.screen.scenes)
        assert isinstance(app.screen, Beside)
        yield app, pilot, app.screen


@pytest.mark.parametrize("size", SIZES)
async def test_it_opens_where_they_part_with_both_accounts(size: tuple[int, int]) -> None:
    async with beside(size=size) as (app, pilot, screen):
        await until(pilot, lambda: "first divergence in row 6: different" in text(app))
        await until(pilot, lambda: "─ first divergence ─" in text(app))
        (row,) = [row for row in rows(app) if row.startswith("›")]
        assert "Read scripts" in row
        assert "  |  " in row
        assert "AskUser may I" in row
        assert screen.query_one("#left", LineList).text().startswith("#31 Read")
        assert screen.query_one("#right", LineList).text().startswith("#31 AskUser")
        assert "= alike" in rows(app)[0]
        assert "< A only > B only" in rows(app)[0]
        assert "inferred" in text(app)


async def test_keys_go_from_difference_to_difference_and_to_the_parting() -> None:
    async with beside() as (app, pilot, screen):
        await until(pilot, lambda: screen.pairs.cursor == 5)
        await pilot.press("n")
        assert screen.pairs.cursor == 7
        await pilot.press("N")
        assert screen.pairs.cursor == 5
        await pilot.press("N")
        await until(pilot, lambda: "no earlier difference" in rows(app)[-1])
        await pilot.press("G")
        assert screen.pairs.cursor == len(screen.alignment.pairs) - 1
        await pilot.press("down")
        await until(pilot, lambda: "no more rows" in rows(app)[-1])
        await pilot.press("n")
        await until(pilot, lambda: "no later difference" in rows(app)[-1])
        await pilot.press("d")
        assert screen.pairs.cursor == 5
        await pilot.press("g", "e")
        assert screen.pairs.cursor == 5
        await pilot.press("E")
        await until(pilot, lambda: "no earlier finding" in rows(app)[-1])
        await pilot.press("g", "x")
        assert screen.pairs.cursor == 3
        await pilot.press("X")
        await until(pilot, lambda: "no earlier failure" in rows(app)[-1])
        await pilot.press("k", "j", "pagedown", "pageup")
        assert screen.pairs.cursor == 0


async def test_enter_replays_the_side_that_has_the_keys_at_its_action() -> None:
    async with beside() as (app, pilot, screen):
        await until(pilot, lambda: screen.pairs.cursor == 5)
        await pilot.press("tab", "tab")
        assert screen.side == 1
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Replay) and app.screen.scene)
        replay = app.screen
        assert isinstance(replay, Replay)
        assert replay.session_id == "b22"
        await until(pilot, lambda: replay.current_action() == 31)
        await pilot.press("q")
        await until(pilot, lambda: app.screen is screen)
        assert screen.pairs.cursor == 5


async def test_a_side_with_nothing_in_the_row_says_so() -> None:
    async with beside() as (app, pilot, screen):
        await until(pilot, lambda: screen.pairs.cursor == 5)
        await pilot.press("n", "tab", "tab", "enter")
        await until(pilot, lambda: "session B has nothing in this row" in rows(app)[-1])


async def test_a_click_selects_and_a_double_click_replays() -> None:
    async with beside() as (app, pilot, screen):
        await until(pilot, lambda: screen.pairs.cursor == 5)
        row = next(i for i, shown in enumerate(rows(app)) if "Grep RAILWAY" in shown)
        await pilot.click(offset=(20, row))
        assert screen.pairs.cursor == 4
        await pilot.double_click(offset=(20, row))
        await until(pilot, lambda: isinstance(app.screen, Replay))


async def test_sessions_that_do_the_same_say_so() -> None:
    async with beside(wipe(), renamed(wipe(), "b22")) as (app, pilot, screen):
        await until(pilot, lambda: "no divergence: both do the same" in text(app))
        await pilot.press("d")
        await until(pilot, lambda: "both do the same, in the same order" in rows(app)[-1])
        assert screen.pairs.cursor == 0


async def test_the_list_marks_one_session_and_opens_both() -> None:
    async with driven(wipe(), tamer()) as (app, pilot):
        await pilot.press("b")
        await until(pilot, lambda: "a17f00d0 is marked" in rows(app)[-1])
        await pilot.press("b")
        await until(pilot, lambda: "no longer marked" in rows(app)[-1])
        await pilot.press("b", "down", "b")
        await until(pilot, lambda: isinstance(app.screen, Beside) and app.screen.scenes)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, Sessions))


async def test_it_draws_ascii_alone_and_lets_no_attack_through() -> None:
    async with beside(hostile(), tamer(), glyphs=ASCII) as (app, pilot, screen):
        await until(pilot, lambda: screen.alignment.pairs)
        await pilot.pause()
        odd = {char for char in text(app) if not char.isascii()}
        assert odd <= set("▁▂▃▄▅▆▇█▉▊▋▌▍▎▏▔╺╸")


async def test_a_session_that_is_gone_is_said() -> None:
    async with driven(wipe()) as (app, pilot):
        app.go_beside("a17f00d0deadbeef", "missing")
        await until(pilot, lambda: "Beside: no session missing" in text(app))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    tools = [("one", "Bash"), ("one", "Read"), ("two", "Bash"), ("two", "Write")]
    return write(tmp_path / "flight.db", [record(session=s, name=t) for s, t in tools])


def test_without_a_terminal_both_are_printed(recording: Path) -> None:
    done = CliRunner().invoke(
        command, ["one", "--beside", "two", "--recording", str(recording)], catch_exceptions=False
    )
    assert done.exit_code == 0
    assert "first divergence in row " in done.output
    assert " first divergence ─" in done.output


def test_a_session_is_not_compared_with_itself(recording: Path) -> None:
    done = CliRunner().invoke(command, ["one", "--beside", "one", "--recording", str(recording)])
    assert done.exit_code == 2
    assert "is the same session; name another one" in done.output
