"""A session while it is recorded: the newest at the bottom, what is open, how far one is behind.

A thread looks into the recording; this screen only takes in what it tells, and paints at most ten
times a second. Stopping to read stops the view alone: what comes is stored and counted.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable

from textual import on, work
from textual.containers import Container
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.worker import Worker, get_current_worker

from analyzer.chain import Chain
from analyzer.filters import Filter
from analyzer.live_session import Look, live_session
from analyzer.model import Finding
from recorder.errors import FlightlogError
from recorder.model import SessionRow
from recorder.reader import Recording
from tui.actions import Place, bindings
from tui.followed import Newer, followed
from tui.line import Piece, Tone, line
from tui.live_lines import bar_line, header_line, live_summary, side_lines
from tui.live_tail import LiveTail
from tui.screens.asking import EVERYTHING
from tui.screens.live_search import LiveSearch
from tui.screens.room import Failed
from tui.widgets.drawn import OneLine
from tui.widgets.lines import LineList
from tui.widgets.tail_list import TailList
from tui.words import banner

__all__ = ["Live"]

LOOK_SECONDS = 0.05
"""Between two looks whether anything was committed: a record has to be seen within 250 ms."""
YIELD_SECONDS = 0.002
"""Between two looks while records wait: the screens' thread needs its turn."""
FROZEN_AT = 500
"""So many events told, what is kept of them is put out of the garbage collector's sight.

Looked through again and again, it would halt the screens for a tenth of a second at ten thousand
actions, and for longer the longer the session. What is frozen with it and goes later in a cycle,
as a closed screen does, is little beside what is kept.
"""
FRAME = 0.1
"""Seconds between two paints at least."""
SECOND = 0.5
"""Between two paints of what only the clock changes."""
JUDGED_MOST = 20_000
"""Actions up to which the whole session is judged again where something turned out otherwise."""
REST = 10
"""That takes at most one part of so many of the time."""


class Live(LiveSearch):
    """The live view of one session; where none was named, of the newest, one after the other."""

    PLACE = Place.LIVE
    BINDINGS = bindings(Place.LIVE)
    AUTO_FOCUS = "#actions"
    DEFAULT_CSS = """
    Live #banner { display: none; }
    Live.-reenacted #banner { display: block; }
    Live #main { layout: horizontal; height: 1fr; }
    Live #actions { width: 3fr; height: 1fr; }
    Live #summary { display: none; }
    Live #bar { background: $panel; }
    Live.-narrow #side { display: none; }
    Live.-narrow #summary { display: block; }
    Live.-narrow.-details #main { layout: vertical; }
    Live.-narrow.-details #actions { width: 1fr; }
    Live.-narrow.-details #side { display: block; }
    """

    class Opened(Message):
        """The session was found."""

        def __init__(self, row: SessionRow) -> None:
            super().__init__()
            self.row = row

    class Grown(Message):
        """A look told something."""

        def __init__(self, session: str, look: Look) -> None:
            super().__init__()
            self.session = session
            self.look = look

    class Began(Message):
        """Another session began."""

        def __init__(self, row: SessionRow) -> None:
            super().__init__()
            self.row = row

    class Judged(Message):
        """The session was judged as a whole."""

        def __init__(self, session: str, findings: tuple[Finding, ...], took: float) -> None:
            super().__init__()
            self.session = session
            self.findings = findings
            self.took = took

    def __init__(self, session_id: str | None, chosen: Filter = EVERYTHING) -> None:
        super().__init__(session_id or "")
        self.chosen = chosen
        self._moves_on = session_id is None
        self._chain = line(Piece("verifying ... ", Tone.DIM))
        self._painted = 0.0
        self._due: Timer | None = None
        self._clock: Timer | None = None
        self._is_overtaken = False
        self._judge_from = 0.0
        self.now_ns: Callable[[], int] = time.time_ns
        """The clock on the wall (ns since the epoch)."""

    def furniture(self) -> Iterable[Widget]:
        """List and panel, the summary of narrow screens, the bar."""
        yield OneLine(id="banner")
        yield OneLine(id="filtered")
        with Container(id="main"):
            yield TailList(id="actions")
            yield LineList(id="side", indent=8, classes="panel")
        yield OneLine(id="summary")
        yield OneLine(id="bar")

    def on_mount(self) -> None:
        """Begin to follow."""
        opening = "waiting for a session ..." if self._moves_on else "opening ..."
        self.show_header(line(f"Live {self.glyphs.cursor} {opening}"))
        self._clock = self.set_interval(SECOND, self._second)
        self.feed()
        self.verify()

    def on_screen_suspend(self) -> None:
        """Paint nothing under another screen; what comes is taken in all the same."""
        if self._clock is not None:
            self._clock.pause()

    def on_screen_resume(self) -> None:
        """Go on painting."""
        if self._clock is not None:
            self._clock.resume()
        self.paint()

    # --- what the threads do ------------------------------------------------------------------

    @work(thread=True, exclusive=True, group="feed", exit_on_error=False)
    def feed(self) -> None:
        """Look into the recording again and again, and tell what came."""
        worker = get_current_worker()
        try:
            with Recording.open(self.flight.source.path) as recording:
                wanted = self.session_id
                while not wanted and not worker.is_cancelled:
                    newest = followed(recording)
                    wanted = "" if newest is None else newest.id
                    time.sleep(0 if wanted else LOOK_SECONDS)
                if wanted:
                    self._follow(recording, wanted, worker)
        except FlightlogError as error:
            self.post_message(Failed(str(error)))

    def _follow(self, recording: Recording, wanted: str, worker: Worker[None]) -> None:
        newer = Newer(recording)
        with live_session(self.flight.source.path, wanted) as session:
            self.post_message(self.Opened(session.row))
            told = 0
            while not worker.is_cancelled:
                look = session.look()
                if look is not None:
                    self.post_message(self.Grown(session.row.id, look))
                    told += len(look.events)
                if told >= FROZEN_AT:
                    gc.freeze()
                    told = 0
                other = newer.look(self.now_ns())
                if other is not None:
                    self.post_message(self.Began(other))
                time.sleep(YIELD_SECONDS if look and look.waiting else LOOK_SECONDS)

    @work(thread=True, exclusive=True, group="judge", exit_on_error=False)
    def _judge(self) -> None:
        began = time.monotonic()
        analysis = self.flight.source.load(self.session_id).analysis
        took = time.monotonic() - began
        self.post_message(self.Judged(analysis.session.id, analysis.findings, took))

    @on(Opened)
    def _opened(self, event: Opened) -> None:
        self.tail = LiveTail(event.row)
        self.tail.choose(self.chosen)
        self.session_id = event.row.id
        self.listed.tail = self.tail
        if not self.is_following:
            self.tail.stop_reading()
        self.read_case()

    @on(Grown)
    def _grown(self, event: Grown) -> None:
        # The last look at a session that was left may come late.
        if self.tail is None or event.session != self.tail.row.id:
            return
        if self.top is None:
            self.top = self.listed.top()
        self.tail.take(event.look)
        self._is_overtaken = self._is_overtaken or event.look.is_overtaken
        self.move_on()
        self._paint_soon()

    @on(Began)
    def _began(self, event: Began) -> None:
        if self.tail is None or event.row.id == self.tail.row.id:
            return
        self.tail.newer = event.row
        self.move_on()
        self._paint_soon()

    def move_on(self) -> None:
        """Follow the session that began after the one that has ended, if none was named.

        Not while somebody reads: nothing is taken from under him.
        """
        tail = self.tail
        if not self._moves_on or tail is None or tail.newer is None:
            return
        if not tail.has_ended or not self.is_following:
            return
        self.say(f"session {tail.row.id[:8]} has ended, this is the one that began after it")
        self.session_id = tail.newer.id
        self.tail = self.listed.tail = None
        self.remove_class("-details")
        self._is_overtaken, self._judge_from, self.top = False, 0.0, None
        self.sought = ""
        self.feed()

    @on(Judged)
    def _judged(self, event: Judged) -> None:
        self._judge_from = time.monotonic() + REST * event.took
        if self.tail is not None and event.session == self.tail.row.id:
            self.tail.add_findings(event.findings)
            self._paint_soon()

    def verified(self, chain: Chain) -> None:
        """Show whether the recording is as it was written."""
        tone = Tone.DIM if chain.is_intact else Tone.CRITICAL
        self._chain = line(Piece(f"{chain.words} ", tone))
        # That a record is not as it was written only verifying shows: the whole is to be judged.
        self._is_overtaken = self._is_overtaken or self.session_id in chain.doubtful
        self._paint_soon()

    # --- painting -----------------------------------------------------------------------------

    def _paint_soon(self) -> None:
        """Paint now, or as soon as the last paint is long enough ago."""
        left = FRAME - (time.monotonic() - self._painted)
        if left <= 0:
            self.paint()
        elif self._due is None:
            self._due = self.set_timer(left, self.paint)

    def paint(self) -> None:
        """Show what is known now."""
        if self._due is not None:
            self._due.stop()
            self._due = None
        tail = self.tail
        if tail is None or not self.is_current:
            return
        self._painted = time.monotonic()
        self.listed.clock_ns = self.now_ns()
        self.listed.grown(is_following=self.is_following, top=self.top)
        self.top = None
        self._show_words()

    def resized(self) -> None:
        """Compose again what was composed for a width."""
        self.paint()

    def _second(self) -> None:
        """Show what the clock alone changes: running times, how long ago, the last minute."""
        if self.tail is None:
            return
        self.listed.clock_ns = self.now_ns()
        self.listed.refresh_running()
        self._show_words()
        is_due = time.monotonic() >= self._judge_from
        if self._is_overtaken and is_due and len(self.tail) <= JUDGED_MOST:
            self._is_overtaken = False
            self._judge()

    def _show_words(self) -> None:
        tail, glyphs = self.tail, self.glyphs
        if tail is None:
            return
        clock_ns, width = self.listed.clock_ns, self.size.width
        following = self.is_following
        header = header_line(tail, self._chain, clock_ns, width, glyphs, is_following=following)
        self.show_header(header)
        self.set_class(bool(tail.reconstructed), "-reenacted")
        self.query_one("#banner", OneLine).show(banner(tail.reconstructed, glyphs))
        self.show_filter(tail.row_count, len(tail))
        cursor = None if following else self.current()
        bar = bar_line(tail, clock_ns, width, glyphs, cursor=cursor)
        self.query_one("#bar", OneLine).show(bar)
        if self.has_class("-narrow"):
            self.query_one("#summary", OneLine).show(live_summary(tail, clock_ns, glyphs))
        elif not self.has_class("-details"):
            side = self.query_one("#side", LineList)
            side.show(side_lines(tail, clock_ns, side.row_width, glyphs), keep_place=True)
