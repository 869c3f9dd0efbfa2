"""What the keys of the replay do; how the screen looks is not decided here."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from textual import on
from textual.timer import Timer

from analyzer.filters import Filter
from analyzer.timeline import SECOND
from tui.clipboard import copy_text
from tui.playhead import Playhead
from tui.scene import Scene
from tui.screens.asking import EVERYTHING, Asking
from tui.widgets.action_list import ActionList
from tui.widgets.heat import Heat
from tui.widgets.lanes import Lanes
from tui.widgets.lines import LineList
from tui.widgets.rows import RowView

__all__ = ["ReplayKeys"]

FRAME = 0.125
"""Seconds between paints while playing: a paint takes twelve milliseconds, most of it Textual's."""


class ReplayKeys(Asking):
    """A replay's playhead, its clock and its actions."""

    def __init__(
        self,
        session_id: str,
        *,
        pending: Callable[[ReplayKeys], None] | None = None,
        chosen: Filter = EVERYTHING,
    ) -> None:
        super().__init__()
        self.session_id = session_id
        self.scene: Scene | None = None
        self.playhead: Playhead | None = None
        self.pending = pending
        """What to do once the session is loaded, such as going to a moment."""
        self.chosen = chosen
        self.cited: Sequence[int | None] = ()
        """The action that each row of the state panel stands on."""
        self.came_from: tuple[int, int] | None = None
        """Moment and row at which the last jump began."""
        self.now_ns: Callable[[], int] = time.monotonic_ns
        self._clock: Timer | None = None
        self._ticked_ns = 0

    def paint(self, playhead: Playhead) -> None:
        """Show another moment, or the same one with other settings."""
        raise NotImplementedError

    def resized(self) -> None:
        """Compose again what was composed for a width."""
        raise NotImplementedError

    def beside(self, row: int, by: int) -> int | None:
        """Return the row that is shown `by` rows after (or before) a row; None beyond the ends."""
        raise NotImplementedError

    def is_shown(self, row: int) -> bool:
        """Tell whether a row is not hidden by a filter."""
        raise NotImplementedError

    def toggle_branch(self) -> bool:
        """Open or close the branch of a tree under the cursor; False where there is none."""
        raise NotImplementedError

    def go(self, playhead: Playhead | None, otherwise: str = "") -> None:
        """Go somewhere by hand, which pauses; or say that there is nothing to go to."""
        target, here = playhead or self.playhead, self.playhead
        if target is not None:
            if here is not None and abs(target.cursor - here.cursor) > 1:
                self.came_from = here.t_ns, here.cursor
            self.paint(target.paused())
        if playhead is None:
            self.say(otherwise)

    # --- the clock ----------------------------------------------------------------------------

    def run_clock(self) -> None:
        """Tick while it plays, and only then: a paused replay costs nothing."""
        playing = self.playhead is not None and self.playhead.playing
        if playing and self._clock is None:
            self._ticked_ns = self.now_ns()
            self._clock = self.set_interval(FRAME, self.tick)
        elif not playing and self._clock is not None:
            self._clock.stop()
            self._clock = None

    @property
    def is_ticking(self) -> bool:
        """True while a timer runs."""
        return self._clock is not None

    def tick(self) -> None:
        """Play the real time that has gone by since the last tick."""
        if self.playhead is None or self.scene is None:
            return
        now = self.now_ns()
        moved = self.playhead.advance(now - self._ticked_ns)
        self._ticked_ns = now
        self.paint(moved)
        if not moved.playing:
            at = [f.rule for f in self.scene.analysis.findings if f.t_ns == moved.t_ns]
            rules = ", ".join(dict.fromkeys(at))
            at_finding = bool(rules) and not moved.at_end
            self.say(f"stopped at {rules}; space goes on" if at_finding else "the end")

    def on_screen_suspend(self) -> None:
        """Pause under another screen."""
        if self.playhead is not None:
            self.paint(self.playhead.paused())

    # --- actions ------------------------------------------------------------------------------

    def action_play(self) -> None:
        """Play or pause."""
        if self.playhead is not None:
            self.paint(self.playhead.toggled())

    def action_step(self, by: int) -> None:
        """Go to the next or previous action."""
        if self.playhead is not None:
            edge = "the last action" if by > 0 else "the first action"
            row = self.beside(self.playhead.cursor, by)
            self.go(None if row is None else self.playhead.to_row(row), f"this is {edge}")

    def action_lane(self, by: int) -> None:
        """Go to the next or previous action in the same lane."""
        if self.playhead is not None:
            which = "later" if by > 0 else "earlier"
            found = self.playhead.step_in_lane(by)
            while found is not None and not self.is_shown(found.cursor):
                found = found.step_in_lane(by)
            self.go(found, f"no {which} action in this lane")

    def action_finding(self, by: int) -> None:
        """Go to the next or previous finding."""
        if self.playhead is not None:
            which = "later" if by > 0 else "earlier"
            found = self.playhead.to_finding(by)
            self.go(found, f"no {which} finding")
            if found is not None:
                self.say(self._found_here(found))

    def _found_here(self, at: Playhead) -> str:
        """Name what is found at one stop where it is several: all of them have been reached."""
        action = self.scene.action(at.cursor) if self.scene is not None else None
        found = self.scene.findings_of.get(action.id, ()) if self.scene and action else ()
        rules = [finding.rule for finding in found if finding.t_ns == at.t_ns]
        return f"{len(rules)} findings here: {', '.join(rules)}" if len(rules) > 1 else ""

    def action_jump(self, seconds: int) -> None:
        """Go forward or back by some session time."""
        if self.playhead is not None:
            moved = self.playhead.jump(seconds * SECOND)
            edge = "end" if seconds > 0 else "start"
            self.go(moved if moved.t_ns != self.playhead.t_ns else None, f"this is the {edge}")

    def action_times(self) -> None:
        """Show the next sort of times in the list."""
        listed = self.query_one(ActionList)
        listed.show_times(listed.time_format.following())
        self.say(f"times: {listed.time_format.words}")

    def action_future(self) -> None:
        """Hide what comes after now, or show it dimmed."""
        listed = self.query_one(ActionList)
        listed.hide_future(not listed.hides_future)
        self.say(f"the future is {'hidden' if listed.hides_future else 'shown'}")

    def action_jump_back(self) -> None:
        """Go back to where the last jump began; again: there and back."""
        if self.playhead is None or self.came_from is None:
            self.say("no jump was made yet")
        else:
            t_ns, cursor = self.came_from
            self.go(self.playhead.seek(t_ns).on_row(cursor))

    def action_tenth(self, tenths: int) -> None:
        """Go to 0, 10, ... 90 % of the session."""
        if self.playhead is not None:
            self.go(self.playhead.to_fraction(tenths))

    def action_edge(self, by: int) -> None:
        """Go to the start or the end: of the session, or of the pane that has the keys."""
        pane = self.pane()
        if pane is not None and pane.id != "actions":
            self.action_move(by * pane.row_count())
        elif self.playhead is not None:
            line = self.playhead.timeline
            self.go(self.playhead.seek(line.end_ns if by > 0 else line.start_ns))

    def action_speed(self, by: int) -> None:
        """Play faster or slower."""
        if self.playhead is not None:
            before = self.playhead.speed
            self.paint(self.playhead.faster(by))
            if self.playhead.speed == before:
                self.say(f"{before:g}x is the {'highest' if by > 0 else 'lowest'} speed")

    def action_normal_speed(self) -> None:
        """Play as fast as it happened."""
        if self.playhead is not None:
            self.paint(self.playhead.at_normal_speed())
            self.say("speed 1x: as fast as it happened")

    def action_idle(self) -> None:
        """Skip idle time, or do not."""
        head = self.playhead
        if head is not None:
            is_on = not head.skip_idle
            self.paint(head.with_settings(skip_idle=is_on, stop_at_findings=head.stop_at_findings))

    def action_stops(self) -> None:
        """Stop at findings, or do not."""
        head = self.playhead
        if head is not None:
            is_on = not head.stop_at_findings
            self.paint(head.with_settings(skip_idle=head.skip_idle, stop_at_findings=is_on))

    def action_lanes(self) -> None:
        """Show or hide the lanes."""
        are_shown = bool(self.query_one("#lanes").display)
        self.set_class(are_shown, "-lanes-off")
        self.set_class(not are_shown, "-lanes-on")
        self.call_after_refresh(self.resized)

    def action_zoom(self, by: int) -> None:
        """Show less or more of the session in the lanes at once."""
        lanes = self.query_one(Lanes)
        self.say(lanes.zoom(by) if lanes.display else "the lanes are hidden; t shows them")

    def action_enlarge(self) -> None:
        """Give the body, or the state if it has the focus, the whole height; or give it back."""
        if self.toggle_branch() or self._to_cited():
            return
        self.action_enlarged()

    def _to_cited(self) -> bool:
        """Go to the action that the row under the state's cursor stands on."""
        pane = self.pane()
        if self.playhead is None or not isinstance(pane, LineList) or pane.id != "state":
            return False
        if not pane.has_cursor:
            return False
        cited = self.cited[pane.cursor] if pane.cursor < len(self.cited) else None
        row = None if self.scene is None or cited is None else self.scene.row_of.get(cited)
        if row is None:
            self.say("this row stands on no single action")
        else:
            self.go(self.playhead.to_row(row))
            self.say(f"#{cited}, which the state told of")
        return True

    def action_enlarged(self) -> None:
        """Give the pane the whole height, or give it back."""
        if self.has_class("-big"):
            self._restore()
            return
        which = "state" if self.focused is not None and self.focused.id == "state" else "body"
        self.add_class("-big", f"-big-{which}")
        self.query_one(f"#{which}").focus()
        self.call_after_refresh(self.resized)

    def action_restored(self) -> None:
        """Give an enlarged pane's height back."""
        if self.has_class("-big"):
            self._restore()
        else:
            self.say("no pane is enlarged")

    def _restore(self) -> None:
        self.remove_class("-big", "-big-body", "-big-state")
        self.query_one("#actions").focus()
        self.call_after_refresh(self.resized)

    def action_back(self) -> None:
        """Restore an enlarged pane first; else go back."""
        if self.has_class("-big"):
            self._restore()
        else:
            super().action_back()

    def is_at_root(self) -> bool:
        """Tell whether going back would quit, rather than restore a pane."""
        return super().is_at_root() and not self.has_class("-big")

    def action_move(self, by: int) -> None:
        """Move the playhead by actions in the list; scroll elsewhere."""
        pane = self.pane()
        if isinstance(pane, LineList) and pane.has_cursor:
            pane.move_to(pane.cursor + by)
        elif pane is not None and pane.id != "actions":
            pane.scroll_rows(by)
        elif self.playhead is not None:
            row = self.beside(self.playhead.cursor, by)
            if row is None and abs(by) > 1:
                row = self.beside(
                    len(self.playhead.timeline.starts) if by > 0 else -1, -1 if by > 0 else 1
                )
            self.go(None if row is None else self.playhead.to_row(row), "no more actions")

    def action_copy(self) -> None:
        """Copy the mouse's selection, else the pane, else the action under the playhead."""
        selected = self.get_selected_text()
        body = self.query_one("#body", LineList)
        pane = self.pane()
        shown = pane.text() if isinstance(pane, LineList) else body.text()
        self.say(copy_text(self.app, selected or shown, is_remote=self.flight.read_only))

    def action_sessions(self) -> None:
        """Open the list of sessions."""
        self.flight.go_sessions()

    def action_live(self) -> None:
        """Follow the session, if it is still going on."""
        if self.scene is not None and self.scene.analysis.session.ended:
            self.say("the session has ended; there is nothing to follow")
        elif self.scene is not None:
            self.flight.open_live(self.scene.analysis.session.id)

    def action_findings(self) -> None:
        """Open the findings of this session."""
        if self.scene is not None:
            self.flight.go_findings(self.scene)

    @on(Heat.Sought)
    def _sought(self, event: Heat.Sought) -> None:
        if self.playhead is not None:
            target = self.playhead.seek(event.t_ns)
            self.go(target if event.row is None else target.on_row(event.row))

    @on(RowView.Picked)
    def _picked(self, event: RowView.Picked) -> None:
        if isinstance(event.view, ActionList) and self.playhead is not None:
            row = event.view.action_row(event.row)
            if row is not None:
                self.go(self.playhead.to_row(row))
            if event.twice:
                self.action_enlarge()
