"""Which actions were done by an agent inside the agent, and what that one is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.likeness import tool_of_name
from analyzer.model import Action
from analyzer.texts import as_text
from analyzer.turns import INNER_AGENT, STARTS_AGENTS
from recorder.model import Kind

__all__ = ["inner_agents"]

MARKS = (INNER_AGENT, "agent_id", "agent.id", "isSidechain", "flightlog.sidechain")
"""Attributes that a call of an agent inside the agent bears."""
TYPE = "flightlog.hook.agent_type"


def inner_agents(actions: Sequence[Action]) -> Mapping[int, str]:
    """Return action -> the name of the agent inside the agent that did it.

    Such a one is marked so by a witness, or stands inside a call that starts one.
    """
    found: dict[int, str] = {}
    starts: dict[int, str] = {}
    for action in actions:
        parent = action.join.parent if action.join else 0
        if any(action.attributes.get(mark) for mark in MARKS):
            found[action.id] = _name(action) or found.get(parent, "") or starts.get(parent, "")
        elif parent in found or parent in starts:
            found[action.id] = found.get(parent, "") or starts.get(parent, "")
        elif action.kind is Kind.TOOL_CALL and tool_of_name(action.name) in STARTS_AGENTS:
            starts[action.id] = f"of #{action.id}"
    return found


def _name(action: Action) -> str:
    told = (action.attributes.get(name) for name in (TYPE, *MARKS))
    return " ".join(dict.fromkeys(as_text(value) for value in told if isinstance(value, str)))
