"""What every screen has: a header, a footer of keys, a message row, and a size it needs."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on, work
from textual.app import ComposeResult, SuspendNotSupported
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker, WorkerState, get_current_worker

from analyzer.chain import Chain
from analyzer.rules.broken_chain import tells_broken_chain
from recorder.errors import FlightlogError
from tui.actions import Place, acts_of, key_name
from tui.glyphs import Glyphs
from tui.interruption import ended_at_once
from tui.line import Line, Tone, line
from tui.pager import pager_command, show_in_pager
from tui.scene import Scene
from tui.widgets.drawn import TONE_CSS, TONES, OneLine
from tui.widgets.hints import Hints
from tui.widgets.lines import LineList
from tui.widgets.prompt import Prompt, Question
from tui.widgets.rows import RowView

if TYPE_CHECKING:
    from tui.app import FlightApp

__all__ = ["MIN_HEIGHT", "MIN_WIDTH", "Failed", "Room", "Verified"]

MIN_WIDTH, MIN_HEIGHT = 80, 20


class Failed(Message):
    """A thread of a screen could not do what it was started for."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class Verified(Message):
    """The recording was verified."""

    def __init__(self, chain: Chain) -> None:
        super().__init__()
        self.chain = chain


class Reloaded(Message):
    """A session was read again."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene = scene


class Room(Screen[None]):
    """A screen of the product; its keys come from the table of actions."""

    PLACE: ClassVar[Place]
    _asked_from: Widget | None = None
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Textual's own names
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012
    COMPONENT_CLASSES: ClassVar[set[str]] = TONES
    DEFAULT_CSS = (
        f"Room {{ {TONE_CSS} }}"
        """
    Room { layout: vertical; }
    Room #header { background: $panel; }
    Room #hints { background: $panel; }
    Room #too-small { display: none; }
    Room.-tiny > * { display: none !important; }
    Room.-tiny > #too-small { display: block !important; }
    Room .panel { width: 2fr; height: 1fr; border-left: solid $panel-lighten-2; }
    Room .panel:focus, Room .panel:focus-within { border-left: solid $accent; }
    Room.-narrow .panel { width: 1fr; border-left: none; border-top: solid $panel-lighten-2; }
    Room.-narrow .panel:focus, Room.-narrow .panel:focus-within
        { border-left: none; border-top: solid $accent; }
    Room.-ascii .panel { border-left: ascii $panel-lighten-2; }
    Room.-ascii.-narrow .panel { border-left: none; border-top: ascii $panel-lighten-2; }
    """
    )

    def compose(self) -> ComposeResult:
        """Lay out the room between header and footer."""
        yield OneLine(id="header")
        yield from self.furniture()
        yield Prompt()
        yield Hints(self.PLACE)
        yield OneLine(id="too-small")

    def on_mount(self) -> None:
        """Draw in the signs that the terminal has."""
        self.set_class(self.glyphs.ascii, "-ascii")

    def furniture(self) -> Iterable[Widget]:
        """Return what stands between header and footer."""
        raise NotImplementedError

    # --- what threads tell --------------------------------------------------------------------

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Show what went wrong in a worker; nothing fails in silence."""
        if event.state is WorkerState.ERROR:
            self.say(f"{type(event.worker.error).__name__}: {event.worker.error}")

    @on(Failed)
    def _failed(self, event: Failed) -> None:
        self.failed(event.reason)

    def failed(self, reason: str) -> None:
        """Say that something could not be read or written."""
        self.say(reason)

    @work(thread=True, exclusive=True, group="verify", exit_on_error=False)
    def verify(self) -> None:
        """Verify the recording; `verified` is called once that is done."""
        worker = get_current_worker()
        found = self.flight.source.integrity(lambda: not worker.is_cancelled)
        if found is not None:
            self.post_message(Verified(found))

    @on(Verified)
    def _verified(self, event: Verified) -> None:
        self.verified(event.chain)

    def verified(self, chain: Chain) -> None:
        """Show whether the recording is as it was written."""

    def reload_doubtful(self, chain: Chain, scene: Scene | None) -> None:
        """Have a session read again where verification shows that it is not as it was written, so
        that this stands among its findings.
        """
        if scene is None or tells_broken_chain(scene.analysis):
            return
        if scene.analysis.session.id in chain.doubtful:
            self._reload(scene.analysis.session.id)

    @work(thread=True, exclusive=True, group="load", exit_on_error=False)
    def _reload(self, session_id: str) -> None:
        try:
            self.post_message(Reloaded(self.flight.source.load(session_id)))
        except FlightlogError as error:
            self.post_message(Failed(str(error)))

    @on(Reloaded)
    def _reloaded(self, event: Reloaded) -> None:
        self.reloaded(event.scene)

    def reloaded(self, scene: Scene) -> None:
        """Show a session of which more is known now."""

    # --- what is seen -------------------------------------------------------------------------

    @property
    def flight(self) -> FlightApp:
        """The app."""
        return cast("FlightApp", self.app)

    @property
    def glyphs(self) -> Glyphs:
        """The signs to draw with."""
        return self.flight.glyphs

    @property
    def hints(self) -> Hints:
        """The footer."""
        return self.query_one("#hints", Hints)

    def on_resize(self, event: events.Resize) -> None:
        """Say what size is needed rather than show a broken screen."""
        width, height = event.size
        self.set_class(width < MIN_WIDTH or height < MIN_HEIGHT, "-tiny")
        back = f"{self._key_of('back')} {'quits' if self.is_at_root() else 'goes back'}"
        need = f"needs {MIN_WIDTH}x{MIN_HEIGHT}, this is {width}x{height}; {back}"
        self.query_one("#too-small", OneLine).show(line(need, tone=Tone.STRONG))
        self.call_after_refresh(self.resized)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Allow only the way back while nothing is seen: no key may do what nobody sees."""
        if self.has_class("-tiny") and action != "back":
            return False
        return super().check_action(action, parameters)

    def resized(self) -> None:
        """Compose again what was composed for a width."""

    def show_header(self, content: Line) -> None:
        """Set the first row."""
        self.query_one("#header", OneLine).show(content)

    def say(self, message: str) -> None:
        """Say something in the footer until the next key; every dead end speaks."""
        self.hints.say(message)

    def hush(self) -> None:
        """Bring the keys back."""
        self.hints.say("")

    def ask(self, question: Question) -> None:
        """Ask for a line; the keys come back to where they were once it is answered."""
        prompt = self.query_one(Prompt)
        if not prompt.is_open:
            self._asked_from = self.focused
        prompt.ask(question)

    @on(Prompt.Closed)
    def _prompt_closed(self) -> None:
        self.set_focus(self._asked_from)

    def action_palette(self) -> None:
        """Open the command palette."""
        self.app.action_command_palette()

    def action_theme(self) -> None:
        """Take the next theme."""
        self.say(f"theme {self.flight.next_theme()}")

    def plain_lines(self) -> str:
        """Return the screen's content as harmless text, for the normal screen."""
        return "\n".join(view.text() for view in self.query(LineList))

    def action_plain(self) -> None:
        """Show the content as text where the terminal's own selection and scrollback work."""
        try:
            with self.app.suspend(), ended_at_once():
                sys.stdout.write(self.plain_lines() + "\n\n-- enter goes back --\n")
                sys.stdout.flush()
                sys.stdin.readline()
        except SuspendNotSupported:
            self.say("there is no normal screen here; y copies")

    def action_help(self) -> None:
        """Open the help for this screen."""
        self.flight.show_help(self.PLACE)

    def action_back(self) -> None:
        """Go back, or quit where there is nothing to go back to."""
        self.flight.go_back()

    def action_cancel(self) -> None:
        """Go back, but never out of the app: the key that cancels must not end what one reads."""
        if self.is_at_root():
            self.say(f"this is the first screen; {self._key_of('back')} quits")
        else:
            self.action_back()

    def is_at_root(self) -> bool:
        """Tell whether going back would quit."""
        return len(self.app.screen_stack) == 1

    def _key_of(self, act_id: str) -> str:
        acts = acts_of(self.PLACE, self.flight.keymap)
        return next(key_name(act.keys.split()[0]) for act in acts if act.id == act_id)

    def pane(self) -> RowView | None:
        """Return the list or body that keys act on."""
        return self.focused if isinstance(self.focused, RowView) else None

    def action_pane(self, by: int) -> None:
        """Go to the next or previous pane."""
        self.focus_next() if by > 0 else self.focus_previous()

    def action_wrap(self) -> None:
        """Wrap long lines of the pane, or cut them."""
        pane = self.pane()
        if not isinstance(pane, LineList):
            self.say("the rows of this list do not wrap; < > move them sideways")
            return
        wraps = pane.toggle_wrap()
        self.say(f"lines of this pane {'wrap' if wraps else 'are cut; < > move sideways'}")

    def pager_rows(self) -> Iterable[str]:
        """Return the rows that a pager is to show, harmless."""
        pane = self.pane()
        return [] if not isinstance(pane, LineList) else pane.text().split("\n")

    def action_pager(self) -> None:
        """Show the pane's text in the person's own pager."""
        if self.flight.read_only:
            self.say("no program is started from here; y copies")
            return
        try:
            command = pager_command()
            with self.app.suspend(), ended_at_once():
                wrong = show_in_pager(command, self.pager_rows())
        except SuspendNotSupported:
            wrong = "there is no normal screen here; y copies"
        except ValueError as error:
            wrong = f"PAGER cannot be read as a command: {error}"
        self.say(wrong)
        self.refresh(layout=True)

    def action_sideways(self, by: int) -> None:
        """Move the pane's rows by half of its width."""
        pane = self.pane()
        if pane is None:
            return
        before = pane.shift
        pane.shift_by(by)
        if pane.shift == before:
            self.say("this is the beginning of the rows")

    def action_page(self, by: int) -> None:
        """Move by what one pane holds."""
        pane = self.pane()
        if pane is not None:
            self.action_move(by * max(pane.scrollable_content_region.height - 1, 1))

    def action_move(self, by: int) -> None:
        """Move the cursor, or scroll."""
        pane = self.pane()
        if pane is not None:
            pane.scroll_rows(by)
