"""The replay: one session at one moment; everything on it is a function of the two."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace

from textual import on, work
from textual.containers import Container
from textual.message import Message
from textual.widget import Widget
from textual.worker import get_current_worker

from analyzer.chain import Chain
from analyzer.moments import parse_seek
from analyzer.timeline import SECOND
from recorder.errors import FlightlogError
from tui.actions import Place, bindings
from tui.line import Line, Piece, Tone, line
from tui.playhead import Playhead
from tui.scene import Scene
from tui.screens.replay_body import ReplayBody, TabRow
from tui.screens.room import Failed
from tui.transport import spread, transport_line
from tui.widgets.action_list import ActionList
from tui.widgets.drawn import OneLine
from tui.widgets.heat import Heat
from tui.widgets.lanes import Lanes
from tui.widgets.lines import LineList
from tui.words import agent_name, banner, count_words, short_path, when
from tui.world import changed_items, world_summary

__all__ = ["Replay", "reading_words"]

PANELS_NS = 400_000_000
"""While it plays, body and state follow at reading pace: composing them is most of a frame."""
TOLD_SECONDS = 0.25
"""Between two words on how much was read."""


class _StoppedError(Exception):
    """Nobody waits for the session any more."""


class Replay(ReplayBody):
    """The replay of one session."""

    PLACE = Place.REPLAY
    BINDINGS = bindings(Place.REPLAY)
    AUTO_FOCUS = "#actions"
    DEFAULT_CSS = """
    Replay #banner { display: none; }
    Replay.-reenacted #banner { display: block; }
    Replay #main { layout: horizontal; height: 1fr; }
    Replay #actions { width: 3fr; height: 1fr; }
    Replay #tabs { background: $panel; }
    Replay #instead { display: none; }
    Replay #body { height: 5fr; }
    Replay #state { height: 6fr; border-top: solid $panel-lighten-2; }
    Replay #state:focus { border-top: solid $accent; }
    Replay.-short Lanes { display: none; }
    Replay.-lanes-off Lanes { display: none; }
    Replay.-lanes-on Lanes { display: block; }
    Replay.-narrow #main { layout: vertical; }
    Replay.-narrow #actions { width: 1fr; }
    Replay.-narrow #state { height: 3; }
    Replay.-narrow.-short.-lanes-on #side { display: none; }
    Replay.-big #actions { display: none; }
    Replay.-big Lanes { display: none; }
    Replay.-big #side { display: block; }
    Replay.-big-body #state { display: none; }
    Replay.-big-state #body, Replay.-big-state #tabs, Replay.-big-state #instead { display: none; }
    Replay.-big-state #state { height: 1fr; border-top: none; }
    Replay.-ascii #state { border-top: ascii $panel-lighten-2; }
    """

    class Loaded(Message):
        """A session was read and analysed."""

        def __init__(self, scene: Scene) -> None:
            super().__init__()
            self.scene = scene

    class Glimpsed(Message):
        """The beginning of a long session was read."""

        def __init__(self, scene: Scene) -> None:
            super().__init__()
            self.scene = scene

    class Reading(Message):
        """So many of a session's records were read."""

        def __init__(self, done: int, total: int) -> None:
            super().__init__()
            self.done = done
            self.total = total

    _chain: Line = line(Piece("verifying ...   ", Tone.DIM))
    _reading = ""
    """What is still being read; empty when everything was."""
    _panels_show: Playhead | None = None
    """Where the replay stood when body and state were composed."""
    _panels_ns = 0
    """When that was, by the clock."""

    def furniture(self) -> Iterable[Widget]:
        """Strip, transport, lanes, list, body and state."""
        yield OneLine(id="banner")
        yield Heat(id="heat")
        yield OneLine(id="transport")
        yield Lanes(id="lanes")
        yield OneLine(id="filtered")
        with Container(id="main"):
            yield ActionList(id="actions")
            with Container(id="side", classes="panel"):
                yield TabRow(id="tabs")
                yield OneLine(id="instead")
                yield LineList(id="body", is_quiet=True)
                yield LineList(id="state", is_quiet=True, indent=4)

    def on_mount(self) -> None:
        """Begin to load."""
        self.show_header(line(f"Replay {self.glyphs.cursor} loading ..."))
        self._load()

    @work(thread=True, exclusive=True, group="load", exit_on_error=False)
    def _load(self) -> None:
        source, worker, told = self.flight.source, get_current_worker(), 0.0

        def progress(done: int, total: int) -> None:
            nonlocal told
            if worker.is_cancelled:
                raise _StoppedError
            if time.monotonic() - told > TOLD_SECONDS:
                told = time.monotonic()
                self.post_message(self.Reading(done, total))

        try:
            beginning = source.glimpse(self.session_id)
            if beginning is not None:
                self.post_message(self.Glimpsed(beginning))
            self.post_message(self.Loaded(source.load(self.session_id, progress)))
        except FlightlogError as error:
            self.post_message(Failed(str(error)))
        except _StoppedError:
            return

    def failed(self, reason: str) -> None:
        """Say why there is nothing to be seen, and let it stand there."""
        self.show_header(line("Replay: ", Piece(reason, Tone.BAD)))
        super().failed(reason)

    @on(Reading)
    def _is_read(self, event: Reading) -> None:
        self._reading = reading_words(event.done, event.total)
        if self.scene is not None:
            self._show_header()
        else:
            self.show_header(line(f"Replay {self.glyphs.cursor} {self._reading}"))

    @on(Glimpsed)
    def _glimpsed(self, event: Glimpsed) -> None:
        self._reading = "reading ..."
        self._show_scene(event.scene, Playhead.at_start(event.scene.timeline))
        self.apply_filter()

    @on(Loaded)
    def _loaded(self, event: Loaded) -> None:
        self._reading = ""
        self._show_scene(event.scene, self._in(event.scene))
        if self.pending:
            self.pending(self)
        self.verify()
        self.read_case()

    def _in(self, scene: Scene) -> Playhead:
        """Return where the replay stands, in a session of which more is known now."""
        start = Playhead.at_start(scene.timeline)
        before, known = self.playhead, self.scene
        if before is None or known is None:
            return start
        action = known.action(before.cursor)
        row = -1 if action is None else scene.row_of.get(action.id, -1)
        return replace(before, timeline=scene.timeline).seek(before.t_ns).on_row(row)

    def _show_scene(self, scene: Scene, playhead: Playhead) -> None:
        self.scene, self.playhead, self.kept = scene, playhead, None
        self.set_class(scene.is_reenactment(), "-reenacted")
        self.query_one("#banner", OneLine).show(banner(scene.analysis.reconstructed, self.glyphs))
        self.query_one(ActionList).open(scene, self.playhead)
        self.query_one(Heat).open(scene, self.playhead)
        self.query_one(Lanes).open(scene, self.playhead)
        self.call_after_refresh(self.resized)

    def seek_text(self, text: str) -> None:
        """Go to a moment that a person wrote, or say what is wrong with it."""
        if self.scene is not None and self.playhead is not None:
            try:
                now, start_of = self.playhead.t_ns, self.scene.start_of
                moment = parse_seek(text, self.scene.analysis, now, start_of)
                self.go(self.playhead.seek(moment))
            except ValueError as error:
                self.say(str(error))

    def show_action(self, action_id: int, t_ns: int) -> None:
        """Go to a moment with a certain action under the playhead."""
        if self.scene is not None and self.playhead is not None:
            self.go(self.playhead.seek(t_ns).on_row(self.scene.row_of.get(action_id, -1)))

    def resized(self) -> None:
        """Compose again what was composed for a width."""
        if self.scene is not None and self.playhead is not None:
            self._show_header()
            self._show_transport()
            self._show_state()
            self.show_body()

    def paint(self, playhead: Playhead) -> None:
        """Show another moment, or the same one with other settings."""
        before, self.playhead = self.playhead, playhead
        if self.scene is None or before is None:
            return
        self.run_clock()
        self.query_one(Heat).follow(playhead)
        self.query_one(Lanes).follow(playhead)
        self.query_one(ActionList).follow(playhead, centre=abs(playhead.cursor - before.cursor) > 1)
        self._show_transport()
        now, shown = self.now_ns(), self._panels_show or before
        if playhead.playing and before.playing and now - self._panels_ns < PANELS_NS:
            return
        self._panels_ns, self._panels_show = now, playhead
        if playhead.t_ns != shown.t_ns:
            self._show_state()
        if playhead.cursor != shown.cursor or self._ends_between(shown, playhead):
            self.show_body()

    def case_changed(self) -> None:
        """Show what was written down of the action under the playhead."""
        self.show_body()

    def _ends_between(self, before: Playhead, after: Playhead) -> bool:
        """True when the action under the playhead was still open at one of two moments alone."""
        action = self.scene.action(after.cursor) if self.scene is not None else None
        end = None if action is None else action.end_ns
        return end is not None and (end <= before.t_ns) != (end <= after.t_ns)

    def _show_header(self) -> None:
        if self.scene is None:
            return
        session = self.scene.analysis.session
        state = "" if session.ended or self._reading else "   not ended"
        left = f"Replay {self.glyphs.cursor} {session.id[:8]}  {agent_name(session)}  "
        began = when(self.scene.timeline.start_ns) if session.timed else "time unknown"
        place = f"{short_path(session.cwd, 24)}  {began}{state}"
        right = (*self._chain, *line("findings ", *count_words(self.scene.analysis.findings)))
        if self._reading:
            right = line(Piece(self._reading, Tone.ACCENT))
        self.show_header(spread(line(left + place), right, self.size.width, self.glyphs))

    def _show_transport(self) -> None:
        if self.scene is not None and self.playhead is not None:
            shown = transport_line(self.scene, self.playhead, self.size.width, self.glyphs)
            self.query_one("#transport", OneLine).show(shown)
            self.hints.reword("play", "space Pause" if self.playhead.playing else "space Play")

    def _show_state(self) -> None:
        if self.scene is None or self.playhead is None:
            return
        t_ns = self.playhead.t_ns
        state = self.scene.states.at(t_ns)
        panel = self.query_one("#state", LineList)
        is_summary = self.has_class("-narrow") and not self.has_class("-big-state")
        panel.has_cursor = not is_summary
        if is_summary:
            self.cited = ()
            panel.show(world_summary(self.scene, state, self.glyphs), has_wrap=False)
            return
        before = self.scene.states.at(t_ns - SECOND)
        items = changed_items(self.scene, state, before, self.glyphs)
        self.cited = [item.action for item in items]
        panel.show([item.content for item in items], keep_place=True, has_wrap=True)

    def verified(self, chain: Chain) -> None:
        """Show whether the recording is as it was written."""
        tone = Tone.DIM if chain.is_intact else Tone.CRITICAL
        self._chain = line(Piece(f"{chain.words}   ", tone))
        self._show_header()
        self.reload_doubtful(chain, self.scene)

    def reloaded(self, scene: Scene) -> None:
        """Show the session with what verification has found, where the replay stands."""
        self._show_scene(scene, self._in(scene))
        self.apply_filter()


def reading_words(done: int, total: int) -> str:
    """Return how far a session was read; what is read has still to be judged."""
    if not total:
        return "reading ..."
    share = done * 100 // total
    return "judging ..." if done >= total else f"reading {share} % of {total:,} records"
