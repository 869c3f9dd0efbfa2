"""The live view: a real recording that grows, and keys."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from recorder.model import Phase, Record, Status
from recorder.own_words import gap, own_record
from tests.tui.driving import rows, text, until
from tests.tui.factories import ATTACK
from tests.tui.growing import Growing, following, has_read
from tui.app import FlightApp
from tui.commands.tail import command as tail
from tui.glyphs import ASCII
from tui.screens.live import Live
from tui.screens.replay import Replay
from tui.screens.sessions import Sessions
from tui.widgets.lines import LineList

SIZES = [(120, 36), (80, 24)]
WIPE = "rm -rf /home/dev/shop/backups"


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Growing]:
    made = Growing(tmp_path / "flight.db")
    made.calls(60, at=1.0)
    yield made
    made.store.close()


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def header(app: FlightApp) -> str:
    return rows(app)[0]


def bar(app: FlightApp) -> str:
    return rows(app)[-2]


def says_behind(app: FlightApp, count: int) -> bool:
    return header(app).startswith(f"{count:,} BEHIND")


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_appended_is_seen_and_nothing_moves_under_who_reads(
    growing: Growing, size: tuple[int, int]
) -> None:
    async with following(growing, size=size) as (app, pilot, screen):
        assert header(app).startswith("LIVE ›")
        assert "dropped 0" in header(app)
        assert "FOLLOWING" in bar(app)
        assert "echo 60" in text(app)
        assert "echo 1 " not in text(app)
        growing.calls(1, at=20.0)
        await until(pilot, lambda: "echo 61" in text(app))
        assert "00:20.0" in rows(app)[-4 if size[0] < 100 else -3]
        await pilot.press("up")
        await until(pilot, lambda: header(app).startswith("0 BEHIND"))
        still = rows(app)[1 : -2 if size[0] > 100 else -3]
        for count, total in ((1, 1), (14, 15), (985, 1_000)):
            growing.calls(count, at=30.0 + total / 10)
            await until(pilot, partial(says_behind, app, total))
            assert f"{total:,} new" in bar(app)
            assert len(screen.tail or ()) == 62 + total
        left = [row[:60] for row in rows(app)[1 : -2 if size[0] > 100 else -3]]
        assert left == [row[:60] for row in still]
        assert "PAUSED at 00:06.9" in bar(app)
        await pilot.press("G")
        await until(pilot, lambda: header(app).startswith("LIVE"))
        assert "echo 1061" in text(app)


async def test_an_open_action_is_told_with_the_time_it_has_run(growing: Growing) -> None:
    async with following(growing) as (app, pilot, screen):
        growing.call(90.0, None)
        side = screen.query_one("#side", LineList)
        await until(pilot, lambda: "tool  Bash echo 61" in side.text())
        shown = next(row for row in side.text().splitlines() if row.startswith("tool  Bash"))
        began = float(shown.split()[-1].removesuffix("s"))
        assert 9 < began < 60
        await until(pilot, lambda: shown not in side.text())
        growing.end(91.5)
        await until(pilot, lambda: "1.5s ok" in text(app))
        assert screen.tail is not None
        assert not screen.tail.running()


async def test_the_view_is_rewound_while_the_recording_goes_on(growing: Growing) -> None:
    growing.call(50.0, status=Status.ERROR)
    growing.calls(60, at=51.0)
    async with following(growing) as (app, pilot, screen):
        await pilot.press("X")
        await until(pilot, lambda: "PAUSED at 00:50.0" in bar(app))
        await pilot.press("X")
        assert screen.hints.message == "no earlier failure"
        await pilot.press("left", "left", "right")
        await until(pilot, lambda: "PAUSED at 00:06.9" in bar(app))
        await pilot.press("g")
        await until(pilot, lambda: "00:00.0 event session" in rows(app)[1])
        await pilot.press("up")
        assert screen.hints.message == "this is the first action"
        await pilot.press("space")
        await until(pilot, lambda: "FOLLOWING" in bar(app))
        await pilot.press("down")
        assert "G follows" in screen.hints.message
        await pilot.press("space")
        await until(pilot, lambda: "0 new" in bar(app))
        await pilot.press("pageup", "f")
        await until(pilot, lambda: "FOLLOWING" in bar(app))


async def test_what_the_rules_find_is_told_and_gone_to(growing: Growing) -> None:
    async with following(growing) as (app, pilot, screen):
        await pilot.press("up")
        growing.call(60.0, command=WIPE)
        growing.calls(3, at=61.0)
        await until(pilot, lambda: screen.tail is not None and screen.tail.findings)
        await until(pilot, lambda: "4 new, 3 findings H" in bar(app))
        assert screen.tail is not None
        found = screen.tail.findings[-1]
        assert f"{found.rule} {found.title}"[:25] in text(app)
        await pilot.press("e")
        await until(pilot, lambda: "PAUSED at 01:00.0" in bar(app))
        await pilot.press("enter")
        await until(pilot, lambda: found.reason[:30] in text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "OPEN NOW" in text(app))


async def test_what_the_recorder_had_to_leave_out_is_counted(growing: Growing) -> None:
    async with following(growing) as (app, pilot, _screen):
        growing.commit([gap(7, "records came faster than they could be kept")])
        await until(pilot, lambda: "dropped 7" in header(app))


def as_said_by(child: int) -> Record:
    said = own_record("recorder", Phase.START, {})
    return Record(
        witness=said.witness, phase=said.phase, kind=said.kind, name=said.name,
        t_ns=said.t_ns, observed_ns=said.observed_ns, pid=child,
    )  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
async def test_a_recorder_that_dies_is_told(
    growing: Growing, child: subprocess.Popen[bytes], size: tuple[int, int]
) -> None:
    growing.commit([as_said_by(child.pid)])
    growing.call(95.0, None)
    async with following(growing, size=size) as (app, pilot, screen):
        assert "FOLLOWING" in bar(app)
        child.kill()
        child.wait()
        await until(pilot, lambda: "WRITER GONE" in bar(app))
        assert f"last record #{growing.store.size}, 1 action was open" in bar(app)
        assert header(app).startswith("NOT LIVE")
        growing.commit([own_record("recorder", Phase.START, {})])
        await until(pilot, lambda: "FOLLOWING" in bar(app))
        growing.commit([own_record("recorder", Phase.END, {})])
        await until(pilot, lambda: "RECORDER STOPPED" in bar(app))
        growing.end_session(99.0)
        await until(pilot, lambda: "SESSION ENDED" in bar(app))
        assert header(app).startswith("ENDED")
        assert screen.tail is not None


async def test_live_is_reached_from_the_list_and_the_replay_and_goes_back(growing: Growing) -> None:
    app = FlightApp(growing.path)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, Sessions) and app.screen.rows)
        await pilot.press("L")
        await until(pilot, lambda: isinstance(app.screen, Live) and has_read(app.screen, growing))
        await pilot.press("up", "up", "R")
        await until(pilot, lambda: isinstance(app.screen, Replay) and app.screen.playhead)
        await until(pilot, lambda: "echo 58" in text(app))
        assert isinstance(app.screen, Replay)
        assert app.screen.playhead is not None
        assert app.screen.playhead.cursor == 58
        growing.calls(1, at=30.0)
        await pilot.press("L")
        await until(pilot, lambda: "2 BEHIND" in header(app) or "1 BEHIND" in header(app))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, Sessions))
        growing.end_session(40.0)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Replay) and app.screen.playhead)
        await pilot.press("L")
        assert isinstance(app.screen, Replay)
        assert "nothing to follow" in app.screen.hints.message


@pytest.mark.parametrize("size", SIZES)
async def test_without_colour_and_without_unicode_everything_is_told(
    growing: Growing, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    growing.call(50.0, status=Status.ERROR, command=ATTACK)
    async with following(growing, size=size, glyphs=ASCII) as (app, pilot, _screen):
        await pilot.press("up", "down")
        await until(pilot, lambda: "PAUSED at 00:50.0" in bar(app))
        shown = text(app)
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert "^" not in bar(app)
        cursor = next(row for row in rows(app) if row.startswith(">x"))
        assert "failed" in cursor
        assert set(bar(app)) <= set(map(chr, range(32, 127)))


async def test_quitting_ends_the_thread_that_looks(growing: Growing) -> None:
    async with following(growing) as (app, pilot, _screen):
        await pilot.press("q")
    assert not [worker for worker in app.workers if worker.is_running]


async def test_a_session_that_is_not_there_is_said(growing: Growing) -> None:
    app = FlightApp(growing.path)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_live("nobody")
        await until(pilot, lambda: "no session 'nobody'" in text(app))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--json"], "--json is for lines"),
        (["--once"], "--once is for lines"),
        (["--rules", "."], "--rules is for lines"),
        (["--webhook", "https://hooks.example"], "--webhook is for lines"),
        (["--kind", "tool_call"], "--kind is for lines"),
        (["-n", "5"], "--lines is for lines"),
        (["--alert-from", "high"], "--alert-from is for lines"),
    ],
)
def test_what_only_lines_can_do_is_refused_for_the_screen(
    growing: Growing, asked: list[str], said: str
) -> None:
    done = CliRunner().invoke(tail, ["--tui", "-r", str(growing.path), *asked])
    assert done.exit_code == 2
    assert said in done.output
