"""The findings with the credential's chain; every row of an account leads to its action."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from analyzer.chain import Chain
from analyzer.model import Sighting
from recorder.model import Role
from tests.tui.driving import driven, rows, text, until
from tests.tui.factories import ACCOUNT, analysis, ms, scene
from tests.tui.held import HeldSource
from tests.tui.wiped import wipe
from tui.app import FlightApp
from tui.finding_lines import finding_items
from tui.glyphs import UNICODE
from tui.provenance import MOST, chain_items, step_of
from tui.safe_content import as_text
from tui.screens.findings import Findings
from tui.screens.replay import Replay
from tui.widgets.lines import LineList

SIZES = [(120, 36), (80, 24)]


def texts(items: Any) -> list[str]:
    return [as_text(item.content, UNICODE).rstrip() for item in items]


def test_a_chain_goes_from_the_first_sighting_to_the_last() -> None:
    told = texts(chain_items(scene(wipe()), ACCOUNT))
    assert told[0] == "cred railway_token 9f2c  railway_token  (its value was never stored)"
    assert told[1] == "scope account, by its header  inferred"
    first = told.index("  00:03.4 o FIRST SEEN     tool  scripts/domains/renew.env:3 #31  observed")
    assert told[first + 2] == "          | -> M R03 credential from a file outside the task"
    last = "  00:04.9 ' LAST SENT      api   header Authorization to backboard.railway.app #41"
    assert any(row.startswith(last) for row in told)
    assert told[-1] == "          | not seen in the 1 later action"
    assert chain_items(scene(wipe()), "nothing") == []


def test_each_step_is_named_by_what_happened() -> None:
    used = Sighting(1, 1, ACCOUNT, Role.USED, "argv", ms(0))
    named = {
        role: step_of(replace(used, role=role), is_first=False, is_last=False)[1] for role in Role
    }
    assert named[Role.USED] == "USED"
    assert named[Role.IN_CONTEXT] == "IN CONTEXT"
    assert named[Role.COPIED] == "COPIED"
    sent = replace(used, host="example.org")
    assert step_of(sent, is_first=False, is_last=False)[1] == "SENT"
    assert step_of(sent, is_first=False, is_last=True) == ("'", "LAST SENT")
    assert step_of(used, is_first=True, is_last=True) == ("o", "FIRST USED")


def test_a_long_chain_tells_its_ends_and_how_much_is_between() -> None:
    held = wipe()
    (credential,) = [c for c in held.credentials if c.fingerprint == ACCOUNT]
    many = tuple(replace(credential.first, t_ns=ms(n)) for n in range(MOST + 25))
    long = replace(held, credentials=(replace(credential, sightings=many),))
    told = texts(chain_items(scene(long), ACCOUNT))
    assert "     ... 25 sightings more ..." in told
    assert sum("renew.env:3" in row for row in told) == MOST


def test_an_account_says_why_how_sure_and_what_was_verified() -> None:
    held = scene(wipe())
    (finding,) = [f for f in held.analysis.findings if f.rule == "R07"]
    told = "\n".join(texts(finding_items(held, finding, UNICODE, None)))
    assert "WHY    #11 was refused" in told
    assert "SURE   inferred\n" in told
    assert "CHECK  the recording is being verified; it stands on 3 actions" in told
    assert "TAGS   T1552.001 T1485" in told
    bad = Chain(is_intact=False, words="chain BAD at record 4")
    weak = replace(finding, strong=False)
    told = "\n".join(texts(finding_items(held, weak, UNICODE, bad)))
    assert "chain BAD at record 4" in told
    assert "likeness of words alone" in told


@asynccontextmanager
async def found(
    size: tuple[int, int] = (120, 36), **more: Any
) -> AsyncIterator[tuple[FlightApp, Pilot[None], Findings]]:
    async with driven(wipe(), session=wipe().session.id, size=size, **more) as (app, pilot):
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, Findings))
        assert isinstance(app.screen, Findings)
        yield app, pilot, app.screen


@pytest.mark.parametrize("size", SIZES)
async def test_tab_goes_to_the_credentials_and_their_chain_and_back(size: tuple[int, int]) -> None:
    async with found(size) as (app, pilot, screen):
        account = screen.query_one("#account", LineList)
        await until(pilot, lambda: "M R03" in account.text())
        await pilot.press("tab", "tab")
        await until(pilot, lambda: account.text().startswith("cred railway_token 41d0"))
        assert "seen    used    sent" in text(app)
        await pilot.press("down")
        await until(pilot, lambda: account.text().startswith("cred railway_token 9f2c"))
        await pilot.press("down")
        await until(pilot, lambda: "no more credentials" in rows(app)[-1])
        await pilot.press("shift+tab")
        await until(pilot, lambda: screen.focused is account)
        assert account.text().startswith("cred railway_token 9f2c")
        await pilot.press("shift+tab")
        await until(pilot, lambda: "WHY" in account.text())


@pytest.mark.parametrize("size", SIZES)
async def test_enter_in_an_account_replays_what_its_row_stands_on(size: tuple[int, int]) -> None:
    async with found(size) as (app, pilot, screen):
        await pilot.press("G", "tab")
        account = screen.query_one("#account", LineList)
        await until(pilot, lambda: screen.focused is account)
        row = next(n for n, ln in enumerate(account.text().split("\n")) if "#11 refused" in ln)
        await pilot.press(*["j"] * row, "enter")
        await until(pilot, lambda: isinstance(app.screen, Replay))
        replay = app.screen
        assert isinstance(replay, Replay)
        await until(pilot, lambda: replay.current_action() == 11)
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, Findings))
        await pilot.press("tab", "j", "j", "enter")
        await until(pilot, lambda: "this row stands on no single action" in rows(app)[-1])


async def test_enter_on_a_credential_replays_its_first_sighting() -> None:
    async with found() as (app, pilot, _screen):
        await pilot.press("tab", "tab", "down", "enter")
        await until(pilot, lambda: isinstance(app.screen, Replay))
        replay = app.screen
        assert isinstance(replay, Replay)
        await until(pilot, lambda: replay.current_action() == 31)


async def test_what_verifying_showed_comes_into_the_account() -> None:
    source = HeldSource(wipe())
    source.chain = Chain(is_intact=False, words="chain BAD at record 4")
    async with found(source=source) as (_app, pilot, screen):
        account = screen.query_one("#account", LineList)
        await until(pilot, lambda: "CHECK  chain BAD at record 4" in account.text())


async def test_a_session_without_credentials_says_so() -> None:
    held = analysis([])
    async with driven(held, session=held.session.id) as (app, pilot):
        await pilot.press("F")
        await until(pilot, lambda: "no credential was seen" in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "there is no finding to replay" in rows(app)[-1])
