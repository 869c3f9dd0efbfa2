"""Two sessions side by side, aligned on the row where they first do something else."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence

from textual import on, work
from textual.containers import Container
from textual.message import Message
from textual.widget import Widget

from analyzer.divergence import Alignment, Pair, align
from analyzer.timeline import Mark
from recorder.errors import FlightlogError
from tui.actions import Place, bindings
from tui.beside_lines import alignment_line, headings, legend, pair_line
from tui.body import action_lines
from tui.clipboard import copy_text
from tui.line import Line, Piece, Tone, line
from tui.scene import Scene
from tui.screens.room import Failed, Room
from tui.transport import spread
from tui.widgets.drawn import OneLine, glyphs_of
from tui.widgets.lines import LineList
from tui.widgets.rows import RowView
from tui.words import count_words
from tui.world import world_summary

__all__ = ["Beside"]

FINDINGS_FROM = 100
"""Cells from which on the header has room for what was found, beside what the signs mean."""
SIDES = ("left", "right")
type Scenes = tuple[Scene, Scene]


class PairList(RowView):
    """The rows of both sessions; between them a line where they part."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._scenes: Scenes | None = None
        self._alignment = Alignment((), None, is_whole=True)
        self.cursor = 0
        """The pair under the cursor."""

    def open(self, scenes: Scenes, alignment: Alignment) -> None:
        """Show two sessions, at their first divergence."""
        self._scenes, self._alignment = scenes, alignment
        self.cursor = alignment.first or 0
        self.rows_changed()
        # Before the first layout there is no height to centre in.
        self.call_after_refresh(self.move_to, self.cursor, centre=True)

    def _row_of(self, pair: int) -> int:
        first = self._alignment.first
        return pair + (first is not None and pair >= first)

    def pair_at(self, row: int) -> int | None:
        """Return which pair stands in a row; None for the line between."""
        first = self._alignment.first
        if first is None or row < first:
            return row
        return None if row == first else row - 1

    def row_count(self) -> int:
        """Return the number of pairs, and the line between."""
        return len(self._alignment.pairs) + (self._alignment.first is not None)

    def cursor_row(self) -> int | None:
        """Return the row of the pair under the cursor."""
        return self._row_of(self.cursor)

    def row_pieces(self, row: int, width: int) -> Line:
        """Return a pair, or the line between."""
        assert self._scenes is not None  # noqa: S101 - there are no rows before it is opened
        pair, glyphs = self.pair_at(row), glyphs_of(self)
        if pair is None:
            return line(f"{' first divergence ':{glyphs.rule}^{width}}", tone=Tone.ACCENT)
        found = self._alignment.pairs[pair]
        return pair_line(self._scenes, found, width, glyphs, is_cursor=pair == self.cursor)

    def move_to(self, pair: int, *, centre: bool = False) -> None:
        """Put the cursor on a pair."""
        self.cursor = max(0, min(pair, len(self._alignment.pairs) - 1))
        self.reveal(self._row_of(self.cursor), centre=centre)
        self.refresh()


class Beside(Room):
    """Both sessions, and the account of the two actions under the cursor."""

    PLACE = Place.BESIDE
    BINDINGS = bindings(Place.BESIDE)
    AUTO_FOCUS = "#pairs"
    DEFAULT_CSS = """
    Beside #pairs { height: 3fr; }
    Beside #headings { background: $panel; }
    Beside #accounts { layout: horizontal; height: 2fr; border-top: solid $panel-lighten-2; }
    Beside #left, Beside #right { width: 1fr; height: 1fr; }
    Beside #right { border-left: solid $panel-lighten-2; }
    Beside #left:focus, Beside #right:focus { background: $panel; }
    Beside.-ascii #accounts { border-top: ascii $panel-lighten-2; }
    Beside.-ascii #right { border-left: ascii $panel-lighten-2; }
    """

    class Loaded(Message):
        """Both sessions were read and aligned."""

        def __init__(self, scenes: Scenes, alignment: Alignment) -> None:
            super().__init__()
            self.scenes = scenes
            self.alignment = alignment

    def __init__(self, left: str, right: str) -> None:
        super().__init__()
        self._ids = left, right
        self.scenes: Scenes | None = None
        self.alignment = Alignment((), None, is_whole=True)

    def furniture(self) -> Iterable[Widget]:
        """Where they part, the rows, and the two accounts."""
        yield OneLine(id="parting")
        yield OneLine(id="headings")
        yield PairList(id="pairs")
        with Container(id="accounts"):
            yield LineList(id="left")
            yield LineList(id="right")

    def on_mount(self) -> None:
        """Begin to read."""
        self.show_header(line(f"Beside {self.glyphs.cursor} reading both sessions ..."))
        self._load()

    @work(thread=True, exclusive=True, group="load", exit_on_error=False)
    def _load(self) -> None:
        source = self.flight.source
        try:
            scenes = source.load(self._ids[0]), source.load(self._ids[1])
        except FlightlogError as error:
            self.post_message(Failed(str(error)))
            return
        self.post_message(self.Loaded(scenes, align(scenes[0].analysis, scenes[1].analysis)))

    def failed(self, reason: str) -> None:
        """Say why there is nothing to be seen."""
        self.show_header(line("Beside: ", Piece(reason, Tone.BAD)))

    @on(Loaded)
    def _loaded(self, event: Loaded) -> None:
        self.scenes, self.alignment = event.scenes, event.alignment
        self.pairs.open(event.scenes, event.alignment)
        self.call_after_refresh(self.resized)

    @property
    def pairs(self) -> PairList:
        """The rows."""
        return self.query_one(PairList)

    @property
    def side(self) -> int:
        """Which session the keys act on: 1 while the second's account has them, else 0."""
        return int(self.focused is not None and self.focused.id == "right")

    def current(self) -> Pair | None:
        """Return the pair under the cursor."""
        at = self.pairs.cursor
        return self.alignment.pairs[at] if at < len(self.alignment.pairs) else None

    def resized(self) -> None:
        """Compose for the width that there is now."""
        if self.scenes is None:
            return
        width, glyphs = self.size.width, self.glyphs
        counts = [count_words(scene.analysis.findings) for scene in self.scenes]
        right = (*line("findings A "), *counts[0], *line("   B "), *counts[1])
        left = line(f"Beside {glyphs.cursor} ", Piece(legend(), Tone.DIM))
        if width < FINDINGS_FROM:
            right = ()
        self.show_header(spread(left, right, width, glyphs))
        self.query_one("#parting", OneLine).show(alignment_line(self.alignment, self.scenes))
        self._show()

    def on_descendant_focus(self) -> None:
        """Name the side that the keys act on."""
        self._show_headings()

    def _show_headings(self) -> None:
        if self.scenes is not None:
            shown = headings(self.scenes, self.pairs.row_width, self.glyphs, self.side)
            self.query_one("#headings", OneLine).show(shown)

    def _show(self) -> None:
        pair = self.current()
        self._show_headings()
        if self.scenes is None or pair is None:
            return
        for name, scene, row in zip(SIDES, self.scenes, (pair.left, pair.right), strict=True):
            self.query_one(f"#{name}", LineList).show(_account(scene, row, self))

    # --- actions ------------------------------------------------------------------------------

    def _to(self, pair: int, *, centre: bool = False) -> None:
        self.pairs.move_to(pair, centre=centre)
        self._show()

    def action_move(self, by: int) -> None:
        """Move through the rows, or scroll an account."""
        pane = self.pane()
        if isinstance(pane, LineList):
            pane.scroll_rows(by)
            return
        target, last = self.pairs.cursor + by, len(self.alignment.pairs) - 1
        if 0 <= target <= last or abs(by) > 1:
            self._to(max(0, min(target, last)))
        else:
            self.say("no more rows")

    def action_edge(self, by: int) -> None:
        """Go to the first or the last row."""
        self._to(len(self.alignment.pairs) - 1 if by > 0 else 0)

    def action_difference(self, by: int) -> None:
        """Go to the next or previous row in which they differ."""
        self._among(self.alignment.differences, by, "difference")

    def action_parting(self) -> None:
        """Go to where they first differ."""
        if self.alignment.first is None:
            self.say("both do the same, in the same order")
        else:
            self._to(self.alignment.first, centre=True)

    def action_finding(self, by: int) -> None:
        """Go to the next or previous row with a finding, of either session."""
        self._among(self._marked(lambda mark: mark > Mark.FAILED), by, "finding")

    def action_failure(self, by: int) -> None:
        """Go to the next or previous row with a failure, of either session."""
        self._among(self._marked(lambda mark: mark is Mark.FAILED), by, "failure")

    def _marked(self, fits: Callable[[Mark], bool]) -> list[int]:
        if self.scenes is None:
            return []
        first, second = (scene.marks for scene in self.scenes)
        return [
            number
            for number, pair in enumerate(self.alignment.pairs)
            if (pair.left is not None and fits(first[pair.left]))
            or (pair.right is not None and fits(second[pair.right]))
        ]

    def _among(self, rows: Sequence[int], by: int, what: str) -> None:
        cursor = self.pairs.cursor
        place = bisect_right(rows, cursor) if by > 0 else bisect_left(rows, cursor) - 1
        if 0 <= place < len(rows):
            self._to(rows[place], centre=True)
        else:
            self.say(f"no {'later' if by > 0 else 'earlier'} {what}")

    def action_open(self) -> None:
        """Replay the session whose side has the keys, at its action."""
        pair = self.current()
        if self.scenes is None or pair is None:
            self.say("the sessions are still being read")
            return
        scene = self.scenes[self.side]
        row = (pair.left, pair.right)[self.side]
        if row is None:
            self.say(f"session {'AB'[self.side]} has nothing in this row; tab goes to the other")
            return
        action = scene.analysis.actions[row]
        self.flight.replay_from(scene.analysis.session.id, action.id, action.start_ns)

    def action_sessions(self) -> None:
        """Open the list of sessions."""
        self.flight.go_sessions()

    def action_copy(self) -> None:
        """Copy the mouse's selection, else both accounts."""
        shown = "\n\n".join(self.query_one(f"#{name}", LineList).text() for name in SIDES)
        text = self.get_selected_text() or shown
        self.say(copy_text(self.app, text, is_remote=self.flight.read_only))

    @on(RowView.Picked)
    def _picked(self, event: RowView.Picked) -> None:
        pair = event.view.pair_at(event.row) if isinstance(event.view, PairList) else None
        if pair is not None:
            self._to(pair)
            if event.twice:
                self.action_open()


def _account(scene: Scene, row: int | None, room: Room) -> list[Line]:
    """Return what one session did in a row, and what it held by then."""
    if row is None:
        return [line("nothing in this row", tone=Tone.DIM)]
    action = scene.analysis.actions[row]
    until = action.start_ns if action.until_ns is None else action.until_ns
    state = scene.states.at(until)
    return [
        *action_lines(scene, row, room.glyphs),
        line(""),
        line("state once it was over", tone=Tone.STRONG),
        *world_summary(scene, state, room.glyphs),
    ]
