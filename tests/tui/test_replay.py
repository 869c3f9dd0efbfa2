"""The replay screen, driven by keys and mouse."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette

from analyzer.timeline import format_offset
from recorder import semconv
from recorder.model import Kind
from tests.tui.driving import replaying, rows, text, until
from tests.tui.factories import action, analysis, long, ms
from tests.tui.held import HeldSource
from tests.tui.wiped import wipe
from tui.app import FlightApp
from tui.glyphs import ASCII
from tui.screens.findings import Findings
from tui.screens.help import Help
from tui.screens.replay import Replay
from tui.screens.room import Room
from tui.screens.sessions import Sessions
from tui.widgets.lines import LineList

SIZES = [(120, 36), (80, 24)]
SECOND = 10**9


def head(screen: Replay) -> Any:
    assert screen.playhead is not None
    return screen.playhead


def is_open(app: FlightApp, place: type[Room]) -> bool:
    return isinstance(app.screen, place)


def at(screen: Replay) -> str:
    return format_offset(head(screen).offset_ns)


@pytest.mark.parametrize("size", SIZES)
async def test_the_decisive_second_is_told_on_one_screen(size: tuple[int, int]) -> None:
    async with replaying(wipe(), size=size) as (app, pilot, screen):
        await pilot.press("e", "e")
        await pilot.pause()
        shown = text(app)
        assert at(screen) == "00:04.9"
        assert "≈ RE-ENACTMENT, reconstructed:" in shown
        assert "chain ok (L0 self)   findings C1 M1" in rows(app)[0]
        assert "PAUSE 00:04.9/00:09.0" in shown
        assert "›C" in shown
        assert "volumeDelete" in shown
        assert ("C R07 refused" if size == (80, 24) else "effect D1: destroys data") in shown
        assert "railway_token 9f2c" in shown
        assert "renew.env:3 #31" in shown
        assert "now: rows below are the future" in shown
        assert "no later finding" in shown
        assert "? Help" in rows(app)[-1]
        assert all("\n" not in row for row in rows(app))


@pytest.mark.parametrize("size", SIZES)
async def test_the_finding_that_it_stops_for_stands_first_below_the_title(
    size: tuple[int, int],
) -> None:
    async with replaying(wipe(), size=size) as (_app, pilot, screen):
        await pilot.press("e", "e")
        await pilot.pause()
        body = screen.query_one("#body", LineList)
        title, finding = body.text().splitlines()[:2]
        assert title.startswith("#41 ")
        assert finding.startswith("C R07 refused, then destroyed")
        assert body.scrollable_content_region.height >= 2


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_still_open_at_the_playhead_is_drawn_open(size: tuple[int, int]) -> None:
    async with replaying(wipe(), size=size) as (app, pilot, screen):
        await pilot.press("e", "e")
        await pilot.pause()
        (row,) = [row for row in rows(app) if "›C" in row]
        assert "open" in row
        body = screen.query_one("#body", LineList)
        account = body.text()
        known, _, future = account.partition("still open; below is the future: ok after 3.6s")
        assert "open" in known.splitlines()[0]
        assert "volumeDelete: true" not in known.replace('"', "")
        assert "volumeDelete: true" in future.replace('"', "")
        await pilot.press("G")
        await pilot.press("up", "down")
        screen.show_action(41, screen.scene.timeline.end_ns if screen.scene else 0)
        await pilot.pause()
        assert "still open" not in body.text()
        (row,) = [row for row in rows(app) if "›C" in row]
        assert "ok" in row


async def test_several_findings_at_one_stop_are_counted_and_named() -> None:
    held = wipe()
    (core,) = [finding for finding in held.findings if finding.rule == "R07"]
    both = replace(held, findings=(*held.findings, replace(core, rule="R08")))
    async with replaying(both) as (app, pilot, _screen):
        await pilot.press("e")
        await pilot.pause()
        assert "next ▲ R07 and 1 more in" in text(app)
        assert "? Help" in rows(app)[-1], "one finding needs no word: the body has it"
        await pilot.press("e")
        await pilot.pause()
        assert "2 findings here, no later finding" in text(app)
        assert "2 findings here: R07, R08" in rows(app)[-1]


async def test_the_footer_of_a_narrow_screen_names_the_panes_key() -> None:
    async with replaying(wipe(), size=(80, 24)) as (app, _pilot, _screen):
        assert "tab Pane" in rows(app)[-1]


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_alive_follows_the_playhead(size: tuple[int, int]) -> None:
    async with replaying(wipe(), size=size) as (app, pilot, _screen):
        await pilot.press("e", "e")
        await pilot.pause()
        assert "DELETED" not in text(app)
        await pilot.press("G")
        await pilot.pause()
        shown = text(app)
        if size == (80, 24):
            (summary,) = [row for row in rows(app) if row.startswith("00:09.0 ")]
            assert "volume DELETED · backups GONE?" in summary
            (held,) = [row for row in rows(app) if row.startswith("creds 2")]
            assert "railway_token 9f2c ← …/renew.env:3 #31" in held
        else:
            assert "volume pgdata DELETED observed #41" in shown
            assert "backups of pgdata GONE inferred #41" in shown
        await pilot.press("g")
        await pilot.pause()
        assert "DELETED" not in text(app)


async def test_a_click_on_a_row_goes_there_and_on_a_hint_presses_its_key() -> None:
    async with replaying(wipe()) as (app, pilot, screen):
        row = next(i for i, shown in enumerate(rows(app)) if "Grep RAILWAY" in shown)
        await pilot.click(offset=(20, row))
        assert at(screen) == "00:01.5"
        await pilot.click("#hints", offset=(rows(app)[-1].index("F Findings"), 0))
        await until(pilot, lambda: isinstance(app.screen, Findings))


async def test_lanes_are_hidden_on_short_screens_and_one_key_away() -> None:
    async with replaying(wipe(), size=(80, 24)) as (app, pilot, _screen):
        assert not any(row.startswith("lanes") for row in rows(app))
        await pilot.press("t")
        await until(pilot, lambda: any(row.startswith("lanes") for row in rows(app)))
        assert any(row.startswith("cred") and "U" in row for row in rows(app))
        await pilot.press("t")
        await until(pilot, lambda: not any(row.startswith("lanes") for row in rows(app)))
    async with replaying(wipe()) as (app, pilot, _screen):
        assert any(row.startswith("lanes") for row in rows(app))
        await pilot.press("t")
        await until(pilot, lambda: not any(row.startswith("lanes") for row in rows(app)))


@pytest.mark.parametrize("size", SIZES)
async def test_enter_gives_the_body_or_the_state_the_whole_height(size: tuple[int, int]) -> None:
    async with replaying(wipe(), size=size) as (app, pilot, screen):
        await pilot.press("e", "e", "enter")
        await until(pilot, lambda: "effect D1: destroys data" in text(app))
        assert "now: rows below" not in text(app)
        await pilot.press("q")
        await until(pilot, lambda: "now: rows below" in text(app))
        await pilot.press("tab", "tab")
        assert screen.focused is not None
        assert screen.focused.id == "state"
        await pilot.press("plus")
        await until(pilot, lambda: "STATE AT 00:04.9   2 credentials" in text(app))
        await pilot.press("underscore")
        await until(pilot, lambda: "now: rows below" in text(app))


async def test_keys_scroll_the_pane_that_has_the_focus() -> None:
    async with replaying(wipe()) as (_app, pilot, screen):
        await pilot.press("e", "e", "tab", "down", "down")
        body = screen.query_one("#body")
        assert body.scroll_offset.y == 2
        assert at(screen) == "00:04.9"


async def test_resizing_there_and_back_shows_the_same_and_too_small_says_what_it_needs() -> None:
    async with replaying(wipe()) as (app, pilot, _screen):
        await pilot.press("e", "e")
        await pilot.pause()
        before = text(app)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "i:skip on" in text(app))
        await pilot.resize_terminal(40, 10)
        await until(pilot, lambda: "needs 80x20, this is 40x10" in text(app))
        assert "RE-ENACT" not in text(app)
        await pilot.resize_terminal(120, 36)
        await until(pilot, lambda: text(app) == before)


async def test_a_screen_too_small_to_be_seen_obeys_the_way_back_alone() -> None:
    async with replaying(wipe(), size=(40, 10)) as (app, pilot, screen):
        await until(pilot, lambda: "needs 80x20, this is 40x10; q quits" in text(app))
        await pilot.press("F", "question_mark", "S", "colon", "ctrl+p", "slash", "5", "escape")
        assert app.screen is screen
        assert at(screen) == "00:00.0"
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)


@pytest.mark.parametrize("size", [(80, 24), (120, 20)])
@pytest.mark.parametrize("key", ["5", "G"])
async def test_the_cursor_is_in_view_whatever_the_terminal_becomes(
    key: str, size: tuple[int, int]
) -> None:
    async with replaying(long(300)) as (app, pilot, _screen):
        await pilot.press(key)
        await pilot.pause()
        await pilot.resize_terminal(*size)
        await until(pilot, lambda: app.size == size)
        await until(pilot, lambda: any(row.startswith("›") for row in rows(app)))
        await pilot.resize_terminal(120, 36)
        await until(pilot, lambda: any(row.startswith("›") for row in rows(app)))


async def test_the_key_that_cancels_does_not_quit() -> None:
    async with replaying(wipe()) as (app, pilot, screen):
        await pilot.press("F")
        await until(pilot, partial(is_open, app, Findings))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("enter", "plus", "escape")
        assert not screen.has_class("-big")
        await pilot.press("escape")
        await until(pilot, lambda: "this is the first screen; q quits" in rows(app)[-1])
        assert app.is_running


async def test_what_is_written_down_stands_apart_from_what_was_found(tmp_path: Path) -> None:
    source = HeldSource(wipe(), path=str(tmp_path / "flight.db"))
    async with replaying(wipe(), source=source) as (_app, pilot, screen):
        body = screen.query_one("#body", LineList)
        await pilot.press("e", "m", "c", *"look", "enter")
        await until(pilot, lambda: "  note  look" in body.text())
        lines = body.text().splitlines()
        assert screen.scene is not None
        (finding,) = screen.scene.findings_of[screen.current_action() or 0]
        title = next(n for n, row in enumerate(lines) if finding.title in row)
        assert finding.reason in lines[title + 1]
        start = lines.index("case file")
        assert start > title + 1
        assert [row.split()[0] for row in lines[start + 1 : start + 3]] == ["bookmark", "note"]


async def test_screens_are_reached_by_key_and_q_returns_to_the_same_moment() -> None:
    async with replaying(wipe()) as (app, pilot, screen):
        await pilot.press("5")
        for key, place in (("F", Findings), ("question_mark", Help), ("S", Sessions)):
            await pilot.press(key)
            await until(pilot, partial(is_open, app, place))
            await pilot.press("q")
            await until(pilot, lambda: app.screen is screen)
            assert at(screen) == "00:04.5"
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)


async def test_opening_a_screen_while_playing_pauses() -> None:
    async with replaying(wipe()) as (app, pilot, screen):
        await pilot.press("space", "question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help))
        assert not head(screen).playing
        assert not screen.is_ticking


async def test_the_palette_offers_and_does_what_the_keys_do() -> None:
    async with replaying(wipe()) as (app, pilot, screen):
        await pilot.press("colon")
        await until(pilot, lambda: app.screen is not screen)
        await pilot.press(*"next finding")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is screen and at(screen) == "00:03.4")


async def test_a_long_value_is_fetched_for_the_action_that_is_looked_at() -> None:
    held = analysis([
        action(1, Kind.TOOL_CALL, "Bash", "cat big", 0,
               attributes={semconv.GEN_AI_TOOL_RESULT: "beginning"},
               blob_of={semconv.GEN_AI_TOOL_RESULT: "d1"}),
    ])  # fmt: skip
    source = HeldSource(held)
    source.blobs["d1"] = b"beginning\n" + b"x" * 200 + b"\n" + b"the end of it"
    async with replaying(held, source=source) as (app, pilot, _screen):
        await pilot.press("G")
        await until(pilot, lambda: "the end of it" in text(app))


async def test_copying_takes_the_account_of_the_action_and_says_which_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSH_CONNECTION", "1")
    async with replaying(wipe()) as (app, pilot, _screen):
        await pilot.press("e", "y")
        await pilot.pause()
        assert "through the terminal (OSC 52)" in rows(app)[-1]
        assert "#31 Read" in app.clipboard
        assert "RAILWAY_API_TOKEN=⟦railway_token:9f2c⟧" in app.clipboard


async def test_a_selection_with_the_mouse_copies_what_is_seen() -> None:
    async with replaying(wipe()) as (app, pilot, screen):
        row = next(i for i, shown in enumerate(rows(app)) if "Grep RAILWAY" in shown)
        start = rows(app)[row].index("Grep")
        await pilot.mouse_down(offset=(start, row))
        await pilot.hover(offset=(start + 12, row))
        await pilot.mouse_up(offset=(start + 12, row))
        selected = screen.get_selected_text() or ""
        assert selected.strip().startswith("Grep RAILWAY")


async def test_ten_thousand_actions_open_at_once_and_can_be_sought_anywhere() -> None:
    async with replaying(long(10_000)) as (app, pilot, screen):
        await pilot.press("5")
        await pilot.pause()
        assert "action number 4999" in text(app)
        await pilot.press("G")
        await pilot.pause()
        assert "action number 9999" in text(app)
        assert head(screen).cursor == 9_999


def not_ascii(app: FlightApp) -> set[str]:
    return {char for char in text(app) if not char.isascii()}


@pytest.mark.parametrize("size", SIZES)
async def test_ascii_draws_with_ascii_alone(size: tuple[int, int]) -> None:
    async with replaying(wipe(), glyphs=ASCII, size=size) as (app, pilot, screen):
        await pilot.press("e", "e")
        await pilot.pause()
        assert "~r RE-ENACTMENT" in text(app)
        assert ">C" in text(app)
        assert not not_ascii(app)
        assert "\\u" not in text(app)
        for key, place in (("F", Findings), ("question_mark", Help), ("S", Sessions)):
            await pilot.press(key)
            await until(pilot, partial(is_open, app, place))
            await pilot.pause(0.3)
            assert not not_ascii(app), place
            await pilot.press("q")
            await until(pilot, lambda: app.screen is screen)
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.pause(0.3)
        assert not not_ascii(app)
        await pilot.press(*"next find")
        await until(pilot, lambda: "Next finding" in text(app))
        assert not not_ascii(app)


async def test_ascii_scrolls_without_block_signs() -> None:
    async with replaying(long(300), glyphs=ASCII) as (app, pilot, _screen):
        for key in ("1", "3", "7", "G"):
            await pilot.press(key)
            await pilot.pause()
            assert not not_ascii(app)


@pytest.mark.parametrize("size", SIZES)
async def test_without_colour_nothing_is_lost(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with replaying(wipe(), size=size) as (app, pilot, _screen):
        await pilot.press("e", "e")
        await pilot.pause()
        coloured = text(app)
    monkeypatch.setenv("NO_COLOR", "1")
    async with replaying(wipe(), size=size) as (app, pilot, _screen):
        await pilot.press("e", "e")
        await pilot.pause()
        assert text(app) == coloured
        assert app.export_screenshot()


async def test_a_session_that_cannot_be_read_is_said_and_not_a_crash() -> None:
    class Failing(HeldSource):
        def load(self, session_id: str, progress: Any = None) -> Any:
            raise RuntimeError("the disk went away")

    source = Failing(wipe())
    app_held = wipe()
    app = FlightApp(source.path, app_held.session.id, source=source)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "the disk went away" in rows(app)[-1])


async def test_an_empty_session_can_be_opened() -> None:
    async with replaying(analysis([])) as (app, pilot, screen):
        await pilot.press("space", "right", "e", "G", "down", "y", "enter")
        await pilot.pause()
        assert head(screen).cursor == -1
        assert "before the first action" in text(app)
    assert ms(0) == analysis([]).start_ns
