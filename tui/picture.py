"""Make a picture of a screen, as an SVG: `python -m tui.picture RECORDING SESSION OUT.svg`.

The README's pictures are made by this, from a real recording, so that they cannot be out of date.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

import click
from textual.pilot import Pilot

from tui.app import FlightApp
from tui.screens.replay import Replay
from tui.source import find_session

__all__ = ["picture"]

STEP = 0.02
DEADLINE = 30.0
# A picture that is looked at must not make the reader's machine fetch anything.
_WEB_FONT = re.compile(r"@font-face\s*\{[^}]*\}\s*")


async def picture(app: FlightApp, width: int, height: int, keys: Sequence[str] = ()) -> str:
    """Run an app without a terminal until its replay has been drawn, and return it as SVG.

    Args:
        app: opens a session.
        width: of the terminal, in cells.
        height: of the terminal, in cells.
        keys: are pressed, one after another, before the picture is taken.

    Raises:
        TimeoutError: the session was not loaded in time.
    """
    async with app.run_test(size=(width, height)) as pilot:
        await asyncio.wait_for(_drawn(pilot), DEADLINE)
        for key in keys:
            await pilot.press(key)
            await asyncio.wait_for(_drawn(pilot), DEADLINE)
        return _WEB_FONT.sub("", app.export_screenshot(title="flightlog"))


async def _drawn(pilot: Pilot[None]) -> None:
    screen = pilot.app.screen
    while isinstance(screen, Replay) and screen.scene is None:
        await pilot.pause(STEP)
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    await pilot.pause()


@click.command()
@click.argument("recording", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("session")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--at", metavar="TIME", help="The moment, as `flightlog replay --at` takes it.")
@click.option(
    "--press", "keys", multiple=True, metavar="KEY", help="A key to press first; may be repeated."
)
@click.option("--size", default="120x36", show_default=True, metavar="WIDTHxHEIGHT")
def main(
    recording: Path, session: str, out: Path, at: str | None, keys: tuple[str, ...], size: str
) -> None:
    """Write a picture of a session's replay, or of what keys lead to from there, to OUT."""
    width, _, height = size.partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise click.BadParameter(f"{size!r} is no size; write 120x36", param_hint="--size")
    app = FlightApp(recording, find_session(recording, session).id, at=at)
    drawn = asyncio.run(picture(app, int(width), int(height), keys))
    out.write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
