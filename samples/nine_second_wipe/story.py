"""What a story is made of: acts, their steps, and what a step does. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Prompt:
    """Something said to the agent."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of the model."""

    text: str
    seconds: float
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool."""

    tool: str
    arguments: Mapping[str, str]
    expects: str = ""
    """A pattern that the result must have, or the story cannot go on."""
    learns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an act."""

    at: float
    """Seconds after the act began, at speed 1."""
    title: str
    does: Prompt | Turn | Call
    fact: str = ""
    source: str = ""
    made_up: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """Steps that are timed from a common beginning."""

    title: str
    steps: tuple[Step, ...]
