"""Find the action that a record without an id speaks of: the same tool, arguments and time.

A guess, and said to be one. It only joins ways in that have not spoken of the action yet, and never
two different ids. The newest candidates are looked at, so that it stays linear.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from analyzer.identity import Channel
from analyzer.texts import as_text
from analyzer.tools import arguments_of, command_of
from recorder import semconv
from recorder.model import Json, Kind, Phase, StoredRecord

__all__ = ["Candidates", "Claim", "Likeness", "claim_of", "essence_of", "tool_of", "tool_of_name"]

SECOND = 1_000_000_000
NEAR_NS = 3 * SECOND
"""How far the starts of one call may lie apart in two witnesses' words: one reports it before it
asks its hooks or the user, the other when the tool is really run."""
BLIND_NEAR_NS = SECOND // 2
"""The same where one of the two tells no arguments, so that the time is all there is."""
PROMPT_NEAR_NS = 10 * SECOND
LOOK_BACK = 64
"""Candidates of one tool that are looked at, newest first."""
PARAMETERS = "github.copilot.tool.parameters.command"
MCP_PREFIX = "mcp__"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a record says of its action that another witness would say too."""

    bucket: str
    essence: str
    """Empty where the record does not tell the arguments."""
    start_ns: int
    call_id: str
    channel: Channel
    trace_id: str
    inside: str
    """Id of the span that it stands in, where the record tells."""
    is_end: bool
    """It tells of an end alone: the start that the same witness told belongs to it."""


class Candidate(Protocol):
    """An action that a claim may be about."""

    start_ns: int
    call_id: str
    channels: frozenset[Channel]
    unended: frozenset[Channel]
    """Those of the channels that told a start and no end yet."""
    essence: str
    trace_id: str
    inside_span: str
    """Id of the span that one of its log events was made in."""

    @property
    def finished_ns(self) -> int | None:
        """When it ended, as far as is known."""
        ...


@dataclass(frozen=True, slots=True)
class Likeness[C]:
    """The candidate that fits, and in what."""

    candidate: C
    basis: str


@dataclass(slots=True)
class Candidates[C: Candidate]:
    """Actions that further witnesses may speak of, by tool."""

    _by_bucket: dict[str, deque[C]] = field(default_factory=dict)

    def add(self, claim: Claim, candidate: C) -> None:
        """Take in an action that a first witness has spoken of."""
        bucket = self._by_bucket.setdefault(claim.bucket, deque(maxlen=LOOK_BACK))
        bucket.append(candidate)

    def find(self, claim: Claim) -> Likeness[C] | None:
        """Return the action that a claim of another witness is about; None where none fits."""
        bucket = self._by_bucket.get(claim.bucket, ())
        if claim.is_end:
            begun = [c for c in bucket if _may_be_start_of(claim, c)]
            own = next((c for c in begun if c.essence == claim.essence), None)
            if own is not None:
                return Likeness(own, f"open call of the same {_what(claim)}")
            untold = next((c for c in begun if not c.essence), None)
            if untold is not None:
                return Likeness(untold, "open call of the same tool, whose arguments are not known")
        fitting = [c for c in bucket if _fits(claim, c)]
        if not fitting:
            return None
        same = [c for c in fitting if claim.essence and c.essence == claim.essence]
        # The first of several: calls are reported in the order in which they were made.
        if same:
            best = min(same, key=lambda c: abs(c.start_ns - claim.start_ns))
            shared = claim.inside and claim.inside == best.inside_span
            return Likeness(best, f"{'enclosing span, ' if shared else ''}{_what(claim)} and time")
        best = min(fitting, key=lambda c: abs(c.start_ns - claim.start_ns))
        tied = claim.trace_id and claim.trace_id == best.trace_id
        return Likeness(best, "trace, tool and time" if tied else "tool and time")


def claim_of(record: StoredRecord, call_id: str, channel: Channel, start_ns: int) -> Claim | None:
    """Return what can be matched of a record; None where nothing can."""
    attributes = record.attributes
    if record.kind is Kind.TOOL_CALL:
        bucket = f"tool {tool_of(record)}"
        essence = essence_of(attributes, is_cut=semconv.GEN_AI_TOOL_ARGUMENTS in record.blobs)
    elif record.kind is Kind.PROMPT:
        essence = as_text(attributes.get(semconv.PROMPT_TEXT))
        bucket = "prompt"
    else:
        return None
    is_end = record.phase is Phase.END
    inside = record.span_id if channel is Channel.LOG else record.parent_span_id
    return Claim(bucket, essence, start_ns, call_id, channel, record.trace_id, inside, is_end)


def tool_of(record: StoredRecord) -> str:
    """Return a tool's name as every witness would say it: an MCP tool without its server."""
    name = as_text(record.attributes.get(semconv.GEN_AI_TOOL_NAME)) or record.name
    return tool_of_name(name)


def tool_of_name(name: str) -> str:
    """Return the part of a tool's name that every witness says, in lower case."""
    if name.startswith(MCP_PREFIX):
        name = name.rpartition("__")[2]
    return name.lower()


def essence_of(attributes: Mapping[str, Json], *, is_cut: bool = False) -> str:
    """Return what of a call's arguments every witness repeats; empty where none are told whole.

    A shell call's command: descriptions come and go between the reports of one call.
    """
    if is_cut:
        return ""
    command = as_text(attributes.get(PARAMETERS))
    if command:
        return command
    text = as_text(attributes.get(semconv.GEN_AI_TOOL_ARGUMENTS))
    arguments = arguments_of(text)
    if not arguments:
        return text.strip()
    return command_of(arguments) or json.dumps(arguments, sort_keys=True, ensure_ascii=False)


def _may_be_start_of(claim: Claim, candidate: Candidate) -> bool:
    return (
        claim.channel in candidate.unended
        and not (claim.call_id and candidate.call_id)
        and candidate.start_ns <= claim.start_ns
    )


def _fits(claim: Claim, candidate: Candidate) -> bool:
    if claim.channel in candidate.channels:
        return False
    if claim.call_id and candidate.call_id:
        return False
    if claim.essence and candidate.essence and claim.essence != candidate.essence:
        return False
    if claim.bucket == "prompt":
        return abs(claim.start_ns - candidate.start_ns) <= PROMPT_NEAR_NS
    if not claim.essence or not candidate.essence:
        return abs(claim.start_ns - candidate.start_ns) <= BLIND_NEAR_NS
    ended = candidate.finished_ns
    within = ended is not None and candidate.start_ns <= claim.start_ns <= ended
    return within or abs(claim.start_ns - candidate.start_ns) <= NEAR_NS


def _what(claim: Claim) -> str:
    return "text" if claim.bucket == "prompt" else "tool, arguments"
