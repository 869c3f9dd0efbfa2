"""When an agent has gone on: a call without a recorded end is then no longer running.

A denied call often has no after-event at all, in any agent. Only that the agent asked its model
again, ended its turn or its session, or was given a new prompt, tells that the call is over.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from analyzer.drafts import Draft
from analyzer.identity import Channel, channel_of
from analyzer.likeness import tool_of
from recorder import semconv
from recorder.model import Kind, Phase, StoredRecord, Witness

__all__ = ["Turns"]

ENDS_A_TURN = frozenset({"Stop", "StopFailure", "AfterAgent", "agentStop", "stop", "session.idle"})
"""What agents call the hook event after which they wait for a person."""
STARTS_AGENTS = frozenset({"task", "agent", "spawn_agent", "delegate", "dispatch_agent"})
"""Tools in which another agent asks its model: while one is open, a model call tells nothing."""
INNER_AGENT = "flightlog.hook.agent_id"


@dataclass(slots=True)
class Turns:
    """Follows one session's turns and the calls that are open in them."""

    _turn_ns: int = -1
    """Start of the newest model call, and end of the newest turn: nothing older is open."""
    _session_ns: int = -1
    _open: dict[Draft, None] = field(default_factory=dict)

    def take(self, record: StoredRecord, draft: Draft, *, ends_session: bool) -> list[Draft]:
        """Take in an own record; return the calls that it tells to be over."""
        if draft.kind is Kind.TOOL_CALL:
            if draft.end_ns is None and not draft.only_points:
                self._open[draft] = None
            else:
                self._open.pop(draft, None)
        if ends_session:
            self._session_ns = max(self._session_ns, record.time_ns)
        elif self._goes_on(record):
            self._turn_ns = max(self._turn_ns, record.time_ns)
        else:
            return []
        over = [call for call in self._open if self.gave_up(call.root)]
        for call in over:
            del self._open[call]
        return over

    def gave_up(self, draft: Draft) -> bool:
        """Tell whether the agent went on after a call that has no recorded end."""
        if draft.kind is not Kind.TOOL_CALL or draft.end_ns is not None or draft.loose:
            return False
        if draft.start_ns < self._session_ns:
            return True
        # In a process of its own making an agent may do several things at once, and tells the end
        # of each; an agent inside the agent has turns of its own.
        has_turns = Channel.SDK not in draft.channels and INNER_AGENT not in draft.attributes
        return has_turns and draft.start_ns < self._turn_ns

    def _goes_on(self, record: StoredRecord) -> bool:
        if record.witness is Witness.SDK or INNER_AGENT in record.attributes:
            return False
        match record.kind:
            case Kind.LIFECYCLE:
                return channel_of(record) is Channel.HOOK and record.name in ENDS_A_TURN
            case Kind.PROMPT:
                return record.attributes.get(semconv.PROMPT_ROLE, "user") == "user"
            case Kind.MODEL_CALL if record.phase in {Phase.WHOLE, Phase.POINT}:
                return not any(tool_of(c.first) in STARTS_AGENTS for c in self._open)
        return False
