"""A source of sessions that are held in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from analyzer.analysis import Progress
from analyzer.chain import Chain
from analyzer.filters import Subject
from analyzer.model import Action, Analysis
from analyzer.rules.broken_chain import with_broken_chain
from recorder.errors import SessionNotFoundError
from recorder.model import SessionRow
from tests.tui.factories import scene
from tui.scene import Scene


class HeldSource:
    """A source of sessions that are held in memory."""

    def __init__(self, *analyses: Analysis, path: str = "/data/flight.db") -> None:
        self.path = Path(path)
        self.analyses = list(analyses)
        self.blobs: dict[str, bytes] = {}
        self.chain = Chain(is_intact=True, words="chain ok (L0 self)")
        self.shown: Chain | None = None

    def sessions(self) -> list[SessionRow]:
        return [held.session for held in self.analyses]

    def glimpse(self, session_id: str) -> Scene | None:
        del session_id
        return None

    def load(self, session_id: str, progress: Progress | None = None) -> Scene:
        del progress
        for held in self.analyses:
            if held.session.id == session_id:
                return scene(with_broken_chain(held, self.shown))
        raise SessionNotFoundError(f"no session {session_id}")

    def integrity(self, keep_on: Callable[[], bool]) -> Chain | None:
        self.shown = self.chain if keep_on() else None
        return self.shown

    def search(
        self, session: SessionRow, actions: Sequence[Action], text: str, keep_on: Callable[[], bool]
    ) -> list[int] | None:
        wanted = text.casefold()
        found = [a.id for a in actions if wanted in Subject(session, a).text]
        return found if keep_on() else None

    def blob(self, digest: str) -> bytes | None:
        return self.blobs.get(digest)
