"""The body of the action under the playhead: its tabs, what each shows, and the keys over them.

What has to be read or cut into rows is made in a worker; the screen shows it when it is there.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from textual import events, on, work
from textual.message import Message
from textual.worker import Worker, get_current_worker

from tui.bodies.diff import diff_of
from tui.bodies.raw import Part, RawRows, parts_of
from tui.bodies.span import span_lines
from tui.bodies.tabs import Tab, tab_at, tab_line
from tui.bodies.tree import JsonTree, tree_of
from tui.body import Whole, action_lines, whole_of
from tui.case_lines import case_lines
from tui.found import with_found
from tui.line import Line, Tone, line
from tui.playhead import Playhead
from tui.safe_content import as_text
from tui.scene import Scene
from tui.screens.replay_case import ReplayCase
from tui.widgets.drawn import OneLine
from tui.widgets.lines import LineList

__all__ = ["ReplayBody", "TabRow"]

REST = 0.08
"""Seconds that the playhead must rest on an action before its large values are read."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be shown of which action."""

    action: int
    tab: Tab
    columns: int
    has_wrap: bool
    as_hex: bool


class TabRow(OneLine):
    """The tabs; a click chooses one."""

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, column: int) -> None:
            super().__init__()
            self.column = column

    def on_click(self, event: events.Click) -> None:
        """Tell where it was clicked."""
        self.post_message(self.Chosen(event.x))


class ReplayBody(ReplayCase):
    """The body's part of a replay."""

    class BodyRead(Message):
        """The large values of an action were read, for its account."""

        def __init__(self, action_id: int, values: Mapping[str, Whole]) -> None:
            super().__init__()
            self.action_id = action_id
            self.values = values

    class ViewMade(Message):
        """A tab's rows are there."""

        def __init__(
            self,
            wanted: Wanted,
            lines: Sequence[Line],
            *,
            note: str = "",
            tree: JsonTree | None = None,
        ) -> None:
            super().__init__()
            self.wanted = wanted
            self.lines = lines
            self.note = note
            self.tree = tree

    tab = Tab.BODY
    as_hex = False
    _tree: JsonTree | None = None
    _parts: tuple[int, tuple[Part, ...]] | None = None
    """The values of the action that was looked at last: hex and another width need no reading."""
    _view: Worker[None] | None = None

    # --- showing ------------------------------------------------------------------------------

    def show_body(self) -> None:
        """Show the action under the playhead in the chosen tab."""
        if self.scene is None or self.playhead is None:
            return
        self._forget_view()
        if self.tab is Tab.BODY or self.scene.action(self.playhead.cursor) is None:
            self._show_account({})
        elif self.tab is Tab.SPAN:
            rows = span_lines(self.scene, self.playhead.cursor, self.playhead.t_ns)
            self._show(rows)
        else:
            self._make_view()

    def _forget_view(self) -> None:
        """Let go of what the other action had: a body may be large."""
        if self._view is not None:
            self._view.cancel()
            self._view = None
        self._tree = None
        self._body.has_cursor = False
        if self._parts is not None and self._parts[0] != self.current_action():
            self._parts = None

    @property
    def _body(self) -> LineList:
        return self.query_one("#body", LineList)

    def _show(
        self, lines: Sequence[Line], *, note: str = "", has_wrap: bool = True, keep: bool = False
    ) -> None:
        self._body.show(lines, keep_place=keep, has_wrap=has_wrap)
        hint = f"b {'text' if self.as_hex else 'hex'}" if isinstance(lines, RawRows) else ""
        self.query_one(TabRow).show(tab_line(self.tab, hint))
        instead = self.query_one("#instead", OneLine)
        instead.show(line(note, tone=Tone.ACCENT))
        instead.display = bool(note)

    def _show_account(self, values: Mapping[str, Whole]) -> None:
        if self.scene is None or self.playhead is None:
            return
        row, t_ns = self.playhead.cursor, self.playhead.t_ns
        action = self.scene.action(row)
        said = [entry for entry in self.entries if action and entry.action == action.id]
        lines = action_lines(
            self.scene, row, self.glyphs, values, written=case_lines(said), t_ns=t_ns
        )
        self._show(with_found(lines, self.sought), keep=bool(values))
        place = self._body.row_in(Tone.FOUND) if row == self.hit else None
        if place is not None:
            self._body.reveal(place)
        if action is not None and action.blob_of and not values:
            self._view = self._read_values(action.id, dict(action.blob_of))

    @work(thread=True, exclusive=True, group="body", exit_on_error=False)
    def _read_values(self, action_id: int, digests: Mapping[str, str]) -> None:
        if not _rested():
            return
        values: dict[str, Whole] = {}
        for name, digest in digests.items():
            data = self.flight.source.blob(digest)
            if data is not None:
                values[name] = whole_of(data)
        self.post_message(self.BodyRead(action_id, values))

    @on(BodyRead)
    def _values_read(self, event: BodyRead) -> None:
        is_here = self.tab is Tab.BODY and event.action_id == self.current_action()
        if is_here and event.values:
            self._show_account(event.values)

    def _wanted(self) -> Wanted | None:
        action = self.current_action()
        if action is None:
            return None
        body = self._body
        return Wanted(action, self.tab, body.row_width, body.is_wrapping, self.as_hex)

    def _make_view(self) -> None:
        wanted = self._wanted()
        if wanted is None or self.scene is None or self.playhead is None:
            return
        held = self._parts[1] if self._parts and self._parts[0] == wanted.action else None
        if held is None:
            self._show([line("reading ...", tone=Tone.DIM)])
        self._view = self._made(wanted, self.scene, self.playhead, held)

    @work(thread=True, exclusive=True, group="body", exit_on_error=False)
    def _made(
        self, wanted: Wanted, scene: Scene, head: Playhead, held: tuple[Part, ...] | None
    ) -> None:
        if held is None and not _rested():
            return
        row, blob = head.cursor, self.flight.source.blob
        if wanted.tab is Tab.DIFF:
            lines, reason = diff_of(scene, row, blob)
            if not reason:
                self.post_message(self.ViewMade(wanted, lines))
            else:
                account = action_lines(scene, row, self.glyphs, t_ns=head.t_ns)
                note = f"no Diff, {reason}: Body"
                self.post_message(self.ViewMade(wanted, account, note=note))
            return
        action, known = scene.action(row), scene.action(row, head.t_ns)
        parts = held or (parts_of(action, blob, known) if action is not None else ())
        if action is known:
            self._parts = (wanted.action, parts)
        note = ""
        if wanted.tab is Tab.TREE:
            tree, reason = tree_of(parts)
            if tree is not None:
                self.post_message(self.ViewMade(wanted, tree.lines(), tree=tree))
                return
            note = f"no Tree, {reason}: Raw"
        rows = RawRows(
            parts, wanted.columns, self.glyphs, has_wrap=wanted.has_wrap, as_hex=wanted.as_hex
        )
        nothing = [line("nothing of it was recorded", tone=Tone.DIM)]
        self.post_message(self.ViewMade(wanted, rows or nothing, note=note))

    @on(ViewMade)
    def _view_made(self, event: ViewMade) -> None:
        if event.wanted != self._wanted():
            return
        self._tree = event.tree
        self._body.has_cursor = event.tree is not None
        is_lines = isinstance(event.lines, list) and event.tree is None
        self._show(event.lines, note=event.note, has_wrap=is_lines)

    def show_found(self) -> None:
        """Show in the account where the hit is one."""
        if self.tab is Tab.BODY:
            self.show_body()

    # --- actions ------------------------------------------------------------------------------

    def action_tab(self, by: int) -> None:
        """Go to the next or previous tab."""
        self._choose(self.tab.beside(by))

    @on(TabRow.Chosen)
    def _tab_clicked(self, event: TabRow.Chosen) -> None:
        tab = tab_at(self.tab, event.column)
        if tab is not None:
            self._choose(tab)

    def _choose(self, tab: Tab) -> None:
        self.tab = tab
        if not self.query_one("#side").display:
            self.say(f"the body shows {tab.value}; enter shows the body")
        self.show_body()

    def action_hex(self) -> None:
        """Show the recorded bytes as hex digits, or as text again."""
        self.as_hex = not (self.as_hex and self.tab is Tab.RAW)
        self._choose(Tab.RAW)

    def action_wrap(self) -> None:
        """Wrap long lines of the pane, or cut them."""
        super().action_wrap()
        if self.focused is self._body and isinstance(self._body.lines, RawRows):
            # Its rows are made for the width.
            self.show_body()

    def pager_rows(self) -> Iterable[str]:
        """Return what the body shows, all of it."""
        lines = self._body.lines
        return (as_text(row, self.glyphs).rstrip() for row in lines)

    def toggle_branch(self) -> bool:
        """Open or close what is under the cursor of the tree; False where no tree has the keys."""
        body = self._body
        if self._tree is None or self.focused is not body:
            return False
        cursor = body.cursor
        if self._tree.toggle(cursor):
            body.show(self._tree.lines(), keep_place=True, has_wrap=False)
            body.move_to(cursor)
        else:
            self.say("there is nothing below this")
        return True


def _rested() -> bool:
    """Wait a moment in a worker, and tell whether what it makes is still wanted."""
    time.sleep(REST)
    return not get_current_worker().is_cancelled
