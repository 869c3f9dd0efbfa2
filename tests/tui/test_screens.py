"""Session list, findings and help, driven by keys; and recorded text that attacks all of them."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest

from analyzer.chain import Chain
from tests.tui.attacked import hostile
from tests.tui.driving import driven, replaying, rows, text, until
from tests.tui.factories import analysis, idle, ms, renamed, scene
from tests.tui.held import HeldSource
from tests.tui.wiped import wipe
from tui.app import FlightApp
from tui.glyphs import UNICODE
from tui.plain import print_timeline
from tui.safe_content import as_text
from tui.screens.findings import Findings
from tui.screens.help import Help
from tui.screens.replay import Replay
from tui.screens.sessions import Sessions
from tui.session_lines import columns_line, preview_lines, session_line
from tui.widgets.lines import LineList

SIZES = [(120, 36), (80, 24)]
INTACT = Chain(is_intact=True, words="chain ok (L0 self)")
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("size", SIZES)
async def test_a_session_is_chosen_by_what_its_preview_tells(size: tuple[int, int]) -> None:
    held = (wipe(), renamed(idle(), "b1b1b1"))
    async with driven(*held, size=size) as (app, pilot):
        await until(pilot, lambda: "R07 refused, then destroyed" in text(app))
        shown = text(app)
        assert "›C a17f00d0" in shown
        assert "C1 M1" in shown
        assert "2 sessions, newest first" in rows(app)[0]
        await pilot.press("down")
        await until(pilot, lambda: "no findings" in text(app))
        await pilot.press("up", "up")
        await until(pilot, lambda: "no more sessions" in rows(app)[-1])
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Replay))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, Sessions))
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)


async def test_the_preview_names_findings_credentials_and_both_ends() -> None:
    async with driven(wipe()) as (app, pilot):
        await until(pilot, lambda: "R07" in text(app))
        assert "▲" in text(app)
        facts = app.screen.query_one("#facts", LineList)
        await until(pilot, lambda: "chain   chain ok (L0 self)" in facts.text())
        for part in ("railway_token 9f2c", "renew.env:3", "used once", "\nfirst\n", "\nlast\n",
                     "re-enactment", "task    fix the staging", "done    4 tool, 3 model, 2 api",
                     "files   0 touched", "hosts   backboard.railway.app", "cost not recorded",
                     "case    nothing written down"):  # fmt: skip
            assert part in facts.text()


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_names_its_columns_and_the_session_that_was_changed(
    size: tuple[int, int],
) -> None:
    source = HeldSource(wipe(), renamed(idle(), "b1b1b1"))
    source.chain = Chain(
        is_intact=False, words="chain BAD at record 44", doubtful=frozenset({wipe().session.id})
    )
    async with driven(source=source, size=size) as (app, pilot):
        await until(pilot, lambda: "chain BAD at record 44" in rows(app)[0])
        await until(pilot, lambda: "C1 H1 M1" in text(app))
        headings, changed, other = rows(app)[1:4]
        for word in ("session", "start", "length", "agent", "records", "chain", "findings"):
            assert word in headings
        for row, state in ((changed, "BAD"), (other, "ok ")):
            assert row[headings.index("chain") :].startswith(state)
        assert changed[: headings.index("records") + 7].endswith("60"), "records, right-aligned"


async def test_a_credential_is_used_once_by_a_call_and_the_request_that_it_makes() -> None:
    held = wipe()
    (call,) = [a for a in held.actions if a.id == 9]
    (request,) = [a for a in held.actions if a.id == 11]
    (project,) = [c for c in held.credentials if c.fingerprint == request.sightings[0].fingerprint]
    twice = replace(project.sightings[0], action=call.id, place="argv")
    both = replace(project, sightings=(twice, *project.sightings))
    others = [c for c in held.credentials if c is not project]
    lines = preview_lines(scene(replace(held, credentials=(both, *others))), UNICODE)
    told = ["".join(piece.text for piece in row) for row in lines]
    assert [row for row in told if project.name in row and "used once" in row]


async def test_without_a_session_the_screen_says_how_to_record_one() -> None:
    app = FlightApp(HeldSource().path, source=HeldSource())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "flightlog demo" in text(app))
        await pilot.press("enter", "down", "F", "G", "y")
        await pilot.pause()
        assert isinstance(app.screen, Sessions)


@pytest.mark.parametrize("size", SIZES)
async def test_a_finding_gives_its_reason_and_evidence_and_replays_there(
    size: tuple[int, int],
) -> None:
    async with replaying(wipe(), size=size) as (app, pilot, screen):
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, Findings))
        await pilot.press("down")
        await pilot.pause()
        shown = " ".join(text(app).split())
        assert "#11 was refused, #31 exposed railway_token 9f2c" in shown
        assert "Read scripts/domains/renew.env #31 ok, reconstructed" in shown
        assert "inferred" in shown
        await pilot.press("down")
        await pilot.pause()
        assert "no more findings" in rows(app)[-1]
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is screen)
        assert screen.playhead is not None
        assert screen.playhead.cursor == 8


async def test_findings_open_from_the_list_and_lead_to_a_replay_there() -> None:
    async with driven(wipe()) as (app, pilot):
        await until(pilot, lambda: "R07" in text(app))
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, Findings))
        await pilot.press("G", "enter")
        await until(pilot, lambda: isinstance(app.screen, Replay) and "00:04.9/" in text(app))


async def test_a_session_without_findings_says_so() -> None:
    async with replaying(idle()) as (app, pilot, _screen):
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, Findings))
        await pilot.press("enter", "down", "G")
        await pilot.pause()
        assert "the rules found nothing" in text(app)


async def test_help_lists_the_keys_of_the_screen_that_it_was_asked_on() -> None:
    async with replaying(wipe()) as (app, pilot, _screen):
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help))
        await pilot.pause()
        assert "Play or pause" in text(app)
        await pilot.press("G")
        await pilot.pause()
        assert "The first divergence" in text(app)
        await pilot.press("g")
        await pilot.pause()
        assert "Play or pause" in text(app)


@pytest.mark.parametrize("size", SIZES)
async def test_recorded_text_is_inert_on_every_screen(size: tuple[int, int]) -> None:
    async with driven(hostile(), size=size) as (app, pilot):
        await until(pilot, lambda: "H1" in text(app))
        for keys in (["tab"], ["enter"], ["e"], ["enter"], ["q"], ["F"], ["q"], ["question_mark"],
                     ["q"]):  # fmt: skip
            await pilot.press(*keys)
            await pilot.pause(0.05)
            for drawn in rows(app):
                assert not CONTROLS.search(drawn)
        assert isinstance(app.screen, Replay)
        assert "␛]52;c" in text(app)
        row = next(i for i, shown in enumerate(rows(app)) if "evil" in shown)
        await pilot.click(offset=(rows(app)[row].index("evil"), row))
        await pilot.pause()
        assert app.is_running


async def test_the_plain_print_tells_the_story_line_by_line() -> None:
    out = io.StringIO()
    print_timeline(wipe(), out, chain=INTACT)
    shown = out.getvalue()
    lines = shown.splitlines()
    for part in (
        "RE-ENACTMENT, reconstructed: prompt",
        "00:04.9 C   api   └? POST backboard.railway.app volumeDelete  [3.6s, ok, observed "
        "by proxy, its place inferred by process and time] #41",
        "C R07 refused, then destroyed with another credential: #11 was refused",
        "STATE AT 00:09.0   2 credentials in hand",
        "volume pgdata DELETED observed #41",
        "backups of pgdata GONE inferred #41",
    ):
        assert part in shown
    # For 3.6 s nothing begins or ends, but the call runs.
    assert "... idle" not in shown
    assert next(n for n, row in enumerate(lines) if "R07" in row) == 1 + next(
        n for n, row in enumerate(lines) if "#41" in row
    )
    assert "00:03.4 M≈  tool  Read" in shown
    assert "observed by sdk] #9  ≈ made up: the command" in shown
    assert "reconstructed]" not in shown, "seen and made up are two things"
    assert lines[1] == "chain ok (L0 self)"


def test_the_plain_print_says_when_the_recording_was_changed_or_not_looked_at() -> None:
    for chain, said in (
        (Chain(is_intact=False, words="chain BAD at record 44"), "chain BAD at record 44"),
        (None, "not verified; 'flightlog verify' does it"),
    ):
        out = io.StringIO()
        print_timeline(wipe(), out, chain=chain)
        assert out.getvalue().splitlines()[1] == said


def test_the_plain_print_up_to_a_moment_tells_nothing_of_what_came_after_it() -> None:
    out = io.StringIO()
    print_timeline(wipe(), out, chain=INTACT, until_ns=ms(4_950))
    shown = out.getvalue()
    (deletion,) = [row for row in shown.splitlines() if row.endswith("#41")]
    assert "[open, open, observed by proxy" in deletion
    assert "STATE AT 00:04.9" in shown
    assert "DELETED" not in shown
    numbers = [int(found) for found in re.findall(r"\] #(\d+)", shown)]
    assert max(numbers) == 41


@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_plain_print_is_inert_too(ascii_only: bool) -> None:
    out = io.StringIO()
    print_timeline(hostile(), out, chain=None, ascii=ascii_only)
    assert not CONTROLS.search(out.getvalue().replace("\n", ""))
    assert not ascii_only or out.getvalue().isascii()


def test_the_plain_print_escapes_what_the_stream_cannot_encode() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    print_timeline(hostile(), out, chain=INTACT)
    print_timeline(wipe(), out, chain=INTACT)
    print_timeline(analysis([]), out, chain=INTACT)
    out.flush()
    assert b"~r RE-ENACTMENT" in raw.getvalue()


async def test_the_list_of_sessions_opens_on_the_session_that_one_comes_from() -> None:
    held = wipe(), renamed(wipe(), "b22"), renamed(wipe(), "c33")
    for keys in (("S",), ("F", "S")):
        async with driven(*held, session="c33") as (app, pilot):
            for key in keys:
                await pilot.press(key)
                await pilot.pause()
            await until(pilot, lambda: isinstance(app.screen, Sessions) and app.screen.rows)
            screen = app.screen
            assert isinstance(screen, Sessions)
            assert (found := screen.current()) is not None
            assert found.id == "c33"


@pytest.mark.parametrize(
    ("hours", "shown"), [(0.5, "30:00.0"), (95, "95:00:00"), (7512, "313 d"), (87_600, "3,650 d")]
)
def test_a_session_of_any_length_keeps_to_its_columns(hours: float, shown: str) -> None:
    row = wipe().session
    long = replace(row, last_ns=row.start_ns + int(hours * 3600) * 10**9)
    usual, drawn = (
        as_text(session_line(r, None, "ok", 80, UNICODE, is_cursor=False), UNICODE)
        for r in (row, long)
    )
    assert f"2026-04-24 14:13 {shown:>8} " in drawn
    assert drawn.index(" ok ") == usual.index(" ok ")
    assert as_text(columns_line(80), UNICODE).index("chain") == drawn.index("ok ")


def test_a_preview_names_no_place_that_nobody_knows() -> None:
    held = wipe()
    bare = replace(held, session=replace(held.session, user="", host="", cwd=""))
    shown = [as_text(row, UNICODE) for row in preview_lines(scene(bare), UNICODE)]
    assert not any(row.strip().startswith("@") for row in shown)
    named = [as_text(row, UNICODE) for row in preview_lines(scene(held), UNICODE)]
    assert named[1] == "dev@laptop  /home/dev/pocket/worktree"
