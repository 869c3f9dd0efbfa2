"""Filter, search, moments, failures, bookmarks and notes: the keys of somebody who looks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analyzer.casefile import CaseFile, Sort
from analyzer.filters import parse_filter
from analyzer.timeline import format_offset
from recorder import semconv
from tests.tui.attacked import hostile
from tests.tui.driving import replaying, rows, text, until
from tests.tui.factories import action, analysis, idle, long
from tests.tui.held import HeldSource
from tests.tui.wiped import wipe
from tui.line import Piece, Tone
from tui.screens.replay import Replay
from tui.widgets.action_list import ActionList
from tui.widgets.lines import LineList
from tui.widgets.prompt import Prompt

SIZES = [(120, 36), (80, 24)]


def at(screen: Replay) -> str:
    assert screen.playhead is not None
    return format_offset(screen.playhead.offset_ns)


def cursor(screen: Replay) -> int:
    assert screen.playhead is not None
    assert screen.scene is not None
    found = screen.scene.action(screen.playhead.cursor)
    assert found is not None
    return found.id


def shown_rows(screen: Replay) -> int:
    return screen.query_one(ActionList).row_count() - 1


async def answer(pilot: Any, key: str, typed: str) -> None:
    screen = pilot.app.screen
    await pilot.press(key)
    await until(pilot, lambda: screen.query_one(Prompt).is_open)
    screen.query_one(Prompt).typed.value = typed
    await pilot.pause()
    await pilot.press("enter")


@pytest.mark.parametrize("size", SIZES)
async def test_a_filter_shows_what_fits_and_says_what_it_hides(size: tuple[int, int]) -> None:
    async with replaying(wipe(), size=size) as (app, pilot, screen):
        await pilot.press("ampersand", *"lane:api")
        await until(pilot, lambda: "2 of 10 fit: api" in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: screen.kept is not None)
        assert shown_rows(screen) == 2
        assert "filter api   hides 8 of 10" in text(app)
        assert screen.focused is not None
        assert screen.focused.id == "actions"
        await pilot.press("g", "right")
        assert cursor(screen) == 11
        await pilot.press("down")
        assert cursor(screen) == 41
        await pilot.press("right")
        assert "this is the last action" in rows(app)[-1]
        await pilot.press("left")
        assert cursor(screen) == 11
        await pilot.press("pagedown")
        assert cursor(screen) == 41
        await answer(pilot, "ampersand", "")
        await until(pilot, lambda: screen.kept is None)
        assert shown_rows(screen) == 10
        assert "hides" not in text(app)


async def test_a_wrong_filter_names_the_column_and_stays_open() -> None:
    async with replaying(wipe()) as (app, pilot, screen):
        await pilot.press("ampersand", *"failed lnae:x")
        await until(pilot, lambda: "filter, column 8: there is no 'lnae'" in text(app))
        await pilot.press("enter")
        assert screen.query_one(Prompt).is_open
        await pilot.press("escape")
        assert not screen.query_one(Prompt).is_open
        assert screen.kept is None
        assert app.screen is screen


async def test_a_late_count_does_not_hide_what_is_wrong_by_now() -> None:
    async with replaying(wipe()) as (app, pilot, screen):
        await pilot.press("ampersand", *"failed")
        await until(pilot, lambda: "of 10 fit: failed" in text(app))
        await pilot.press(*" ((")
        await until(pilot, lambda: "it ends too early" in text(app))
        screen.try_filter(parse_filter("failed"), is_final=False)
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "it ends too early" in text(app)


@pytest.mark.parametrize(
    ("typed", "completed"),
    [("dest", "destroys"), ("failed -inf", "failed -inferred"), ("(se", ""), ("du", "dur>"),
     ("(op", "(op"), ("sev", "sev>="), ("x tag", "x tag:")],
)  # fmt: skip
async def test_every_condition_is_completed(typed: str, completed: str) -> None:
    async with replaying(wipe()) as (_app, pilot, screen):
        await pilot.press("ampersand", *("space" if char == " " else char for char in typed), "tab")
        value = screen.query_one(Prompt).typed.value
        assert value == (completed or typed)


async def test_a_filter_is_completed_recalled_and_made_from_the_action() -> None:
    async with replaying(wipe()) as (app, pilot, screen):
        prompt = screen.query_one(Prompt)
        await pilot.press("ampersand", *"lan", "tab")
        assert prompt.typed.value == "lane:"
        await pilot.press("a", "tab")
        assert prompt.typed.value == "lane:api"
        await pilot.press("enter")
        await until(pilot, lambda: shown_rows(screen) == 2)
        await answer(pilot, "ampersand", "")
        await pilot.press("ampersand", "up")
        assert prompt.typed.value == "lane:api"
        await pilot.press("down")
        assert prompt.typed.value == ""
        await pilot.press(*"rule:", "tab")
        assert "rule:R03  rule:R07" in text(app)
        await pilot.press("escape")
        screen.show_action(9, wipe().end_ns)
        await pilot.press("asterisk")
        assert prompt.typed.value == "lane:tool tool:Bash"
        await pilot.press("enter")
        await until(pilot, lambda: shown_rows(screen) == 2)


async def test_a_replay_may_begin_with_a_filter() -> None:
    async with replaying(wipe(), chosen=parse_filter("failed or destroys")) as (app, pilot, screen):
        await until(pilot, lambda: shown_rows(screen) == 2)
        assert "hides 8 of 10" in text(app)


async def test_what_hides_the_cursor_or_everything_is_no_trouble() -> None:
    async with replaying(wipe()) as (app, pilot, screen):
        await pilot.press("G")
        await answer(pilot, "ampersand", "lane:user")
        await until(pilot, lambda: shown_rows(screen) == 1)
        assert screen.query_one(ActionList).cursor_row() is None
        await pilot.press("left")
        assert cursor(screen) == 2
        await answer(pilot, "ampersand", "nothing-like-this")
        await until(pilot, lambda: shown_rows(screen) <= 0)
        await pilot.press("left", "right", "pagedown", "full_stop")
        assert "nothing" in text(app)


@pytest.mark.parametrize("size", SIZES)
async def test_search_goes_to_hits_counts_wraps_and_says_so(size: tuple[int, int]) -> None:
    async with replaying(wipe(), size=size) as (app, pilot, screen):
        await pilot.press("slash", *"volumedelete")
        await until(pilot, lambda: "2 hits" in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "hit 1/2 of 'volumedelete'" in rows(app)[-1])
        assert cursor(screen) == 39
        await pilot.press("n")
        assert cursor(screen) == 41
        assert "hit 2/2" in rows(app)[-1]
        await pilot.press("n")
        assert cursor(screen) == 39
        assert "search wrapped" in rows(app)[-1]
        await pilot.press("N")
        assert cursor(screen) == 41


@pytest.mark.parametrize("size", SIZES)
async def test_the_body_shows_where_a_hit_is_one(size: tuple[int, int]) -> None:
    held = wipe()
    told = "\n".join(f"line {n}" for n in range(300)) + "\nthe Needle is here\nand more"
    last = replace(held.actions[-1], attributes={semconv.GEN_AI_TOOL_RESULT: told})
    async with replaying(replace(held, actions=(*held.actions[:-1], last)), size=size) as (
        app,
        pilot,
        screen,
    ):
        await pilot.press("G")
        body = screen.query_one("#body", LineList)
        assert body.row_in(Tone.FOUND) is None
        await answer(pilot, "slash", "needle")
        await until(pilot, lambda: "hit 1/1 of 'needle'" in rows(app)[-1])
        await until(pilot, lambda: "the Needle is here" in text(app))
        row = body.row_in(Tone.FOUND)
        assert row is not None
        assert Piece("Needle", Tone.FOUND) in body.row_pieces(row, 0)
        await pilot.press("g")
        await pilot.pause()
        assert body.row_in(Tone.FOUND) is None


async def test_a_search_without_hits_says_so() -> None:
    async with replaying(wipe()) as (app, pilot, _screen):
        await pilot.press("n")
        assert "search for something first: /" in rows(app)[-1]
        await answer(pilot, "slash", "zebra")
        await until(pilot, lambda: "nothing recorded of this session contains" in rows(app)[-1])
        await pilot.press("n")
        assert "'zebra'" in rows(app)[-1]


async def test_a_moment_can_be_typed() -> None:
    async with replaying(long(1000)) as (app, pilot, screen):
        for typed, expected in (
            ("1:00", "01:00.0"),
            ("+20s", "01:20.0"),
            ("-1m", "00:20.0"),
            ("50%", "00:49.9"),
            ("#11", "00:01.0"),
            ("14:14:00Z", "00:40.0"),
        ):
            await answer(pilot, "at", typed)
            await pilot.pause()
            assert at(screen) == expected
        for typed in ("soon", "#99999", "#x", "15:00:00Z", "9:00:00"):
            await answer(pilot, "at", typed)
            await pilot.pause()
            assert screen.query_one(Prompt).is_open
            assert f"@{typed}: " in text(app)
            await pilot.press("escape")
        assert at(screen) == "00:40.0"


async def test_failures_are_stepped_through() -> None:
    async with replaying(wipe()) as (app, pilot, screen):
        await pilot.press("x")
        assert cursor(screen) == 11
        assert at(screen) == "00:01.0"
        await pilot.press("x")
        assert "no later failure" in rows(app)[-1]
        await pilot.press("G", "X")
        assert cursor(screen) == 11
        await pilot.press("X")
        assert "no earlier failure" in rows(app)[-1]


def held(tmp_path: Path) -> HeldSource:
    return HeldSource(wipe(), path=str(tmp_path / "flight.db"))


@pytest.mark.parametrize("size", SIZES)
async def test_bookmarks_and_notes_are_kept_beside_the_recording(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with replaying(wipe(), source=held(tmp_path), size=size) as (app, pilot, screen):
        await pilot.press("u")
        assert "no later bookmark" in rows(app)[-1]
        screen.show_action(31, wipe().actions[5].start_ns)
        await pilot.press("m")
        await until(pilot, lambda: "bookmark set on #31" in rows(app)[-1])
        await answer(pilot, "c", "why this file?")
        await until(pilot, lambda: "note kept on #31" in rows(app)[-1])
        await answer(pilot, "c", "#leak")
        await until(pilot, lambda: "tag kept on #31" in rows(app)[-1])
        await answer(pilot, "c", "#")
        assert "a tag is a word" in text(app)
        await pilot.press("escape")
        await answer(pilot, "c", "read before #41, #out-of-scope #ask")
        await until(pilot, lambda: "note kept on #31, tagged out-of-scope, ask" in rows(app)[-1])
        await pilot.press("g")
        await pilot.pause()
        assert "◆" in text(app)
        await pilot.press("u")
        assert cursor(screen) == 31
        body = screen.query_one("#body", LineList).text()
        assert "note  why this file?" in body
        assert "tag  leak" in body
        await answer(pilot, "ampersand", "marked note tag:leak tag:ask -tag:41")
        await until(pilot, lambda: shown_rows(screen) == 1)
    async with replaying(wipe(), source=held(tmp_path)) as (app, pilot, screen):
        await until(pilot, lambda: screen.remarks)
        await pilot.press("G", "U")
        assert cursor(screen) == 31
        await pilot.press("m")
        await until(pilot, lambda: "bookmark taken off #31" in rows(app)[-1])
        await pilot.press("G", "U")
        assert "no earlier bookmark" in rows(app)[-1]
    sorts = [e.sort for e in CaseFile(tmp_path / "flight.db").entries(wipe().session.id)]
    assert sorts == [Sort.NOTE, Sort.TAG, Sort.NOTE, Sort.TAG, Sort.TAG]


async def test_a_case_file_that_cannot_be_written_is_said() -> None:
    source = HeldSource(wipe(), path="/no/such/folder/flight.db")
    async with replaying(wipe(), source=source) as (app, pilot, _screen):
        await pilot.press("m")
        await until(pilot, lambda: "cannot be used: No such file" in rows(app)[-1])


async def test_hostile_text_in_prompts_and_notes_stays_harmless(tmp_path: Path) -> None:
    source = HeldSource(hostile(), path=str(tmp_path / "flight.db"))
    async with replaying(hostile(), source=source) as (app, pilot, screen):
        await pilot.press("asterisk")
        await pilot.pause()
        assert "\x1b" not in text(app)
        await pilot.press("enter")
        await until(pilot, lambda: shown_rows(screen) == 1)
        await pilot.press("slash")
        screen.query_one(Prompt).typed.value = "\x1b[2J\u202e"
        await until(pilot, lambda: "␛[2J‹U+202E›" in text(app))
        assert "\x1b" not in text(app)
        await pilot.press("escape")
        CaseFile(Path(source.path)).add(
            hostile().session.id, 1, Sort.NOTE, "\x1b]2;PWNED\x07[bold]"
        )
        screen.read_case()
        await until(pilot, lambda: "PWNED" in screen.query_one("#body", LineList).text())
        assert "\x1b" not in text(app)


async def test_a_filtered_list_draws_no_gap_that_is_none() -> None:
    held = idle()
    extra = analysis([*held.actions, action(9, held.actions[1].kind, "Bash", "x", 31_500, 10)])
    async with replaying(extra) as (app, pilot, screen):
        assert "... idle" in text(app)
        await answer(pilot, "ampersand", "-#2")
        await until(pilot, lambda: shown_rows(screen) == 3)
        assert "... idle" not in text(app)
