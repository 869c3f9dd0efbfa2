"""The state panel: everything that is held and alive, each row with the action it stands on."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from analyzer.model import Analysis, Outcome
from analyzer.testimony import Decision, Presence
from analyzer.timeline import SECOND
from recorder import semconv
from recorder.model import Kind
from tests.tui.driving import replaying, text, until
from tests.tui.factories import action, analysis, ms, scene
from tests.tui.wiped import wipe
from tui.glyphs import UNICODE
from tui.safe_content import as_text
from tui.screens.replay import Replay
from tui.widgets.lines import LineList
from tui.world import FEW, Item, changed_items, world_items

ASKED = Decision("requested", "", Presence.UNKNOWN, "no answer is on record", 5)


def busy() -> Analysis:
    """Return a session with everything that the panel tells of."""

    def edit(number: int, tool: str, path: str, at: float) -> Any:
        arguments = json.dumps({"file_path": path})
        return action(number, Kind.TOOL_CALL, tool, f"{tool} {path}", at,
                      attributes={semconv.GEN_AI_TOOL_ARGUMENTS: arguments})  # fmt: skip

    return analysis([
        action(1, Kind.PROMPT, "user", "go", 0, 0),
        edit(2, "Read", "a.py", 100),
        edit(3, "Write", "a.py", 200),
        action(4, Kind.MODEL_CALL, "m", "ok", 300, 10, attributes={
            semconv.GEN_AI_INPUT_TOKENS: 1_000, semconv.GEN_AI_OUTPUT_TOKENS: 20,
            "flightlog.model.cost_usd": 0.25}),
        action(5, Kind.APPROVAL, "requested", "may I", 400, 0, decision=ASKED, attributes={
            semconv.APPROVAL_DECISION: "requested", semconv.APPROVAL_SUBJECT: "Bash make",
            semconv.GEN_AI_TOOL_CALL_ID: "c9"}),
        action(6, Kind.PROCESS, "make", "make all", 500, None, pid=4411,
               attributes={semconv.PROCESS_CWD: "/srv/build"}),
        action(7, Kind.MODEL_CALL, "m", "done", 60_500, 0),
    ])  # fmt: skip


def items(of: Analysis, at: float) -> list[Item]:
    held = scene(of)
    return world_items(held, held.states.at(ms(at)), UNICODE)


def told(of: Analysis, at: float) -> list[str]:
    return [as_text(item.content, UNICODE).rstrip() for item in items(of, at)]


def test_everything_is_told_with_its_action() -> None:
    rows = told(busy(), 60_500)
    for expected in (
        "human   60.5s ago, at 00:00.0 #1  last word or decision",
        "open    1 running",
        "  60.0s tool process 4411 #6 make",
        "permits 0 approvals given, 1 waiting, 0 settled with their call",
        "  requested #5 Bash make; a person: unknown, inferred",
        "hosts   0 contacted",
        "files   1 touched, 1 written",
        "  a.py #3 first written 00:00.2",
        "  a.py #2 first touched 00:00.1",
        "done    2 tool calls, 0 requests",
        "tokens  in 1,000 out 20, cost $0.25",
        "cwd     /srv/build #6",
    ):
        assert expected in rows


def test_a_credential_has_class_fingerprint_scope_first_place_and_last_use() -> None:
    rows = told(wipe(), 9_000)
    place = rows.index("railway_token 9f2c, scope account")
    assert rows[place + 1] == "  ← scripts/domains/renew.env:3 #31 00:03.4 observed"
    assert rows[place + 2] == "  used: backboard.railway.app #41 00:04.9 observed"
    early = told(wipe(), 4_000)
    assert early[early.index("railway_token 9f2c, scope account") + 2] == "  not used so far"


def test_a_resource_says_its_environment_or_that_it_is_unknown() -> None:
    held = wipe()
    rows = told(held, 9_000)
    assert "  production; volumeDelete answered true" in rows
    unknown = tuple(
        replace(a, resources=tuple(replace(r, environment="unknown") for r in a.resources))
        for a in held.actions
    )
    rows = told(replace(held, actions=unknown), 9_000)
    assert "  environment unknown; volumeDelete answered true" in rows


def test_what_cites_an_action_names_it_in_its_row() -> None:
    for item in items(wipe(), 9_000):
        row = as_text(item.content, UNICODE)
        if item.action is not None and not row.startswith("  ") and "scope" not in row:
            assert f"#{item.action}" in row


def test_nothing_recorded_is_said_and_not_left_out() -> None:
    rows = told(analysis([]), 0)
    for expected in ("no resource seen yet", "human   nobody has said or decided anything",
                     "open    0 running", "tokens  none recorded"):  # fmt: skip
        assert expected in rows


def test_many_are_named_up_to_a_number_and_then_counted() -> None:
    many = analysis([action(n, Kind.PROCESS, f"p{n}", "p", n, None) for n in range(1, FEW + 11)])
    assert "  and 10 running more" in told(many, 1_000)


def test_what_changed_within_the_last_second_is_marked() -> None:
    held = scene(wipe())
    end = held.analysis.actions[held.row_of[41]].end_ns or 0

    def marked(t_ns: int) -> list[str]:
        shown = changed_items(held, held.states.at(t_ns), held.states.at(t_ns - SECOND), UNICODE)
        rows = [as_text(item.content, UNICODE) for item in shown]
        return [row for row in rows if row.endswith(" *")]

    assert any("DELETED" in row for row in marked(end))
    assert not any("DELETED" in row for row in marked(end - 1))
    assert not any("human" in row for row in marked(end))


def panel(screen: Replay) -> LineList:
    return screen.query_one("#state", LineList)


async def test_enter_goes_to_the_action_that_a_row_cites() -> None:
    async with replaying(wipe()) as (app, pilot, screen):
        await pilot.press("e", "e", "tab", "tab")
        assert screen.focused is panel(screen)
        await pilot.press("enter")
        await until(pilot, lambda: "this row stands on no single action" in text(app))
        await pilot.press(*"jj", "enter")
        await until(pilot, lambda: "#31, which the state told of" in text(app))
        assert screen.playhead is not None
        assert screen.playhead.cursor == scene(wipe()).row_of[31]


async def test_the_panel_scrolls_to_its_end_and_back() -> None:
    async with replaying(busy()) as (app, pilot, screen):
        await pilot.press("G", "tab", "tab", "G")
        await until(pilot, lambda: "cwd     /srv/build #6" in text(app))
        await pilot.press("g")
        await until(pilot, lambda: "STATE AT" in text(app))
        assert panel(screen).cursor == 0


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_plus_gives_it_the_height_and_underscore_takes_it_back(
    size: tuple[int, int],
) -> None:
    async with replaying(wipe(), size=size) as (app, pilot, _screen):
        await pilot.press("underscore")
        await until(pilot, lambda: "no pane is enlarged" in text(app))
        await pilot.press("e", "e", "tab", "tab", "plus")
        await until(pilot, lambda: "permits 0 approvals given" in text(app))
        assert "now: rows below" not in text(app)
        await pilot.press("underscore")
        await until(pilot, lambda: "now: rows below" in text(app))


def test_a_denied_call_is_not_counted_as_done() -> None:
    calls = [
        action(1, Kind.TOOL_CALL, "Bash", "rm a", 0, 10, outcome=Outcome.DENIED),
        action(2, Kind.TOOL_CALL, "Bash", "ls", 20, 10),
    ]
    assert "done    1 tool calls, 1 denied, 0 requests" in told(analysis(calls), 50)
