"""Where the screens get sessions from: a recording, read and analysed away from the UI thread.

Every call opens the recording for itself and closes it, because a connection belongs to one thread
and a long read would make the recording's log grow.
"""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import Protocol

from analyzer.analysis import Progress, analyze
from analyzer.chain import Chain, chain_of
from analyzer.commands.selection import chosen_session, newest_first
from analyzer.filters import Subject
from analyzer.glimpse import glimpse, whole_id
from analyzer.model import Action
from analyzer.rules.broken_chain import with_broken_chain
from analyzer.search import SHORTEST, search
from analyzer.session_clocks import by_one_clock, session_clocks
from analyzer.state import StateIndex
from recorder.model import SessionRow
from recorder.reader import Recording
from tui.apart import load_apart
from tui.scene import Scene

__all__ = ["RecordingSource", "Source", "find_id", "find_session"]

LONG = 50_000
"""Records from which on a session is long: read apart, its actions kept in a file."""
KEPT = 16
"""Analysed sessions that stay in memory; the list of sessions shows each again and again."""


class Source(Protocol):
    """What the screens ask; every method may be slow and is called in a worker thread."""

    path: Path

    def sessions(self) -> list[SessionRow]:
        """Return every session, newest first."""
        ...

    def glimpse(self, session_id: str) -> Scene | None:
        """Return the beginning of a long session, None where all of it is read as soon."""
        ...

    def load(self, session_id: str, progress: Progress | None = None) -> Scene:
        """Return a session, analysed; `progress` is called as `analyze` does.

        Once the recording was verified, that it is not as it was written is among the findings.
        """
        ...

    def blob(self, digest: str) -> bytes | None:
        """Return a large value's bytes, None where it was removed."""
        ...

    def integrity(self, keep_on: Callable[[], bool]) -> Chain | None:
        """Verify the whole recording, None when `keep_on` said no in the middle."""
        ...

    def search(
        self, session: SessionRow, actions: Sequence[Action], text: str, keep_on: Callable[[], bool]
    ) -> Iterable[int] | None:
        """Return the numbers of the actions of which something contains a text, in any case; None
        when `keep_on` said no in the middle.
        """
        ...


def _unheard(_done: int, _total: int) -> None:
    """Nobody asked how far it is."""


class _StoppedError(Exception):
    """Nobody waits for the verification any more."""


class RecordingSource:
    """Sessions out of one recording; keeps the newest analyses."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._scenes: OrderedDict[tuple[str, int], Scene] = OrderedDict()
        self._lock = Lock()
        self._chain: Chain | None = None

    def sessions(self) -> list[SessionRow]:
        """Return every session, newest first.

        Raises:
            RecordingError: the recording cannot be used.
        """
        with Recording.open(self.path) as recording:
            rows = by_one_clock(recording, recording.sessions(), session_clocks(recording))
            return newest_first(rows)

    def glimpse(self, session_id: str) -> Scene | None:
        """Return the beginning of a long session, None where all of it is read as soon."""
        with Recording.open(self.path) as recording:
            whole = whole_id(recording, session_id)
            with self._lock:
                if any(known == whole for known, _ in self._scenes):
                    return None
            beginning = glimpse(recording, whole)
        return None if beginning is None else Scene.of(beginning, StateIndex(beginning))

    def load(self, session_id: str, progress: Progress | None = None) -> Scene:
        """Return a session, analysed; again only when records have come since.

        Raises:
            RecordingError: the recording cannot be used.
            SessionNotFoundError: it has no such session.
        """
        with Recording.open(self.path) as recording:
            row = recording.session(session_id)
            key = (session_id, row.last_seq)
            with self._lock:
                known = self._scenes.get(key)
            if known is not None:
                return self._kept(key, known)
            analysis = None
            if row.records <= LONG:
                analysis = analyze(recording, session_id, progress=progress)
        if analysis is not None:
            scene = Scene.of(analysis, StateIndex(analysis))
        else:
            scene = load_apart(self.path, row.id, progress or _unheard)
            # Looked through for cycles again and again, it would halt the screens.
            gc.freeze()
        return self._kept(key, scene)

    def _kept(self, key: tuple[str, int], scene: Scene) -> Scene:
        """Keep a session among the newest, with what verifying the recording has shown of it."""
        analysis = with_broken_chain(scene.analysis, self._chain)
        if analysis is not scene.analysis:
            scene = scene.with_findings(analysis)
        with self._lock:
            self._scenes[key] = scene
            self._scenes.move_to_end(key)
            while len(self._scenes) > KEPT:
                self._scenes.popitem(last=False)
        return scene

    def blob(self, digest: str) -> bytes | None:
        """Return a large value's bytes, None where it was removed."""
        with Recording.open(self.path) as recording:
            return recording.blob(digest)

    def search(
        self, session: SessionRow, actions: Sequence[Action], text: str, keep_on: Callable[[], bool]
    ) -> Iterable[int] | None:
        """Return the numbers of the actions of which something contains a text, in any case; None
        when `keep_on` said no in the middle.
        """
        if len(text) < SHORTEST:
            wanted = text.casefold()
            return [a.id for a in actions if wanted in Subject(session, a).text]
        with Recording.open(self.path) as recording:
            return search(recording, session.id, actions, text, keep_on)

    def integrity(self, keep_on: Callable[[], bool]) -> Chain | None:
        """Verify the whole recording, None when `keep_on` said no in the middle."""

        def progress(_done: int, _all: int) -> None:
            if not keep_on():
                raise _StoppedError

        try:
            self._chain = chain_of(self.path, progress=progress)
        except _StoppedError:
            return None
        return self._chain


def find_id(path: Path, wanted: str) -> str:
    """Return the id of the session that an id, its beginning, or `last` stands for.

    Raises:
        RecordingError: the recording cannot be used.
        SessionNotFoundError: it has no such session, or several fit.
    """
    with Recording.open(path) as recording:
        return whole_id(recording, wanted)


def find_session(path: Path, wanted: str) -> SessionRow:
    """Return the session that an id, its beginning, or `last` stands for.

    Raises:
        RecordingError: the recording cannot be used.
        SessionNotFoundError: it has no such session, or several fit.
    """
    with Recording.open(path) as recording:
        return chosen_session(recording, wanted)
