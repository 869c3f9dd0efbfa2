"""The tabs of the body in the replay, by key and mouse, with large bodies."""

from __future__ import annotations

import json
from typing import Any

import pytest

from recorder import semconv
from recorder.model import Kind
from tests.tui.attacked import hostile
from tests.tui.driving import replaying, rows, text, until
from tests.tui.factories import action, analysis
from tests.tui.held import HeldSource
from tests.tui.wiped import wipe
from tui.screens.replay import Replay
from tui.widgets.lines import LineList

NEXT, BEFORE = "right_curly_bracket", "left_curly_bracket"
SIZES = [(120, 36), (80, 24)]


def head(screen: Replay) -> Any:
    assert screen.playhead is not None
    return screen.playhead


def body(screen: Replay) -> LineList:
    return screen.query_one("#body", LineList)


def big(data: bytes) -> tuple[HeldSource, dict[str, HeldSource]]:
    held = analysis([
        action(1, Kind.TOOL_CALL, "Bash", "cat big", 0, 10,
               attributes={semconv.GEN_AI_TOOL_RESULT: "the beginning"},
               blob_of={semconv.GEN_AI_TOOL_RESULT: "d1"}),
        action(2, Kind.TOOL_CALL, "Bash", "ls", 100, 10),
    ])  # fmt: skip
    source = HeldSource(held)
    source.blobs["d1"] = data
    return source, {"source": source}


@pytest.mark.parametrize("size", SIZES)
async def test_each_tab_shows_another_side_of_the_action(size: tuple[int, int]) -> None:
    async with replaying(wipe(), size=size) as (app, pilot, screen):
        await pilot.press("G", "up")
        assert any(row.count("[Body] | Tree | Raw | Span | Diff") for row in rows(app))
        await pilot.press(NEXT)
        await until(pilot, lambda: "request body: {1}" in body(screen).text())
        await pilot.press(NEXT)
        await until(pilot, lambda: "── request body" in body(screen).text())
        await pilot.press(NEXT)
        await until(pilot, lambda: "parent    #39 by process and time" in body(screen).text())
        await pilot.press(NEXT)
        await until(pilot, lambda: "no Diff, it writes no file" in text(app))
        await pilot.press(NEXT)
        await until(pilot, lambda: "[Body]" in text(app) and "no Diff" not in text(app))
        await pilot.press(BEFORE, BEFORE)
        await until(pilot, lambda: "[Span]" in text(app))


async def test_a_tab_stays_chosen_while_one_steps() -> None:
    async with replaying(wipe()) as (_app, pilot, screen):
        await pilot.press(NEXT, NEXT, NEXT, "e", "e")
        await until(pilot, lambda: body(screen).text().startswith("#41 "))
        assert "resource" in body(screen).text()


async def test_a_click_chooses_a_tab() -> None:
    async with replaying(wipe()) as (app, pilot, screen):
        await pilot.press("e")
        await pilot.click("#tabs", offset=(16, 0))
        await until(pilot, lambda: "[Raw]" in text(app))
        await until(pilot, lambda: "RAILWAY_API_TOKEN" in body(screen).text())


async def test_the_tree_folds_with_enter_and_enter_elsewhere_enlarges() -> None:
    async with replaying(wipe()) as (app, pilot, screen):
        await pilot.press("G", "up", NEXT, "tab")
        await until(pilot, lambda: body(screen).has_cursor)
        before = len(body(screen).lines)
        await pilot.press("enter")
        assert len(body(screen).lines) < before
        assert body(screen).text().startswith("+ ")
        await pilot.press("enter", "j")
        assert len(body(screen).lines) == before
        assert body(screen).cursor == 1
        await pilot.press("shift+tab", "enter")
        await until(pilot, lambda: "now: rows below" not in text(app))


async def test_hex_is_one_key_and_the_same_key_goes_back_to_text() -> None:
    async with replaying(wipe()) as (app, pilot, screen):
        await pilot.press("e", "b")
        await until(pilot, lambda: "00000000  23 20 64 6f" in body(screen).text())
        assert "b text" in text(app)
        await pilot.press("b")
        await until(pilot, lambda: "# domains" in body(screen).text())


async def test_a_long_line_wraps_or_moves_sideways() -> None:
    line = b"start " + b"x" * 100 + b" end"
    source, given = big(line)
    async with replaying(source.analyses[0], **given) as (app, pilot, _screen):
        await pilot.press(NEXT, NEXT)
        await until(pilot, lambda: " end" in text(app))
        await pilot.press("tab", "w")
        await until(pilot, lambda: "lines of this pane are cut" in rows(app)[-1])
        await until(pilot, lambda: " end" not in text(app) and "start " in text(app))
        await pilot.press("greater_than_sign", "greater_than_sign", "greater_than_sign")
        await until(pilot, lambda: " end" in text(app) and "start " not in text(app))
        await pilot.press(*["less_than_sign"] * 3)
        await until(pilot, lambda: "start " in text(app))
        await pilot.press("w")
        await until(pilot, lambda: " end" in text(app) and "start " in text(app))


@pytest.mark.parametrize("data", [b"0123456789abcde\n" * 3_276_800, b"x" * 1_000_000])
async def test_a_body_of_fifty_megabytes_and_a_line_of_one_open_to_their_ends(data: bytes) -> None:
    source, given = big(data + b"\nthe end of it")
    async with replaying(source.analyses[0], **given) as (app, pilot, screen):
        await until(pilot, lambda: "bytes more, the tab Raw has them" in body(screen).text())
        await pilot.press(NEXT, NEXT)
        await until(pilot, lambda: " | [Raw] | Span | Diff   b hex" in text(app))
        await pilot.press("tab", "G")
        await until(pilot, lambda: "the end of it" in text(app))
        await pilot.press("b")
        await until(pilot, lambda: "b text" in text(app))
        await pilot.press("G")
        await until(pilot, lambda: body(screen).scroll_offset.y == body(screen).max_scroll_y)
        assert f"{len(data) // 8 * 8:08x}  " in text(app)
        await pilot.press(BEFORE)
        await until(pilot, lambda: "no Tree, no value of it is JSON" in text(app))
        assert len(body(screen).text()) < 5_000_000


async def test_the_body_is_let_go_when_another_action_is_looked_at() -> None:
    source, given = big(b"y" * 1_000_000)
    async with replaying(source.analyses[0], **given) as (app, pilot, screen):
        await pilot.press(NEXT, NEXT)
        await until(pilot, lambda: " | [Raw] | Span | Diff   b hex" in text(app))
        await pilot.press("right")
        await until(pilot, lambda: "nothing of it was recorded" in text(app))
        assert screen._parts is None or screen._parts[1] == ()


async def test_hostile_bytes_are_harmless_in_every_tab() -> None:
    async with replaying(hostile()) as (app, pilot, _screen):
        await pilot.press("right")
        for _ in range(5):
            await pilot.press(NEXT)
            await pilot.pause(0.2)
            assert not set(text(app)) & {"\x1b", "\x07", "\x9b", "\u202e", "\u200b"}


async def test_what_is_still_open_says_of_its_result_that_it_is_the_future() -> None:
    async with replaying(wipe()) as (_app, pilot, screen):
        await pilot.press("e", "e", NEXT, NEXT)
        await until(pilot, lambda: "── request body" in body(screen).text())
        request, _, response = body(screen).text().partition("response body")
        assert "future" not in request
        assert "future, still open" in response
        await pilot.press("G", "up")
        screen.show_action(41, head(screen).timeline.end_ns)
        await until(pilot, lambda: "── response body" in body(screen).text())
        await until(pilot, lambda: "future" not in body(screen).text())


async def test_json_of_a_blob_is_a_tree() -> None:
    source, given = big(json.dumps({"deep": {"deeper": [1, 2, 3]}}).encode())
    async with replaying(source.analyses[0], **given) as (_app, pilot, screen):
        await pilot.press(NEXT)
        await until(pilot, lambda: "deeper: [3]" in body(screen).text())
