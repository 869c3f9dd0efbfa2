"""The sessions of a recording, newest first, with a preview of the one under the cursor."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from textual import on, work
from textual.containers import Container
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.worker import get_current_worker

from analyzer.chain import Chain
from analyzer.filters import Filter, FilterError, Scope, Subject, parse_filter, subjects_of
from analyzer.timeline import Mark
from recorder.errors import FlightlogError
from recorder.model import SessionRow
from tui.actions import Place, bindings
from tui.clipboard import copy_text
from tui.line import Line, Piece, Tone, line
from tui.scene import Scene
from tui.screens.room import Failed, Verified
from tui.screens.session_judging import JUDGED, SessionJudging
from tui.session_lines import columns_line, preview_lines, session_line
from tui.session_order import Order, in_order
from tui.transport import spread
from tui.widgets.drawn import OneLine
from tui.widgets.heat import Heat
from tui.widgets.lines import LineList
from tui.widgets.prompt import Question
from tui.widgets.rows import RowView
from tui.words import count_words, short_path

__all__ = ["Sessions"]

REST = 0.12
"""Seconds that the cursor must rest before a preview is loaded."""
FILTERED = 0.25
"""Seconds after which a filter that takes long tells what it has found so far."""
PAINT = 0.1
"""Seconds in which what was judged is put into the list together."""


class Sessions(SessionJudging):
    """List of sessions and preview."""

    PLACE = Place.SESSIONS
    BINDINGS = bindings(Place.SESSIONS)
    AUTO_FOCUS = "#sessions"
    DEFAULT_CSS = """
    Sessions #main { layout: horizontal; height: 1fr; }
    Sessions #listing { width: 3fr; height: 1fr; }
    Sessions #sessions { height: 1fr; }
    Sessions #facts { height: 1fr; }
    Sessions.-narrow #main { layout: vertical; }
    Sessions.-narrow #listing { width: 1fr; }
    """

    class Listed(Message):
        """The sessions were read."""

        def __init__(self, rows: Sequence[SessionRow], looked_at: int, total: int) -> None:
            super().__init__()
            self.rows = rows
            self.looked_at = looked_at
            """How many the filter was tried on; the others may follow."""
            self.total = total
            """How many there are without the filter."""

    def __init__(self, at: str | None = None) -> None:
        """Make the list; the cursor begins on a session if one is named."""
        super().__init__()
        self._at = at
        self.rows: Sequence[SessionRow] = ()
        self._total = self._looked_at = 0
        self.chosen = Filter()
        """Which sessions are listed."""
        self.order = Order.NEWEST
        self.compared: str | None = None
        """The session that another one is to be compared with."""
        self._due: Timer | None = None
        self._chain: Chain | None = None
        self._previewed: Scene | None = None
        self._latest: SessionJudging.Judged | None = None
        self._resting: Timer | None = None

    def furniture(self) -> Iterable[Widget]:
        """List and preview."""
        with Container(id="main"):
            with Container(id="listing"):
                yield OneLine(id="columns")
                yield LineList(id="sessions", has_cursor=True)
            with Container(id="preview", classes="panel"):
                yield Heat(id="heat")
                yield LineList(id="facts", indent=4)

    def on_mount(self) -> None:
        """Begin to read."""
        self._list()

    def on_screen_resume(self) -> None:
        """Read again after another screen; the recording may have grown."""
        self._list()

    @work(thread=True, exclusive=True, group="list", exit_on_error=False)
    def _list(self, *, is_new: bool = False) -> None:
        """Read which sessions there are; what a new filter keeps is told while it is tried."""
        source, worker = self.flight.source, get_current_worker()
        try:
            every = source.sessions()
            rows: list[SessionRow] = []
            told = time.monotonic()
            for looked_at, row in enumerate(every):
                if worker.is_cancelled:
                    return
                if is_new and time.monotonic() - told > FILTERED:
                    told = time.monotonic()
                    self.post_message(self.Listed(tuple(rows), looked_at, len(every)))
                if self._is_chosen(row):
                    rows.append(row)
            self.post_message(self.Listed(rows, len(every), len(every)))
            if not self.judge(rows[:JUDGED]):
                return
            chain = source.integrity(lambda: not worker.is_cancelled)
            if chain is not None:
                self.post_message(Verified(chain))
                doubtful = [row for row in rows[:JUDGED] if row.id in chain.doubtful]
                self.judge(doubtful, is_anew=True)
        except FlightlogError as error:
            self.post_message(Failed(str(error)))

    def _is_chosen(self, row: SessionRow) -> bool:
        """Tell, in a worker, whether a session is to be listed; analyse it only if need be."""
        if self.chosen.of_session:
            return self.chosen.fits(Subject(row, None))
        analysis = self.flight.source.load(row.id).analysis
        return any(map(self.chosen.fits, subjects_of(analysis, self.flight.case.remarks(row.id))))

    def action_filter(self) -> None:
        """Ask which sessions are to be listed."""

        def changed(text: str) -> Line:
            try:
                return line(parse_filter(text, Scope.SESSIONS).words, tone=Tone.DIM)
            except FilterError as error:
                return line(Piece(str(error), Tone.BAD))

        def answered(text: str) -> str | None:
            try:
                self.chosen = parse_filter(text, Scope.SESSIONS)
            except FilterError as error:
                return str(error)
            self._looked_at = 0
            self.resized()
            self._list(is_new=True)
            return None

        history = self.flight.history["sessions"]
        question = Question(
            label="filter",
            value=self.chosen.text,
            changed=changed,
            answered=answered,
            history=history,
        )
        self.ask(question)

    @on(Listed)
    def _listed(self, event: Listed) -> None:
        self.rows, self._looked_at, self._total = event.rows, event.looked_at, event.total
        if self.order is not Order.NEWEST:
            self._sort()
        if self.order is Order.WORST and self._looked_at == self._total:
            self.judge_all(self.rows)
        place = next((n for n, row in enumerate(self.rows) if row.id == self._at), self._cursor())
        self._at = None
        self._show(min(place, max(len(self.rows) - 1, 0)))
        self.resized()

    def verified(self, chain: Chain) -> None:
        """Show whether the recording is as it was written."""
        self._chain = chain
        if self._latest is not None:
            self._preview(self._latest)
        self.resized()

    @on(SessionJudging.Judged)
    def _was_judged(self, event: SessionJudging.Judged) -> None:
        analysis = event.scene.analysis
        worst = max(event.scene.marks, default=Mark.NONE)
        has_findings = worst > Mark.FAILED
        shown = worst if has_findings else Mark.NONE
        self.judged[event.row.id] = (shown, count_words(analysis.findings))
        self.judged_to[event.row.id] = event.row.last_seq
        if self._due is None:
            self._due = self.set_timer(PAINT, self._show_judged)
        current = self.current()
        if current is not None and current.id == event.row.id:
            self._preview(event)

    def _show_judged(self) -> None:
        self._due = None
        if self.order is Order.WORST and not self.unjudged(self.rows):
            self._sort_in_place()
        else:
            self.resized()

    @on(SessionJudging.Ranked)
    def _ranked(self) -> None:
        if self.order is Order.WORST:
            self._sort_in_place()

    # --- showing ------------------------------------------------------------------------------

    def _cursor(self) -> int:
        return self.query_one("#sessions", LineList).cursor

    def current(self) -> SessionRow | None:
        """Return the session under the cursor."""
        row = self._cursor()
        return self.rows[row] if row < len(self.rows) else None

    def resized(self) -> None:
        """Compose for the width that there is now."""
        left = line(f"Sessions  {short_path(str(self.flight.source.path), 60)}")
        chain = line(Piece("verifying ...", Tone.DIM))
        if self._chain is not None:
            tone = Tone.DIM if self._chain.is_intact else Tone.CRITICAL
            chain = line(Piece(self._chain.words, tone))
        right = (*chain, *line(self._counted()))
        self.show_header(spread(left, right, self.size.width, self.glyphs))
        self._show(self._cursor(), moved=False)

    def _counted(self) -> str:
        order = self.order.value
        unread = len(self.unjudged(self.rows)) if self.order is Order.WORST else 0
        # One of which nothing is known yet may be the worst.
        order += f", {unread} not read yet" if unread else ""
        if self.chosen.is_empty:
            return f"   {len(self.rows)} sessions, {order}"
        shown = f"{len(self.rows)} of {self._total} shown, {order}"
        if self._looked_at < self._total:
            shown = f"{len(self.rows)} so far, {self._looked_at} of {self._total} looked at"
        return f"   filter {self.chosen.words}: {shown}"

    def _show(self, cursor: int, *, moved: bool = True) -> None:
        listed = self.query_one("#sessions", LineList)
        listed.cursor = cursor
        width, glyphs = listed.row_width, self.glyphs
        self.query_one("#columns", OneLine).show(columns_line(width))
        lines: list[Line] = []
        for number, row in enumerate(self.rows):
            judged = self.judged.get(row.id)
            chain = self._chain.state_of(row.id) if self._chain else ""
            is_cursor = number == cursor
            lines.append(session_line(row, judged, chain, width, glyphs, is_cursor=is_cursor))
        nothing = _first_steps() if not self._total else [self._nothing()]
        listed.show(lines or nothing, keep_place=True)
        listed.move_to(cursor)
        if moved and self.rows:
            if self._resting is not None:
                self._resting.stop()
            self._resting = self.set_timer(REST, self._rested)

    def _nothing(self) -> Line:
        is_looking = self._looked_at < self._total
        return line("no session so far ..." if is_looking else "no session fits; & changes it")

    def _rested(self) -> None:
        row = self.current()
        if row is not None:
            listed = self.query_one("#sessions", LineList)
            first = round(listed.scroll_offset.y)
            self.judge_shown(row, self.rows[first : first + listed.size.height])

    def _preview(self, judged: SessionJudging.Judged) -> None:
        if judged.scene is not self._previewed:
            self.query_one(Heat).open(judged.scene)
        is_same = judged.scene is self._previewed
        self._previewed, self._latest = judged.scene, judged
        chain = self._chain.words if self._chain else ""
        shown = preview_lines(judged.scene, self.glyphs, sums=judged.sums, chain=chain)
        self.query_one("#facts", LineList).show(shown, keep_place=is_same)

    # --- actions ------------------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """Move through the sessions, or scroll the preview."""
        pane = self.pane()
        if pane is not None and pane.id == "facts":
            pane.scroll_rows(by)
            return
        row, last = self._cursor() + by, len(self.rows) - 1
        if 0 <= row <= last or abs(by) > 1:
            self._show(max(0, min(row, last)))
        else:
            self.say("no more sessions")

    def action_edge(self, by: int) -> None:
        """Go to the first or the last session."""
        self._show(max(0, len(self.rows) - 1) if by > 0 else 0)

    def action_open(self) -> None:
        """Replay the session under the cursor."""
        row = self.current()
        if row is None:
            self.say("there is no session to replay")
        else:
            self.flight.open_replay(row.id)

    def action_replay(self) -> None:
        """Replay the session under the cursor."""
        self.action_open()

    def action_live(self) -> None:
        """Follow the session under the cursor, if it is still going on."""
        row = self.current()
        if row is None:
            self.say("there is no session to follow")
        elif row.ended:
            self.say("the session has ended; enter replays it")
        else:
            self.flight.open_live(row.id)

    def action_findings(self) -> None:
        """Open the findings of the session under the cursor."""
        row = self.current()
        scene = self._previewed
        if row is not None and scene is not None and scene.analysis.session.id == row.id:
            self.flight.go_findings(scene)
        else:
            self.say("the session is still being read")

    def action_sort(self) -> None:
        """Take the next order; the cursor stays on its session."""
        self.order = self.order.following()
        self._sort_in_place()
        self.workers.cancel_group(self, "rank")
        if self.order is Order.WORST:
            self.judge_all(self.rows)
        self.say(f"sorted: {self.order.value}")

    def _sort_in_place(self) -> None:
        """Sort; the cursor stays on its session."""
        row = self.current()
        self._sort()
        if row is not None:
            self._show(self.rows.index(row))
        self.resized()

    def _sort(self) -> None:
        worst = {name: judged[0] for name, judged in self.judged.items()}
        self.rows = in_order(self.rows, self.order, worst)

    @on(Heat.Sought)
    def _sought(self, event: Heat.Sought) -> None:
        """Replay the session at the moment that was pointed at."""
        row = self.current()
        if row is not None and not event.is_drag:
            self.flight.replay_at(row.id, event.t_ns)

    def action_compare(self) -> None:
        """Mark the session under the cursor; with another one marked, open both side by side."""
        row = self.current()
        if row is None:
            self.say("there is no session to compare")
        elif self.compared is None:
            self.compared = row.id
            self.say(f"{row.id[:8]} is marked; b on another session shows both side by side")
        elif self.compared == row.id:
            self.compared = None
            self.say(f"{row.id[:8]} is no longer marked")
        else:
            marked, self.compared = self.compared, None
            self.flight.go_beside(marked, row.id)

    def action_copy(self) -> None:
        """Copy the mouse's selection, else the preview."""
        facts = self.query_one("#facts", LineList).text()
        self.say(
            copy_text(self.app, self.get_selected_text() or facts, is_remote=self.flight.read_only)
        )

    @on(RowView.Picked)
    def _picked(self, event: RowView.Picked) -> None:
        if event.view.id == "sessions" and event.row < len(self.rows):
            self._show(event.row)
            if event.twice:
                self.action_open()


def _first_steps() -> list[Line]:
    return [
        line("there is no session in this recording"),
        line(""),
        line("  flightlog demo           record the sample incident and replay it"),
        line("  flightlog --help         everything else"),
    ]
