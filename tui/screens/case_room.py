"""What people write down of a session's actions, in the case file beside the recording."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on, work
from textual.message import Message

from analyzer.casefile import CaseFileError, Entry, Sort
from tui.screens.room import Failed, Room

__all__ = ["CaseRoom"]


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
    def write_down(self, action: int, sort: Sort, text: str, said: str, rule: str = "") -> None:
        """Write down something of an action.

        Args:
            action: its number.
            sort: what sort of entry it is.
            text: what is written.
            said: what is said once it is kept.
            rule: whose finding it is about, where it is about one.
        """
        try:
            self.flight.case.add(self.shown_session(), action, sort, text, rule=rule)
        except CaseFileError as error:
            self.post_message(Failed(str(error)))
        else:
            self._read(said)

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
