"""The command palette: everything that can be done, and every place that one can go to, by name.

What a recording holds, such as an agent's name, comes as content and never as markup.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider

from analyzer.timeline import offset_of
from recorder.errors import FlightlogError
from recorder.model import SessionRow
from tui.actions import Place, entries
from tui.safe_content import label, safe
from tui.scene import Scene
from tui.settings import THEMES
from tui.widgets.rows import BlockBar
from tui.words import agent_name, when

if TYPE_CHECKING:
    from tui.app import FlightApp

__all__ = ["ActProvider", "AsciiPalette", "Palette", "PlaceProvider"]

MOST = 200
"""Findings and sessions that are offered of each."""


class Palette(CommandPalette):
    """The palette without Textual's emoji, which is no sign of ours and one or two cells wide."""

    DEFAULT_CSS = """
    Palette SearchIcon { display: none; }
    """

    def __init__(self) -> None:
        words = "an action, a finding, a session or a theme, by a part of its name"
        super().__init__(placeholder=words, id="--command-palette")


class AsciiPalette(Palette):
    """The palette without a sign that ASCII lacks."""

    DEFAULT_CSS = """
    AsciiPalette #--input { border: none; }
    AsciiPalette CommandList { border: none; }
    AsciiPalette.-ready CommandList, AsciiPalette #--results { border: none; }
    AsciiPalette LoadingIndicator, AsciiPalette LoadingIndicator.--visible { display: none; }
    """

    def on_mount(self) -> None:
        """Draw the scrollbar in whole cells."""
        self.query_one(CommandList).vertical_scrollbar.renderer = BlockBar  # type: ignore[misc]  # as Textual says


class ActProvider(Provider):
    """Offers what can be done on the screen that the palette was opened from."""

    def _entries(self) -> list[tuple[str, str, str]]:
        place = getattr(self.screen, "PLACE", None)
        keymap = getattr(self.app, "keymap", None)
        return list(entries(place, keymap)) if isinstance(place, Place) else []

    async def discover(self) -> Hits:
        """Offer everything before anything is typed."""
        for name, keys, method in self._entries():
            run = partial(self.screen.run_action, method)
            yield DiscoveryHit(name, run, help=f"key: {keys}")

    async def search(self, query: str) -> Hits:
        """Offer what fits the words."""
        matcher = self.matcher(query)
        for name, keys, method in self._entries():
            score = matcher.match(name)
            if score > 0:
                run = partial(self.screen.run_action, method)
                yield Hit(score, matcher.highlight(name), run, help=f"key: {keys}")


class _Way(NamedTuple):
    """A place to go to."""

    name: str
    go: Callable[[], None]


class PlaceProvider(Provider):
    """Offers findings, sessions and themes by name."""

    _sessions: tuple[SessionRow, ...] = ()

    @property
    def flight(self) -> FlightApp:
        """The app."""
        return cast("FlightApp", self.app)

    async def startup(self) -> None:
        """Read which sessions there are, away from the screen's thread."""
        try:
            rows = await asyncio.to_thread(self.flight.source.sessions)
        except FlightlogError:
            # The screen below says what is wrong with the recording.
            rows = []
        self._sessions = tuple(rows[:MOST])

    def _ways(self) -> Iterator[_Way]:
        scene = getattr(self.screen, "scene", None)
        if isinstance(scene, Scene):
            for finding in scene.analysis.findings[:MOST]:
                at = offset_of(scene.analysis, finding.t_ns)
                name = f"go to finding {finding.rule} at {at}: {finding.title}"
                place = finding.action, finding.t_ns
                yield _Way(name, partial(self.flight.show_in_replay, scene, place))
        for row in self._sessions:
            name = f"replay session {row.id[:8]}  {agent_name(row)}  {when(row.start_ns)}"
            yield _Way(name, partial(self.flight.open_replay, row.id))
        for theme in THEMES:
            yield _Way(f"theme {theme}", partial(self.flight.take_theme, theme))

    async def search(self, query: str) -> Hits:
        """Offer what fits the words."""
        matcher, glyphs = self.matcher(query), self.flight.glyphs
        for way in self._ways():
            shown = safe(way.name, glyphs)
            score = matcher.match(shown)
            if score > 0:
                yield Hit(score, label(way.name, glyphs), way.go, text=shown)
