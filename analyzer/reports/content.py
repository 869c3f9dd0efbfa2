"""What a report says, before any format: plain values, every text already safe to show.

The reporters only lay this out. Each statement carries its certainty and the numbers of the actions
that it stands on.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "UNTIMED",
    "CaseEntry",
    "Chain",
    "Dispute",
    "Effort",
    "Evidence",
    "FindingEntry",
    "Integrity",
    "Moment",
    "ReportContent",
    "Second",
    "SightingEntry",
    "StateRow",
    "Statement",
    "Story",
    "StorySection",
    "Testimony",
    "TimelineEntry",
]

UNTIMED = "unknown (the source has no times: the order is its own)"
"""Stands for a time where nothing of a session has one."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence, how it is known, and the actions that it stands on."""

    text: str
    certainty: str
    actions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Integrity:
    """What the verification of the recording found."""

    level: str
    """`L0 self`, `L1 pinned`, ...; or `not verified`."""
    ok: bool | None
    """None when it was not verified."""
    text: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseEntry:
    """What an investigator wrote down; no evidence, but said about it."""

    action: int
    time: str
    sort: str
    rule: str
    text: str
    who: str
    at: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """An action that a finding stands on."""

    action: int
    time: str
    title: str
    certainty: str
    known_by: str
    """How it is known, in words: `observed by proxy`, `inferred`."""
    reconstructed: str
    """What of it was made up; empty when nothing was."""


@dataclass(frozen=True, slots=True)
class FindingEntry:
    """A finding with its evidence and what may make it wrong."""

    rule: str
    title: str
    severity: str
    letter: str
    time: str
    reason: str
    certainty: str
    tags: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    description: str
    false_positives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SightingEntry:
    """One place in a credential's chain."""

    action: int
    time: str
    role: str
    place: str
    host: str
    certainty: str


@dataclass(frozen=True, slots=True)
class Chain:
    """A credential's life in the session."""

    name: str
    fingerprint: str
    scope: str
    scope_basis: str
    sightings: tuple[SightingEntry, ...]


@dataclass(frozen=True, slots=True)
class Testimony:
    """One thing that one witness said of an action."""

    record: int
    witness: str
    about: str
    value: str


@dataclass(frozen=True, slots=True)
class Dispute:
    """What was said of an action and cannot all be true, or misleads whoever reads a part of it."""

    action: int
    time: str
    title: str
    about: str
    text: str
    records: tuple[int, ...]
    certainty: str


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of the timeline."""

    action: int
    time: str
    depth: int
    kind: str
    title: str
    outcome: str
    duration: str
    effect: str
    """Empty for kinds that do nothing to the world by themselves."""
    mark: str
    """Letter of the worst finding that it decides; empty without one."""
    join: str
    certainty: str
    known_by: str
    """How it is known, in words: `observed by proxy`, `inferred`."""
    reconstructed: str
    """What of it was made up; empty when nothing was."""
    is_claim: bool
    """What a model or a person said."""
    transport: str
    """Did it come back: `ok`, `error`, `unset`. Not the exit code, and not what the answer says."""
    exit_code: int | None
    content_error: str
    permission: str
    """How a permission for it was decided, by whom, and whether a person was there."""
    witnesses: tuple[str, ...]
    links: tuple[str, ...]
    """Why further witnesses' records are held to speak of it."""
    said: tuple[Testimony, ...]


@dataclass(frozen=True, slots=True)
class Second:
    """The actions that started within one second of the session."""

    time: str
    entries: tuple[TimelineEntry, ...]


@dataclass(frozen=True, slots=True)
class StateRow:
    """A resource before and after a decisive action, and at the end of the session."""

    resource: str
    type: str
    before: Statement
    after: Statement
    at_end: Statement


@dataclass(frozen=True, slots=True)
class Moment:
    """What an action changed."""

    action: int
    time: str
    title: str
    credentials: tuple[Statement, ...]
    """In hand at that moment."""
    rows: tuple[StateRow, ...]


@dataclass(frozen=True, slots=True)
class Effort:
    """What time went into."""

    kind: str
    name: str
    count: int
    failed: int
    open: int
    seconds: float


@dataclass(frozen=True, slots=True)
class StorySection:
    """One part of how an incident is told."""

    title: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """The incident, as a report tells it."""

    headline: Statement
    pivot: int | None
    """The worst harmful action; None where nothing decisive was found."""
    sections: tuple[StorySection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportContent:
    """A whole report."""

    title: str
    recording: str
    log_id: str
    session: str
    agent: str
    model: str
    host: str
    user: str
    cwd: str
    start: str
    end: str
    duration: str
    ended: bool
    integrity: Integrity
    reconstructed: str
    reconstructed_actions: tuple[Evidence, ...]
    effects: tuple[tuple[str, str], ...]
    """The effect classes that occur, with their meaning."""
    summary: tuple[Statement, ...]
    story: Story
    filter: str
    """What chose the timeline's lines and the findings, in words; empty when all are told."""
    findings: tuple[FindingEntry, ...]
    case: tuple[CaseEntry, ...]
    """What investigators wrote down, from the case file; not part of the evidence."""
    disputes: tuple[Dispute, ...]
    credentials: tuple[Chain, ...]
    timeline: tuple[Second, ...]
    moments: tuple[Moment, ...]
    effort: tuple[Effort, ...]
    completeness: tuple[Statement, ...]
    blind_spots: tuple[str, ...]
