"""What an investigator writes down while replaying: bookmarks, notes, tags, in the case file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from textual import on, work
from textual.message import Message

from analyzer.casefile import CaseFileError, Entry, Sort, remarks_of
from tui.clipboard import copy_text
from tui.line import line
from tui.plain import timeline_lines
from tui.safe_content import as_text
from tui.screens.replay_search import ReplaySearch
from tui.widgets.action_list import ActionList
from tui.widgets.heat import Heat
from tui.widgets.prompt import Question

__all__ = ["ReplayCase"]


class ReplayCase(ReplaySearch):
    """The case file's part of a replay."""

    class CaseRead(Message):
        """The case file was read, and why."""

        def __init__(self, entries: tuple[Entry, ...], said: str) -> None:
            super().__init__()
            self.entries = entries
            self.said = said

    class CaseFailed(Message):
        """It could not be read or written."""

        def __init__(self, reason: str) -> None:
            super().__init__()
            self.reason = reason

    entries: Sequence[Entry] = ()

    def current_action(self) -> int | None:
        """Return the number of the action under the playhead."""
        action = self.scene.action(self.playhead.cursor) if self.scene and self.playhead else None
        return None if action is None else action.id

    @work(thread=True, group="case", exit_on_error=False)
    def read_case(self) -> None:
        """Read what was written down before."""
        self._report("")

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

    def action_bookmark(self) -> None:
        """Set or take back a bookmark."""
        action = self.current_action()
        if action is None:
            self.say("there is no action here to bookmark")
        else:
            self._bookmark(action)

    @work(thread=True, group="case", exit_on_error=False)
    def _bookmark(self, action: int) -> None:
        try:
            is_set = self.flight.case.toggle_bookmark(self.whole_id, action)
        except CaseFileError as error:
            self.post_message(self.CaseFailed(str(error)))
            return
        self._report(f"bookmark {'set on' if is_set else 'taken off'} #{action}")

    def action_note(self) -> None:
        """Ask for a note on the action under the playhead."""
        action = self.current_action()
        if action is None:
            self.say("there is no action here to note something of")
            return
        said = line(f"a note on #{action}; #word is a tag; secrets are sealed")
        self.ask(
            Question(
                label="note",
                changed=lambda _text: said,
                answered=lambda text: self._note_answered(action, text),
            )
        )

    def _note_answered(self, action: int, text: str) -> str | None:
        text = text.strip()
        if text == "#" or (text.startswith("#") and " " in text):
            return "a tag is one word: #leak"
        if text.startswith("#"):
            self._write(action, Sort.TAG, text[1:])
        elif text:
            self._write(action, Sort.NOTE, text)
        return None

    @work(thread=True, group="case", exit_on_error=False)
    def _write(self, action: int, sort: Sort, text: str) -> None:
        try:
            self.flight.case.add(self.whole_id, action, sort, text)
        except CaseFileError as error:
            self.post_message(self.CaseFailed(str(error)))
            return
        self._report(f"{sort.value} kept on #{action}")

    @property
    def whole_id(self) -> str:
        """The session's whole id."""
        return self.scene.analysis.session.id if self.scene is not None else self.session_id

    def _report(self, said: str) -> None:
        try:
            self.post_message(self.CaseRead(self.flight.case.entries(self.whole_id), said))
        except CaseFileError as error:
            self.post_message(self.CaseFailed(str(error)))

    @on(CaseFailed)
    def _case_failed(self, event: CaseFailed) -> None:
        self.say(event.reason)

    @on(CaseRead)
    def _case_read(self, event: CaseRead) -> None:
        self.entries = event.entries
        self.remarks = remarks_of(event.entries)
        rows = self._marked_rows()
        self.query_one(ActionList).bookmark(rows)
        self.query_one(Heat).bookmark(rows)
        self.apply_filter()
        if event.said:
            self.say(event.said)
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
