"""What an investigator writes down while replaying: bookmarks, notes, tags, in the case file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from analyzer.casefile import Entry, remarks_of
from tui.clipboard import copy_text
from tui.plain import timeline_lines
from tui.safe_content import as_text
from tui.screens.replay_search import ReplaySearch
from tui.widgets.action_list import ActionList
from tui.widgets.heat import Heat

__all__ = ["ReplayCase"]


class ReplayCase(ReplaySearch):
    """The case file's part of a replay."""

    def current_action(self) -> int | None:
        """Return the number of the action under the playhead."""
        action = self.scene.action(self.playhead.cursor) if self.scene and self.playhead else None
        return None if action is None else action.id

    def action_copy_json(self) -> None:
        """Copy everything that is known of the action, as JSON in ASCII."""
        action = self.scene.action(self.playhead.cursor) if self.scene and self.playhead else None
        if action is None:
            self.say("there is no action here to copy")
        else:
            known = json.dumps(asdict(action), default=str, indent=2)
            self.say(copy_text(self.app, known))

    def plain_lines(self) -> str:
        """Return the time line up to now, and the state, as harmless text."""
        if self.scene is None or self.playhead is None:
            return ""
        t_ns, glyphs = self.playhead.t_ns, self.glyphs
        lines = timeline_lines(self.scene, glyphs, None, t_ns, self.chosen, self.entries)
        return "\n".join(as_text(row, glyphs).rstrip() for row in lines)

    def shown_session(self) -> str:
        """Return the whole id of the session that is written of."""
        return self.scene.analysis.session.id if self.scene is not None else self.session_id

    def case_read(self, entries: Sequence[Entry]) -> None:
        """Show what was written down: in the list, on the strip, and what a filter makes of it."""
        self.entries = entries
        self.remarks = remarks_of(entries)
        rows = self._marked_rows()
        self.query_one(ActionList).bookmark(rows)
        self.query_one(Heat).bookmark(rows)
        self.apply_filter()
        self.case_changed()

    def case_changed(self) -> None:
        """Show what was written down."""

    def _marked_rows(self) -> tuple[int, ...]:
        row_of = {} if self.scene is None else self.scene.row_of
        marked = {number for number, said in self.remarks.items() if said.is_marked}
        return tuple(sorted(row_of[number] for number in marked if number in row_of))

    def action_to_bookmark(self, by: int) -> None:
        """Go to the next or previous bookmark."""
        self.go_among(self._marked_rows(), by, "bookmark")
