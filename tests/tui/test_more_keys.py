"""Keys of the replay and the lists beside the transport's: times, future, pager, order, palette."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from analyzer.analysis import Progress
from analyzer.casefile import CaseFile, Sort
from recorder import semconv
from recorder.model import Kind
from tests.tui.attacked import hostile
from tests.tui.driving import driven, replaying, rows, text, until
from tests.tui.factories import ATTACK, action, analysis, idle, long, ms, renamed, scene, session
from tests.tui.held import HeldSource
from tests.tui.wiped import wipe
from tui.pager import pager_command, show_in_pager
from tui.scene import Scene
from tui.screens.findings import Findings
from tui.screens.replay import Replay
from tui.screens.sessions import Sessions
from tui.time_format import TimeFormat, shown_time
from tui.widgets.heat import Heat
from tui.widgets.lines import LineList

SIZES = [(120, 36), (80, 24)]


def head(screen: Any) -> Any:
    assert screen.playhead is not None
    return screen.playhead


def first_row(app: Any) -> str:
    return next(row for row in rows(app) if "fix the staging" in row)


# --- times ------------------------------------------------------------------------------------


def test_each_sort_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    held = scene(wipe())
    told = {wanted: shown_time(wanted, held, 4, [2]) for wanted in TimeFormat}
    assert told == {
        TimeFormat.SESSION: "00:01.5",
        TimeFormat.LOCAL: "19:43:21",
        TimeFormat.UTC: "14:13:21Z",
        TimeFormat.PREVIOUS: "+0.8s",
        TimeFormat.BOOKMARK: "+1.0s",
    }
    assert shown_time(TimeFormat.PREVIOUS, held, 0) == "-"
    assert shown_time(TimeFormat.BOOKMARK, held, 1, [2]) == "-"
    monkeypatch.undo()
    time.tzset()


def test_what_has_no_time_has_none_in_any_sort() -> None:
    held = scene(analysis([action(1, Kind.PROMPT, "u", "p", 0)], row=session(timed=False)))
    assert {shown_time(wanted, held, 0) for wanted in TimeFormat} == {"--:--.-"}


@pytest.mark.parametrize("size", SIZES)
async def test_the_times_of_the_list_change_by_key_and_say_what_they_are(
    size: tuple[int, int],
) -> None:
    async with replaying(wipe(), size=size) as (app, pilot, _screen):
        seen = []
        for _ in TimeFormat:
            await pilot.press("T")
            await pilot.pause()
            seen.append(rows(app)[-1].strip())
        assert seen[0] == "times: this machine's clock"
        assert seen[-1] == "times: session time"
        assert "00:00.0" in first_row(app)
        await pilot.press("T", "T")
        await pilot.pause()
        assert "14:13:20Z" in first_row(app)


# --- the future, jumps, seconds ---------------------------------------------------------------


async def test_the_future_can_be_hidden() -> None:
    async with replaying(wipe()) as (app, pilot, _screen):
        assert "NEVER GUESS" in text(app)
        await pilot.press("H")
        await until(pilot, lambda: "NEVER GUESS" not in text(app))
        assert "the future is hidden, H shows it" in text(app)
        await pilot.press("right", "right")
        await until(pilot, lambda: "00:00.5 tool" in text(app))
        await pilot.press("G")
        await until(pilot, lambda: "NEVER GUESS" in text(app))
        await pilot.press("g", "H")
        await until(pilot, lambda: "NEVER GUESS" in text(app))


async def test_a_jump_can_be_taken_back_and_made_again() -> None:
    async with replaying(wipe()) as (app, pilot, screen):
        await pilot.press("apostrophe")
        await until(pilot, lambda: "no jump was made yet" in rows(app)[-1])
        await pilot.press("right", "right")
        here = head(screen).t_ns
        await pilot.press("G", "apostrophe")
        assert head(screen).t_ns == here
        await pilot.press("apostrophe")
        assert head(screen).t_ns == head(screen).timeline.end_ns


@pytest.mark.parametrize(
    ("keys", "seconds"),
    [("l l", 2), ("l l h", 1), ("shift+right", 9), ("right_parenthesis", 9),
     ("G left_parenthesis", 0), ("G shift+left", 0)],
)  # fmt: skip
async def test_one_second_and_ten(keys: str, seconds: int) -> None:
    async with replaying(wipe()) as (_app, pilot, screen):
        await pilot.press(*keys.split())
        assert head(screen).offset_ns == seconds * 10**9


async def test_the_lanes_show_more_or_less_of_the_session() -> None:
    async with replaying(idle()) as (app, pilot, _screen):

        def ruler() -> str:
            return next(row for row in rows(app) if row.startswith("lanes"))

        whole = ruler()
        await pilot.press("z", "z")
        await until(pilot, lambda: "the lanes show 5.0s" in rows(app)[-1])
        assert ruler() != whole
        await pilot.press("z")
        await until(pilot, lambda: "no less than 5.0s" in rows(app)[-1])
        await pilot.press(*"ZZZZZ")
        await until(pilot, lambda: "the lanes show the whole session" in rows(app)[-1])
        await pilot.press("Z")
        await until(pilot, lambda: "no more than the whole session" in rows(app)[-1])
        await pilot.press("t", "z")
        await until(pilot, lambda: "the lanes are hidden; t shows them" in rows(app)[-1])
    async with replaying(long(25_000)) as (app, pilot, _screen):
        await pilot.press("Z", "Z", "Z")
        await until(pilot, lambda: "do not fit into the lanes; they show" in rows(app)[-1])


# --- wrap, sideways, pager --------------------------------------------------------------------


async def test_titles_of_the_list_move_sideways() -> None:
    async with replaying(wipe()) as (app, pilot, _screen):
        await pilot.press("greater_than_sign")
        await until(pilot, lambda: "user  fix the staging" not in text(app))
        assert "00:00.0 user" in text(app), "only the titles move"
        await pilot.press("w")
        await until(pilot, lambda: "do not wrap" in rows(app)[-1])
        await pilot.press("less_than_sign")
        await until(pilot, lambda: "user  fix the staging" in text(app))


async def test_the_state_can_be_cut_and_moved_sideways() -> None:
    async with replaying(wipe()) as (app, pilot, screen):
        await pilot.press("e", "e", "tab", "tab", "w")
        await until(pilot, lambda: "lines of this pane are cut" in rows(app)[-1])
        panel = screen.query_one("#state", LineList)
        assert panel.row_count() == len(panel.lines)
        await pilot.press("w")
        await until(pilot, lambda: "lines of this pane wrap" in rows(app)[-1])


def test_the_pager_is_the_persons_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "most -w '+1'")
    assert pager_command() == ["most", "-w", "+1"]
    monkeypatch.delenv("PAGER")
    assert pager_command() == ["less"]
    monkeypatch.setenv("PAGER", "less '")
    with pytest.raises(ValueError, match="quot"):
        pager_command()


def test_a_pager_gets_every_row_and_may_leave_early(tmp_path: Path) -> None:
    got = tmp_path / "got"
    assert show_in_pager(["sh", "-c", f"cat > {got}"], ["one", "two ⏎"]) == ""
    assert got.read_text() == "one\ntwo ⏎\n"
    assert show_in_pager(["true"], ("x" * 1_000 for _ in range(10_000))) == ""
    assert show_in_pager(["false"], []) == "false ended with 1"
    assert "cannot be started" in show_in_pager(["no-such-pager-at-all"], [])


async def test_where_nothing_may_be_started_no_pager_is() -> None:
    async with replaying(wipe()) as (app, pilot, _screen):
        await pilot.press("o")
        await until(pilot, lambda: "there is no normal screen here" in rows(app)[-1])
        app.read_only = True
        await pilot.press("o")
        await until(pilot, lambda: "no program is started from here" in rows(app)[-1])


async def test_what_a_pager_gets_is_harmless_and_whole() -> None:
    held = analysis([
        action(1, Kind.TOOL_CALL, "Bash", "x", 0, 0,
               attributes={semconv.GEN_AI_TOOL_RESULT: ATTACK + "\nline\n" * 30_000}),
    ])  # fmt: skip
    async with replaying(held) as (app, pilot, screen):
        await pilot.press("right_curly_bracket", "right_curly_bracket")
        await until(pilot, lambda: "b hex" in text(app))
        given = list(screen.pager_rows())
        assert len(given) > 60_000
        assert not set("".join(given)) & {"\x1b", "\x07", "\x9b", "\u202e"}


# --- lists ------------------------------------------------------------------------------------


def several() -> list[Any]:
    calm = analysis(
        [action(1, Kind.PROMPT, "u", "p", 0, 60_000)],
        row=session("calm", first_seq=100, records=5, last_ns=ms(60_000)),
    )
    large = analysis(
        [action(1, Kind.PROMPT, "u", "p", 0)],
        row=session("large", first_seq=50, records=9_999, last_ns=ms(1_000)),
    )
    return [calm, large, wipe()]


async def test_sessions_are_sorted_by_key_and_the_cursor_stays_on_its_session() -> None:
    async with driven(*several()) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, Sessions)
        await until(pilot, lambda: len(screen.judged) == 3)
        await pilot.press("down")
        orders = []
        for _ in range(4):
            await pilot.press("s")
            await pilot.pause()
            orders.append(([row.id[:4] for row in screen.rows], rows(app)[-1].strip()))
            current = screen.current()
            assert current is not None
            assert current.id == "large"
        assert orders == [
            (["a17f", "calm", "larg"], "sorted: worst first"),
            (["calm", "a17f", "larg"], "sorted: longest first"),
            (["larg", "a17f", "calm"], "sorted: most records first"),
            (["calm", "larg", "a17f"], "sorted: newest first"),
        ]


async def test_the_worst_come_first_however_many_sessions_there_are() -> None:
    calm = [
        analysis([action(1, Kind.PROMPT, "u", "p", 0)], row=session(f"calm-{n}", first_seq=100 + n))
        for n in range(70)
    ]
    async with driven(*calm, wipe()) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, Sessions)
        await until(pilot, lambda: len(screen.judged) >= 50)
        assert wipe().session.id not in screen.judged
        await pilot.press("s")
        await until(pilot, lambda: screen.rows[0].id == wipe().session.id)
        await until(pilot, lambda: len(screen.judged) == 71)
        assert "71 sessions, worst first" in text(app)
        assert "not read yet" not in text(app)
        current = screen.current()
        assert current is not None
        assert current.id == "calm-0"


async def test_a_filter_that_takes_long_tells_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tui.screens.sessions.FILTERED", 0)
    source, goes_on = HeldSource(*several()), Event()
    load = source.load

    def waits(session_id: str, progress: Progress | None = None) -> Scene:
        # The last of the three.
        assert session_id != wipe().session.id or goes_on.wait(60)
        return load(session_id, progress)

    async with driven(source=source) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, Sessions)
        monkeypatch.setattr(source, "load", waits)
        await pilot.press("ampersand", *"lane:user", "enter")
        await until(pilot, lambda: "user: 2 so far, 2 of 3 looked at" in text(app))
        assert [row.id for row in screen.rows] == ["calm", "large"]
        goes_on.set()
        await until(pilot, lambda: "user: 3 of 3 shown" in text(app))


async def test_what_comes_into_sight_is_judged() -> None:
    calm = [
        analysis([action(1, Kind.PROMPT, "u", "p", 0)], row=session(f"calm-{n}", first_seq=100 + n))
        for n in range(70)
    ]
    async with driven(*calm, wipe()) as (app, pilot):
        screen = app.screen
        await until(pilot, lambda: len(screen.judged) >= 50)  # type: ignore[attr-defined]
        await pilot.press("G")
        await until(pilot, lambda: len(screen.judged) == 71)  # type: ignore[attr-defined]


async def test_a_click_on_the_previews_strip_replays_there() -> None:
    async with driven(wipe()) as (app, pilot):
        screen = app.screen
        await until(pilot, lambda: "renew.env" in text(app))
        await pilot.click(screen.query_one(Heat), offset=(24, 0))
        await until(pilot, lambda: isinstance(app.screen, Replay) and app.screen.scene)
        replay = app.screen
        assert isinstance(replay, Replay)
        await until(pilot, lambda: head(replay).offset_ns > 3 * 10**9)


@pytest.mark.parametrize("size", SIZES)
async def test_findings_are_sorted_filtered_and_noted(
    size: tuple[int, int], tmp_path: Path
) -> None:
    source = HeldSource(wipe(), path=str(tmp_path / "flight.db"))
    async with driven(wipe(), session=wipe().session.id, size=size, source=source) as (app, pilot):
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, Findings))
        found = app.screen
        assert isinstance(found, Findings)
        await pilot.press("s")
        await until(pilot, lambda: [f.rule for f in found.shown] == ["R07", "R03"])
        current = found.current()
        assert current is not None
        assert current.rule == "R03", "the cursor stays on its finding"
        await pilot.press("ampersand", *"sev>=high", "enter")
        await until(pilot, lambda: [f.rule for f in found.shown] == ["R07"])
        await until(pilot, lambda: "1 of 2" in rows(app)[0])
        await pilot.press("ampersand", *"(", "enter", "escape")
        await pilot.press("c", *"look here", "enter")
        await until(pilot, lambda: "look here" in text(app))
        (entry,) = CaseFile(source.path).entries(wipe().session.id)
        assert (entry.sort, entry.action) == (Sort.NOTE, 41)
        await pilot.press("ampersand", *["backspace"] * 9, *"rule:R99", "enter")
        await until(pilot, lambda: "no finding fits the filter" in text(app))
        await pilot.press("c")
        await until(pilot, lambda: "there is no finding to note" in rows(app)[-1])


# --- palette ----------------------------------------------------------------------------------


async def pick(app: Any, pilot: Any, words: str) -> None:
    below = app.screen
    await pilot.press("colon")
    await until(pilot, lambda: app.screen is not below)
    await pilot.press(*words.replace(" ", "_").replace("_", " "))
    await pilot.pause(0.6)
    await pilot.press("enter")


async def test_the_palette_goes_to_findings_sessions_and_themes() -> None:
    other = renamed(wipe(), "b22")
    async with driven(wipe(), other, session=wipe().session.id) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, Replay)
        await pick(app, pilot, "finding R07")
        await until(pilot, lambda: app.screen is screen and head(screen).cursor == 8)
        await pick(app, pilot, "theme light")
        await until(pilot, lambda: app.theme == "flightlog-light")
        await pick(app, pilot, "session b22")
        await until(pilot, lambda: getattr(app.screen, "session_id", "") == "b22")


async def test_what_is_recorded_is_no_markup_in_the_palette() -> None:
    async with driven(hostile(), session=hostile().session.id) as (app, pilot):
        below = app.screen
        await pilot.press("colon")
        await until(pilot, lambda: app.screen is not below)
        await pilot.press(*"replay session")
        await pilot.pause(0.6)
        assert "@click=app.exit" in text(app)
        assert not set(text(app)) & {"\x1b", "\x07", "\x9b", "\u202e"}
