"""What the keys of the live view do; how it is fed and painted is not decided here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import on, work
from textual.message import Message

from analyzer.casefile import Entry, remarks_of
from analyzer.model import Action, Analysis
from analyzer.state import StateIndex
from tui.body import Whole, action_lines, whole_of
from tui.case_lines import case_lines
from tui.clipboard import copy_text
from tui.live_rows import Rows
from tui.live_tail import LiveTail
from tui.scene import Scene
from tui.screens.asking import EVERYTHING, Asking
from tui.widgets.lines import LineList
from tui.widgets.rows import RowView
from tui.widgets.tail_list import TailList

__all__ = ["LiveKeys"]


class LiveKeys(Asking):
    """The actions of the live view."""

    class BodyRead(Message):
        """The long values of an action were read."""

        def __init__(self, action_id: int, values: Mapping[str, Whole]) -> None:
            super().__init__()
            self.action_id = action_id
            self.values = values

    def __init__(self, session_id: str) -> None:
        super().__init__()
        self.session_id = session_id
        self.tail: LiveTail | None = None
        self.is_following = True
        self.chosen = EVERYTHING
        self.top: int | None = None
        """The action that stood in the topmost row before more came that is not painted yet."""

    def move_on(self) -> None:
        """Follow the session that began after the one that has ended, if that is wanted."""
        raise NotImplementedError

    def paint(self) -> None:
        """Show what is known now."""
        raise NotImplementedError

    @property
    def listed(self) -> TailList:
        """The list of actions."""
        return self.query_one("#actions", TailList)

    def current(self) -> Action | None:
        """Return the action under the cursor."""
        return None if self.tail is None else self.tail.action(self.listed.cursor)

    # --- following and reading ----------------------------------------------------------------

    def action_follow(self) -> None:
        """Go to the newest, and stay there."""
        self.is_following = True
        if self.tail is not None:
            self.tail.read_on()
        self.hints.reword("freeze", "space Pause")
        self.move_on()
        self.paint()
        self._show_details()

    def _stop(self) -> None:
        if self.is_following and self.tail is not None:
            self.is_following = False
            self.tail.stop_reading()
            self.hints.reword("freeze", "space Follow")

    def action_freeze(self) -> None:
        """Let the view stand still, or follow again; what comes is stored and counted."""
        if self.is_following:
            self._stop()
            self.paint()
        else:
            self.action_follow()

    def action_edge(self, by: int) -> None:
        """Go to the first action, or to the newest and follow."""
        if by > 0:
            self.action_follow()
        else:
            self.go_row(0)

    def go_row(self, row: int | None, otherwise: str = "") -> None:
        """Read at a row; or say why there is none."""
        if row is None or self.tail is None:
            self.say(otherwise)
            return
        self._stop()
        here = self.listed.cursor
        # Whoever goes somewhere else does not want back to what he looked at before.
        self.top = None
        self.listed.put_cursor(row)
        self.listed.reveal(row, centre=abs(row - here) > 1)
        self.paint()
        self._show_details()

    def action_move(self, by: int) -> None:
        """Move through the actions, or scroll the panel."""
        pane = self.pane()
        if pane is not None and pane.id == "side":
            pane.scroll_rows(by)
            return
        row, last = self.listed.cursor + by, self.listed.row_count() - 1
        if 0 <= row <= last:
            self.go_row(row)
        elif abs(by) > 1:
            self.go_row(max(0, min(row, last)))
        else:
            self.say("this is the newest; G follows" if by > 0 else "this is the first action")

    def action_step(self, by: int) -> None:
        """Go to the previous or the next action."""
        self.listed.focus()
        self.action_move(by)

    def action_finding(self, by: int) -> None:
        """Go to the next or previous finding."""
        if self.tail is not None:
            self._go_among(self.tail.decisive, by, "finding")

    def action_to_bookmark(self, by: int) -> None:
        """Go to the next or previous bookmark."""
        if self.tail is not None:
            self._go_among(self.tail.bookmarks, by, "bookmark")

    def case_read(self, entries: Sequence[Entry]) -> None:
        """Show what was written down: in the list, in the account, and by the filter."""
        self.entries = entries
        if self.tail is not None:
            here = self.current()
            self.tail.remark(remarks_of(entries))
            self.listed.chosen_anew(here if not self.is_following else None)
        self.paint()
        self._show_details()

    def action_failure(self, by: int) -> None:
        """Go to the next or previous failure."""
        if self.tail is not None:
            self._go_among(self.tail.failures, by, "failure")

    def _go_among(self, rows: Rows, by: int, what: str) -> None:
        row = None if self.tail is None else self.tail.beside(self.current(), by, rows)
        which = "later" if by > 0 else "earlier"
        among = "" if self.chosen.is_empty else " that the filter shows"
        self.go_row(row, f"no {which} {what}{among}")

    @on(TailList.Scrolled)
    def _scrolled(self) -> None:
        self._stop()
        self.top = None
        self.paint()

    @on(RowView.Picked)
    def _picked(self, event: RowView.Picked) -> None:
        if isinstance(event.view, TailList):
            self.go_row(event.row)
            if event.twice and not self.has_class("-details"):
                self.action_open()

    # --- one action ---------------------------------------------------------------------------

    def action_open(self) -> None:
        """Show everything that is known of the action, or the state again."""
        self.toggle_class("-details")
        if self.has_class("-details"):
            self.call_after_refresh(self._show_details)
            # On narrow screens the list is lower now.
            self.call_after_refresh(self._reveal)
        else:
            self.listed.focus()
            self.call_after_refresh(self.paint)

    def _reveal(self) -> None:
        self.listed.reveal(self.listed.cursor)

    def action_back(self) -> None:
        """Close the account of the action first; else go back."""
        if self.has_class("-details"):
            self.action_open()
        else:
            super().action_back()

    def is_at_root(self) -> bool:
        """Tell whether going back would quit, rather than close an account."""
        return super().is_at_root() and not self.has_class("-details")

    def _show_details(self, values: Mapping[str, Whole] | None = None) -> None:
        tail, action = self.tail, self.current()
        if tail is None or action is None or not self.has_class("-details"):
            return
        said = case_lines(entry for entry in self.entries if entry.action == action.id)
        shown = action_lines(_around(tail, action), 1, self.glyphs, values, written=said)
        self.query_one("#side", LineList).show(shown, keep_place=values is not None)
        if action.blob_of and values is None:
            self._read_body(action.id, dict(action.blob_of))

    @work(thread=True, exclusive=True, group="body", exit_on_error=False)
    def _read_body(self, action_id: int, digests: Mapping[str, str]) -> None:
        read = {name: self.flight.source.blob(digest) for name, digest in digests.items()}
        known = {name: whole_of(data) for name, data in read.items() if data is not None}
        self.post_message(self.BodyRead(action_id, known))

    @on(BodyRead)
    def _body_read(self, event: BodyRead) -> None:
        action = self.current()
        if action is not None and action.id == event.action_id:
            self._show_details(event.values)

    def shown_session(self) -> str:
        """Return the whole id of the session that is written of."""
        return self.session_id

    def action_copy(self) -> None:
        """Copy the mouse's selection, else the panel."""
        text = self.get_selected_text() or self.query_one("#side", LineList).text()
        self.say(copy_text(self.app, text, is_remote=self.flight.read_only))

    # --- other screens ------------------------------------------------------------------------

    def action_replay(self) -> None:
        """Replay from where one is, while the recording goes on."""
        action = self.current()
        if action is None:
            self.say("there is no action yet to replay from")
        else:
            self._stop()
            self.flight.replay_from(self.session_id, action.id, action.start_ns)

    def action_sessions(self) -> None:
        """Open the list of sessions."""
        self.flight.go_sessions()


def _around(tail: LiveTail, action: Action) -> Scene:
    """Return as much of a session as the account of one action needs: the first, it, its parent."""
    parent = None if action.join is None else tail.by_id(action.join.parent)
    first = tail.ends()[0]
    others = {a.id: a for a in (first, parent) if a is not None and a.id != action.id}
    analysis = Analysis(
        session=tail.row,
        actions=(first, action, *(a for a in others.values() if a is not first)),
        credentials=(),
        findings=tail.findings_of(action.id),
        reconstructed="",
        verifier_key="",
    )
    return Scene.of(analysis, StateIndex(analysis))
