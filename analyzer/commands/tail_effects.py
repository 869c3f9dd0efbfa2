"""What followed actions do to the world, as far as it is known when they are told of."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from analyzer.effects import Plans, judge_all
from analyzer.live import Event
from analyzer.resources import Ledger
from recorder.model import Kind
from recorder.reader import Recording

__all__ = ["JUDGED", "LiveEffects"]

JUDGED = frozenset({Kind.TOOL_CALL, Kind.API_REQUEST})
"""Kinds of actions that do something to the world."""


@dataclass(slots=True)
class _Session:
    """What the answers and plans of one session have told so far."""

    workspace: str
    ledger: Ledger = field(default_factory=Ledger)
    plans: Plans = field(default_factory=Plans)


class LiveEffects:
    """Judges the actions of every session that is followed, each by itself."""

    def __init__(self, source: Recording) -> None:
        self._source = source
        self._sessions: dict[str, _Session] = {}

    def judged(self, event: Event) -> Event:
        """Return an event with what its action does; in order of time, for answers tell of later
        requests.
        """
        action = event.action
        if action.kind not in JUDGED:
            return event
        known = self._sessions.get(action.session) or self._begin(action.session)
        (judged,) = judge_all(
            [action], self._source.blob, known.ledger, known.plans, workspace=known.workspace
        )
        return replace(event, action=judged)

    def _begin(self, session: str) -> _Session:
        known = _Session(self._source.session(session).cwd)
        self._sessions[session] = known
        return known
