"""The terminal application: which screen is open, and on which recording."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import App
from textual.command import CommandPalette
from textual.screen import Screen
from textual.theme import Theme

from analyzer.casefile import CaseFile
from analyzer.filters import Filter
from tui.actions import Place
from tui.glyphs import UNICODE, Glyphs
from tui.palette import ActProvider, AsciiPalette, Palette, PlaceProvider
from tui.scene import Scene
from tui.screens.beside import Beside
from tui.screens.findings import Findings
from tui.screens.help import Help
from tui.screens.live import Live
from tui.screens.replay import Replay
from tui.screens.replay_keys import ReplayKeys
from tui.screens.room import Room
from tui.screens.sessions import Sessions
from tui.settings import THEMES, Settings
from tui.source import RecordingSource, Source

__all__ = ["ComparingApp", "FlightApp", "FollowingApp"]

EVERYTHING = Filter()
DEFAULTS = Settings()
LEAVING_SECONDS = 5
"""What leaving may take when a signal asked for it."""
HISTORIES = ("filter", "search", "moment", "sessions")
"""What is asked, each with its own earlier answers."""
DARK = Theme(
    name="flightlog-dark",
    dark=True,
    primary="#7aa2f7",
    secondary="#b4a7d6",
    accent="#7dcfff",
    foreground="#d8dee9",
    background="#14171c",
    surface="#14171c",
    panel="#232934",
    success="#7fbf7f",
    warning="#f0b35e",
    error="#ff6b6b",
    boost="#2b3442",
    variables={"text-muted": "#8f98a8", "block-cursor-blurred-background": "#33435c"},
)
LIGHT = Theme(
    name="flightlog-light",
    dark=False,
    primary="#2457a6",
    secondary="#6b3fa0",
    accent="#005f87",
    foreground="#1d2129",
    background="#fbfbf8",
    surface="#fbfbf8",
    panel="#e6e6df",
    success="#2b6e2b",
    warning="#8a5200",
    error="#b00020",
    boost="#e0e4ea",
    variables={"text-muted": "#5a6270", "block-cursor-blurred-background": "#cfdcee"},
)


class FlightApp(App[None]):
    """The screens over one recording; it only reads."""

    TITLE = "flightlog"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar = {ActProvider, PlaceProvider}
    BINDINGS: ClassVar = []

    def __init__(
        self,
        recording: Path,
        session_id: str | None = None,
        *,
        at: str | None = None,
        chosen: Filter = EVERYTHING,
        settings: Settings = DEFAULTS,
        glyphs: Glyphs = UNICODE,
        source: Source | None = None,
        read_only: bool = False,
    ) -> None:
        super().__init__()
        self.source: Source = source or RecordingSource(recording)
        self.glyphs = glyphs
        self.case = CaseFile(recording, read_only=read_only)
        self.read_only = read_only
        """True where nothing may be written, nor a program be started."""
        self.history: dict[str, list[str]] = {name: [] for name in HISTORIES}
        self._session_id = session_id
        self._before: dict[int, signal.Handlers | Callable[..., object] | int | None] = {}
        """What signals did before."""
        self._at = at
        self._chosen = chosen
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = THEMES[settings.theme]
        self.keymap = settings.keymap
        """Keys that a person gave to actions instead of the table's."""
        self.set_keymap({act: keys.replace(" ", ",") for act, keys in settings.keymap.items()})

    def get_default_screen(self) -> Screen[None]:
        """Open the session that was asked for, else the list."""
        if self._session_id is None:
            return Sessions()
        return Replay(self._session_id, pending=_seeking(self._at), chosen=self._chosen)

    def on_mount(self) -> None:
        """Leave cleanly when the terminal goes away or somebody ends us."""
        loop = asyncio.get_running_loop()

        def leave(_number: int, _frame: object) -> None:
            # What is written waits for whoever reads the terminal, and there nobody may be: it is
            # ended by the system then. The loop's own handlers would not even be heard.
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(LEAVING_SECONDS)
            loop.call_soon_threadsafe(self.exit)

        for number in (signal.SIGTERM, signal.SIGHUP):
            # Outside of the main thread, as in tests, no signal can be taken.
            with suppress(ValueError):
                self._before[number] = signal.signal(number, leave)

    def on_unmount(self) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    async def on_event(self, event: events.Event) -> None:
        """Take a message of the footer away with the next key, before the key does its work."""
        if isinstance(event, events.Key) and isinstance(self.screen, Room):
            self.screen.hush()
        await super().on_event(event)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keep Textual's own key of the palette from a screen too small to show it."""
        if action == "command_palette" and self.screen.has_class("-tiny"):
            return False
        return super().check_action(action, parameters)

    def action_command_palette(self) -> None:
        """Open the palette, in the signs that the terminal has."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(AsciiPalette() if self.glyphs.ascii else Palette())

    def next_theme(self) -> str:
        """Take the next theme, and return what people call it."""
        names = list(THEMES)
        place = next((i for i, name in enumerate(names) if THEMES[name] == self.theme), -1)
        name = names[(place + 1) % len(names)]
        self.theme = THEMES[name]
        return name

    def take_theme(self, name: str) -> None:
        """Take a theme by the name that people use."""
        self.theme = THEMES[name]

    # --- moving between screens ---------------------------------------------------------------

    def go_back(self) -> None:
        """Close the screen on top; quit where it is the only one."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
        else:
            self.exit()

    def open_replay(self, session_id: str) -> None:
        """Open a session's replay: the one that waits below, else a new one."""
        below = self.screen_stack[-2] if len(self.screen_stack) > 1 else None
        if isinstance(below, Replay) and below.session_id == session_id:
            self.pop_screen()
        else:
            self.push_screen(Replay(session_id))

    def open_live(self, session_id: str) -> None:
        """Follow a session: in the view that waits below, else in a new one."""
        below = self.screen_stack[-2] if len(self.screen_stack) > 1 else None
        if isinstance(below, Live) and below.session_id == session_id:
            self.pop_screen()
        else:
            self.push_screen(Live(session_id))

    def replay_from(self, session_id: str, action: int, t_ns: int) -> None:
        """Open a session's replay as far as it is recorded, at an action."""

        def show(replay: ReplayKeys) -> None:
            if isinstance(replay, Replay):
                replay.show_action(action, t_ns)

        self.push_screen(Replay(session_id, pending=show))

    def replay_at(self, session_id: str, t_ns: int) -> None:
        """Open a session's replay at a moment (ns since the epoch)."""

        def show(replay: ReplayKeys) -> None:
            if replay.playhead is not None:
                replay.go(replay.playhead.seek(t_ns))

        self.push_screen(Replay(session_id, pending=show))

    def go_sessions(self) -> None:
        """Go to the list of sessions: the one that waits below, else a new one."""
        if any(isinstance(screen, Sessions) for screen in self.screen_stack):
            while not isinstance(self.screen, Sessions):
                self.pop_screen()
        else:
            scene = getattr(self.screen, "scene", None)
            shown = scene.analysis.session.id if isinstance(scene, Scene) else None
            self.push_screen(Sessions(getattr(self.screen, "session_id", shown)))

    def go_beside(self, left: str, right: str) -> None:
        """Open two sessions side by side."""
        self.push_screen(Beside(left, right))

    def go_findings(self, scene: Scene) -> None:
        """Open the findings of a session."""
        self.push_screen(Findings(scene))

    def go_replay(self, scene: Scene, at: tuple[int, int] | None = None) -> None:
        """Go to a session's replay, at an action and a moment (ns since the epoch) if given."""
        below = self.screen_stack[-2] if len(self.screen_stack) > 1 else None
        session_id = scene.analysis.session.id

        def show(replay: ReplayKeys) -> None:
            if at is not None and isinstance(replay, Replay):
                replay.show_action(*at)

        if isinstance(below, Replay) and below.session_id == session_id:
            self.pop_screen()
            show(below)
        else:
            self.switch_screen(Replay(session_id, pending=show))

    def show_in_replay(self, scene: Scene, at: tuple[int, int]) -> None:
        """Show an action at a moment: in the replay that is open, else in one on top."""
        screen = self.screen
        if isinstance(screen, Replay):
            screen.show_action(*at)
        else:
            self.go_replay(scene, at)

    def show_help(self, about: Place) -> None:
        """Open the help."""
        self.push_screen(Help(about))


class FollowingApp(FlightApp):
    """The same, opened on a session that is going on."""

    def get_default_screen(self) -> Screen[None]:
        """Follow the session that was asked for, else the newest, also once a newer begins."""
        return Live(self._session_id, chosen=self._chosen)


class ComparingApp(FlightApp):
    """The same, opened on two sessions side by side."""

    def __init__(
        self, recording: Path, session_id: str, other: str, *, settings: Settings, glyphs: Glyphs
    ) -> None:
        super().__init__(recording, session_id, settings=settings, glyphs=glyphs)
        self._both = session_id, other

    def get_default_screen(self) -> Screen[None]:
        """Compare the two."""
        return Beside(*self._both)


def _seeking(at: str | None) -> Callable[[ReplayKeys], None] | None:
    """Return what goes to a moment that was asked for once the session is there."""

    def seek(replay: ReplayKeys) -> None:
        if at is not None and isinstance(replay, Replay):
            replay.seek_text(at)

    return seek if at else None
