"""What people write down of a session's actions, in the case file beside the recording."""

from __future__ import annotations

import re
from collections.abc import Sequence

from textual import on, work
from textual.message import Message

from analyzer.casefile import CaseFileError, Entry, Sort
from tui.screens.room import Failed, Room

__all__ = ["CaseRoom"]

TAG = re.compile(r"(?<!\S)#(?=[^\W\d])(\S+)")
"""A word behind #; a number behind it is an action's."""


class CaseRoom(Room):
    """A screen on which something can be written down; the case file is used by threads alone."""

    class CaseRead(Message):
        """The case file was read, and why."""

        def __init__(self, entries: tuple[Entry, ...], said: str) -> None:
            super().__init__()
            self.entries = entries
            self.said = said

    def shown_session(self) -> str:
        """Return the whole id of the session that is written of."""
        raise NotImplementedError

    def case_read(self, entries: Sequence[Entry]) -> None:
        """Show what was written down."""

    @work(thread=True, group="case", exit_on_error=False)
    def read_case(self) -> None:
        """Read what was written down before."""
        self._read("")

    @work(thread=True, group="case", exit_on_error=False)
    def write_down(
        self, action: int, written: Sequence[tuple[Sort, str]], said: str, rule: str = ""
    ) -> None:
        """Write down something of an action.

        Args:
            action: its number.
            written: what is written, each with what sort of entry it is.
            said: what is said once it is kept.
            rule: whose finding it is about, where it is about one.
        """
        try:
            for sort, text in written:
                self.flight.case.add(self.shown_session(), action, sort, text, rule=rule)
        except CaseFileError as error:
            self.post_message(Failed(str(error)))
        else:
            self._read(said)

    def note_down(self, action: int, text: str, rule: str = "") -> str | None:
        """Write a note on an action; words that begin with # are tags, and one alone is no note.

        Returns:
            What is wrong with it; None: it is written down.
        """
        text = text.strip()
        tags = [tag.rstrip(".,;:!?") for tag in TAG.findall(text)]
        if text.startswith("#") and not tags:
            return "a tag is a word: #leak"
        is_note = text != f"#{tags[0]}" if tags else bool(text)
        kept = [(Sort.NOTE, text)] if is_note else []
        kept += [(Sort.TAG, tag) for tag in tags]
        said = f"note kept on #{action}" + (f", tagged {', '.join(tags)}" if tags else "")
        if kept:
            self.write_down(action, kept, said if is_note else f"tag kept on #{action}", rule)
        return None

    @work(thread=True, group="case", exit_on_error=False)
    def toggle_bookmark(self, action: int) -> None:
        """Set a bookmark on an action, or take it off."""
        try:
            is_set = self.flight.case.toggle_bookmark(self.shown_session(), action)
        except CaseFileError as error:
            self.post_message(Failed(str(error)))
        else:
            self._read(f"bookmark {'set on' if is_set else 'taken off'} #{action}")

    def _read(self, said: str) -> None:
        try:
            self.post_message(self.CaseRead(self.flight.case.entries(self.shown_session()), said))
        except CaseFileError as error:
            self.post_message(Failed(str(error)))

    @on(CaseRead)
    def _case_read(self, event: CaseRead) -> None:
        self.case_read(event.entries)
        if event.said:
            self.say(event.said)
