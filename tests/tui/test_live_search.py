"""Filter, search and moments in the live view, on a recording that grows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from textual.pilot import Pilot

from analyzer.filters import Scope, parse_filter
from recorder.model import Status
from tests.tui.driving import rows, text, until
from tests.tui.growing import Growing, following, has_read
from tui.app import FlightApp
from tui.commands.tail import command as tail
from tui.screens.live import Live

SIZES = [(120, 36), (80, 24)]
WIPE = "rm -rf /home/dev/shop/backups"


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Growing]:
    made = Growing(tmp_path / "flight.db")
    made.calls(60, at=1.0)
    yield made
    made.store.close()


async def answer(pilot: Pilot[None], key: str, typed: str) -> None:
    await pilot.press(key)
    await pilot.press(*("space" if char == " " else char for char in typed), "enter")


def at_cursor(app: FlightApp) -> str:
    return next(row for row in rows(app)[1:] if row.startswith(app.glyphs.cursor))


@pytest.mark.parametrize("size", SIZES)
async def test_a_filter_shows_what_fits_and_goes_on_to_as_more_comes(
    growing: Growing, size: tuple[int, int]
) -> None:
    growing.call(10.0, status=Status.ERROR)
    async with following(growing, size=size) as (app, pilot, screen):
        await answer(pilot, "ampersand", "failed or sev>=high")
        await until(pilot, lambda: "hides 61 of 62" in text(app))
        assert "echo 61" in at_cursor(app)
        assert "echo 60" not in text(app)
        growing.call(20.0, command=WIPE)
        growing.calls(3, at=21.0)
        await until(pilot, lambda: "hides 64 of 66" in text(app))
        assert WIPE[:20] in at_cursor(app)
        await pilot.press("up")
        assert "echo 61" in at_cursor(app)
        await pilot.press("e")
        assert WIPE[:20] in at_cursor(app)
        await pilot.press("e")
        assert screen.hints.message == "no later finding that the filter shows"
        await pilot.press("ampersand", *["backspace"] * 30, "enter")
        await until(pilot, lambda: not screen.has_class("-filtered"))
        assert WIPE[:20] in at_cursor(app)


@pytest.mark.parametrize(
    ("typed", "chosen", "hidden"),
    [("", "marked", 60), ("look again", "note", 60), ("#leak", "tag:leak", 60)],
)
async def test_what_is_written_down_is_shown_and_filtered_by(
    growing: Growing, typed: str, chosen: str, hidden: int
) -> None:
    async with following(growing) as (app, pilot, screen):
        await pilot.press("up", "up")
        current = screen.current()
        assert current is not None
        if typed:
            await answer(pilot, "c", typed)
        else:
            await pilot.press("m")
        await until(pilot, lambda: screen.entries)
        assert (app.glyphs.bookmark in text(app)) is False
        await pilot.press("enter")
        await until(pilot, lambda: "case file" in text(app))
        assert typed.removeprefix("#") in text(app)
        await pilot.press("escape")
        await answer(pilot, "ampersand", chosen)
        await until(pilot, lambda: f"hides {hidden} of 61" in text(app))
        assert screen.current() == current
        if not typed:
            await pilot.press("m")
            await until(pilot, lambda: "hides 61 of 61" in text(app))


async def test_bookmarks_are_drawn_and_gone_to_while_it_grows(growing: Growing) -> None:
    async with following(growing) as (app, pilot, screen):
        await pilot.press("up", "m", "up", "up", "m")
        await until(pilot, lambda: len(screen.entries) == 2)
        growing.call(30.0)
        await until(pilot, lambda: has_read(screen, growing))
        await pilot.press("up", "u")
        lower = at_cursor(app)
        await pilot.press("u")
        higher = at_cursor(app)
        assert "echo 57" in lower
        assert "echo 59" in higher
        marked = [row for row in rows(app) if row.startswith(app.glyphs.bookmark)]
        assert [row for row in marked if "echo 57" in row] == marked
        assert len(marked) == 1
        await pilot.press("u")
        assert screen.hints.message == "no later bookmark"
        await pilot.press("U")
        assert at_cursor(app) == lower


async def test_the_screen_opens_with_the_filter_that_was_asked_for(growing: Growing) -> None:
    growing.call(10.0, status=Status.ERROR)
    chosen = parse_filter("failed or sev>=low", Scope.LIVE)
    async with following(growing, chosen=chosen) as (app, pilot, _screen):
        await until(pilot, lambda: "hides 61 of 62" in text(app))
        assert "echo 61" in at_cursor(app)


def test_a_filter_that_the_screen_cannot_use_is_refused_before_it_opens(growing: Growing) -> None:
    asked = ["--tui", "-r", str(growing.path), "--filter", "gap>3s"]
    done = CliRunner().invoke(tail, asked)
    assert done.exit_code != 0
    assert "not known while it happens" in str(done.exception)


async def test_a_filter_asks_only_for_what_is_known_while_it_happens(growing: Growing) -> None:
    async with following(growing) as (app, pilot, _screen):
        await pilot.press("ampersand", *"gap>3s")
        await until(pilot, lambda: "not known while it happens" in text(app))
        await pilot.press(*["backspace"] * 6, *"destroys")
        await until(pilot, lambda: "0 of 61 fit: destroys" in text(app))
        growing.call(20.0, command=WIPE)
        await pilot.press("enter")
        await until(pilot, lambda: "hides 61 of 62" in text(app))
        assert "D1" in text(app) or WIPE[:20] in at_cursor(app)
        await pilot.press("asterisk")
        await until(pilot, lambda: "lane:tool tool:Bash" in text(app))


async def test_a_search_goes_to_the_newest_hit_and_round(growing: Growing) -> None:
    async with following(growing) as (app, pilot, screen):
        await answer(pilot, "slash", "echo 5")
        await until(pilot, lambda: screen.hints.message.startswith("hit 11/11"))
        assert "echo 59" in at_cursor(app)
        assert not screen.is_following
        await pilot.press("n")
        assert screen.hints.message == "hit 1/11 of 'echo 5', search wrapped"
        await pilot.press("N")
        assert screen.hints.message == "hit 11/11 of 'echo 5', search wrapped"
        growing.call(30.0, command="echo 5 again")
        await until(pilot, lambda: has_read(screen, growing))
        await pilot.press("n")
        assert "echo 5 again" in at_cursor(app)
        assert screen.hints.message == "hit 12/12 of 'echo 5'"
        await answer(pilot, "slash", "nowhere")
        await until(pilot, lambda: "contains 'nowhere'" in screen.hints.message)


async def test_a_long_answer_is_searched_to_its_end(growing: Growing) -> None:
    growing.calls(1, at=20.0, result="x" * 200_000 + " the needle")
    growing.calls(1, at=21.0)
    async with following(growing) as (app, pilot, screen):
        await answer(pilot, "slash", "the needle")
        await until(pilot, lambda: screen.hints.message.startswith("hit 1/1"))
        assert "echo 61" in at_cursor(app)


@pytest.mark.parametrize(
    ("moment", "wanted"),
    [
        ("3.15", "echo 22"),
        ("#31", "#31"),
        ("0%", "session"),
        ("99%", "echo 60"),
        ("-1s", "echo 50"),
    ],
)
async def test_a_moment_is_gone_to(growing: Growing, moment: str, wanted: str) -> None:
    async with following(growing) as (app, pilot, screen):
        await answer(pilot, "at", moment)
        await until(pilot, lambda: not screen.is_following)
        current = screen.current()
        assert current is not None
        assert wanted in at_cursor(app) or wanted == f"#{current.id}"


async def test_what_is_no_moment_is_said_to_be_none(growing: Growing) -> None:
    async with following(growing) as (app, pilot, screen):
        await answer(pilot, "at", "soon")
        await until(pilot, lambda: "@soon: it is no moment" in text(app))
        await pilot.press("escape")
        await answer(pilot, "ampersand", "#1..#9")
        await until(pilot, lambda: screen.has_class("-filtered"))
        await answer(pilot, "at", "#31")
        assert screen.hints.message == "#31 is hidden by the filter"


async def test_a_session_that_is_moved_on_to_is_filtered_likewise(growing: Growing) -> None:
    async with following(growing) as (app, pilot, screen):
        assert isinstance(screen, Live)
        await answer(pilot, "ampersand", "failed")
        await until(pilot, lambda: "hides 61 of 61" in text(app))
        assert "nothing fits the filter so far" in screen.hints.message
        growing.call(30.0, status=Status.ERROR)
        await until(pilot, lambda: "hides 61 of 62" in text(app))
        assert "echo 61" in at_cursor(app)
