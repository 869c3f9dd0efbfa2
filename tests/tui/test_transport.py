"""The transport of the replay: where each key goes, how it plays, what a click seeks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from analyzer.timeline import format_offset
from tests.tui.driving import replaying, rows, text
from tests.tui.factories import idle, scene
from tests.tui.wiped import wipe
from tui.app import FlightApp
from tui.glyphs import UNICODE
from tui.playhead import Playhead
from tui.safe_content import as_text
from tui.screens.replay import Replay
from tui.screens.room import Room
from tui.transport import transport_line
from tui.widgets.heat import Heat

SIZES = [(120, 36), (80, 24)]
SECOND = 10**9


def head(screen: Replay) -> Any:
    assert screen.playhead is not None
    return screen.playhead


def is_open(app: FlightApp, place: type[Room]) -> bool:
    return isinstance(app.screen, place)


def at(screen: Replay) -> str:
    return format_offset(head(screen).offset_ns)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["right"], "00:00.0"),
        (["right"] * 2, "00:00.5"),
        (["right"] * 3 + ["left"], "00:00.5"),
        (["down"] * 4 + ["up"], "00:00.7"),
        (["j"] * 4 + ["k"], "00:00.7"),
        (["l"] * 3, "00:03.0"),
        (["l"] * 3 + ["h"], "00:02.0"),
        (["5"], "00:04.5"),
        (["9"], "00:08.1"),
        (["9", "0"], "00:00.0"),
        (["G"], "00:09.0"),
        (["G", "g"], "00:00.0"),
        (["end", "home"], "00:00.0"),
        (["shift+right"], "00:09.0"),
        (["G", "shift+left"], "00:00.0"),
        (["e"], "00:03.4"),
        (["e", "e"], "00:04.9"),
        (["e", "e", "E"], "00:03.4"),
        (["2", "full_stop"], "00:03.4"),
        (["2", "comma"], "00:00.5"),
        (["pagedown"], "00:08.7"),
        (["G", "pageup"], "00:00.0"),
    ],
)
async def test_each_key_goes_where_it_says(keys: list[str], expected: str) -> None:
    async with replaying(wipe()) as (_app, pilot, screen):
        await pilot.press(*keys)
        assert at(screen) == expected


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["left"], "this is the first action"),
        (["G", "right"], "this is the last action"),
        (["E"], "no earlier finding"),
        (["G", "e"], "no later finding"),
        (["left_parenthesis"], "this is the start"),
        (["G", "right_parenthesis"], "this is the end"),
        (["comma"], "no earlier action in this lane"),
        (["G", "down"], "no more actions"),
    ],
)
async def test_every_dead_end_speaks_until_the_next_key(keys: list[str], message: str) -> None:
    async with replaying(wipe()) as (app, pilot, screen):
        await pilot.press(*keys)
        await pilot.pause()
        assert message in rows(app)[-1]
        await pilot.press("i")
        await pilot.pause()
        assert screen.hints.message == ""
        assert "q Back" in rows(app)[-1]


async def test_a_step_back_shows_the_same_screen_again() -> None:
    async with replaying(wipe()) as (app, pilot, _screen):
        await pilot.press("right", "right", "right")
        await pilot.pause()
        before = text(app)
        await pilot.press("right")
        await pilot.pause()
        assert text(app) != before
        await pilot.press("left")
        await pilot.pause()
        assert text(app) == before


async def test_it_plays_in_real_time_and_stops_at_each_finding() -> None:
    async with replaying(wipe()) as (app, pilot, screen):
        clock = [0]
        screen.now_ns = lambda: clock[0]
        await pilot.press("space")
        assert screen.is_ticking
        clock[0] += SECOND
        screen.tick()
        await pilot.pause()
        assert at(screen) == "00:01.0"
        assert "PLAY  00:01.0" in text(app)
        assert "space Pause" in text(app)
        clock[0] += 5 * SECOND
        screen.tick()
        await pilot.pause()
        assert at(screen) == "00:03.4"
        assert not head(screen).playing
        assert not screen.is_ticking
        assert "stopped at R03" in rows(app)[-1]


async def test_speed_and_switches_change_how_it_plays_not_where_it_stands() -> None:
    async with replaying(wipe()) as (app, pilot, screen):
        await pilot.press("5", "right_square_bracket", "right_square_bracket", "p", "i")
        await pilot.pause()
        assert at(screen) == "00:04.5"
        assert head(screen).speed == 5.0
        assert "5x" in text(app)
        assert "skip idle >2s: off" in text(app)
        assert "stop at findings: off" in text(app)
        await pilot.press("left_square_bracket", "equals_sign")
        assert head(screen).speed == 1.0


async def test_going_somewhere_by_hand_pauses() -> None:
    for key in ("right", "5", "e", "right_parenthesis", "down", "full_stop"):
        async with replaying(wipe()) as (_app, pilot, screen):
            screen.now_ns = lambda: 0
            await pilot.press("space")
            assert head(screen).playing
            await pilot.press(key)
            assert not head(screen).playing
            assert not screen.is_ticking


async def test_idle_time_is_drawn_and_both_lengths_are_known() -> None:
    async with replaying(idle()) as (app, pilot, _screen):
        shown = text(app)
        assert "... idle 30.0s skipped ..." in shown
        assert "00:37.0   1x   skip idle >2s: on (plays 00:00.0/00:06.0)" in shown
        await pilot.press("i")
        await pilot.pause()
        assert "... idle 30.0s ..." in text(app)


async def test_a_click_on_the_strip_and_a_drag_seek() -> None:
    async with replaying(wipe()) as (_app, pilot, screen):
        await pilot.click("#heat", offset=(60, 0))
        assert at(screen) == "00:04.5"
        await pilot.mouse_down("#heat", offset=(90, 1))
        await pilot.hover("#heat", offset=(30, 1))
        await pilot.mouse_up("#heat", offset=(30, 1))
        assert at(screen) == "00:02.2"


@pytest.mark.parametrize("size", SIZES)
async def test_a_click_on_a_marker_goes_to_what_it_stands_for(size: tuple[int, int]) -> None:
    async with replaying(wipe(), size=size) as (app, pilot, screen):
        await pilot.press("e")
        expected = [(at(screen), screen.current())]
        await pilot.press("e", "e")
        expected.append((at(screen), screen.current()))
        await pilot.press("0")
        await pilot.pause()
        # The playhead hides a marker that stands in its column: it is at the start.
        markers = rows(app)[screen.query_one("#heat").region.y + 1]
        signs = [column for column, sign in enumerate(markers) if sign == app.glyphs.finding]
        gone_to = []
        for column in (signs[0], signs[-1]):
            await pilot.press("0")
            await pilot.click("#heat", offset=(column, 1))
            gone_to.append((at(screen), screen.current()))
        assert gone_to == expected
        await pilot.press("2")
        marked = screen.current()
        screen.query_one(Heat).bookmark([head(screen).cursor])
        await pilot.press("0")
        await pilot.pause()
        markers = rows(app)[screen.query_one("#heat").region.y + 1]
        await pilot.click("#heat", offset=(markers.index(app.glyphs.bookmark), 1))
        assert screen.current() == marked


async def test_it_begins_where_it_was_told_to() -> None:
    async with replaying(wipe(), at="R07") as (app, _pilot, screen):
        assert at(screen) == "00:04.9"
        assert "›C" in text(app)
    async with replaying(wipe(), at="soon") as (app, _pilot, screen):
        assert at(screen) == "00:00.0"
        assert "no moment of the session" in rows(app)[-1]


def test_the_transport_row_keeps_its_index_and_settings_in_80_cells() -> None:
    held = wipe()
    hours = 1300 * 3600 * SECOND
    (first, *others) = held.actions
    early = [replace(first, start_ns=first.start_ns - hours, end_ns=first.start_ns - hours)]
    shown = scene(replace(held, actions=(*early, *others)))
    head = Playhead.at_start(shown.timeline)
    later = head.seek(head.t_ns + hours // 13 * 11)
    row = as_text(transport_line(shown, later, 80, UNICODE), UNICODE)
    assert "p:on  1/10 " in row
    assert "▲ R03" in row
    assert len(row) == 80


@pytest.mark.parametrize("hours", [1, 13, 1300])
@pytest.mark.parametrize("width", range(80, 161, 4))
def test_the_time_that_it_plays_is_told_beside_the_real_one_at_every_width(
    hours: int, width: int
) -> None:
    held = wipe()
    (first, *others) = held.actions
    early_ns = first.start_ns - hours * 3600 * SECOND
    early = replace(first, start_ns=early_ns, end_ns=early_ns)
    shown = scene(replace(held, actions=(early, *others)))
    head = Playhead.at_start(shown.timeline).to_fraction(9)
    row = as_text(transport_line(shown, head, width, UNICODE), UNICODE)
    assert f"/{format_offset(shown.timeline.length_ns)} " in row
    assert f"{format_offset(head.watch_ns)})" in row
    assert width < 120 or f"(plays {format_offset(head.watched_ns)}/" in row
    assert len(row) == width
