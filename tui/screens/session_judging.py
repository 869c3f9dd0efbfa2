"""What is found out about the sessions of a list, by threads: each one's worst, and its preview."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import work
from textual.message import Message
from textual.worker import get_current_worker

from analyzer.timeline import Mark
from recorder.errors import FlightlogError
from recorder.model import SessionRow
from tui.line import Line
from tui.scene import Scene
from tui.screens.room import Failed, Room
from tui.session_lines import sum_lines

__all__ = ["JUDGED", "SessionJudging"]

JUDGED = 50
"""So many of the newest sessions are analysed unasked, for their mark in the list.

The others are once they are on the screen, and all of them to be sorted by their worst.
"""


class SessionJudging(Room):
    """A screen of sessions that are analysed a few at a time."""

    class Judged(Message):
        """A session was analysed."""

        def __init__(self, row: SessionRow, scene: Scene, sums: Sequence[Line]) -> None:
            super().__init__()
            self.row = row
            self.scene = scene
            self.sums = sums

    class Ranked(Message):
        """Every session was judged: they can be sorted by their worst."""

    def __init__(self) -> None:
        super().__init__()
        self.judged: dict[str, tuple[Mark, Line]] = {}
        """Session's id -> its worst finding, and how many there are."""
        self.judged_to: dict[str, int] = {}
        """Session's id -> the newest record that was there when it was judged."""
        self._begun: dict[str, int] = {}
        """The same of those that a thread is at: no other has to read them, too."""

    def unjudged(self, rows: Iterable[SessionRow]) -> list[SessionRow]:
        """Return those of which nothing is known, or of which more was recorded since."""
        return [row for row in rows if self.judged_to.get(row.id) != row.last_seq]

    def judge(self, rows: Iterable[SessionRow], *, is_anew: bool = False) -> bool:
        """Read sessions, in a worker, with what was written down of them; False: it was stopped.

        Args:
            rows: the sessions.
            is_anew: also those that are judged.

        Raises:
            FlightlogError: one cannot be read.
        """
        worker = get_current_worker()
        for row in rows:
            if worker.is_cancelled:
                return False
            if not is_anew and self._begun.get(row.id) == row.last_seq:
                continue
            self._begun[row.id] = row.last_seq
            scene = self.flight.source.load(row.id)
            entries = self.flight.case.entries(row.id)
            self.post_message(self.Judged(row, scene, list(sum_lines(scene, entries))))
        return True

    @work(thread=True, exclusive=True, group="preview", exit_on_error=False)
    def judge_shown(self, current: SessionRow, shown: Sequence[SessionRow]) -> None:
        """Judge the session under the cursor, then those on the screen that are not judged."""
        try:
            if self.judge([current], is_anew=True):
                self.judge(shown)
        except FlightlogError as error:
            self.post_message(Failed(str(error)))

    @work(thread=True, exclusive=True, group="rank", exit_on_error=False)
    def judge_all(self, rows: Sequence[SessionRow]) -> None:
        """Judge every session that is not judged yet, to sort them by it."""
        try:
            if self.judge(rows):
                self.post_message(self.Ranked())
        except FlightlogError as error:
            self.post_message(Failed(str(error)))
