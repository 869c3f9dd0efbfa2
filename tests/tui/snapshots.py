"""Snapshots of screens, as text that a person can read and compare.

A screen is kept in two files: its characters, row by row, and its styles as runs over the same
cells. The characters are the same in every theme, so only the styles are kept once for each.
`FLIGHTLOG_SNAPSHOTS=write` writes them anew; look at them as pictures before they are committed:
`python -m tests.tui.snapshots FOLDER` draws every screen as SVG.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from rich.style import Style
from textual.pilot import Pilot

from tests.tui.driving import driven, rows, text, until
from tests.tui.factories import renamed
from tests.tui.held_live import HeldLive
from tests.tui.test_beside import tamer
from tests.tui.wiped import wipe
from tui.app import FlightApp
from tui.glyphs import ASCII, UNICODE
from tui.screens.beside import Beside
from tui.screens.findings import Findings
from tui.screens.help import Help
from tui.screens.replay import Replay
from tui.settings import Settings
from tui.widgets.lines import LineList

__all__ = ["FOLDER", "SCREENS", "SIZES", "WRITE", "Shot", "kept", "taken"]

FOLDER = Path(__file__).with_name("accepted")
WRITE = os.environ.get("FLIGHTLOG_SNAPSHOTS") == "write"
SIZES = ((120, 36), (80, 24))
DONE = "chain ok (L0 self)"


@dataclass(frozen=True, slots=True)
class Shot:
    """A screen as it is kept."""

    characters: str
    styles: str
    picture: str
    """As SVG, where one was asked for; pictures are looked at, not kept."""


type Drive = Callable[[FlightApp, Pilot[None]], Awaitable[None]]


async def _sessions(app: FlightApp, pilot: Pilot[None]) -> None:
    await until(pilot, lambda: DONE in rows(app)[0] and "first" in text(app))


async def _replay(app: FlightApp, pilot: Pilot[None]) -> None:
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, Replay) and app.screen.scene)
    await until(pilot, lambda: "L0" in rows(app)[0])
    await pilot.press("e", "e")
    await pilot.pause()


async def _raw(app: FlightApp, pilot: Pilot[None]) -> None:
    await _replay(app, pilot)
    await pilot.press("right_curly_bracket", "right_curly_bracket")
    await until(pilot, lambda: "request body" in app.screen.query_one("#body", LineList).text())
    await until(pilot, lambda: "[Raw]" in text(app))


async def _state(app: FlightApp, pilot: Pilot[None]) -> None:
    await _replay(app, pilot)
    await pilot.press("G", "tab", "tab", "plus")
    await until(pilot, lambda: "permits" in text(app))


async def _findings(app: FlightApp, pilot: Pilot[None]) -> None:
    await _replay(app, pilot)
    await pilot.press("F")
    await until(pilot, lambda: isinstance(app.screen, Findings))
    await pilot.press("down")
    await until(pilot, lambda: DONE in app.screen.query_one("#account", LineList).text())


async def _beside(app: FlightApp, pilot: Pilot[None]) -> None:
    await pilot.press("b", "down", "b")
    await until(pilot, lambda: isinstance(app.screen, Beside) and app.screen.scenes)
    await until(pilot, lambda: any(row.startswith(app.glyphs.cursor) for row in rows(app)))
    await pilot.pause()


async def _opened_live(app: FlightApp, pilot: Pilot[None]) -> HeldLive:
    screen = HeldLive()
    app.push_screen(screen)
    await until(pilot, lambda: screen.tail and len(screen.tail) and "L0" in rows(app)[0])
    return screen


async def _live(app: FlightApp, pilot: Pilot[None]) -> None:
    (await _opened_live(app, pilot)).go_on()
    await until(pilot, lambda: "terraform" in text(app))


async def _behind(app: FlightApp, pilot: Pilot[None]) -> None:
    """Somebody reads what failed, was found or deletes, while the session goes on."""
    screen = await _opened_live(app, pilot)
    await pilot.press("E", "ampersand", *"found", "space", *"or", "space", *"failed", "enter")
    await until(pilot, lambda: screen.has_class("-filtered"))
    screen.go_on()
    await until(pilot, lambda: "18 BEHIND" in rows(app)[0])


async def _help(app: FlightApp, pilot: Pilot[None]) -> None:
    await _replay(app, pilot)
    await pilot.press("question_mark")
    await until(pilot, lambda: isinstance(app.screen, Help))


SCREENS: dict[str, Drive] = {
    "sessions": _sessions,
    "replay": _replay,
    "raw": _raw,
    "state": _state,
    "findings": _findings,
    "beside": _beside,
    "live": _live,
    "behind": _behind,
    "help": _help,
}


async def taken(
    screen: str, size: tuple[int, int], *, theme: str = "dark", is_ascii: bool = False,
    has_picture: bool = False,
) -> Shot:  # fmt: skip
    """Drive the app to a screen and return it as it is kept."""
    glyphs = ASCII if is_ascii else UNICODE
    held = (wipe(), tamer(), renamed(wipe(), "c33"))
    async with driven(*held, size=size, glyphs=glyphs, given=Settings(theme)) as (app, pilot):
        app.animation_level = "none"
        await until(pilot, lambda: "first" in text(app))
        await SCREENS[screen](app, pilot)
        await pilot.pause()
        return _shot(app, app.export_screenshot(title=screen) if has_picture else "")


def _shot(app: FlightApp, picture: str) -> Shot:
    legend: dict[str, int] = {}
    runs = []
    strips = app.screen._compositor.render_strips(app.size)
    for number, strip in enumerate(strips):
        row: list[tuple[int, int]] = []
        for segment in strip:
            style = legend.setdefault(_words(segment.style or Style()), len(legend))
            if row and row[-1][0] == style:
                row[-1] = style, row[-1][1] + segment.cell_length
            else:
                row.append((style, segment.cell_length))
        runs.append(f"{number:>3} {' '.join(f'{style}:{cells}' for style, cells in row)}")
    named = [f"{number} = {words}" for words, number in legend.items()]
    characters = "\n".join(row.rstrip() for row in rows(app))
    return Shot(f"{characters}\n", "\n".join([*named, *runs]) + "\n", picture)


def _words(style: Style) -> str:
    """Return how a style looks; what it carries besides, such as offsets, is not seen."""
    marks = [name for name in ("bold", "italic", "underline", "reverse", "dim")
             if getattr(style, name)]  # fmt: skip
    ink = style.color.name if style.color else "default"
    ground = style.bgcolor.name if style.bgcolor else "default"
    return " ".join([f"{ink} on {ground}", *marks])


def kept(name: str, now: str) -> str:
    """Return what is kept under a name; first write it anew where that was asked for."""
    path = FOLDER / name
    if WRITE:
        FOLDER.mkdir(exist_ok=True)
        path.write_text(now, encoding="utf-8")
    return path.read_text(encoding="utf-8") if path.exists() else ""


def main() -> None:
    """Draw every screen, in both sizes and every theme, into a folder."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for screen in SCREENS:
        for size in SIZES:
            for theme in ("dark", "light", "ansi"):
                shot = asyncio.run(taken(screen, size, theme=theme, has_picture=True))
                path = folder / f"{screen}-{size[0]}x{size[1]}-{theme}.svg"
                path.write_text(shot.picture, encoding="utf-8")


if __name__ == "__main__":
    main()
