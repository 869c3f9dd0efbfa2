"""What an agent's module says of its hooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from recorder.capture.hook.event import Event
from recorder.capture.hook.holding import Holding
from recorder.model import Record

__all__ = ["EVENT_NAMES", "Agent", "Step", "own_name"]

EVENT_NAMES = ("hook_event_name", "hookName", "event_type", "hookEventName")

type Step = Callable[[Event], list[Record]]
"""Turns an event into its records, at least one."""


def own_name(data: Mapping[str, Any], given: str) -> str:
    """Return the event's name: the payload's own word, else what the settings said."""
    for key in EVENT_NAMES:
        name = data.get(key)
        if isinstance(name, str) and name:
            return name
    return given


@dataclass(frozen=True, slots=True)
class Agent:
    """One coding agent's hooks."""

    name: str
    """As on the command line: `flightlog hook NAME`."""
    title: str
    """As people call it."""
    recorded_as: str
    """`gen_ai.agent.name` in recordings: what its OpenTelemetry calls it, where it has any."""
    answer: bytes
    """What a hook prints that decides nothing."""
    events: Mapping[str, Step]
    """Event -> what it means; any other event is kept as it is."""
    holding: Holding
    """How its hook says that a call is held."""
    event_of: Callable[[Mapping[str, Any], str], str] = own_name
