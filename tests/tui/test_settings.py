"""What a person sets: themes and keys; decisions on findings; copies and plain text."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analyzer.casefile import CaseFile, Sort
from tests.tui.attacked import hostile
from tests.tui.driving import driven, replaying, rows, text, until
from tests.tui.factories import ATTACK, idle, renamed
from tests.tui.held import HeldSource
from tests.tui.wiped import wipe
from tui.actions import ACTS, Place, acts_of, is_key, key_name, textual_key
from tui.screens.findings import Findings
from tui.screens.help import Help
from tui.screens.replay import Replay
from tui.screens.sessions import Sessions
from tui.settings import THEMES, Settings, SettingsError, load_settings, settings_path
from tui.widgets.lines import LineList
from tui.widgets.prompt import Prompt

SIZES = [(120, 36), (80, 24)]


def written(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(content)
    return path


def test_settings_are_read_and_have_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings(tmp_path / "none.toml") == Settings()
    path = written(tmp_path, 'theme = "light"\n[keys]\nbookmark = "M ctrl+b"\nslower = "!"\n')
    monkeypatch.setenv("FLIGHTLOG_CONFIG", str(path))
    assert settings_path() == path
    assert load_settings() == Settings(
        "light", {"bookmark": "M ctrl+b", "slower": "exclamation_mark"}
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("theme = ]", "(at line 1, column 9); expected TOML"),
        ("thema = 1", "there is no setting 'thema'; expected theme or [keys]"),
        ('theme = "pink"', "theme cannot be 'pink'; expected one of dark, light"),
        ("keys = 1", "keys is no table; expected [keys]"),
        ('[keys]\nbookmrak = "b"', "no action 'bookmrak'; expected bookmark, perhaps"),
        ("[keys]\nxyzzy = 'b'", "no action 'xyzzy'; expected one of open, show"),
        ("[keys]\ntenth = 'b'", "no action 'tenth'"),
        ("[keys]\nbookmark = 3", "bookmark cannot be 3; expected keys such as"),
        ("[keys]\nbookmark = 'notakey'", "bookmark: there is no key 'notakey'; expected a char"),
        ("[keys]\nplay = 'f99'", "play: there is no key 'f99'; expected a character such as b"),
        ("[keys]\nplay = 'control+b'", "play: there is no key 'control+b'"),
        ("[keys]\nplay = 'ctrl+'", "play: there is no key 'ctrl+'"),
        ("[keys]\nbookmark = 'n'", "[keys] n means both hit and bookmark in replay; expected anot"),
    ],
)
def test_a_mistake_in_the_settings_is_one_clear_line(
    tmp_path: Path, content: str, said: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(written(tmp_path, content))
    assert str(caught.value).startswith(str(tmp_path / "config.toml"))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_name_of_a_key_leads_back_to_the_key() -> None:
    for act in ACTS:
        for key in act.keys.split():
            assert textual_key(key_name(key)) == key
            assert is_key(key)
    for written in ("!", "%", "é", "f12", "ctrl+f5", "alt+x", "shift+tab", "ctrl+at", "^n"):
        key = textual_key(written)
        assert is_key(key)
        assert textual_key(key_name(key)) == key


async def test_another_key_works_and_is_named_wherever_keys_are_named(tmp_path: Path) -> None:
    given = Settings(keymap={"bookmark": "M", "findings": "V"})
    source = HeldSource(wipe(), path=str(tmp_path / "flight.db"))
    async with replaying(wipe(), source=source, given=given) as (app, pilot, screen):
        await pilot.press("m")
        await pilot.press("M")
        await until(pilot, lambda: screen.remarks)
        assert len(CaseFile(Path(source.path)).entries(wipe().session.id)) == 1
        await pilot.press("right")
        assert "V Findings" in rows(app)[-1]
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help))
        shown = app.screen.query_one("#help", LineList).text()
        assert any(row.split()[0] == "M" and "bookmark" in row for row in shown.splitlines() if row)
    assert {act.keys for act in acts_of(Place.REPLAY, given.keymap) if act.id == "bookmark"} == {
        "M"
    }


@pytest.mark.parametrize("size", SIZES)
async def test_themes_are_gone_through_and_each_draws(size: tuple[int, int]) -> None:
    async with replaying(wipe(), size=size, given=Settings("light")) as (app, pilot, _screen):
        assert app.theme == THEMES["light"]
        seen = []
        for _ in THEMES:
            await pilot.press("ctrl+t")
            await pilot.pause()
            seen.append(app.theme)
            assert "theme " in rows(app)[-1]
            assert "PAUSE" in text(app)
        assert sorted(seen) == sorted(THEMES.values())


@pytest.mark.parametrize("size", SIZES)
async def test_findings_are_accepted_and_dismissed_with_a_reason(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    source = HeldSource(wipe(), path=str(tmp_path / "flight.db"))
    async with replaying(wipe(), source=source, size=size) as (app, pilot, _screen):
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, Findings))
        await pilot.press("a")
        await until(pilot, lambda: "R03 accepted" in rows(app)[-1])
        await pilot.press("j", "d", "enter")
        assert "a dismissal needs a reason" in text(app)
        await pilot.press(*"drill", "enter")
        await until(pilot, lambda: "R07 dismissed" in rows(app)[-1])
        assert "0 open  1 accepted  1 dismissed" in rows(app)[0]
        account = app.screen.query_one("#account", LineList).text()
        assert any(row.startswith("CASE   dismissed R07  drill  ") for row in account.splitlines())
        await pilot.press("q", "F")
        await until(pilot, lambda: "0 open  1 accepted  1 dismissed" in rows(app)[0])
    decided = CaseFile(Path(source.path)).decisions(wipe().session.id)
    assert {key: entry.sort for key, entry in decided.items()} == {
        ("R03", 31): Sort.ACCEPTED,
        ("R07", 41): Sort.DISMISSED,
    }


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_of_sessions_is_filtered(size: tuple[int, int]) -> None:
    quiet = replace(renamed(idle(), "b99quiet"), findings=())
    async with driven(wipe(), quiet, size=size) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, Sessions)
        await pilot.press("ampersand", *"destroys", "enter")
        await until(pilot, lambda: len(screen.rows) == 1)
        assert "destroys: 1 of 2 shown" in rows(app)[0]
        await pilot.press("ampersand", *" lane>x")
        await until(pilot, lambda: "column 14: lane cannot be compared with >" in text(app))
        await pilot.press("enter")
        assert screen.query_one(Prompt).is_open
        screen.query_one(Prompt).typed.value = "session:nobody"
        await pilot.press("enter")
        await until(pilot, lambda: "no session fits; & changes it" in text(app))
        await pilot.press("enter", "F", "j")
        await pilot.press("ampersand")
        screen.query_one(Prompt).typed.value = ""
        await pilot.press("enter")
        await until(pilot, lambda: len(screen.rows) == 2)
        assert "2 sessions, newest first" in rows(app)[0]


async def test_an_action_is_copied_as_json_that_is_harmless(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copied: list[str] = []

    def copy(_app: Any, content: str) -> str:
        copied.append(content)
        return "copied"

    monkeypatch.setattr("tui.screens.replay_case.copy_text", copy)
    async with replaying(hostile()) as (app, pilot, _screen):
        await pilot.press("Y")
        assert "copied" in rows(app)[-1]
    assert copied[0].isascii()
    assert "\x1b" not in copied[0]
    assert json.loads(copied[0])["title"] == ATTACK


async def test_plain_text_is_harmless_and_says_where_there_is_none() -> None:
    async with replaying(hostile()) as (app, pilot, screen):
        plain = screen.plain_lines()
        assert "␛]52" in plain
        assert "\x1b" not in plain
        assert "\u202e" not in plain
        await pilot.press("ctrl+l")
        assert "no normal screen here" in rows(app)[-1]
    async with driven(wipe()) as (app, pilot):
        await pilot.press("ctrl+l")
        assert "no normal screen here" in rows(app)[-1]


@pytest.mark.parametrize("size", SIZES)
async def test_the_clock_tells_real_and_compressed_time(size: tuple[int, int]) -> None:
    async with replaying(idle(), size=size) as (app, pilot, screen):
        total = "00:37.0"
        await pilot.press("right")
        shown = next(row for row in rows(app) if row.startswith("PAUSE"))
        assert f"00:31.0/{total}" in shown
        watched = "(plays 00:03.0/00:06.0)" if size[0] == 120 else "(00:06.0)"
        assert watched in shown
        await pilot.press("i")
        shown = next(row for row in rows(app) if row.startswith("PAUSE"))
        assert watched not in shown
        assert isinstance(screen, Replay)
        assert not screen.query_one(Prompt).is_open
