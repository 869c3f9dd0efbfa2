"""What was known of a session before an action: credentials in hand, refusals, approvals, plans.

A fold in order of time. It is told how actions begin and how they end, and never looks ahead.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from analyzer.controls.past import Past
from analyzer.credentials import short_name
from analyzer.model import Action, Outcome, Sighting
from analyzer.requests import host_of
from analyzer.rules.ended import Ended, ended_of
from analyzer.task_scope import Scope, TaskScope
from analyzer.testimony import Presence
from analyzer.texts import Blobs, no_blobs
from recorder import semconv
from recorder.model import Kind, Role

__all__ = ["Crossing", "Memory", "Refusal"]

KEPT = 200
"""Refusals and ends that are remembered, the newest."""
APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A host turned a credential away."""

    action: int
    fingerprint: str
    host: str
    t_ns: int
    """When the answer came, ns since the epoch."""
    is_timed: bool = True
    """False where it only stands there by order."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A credential from outside the task, in use on a host that had refused another."""

    refusal: Refusal
    first: Sighting
    origin: Scope
    first_ns: int
    """The refusal or the first sighting, whichever came first."""

    @property
    def is_timed(self) -> bool:
        """True where witnesses told when both were."""
        return self.refusal.is_timed and self.first.is_timed


@dataclass(slots=True)
class Memory:
    """A session up to a moment."""

    scope: TaskScope
    names: Mapping[str, str] = field(default_factory=dict)
    """Fingerprint -> short name."""
    scopes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Fingerprint -> (name, reach), as the controls ask for it."""
    declared: Mapping[str, str] = field(default_factory=dict)
    blobs: Blobs = no_blobs
    first: dict[str, Sighting] = field(default_factory=dict)
    """Fingerprint -> where it appeared first."""
    refusals: deque[Refusal] = field(default_factory=lambda: deque(maxlen=KEPT))
    approvals: list[tuple[int, int]] = field(default_factory=list)
    """(moment, action) of approvals that somebody may have given; a rule is nobody."""
    ended: deque[Ended] = field(default_factory=lambda: deque(maxlen=KEPT))
    """What ended lately, the newest last."""
    past: Past = field(init=False)

    def __post_init__(self) -> None:
        self.past = Past(blobs=self.blobs, scopes=self.scopes, declared=self.declared)

    def name_of(self, fingerprint: str) -> str:
        """Return a credential's name for people."""
        return self.names.get(fingerprint) or short_name("secret", fingerprint)

    def begin(self, action: Action) -> None:
        """Take in that an action began, before anything is asked about it."""
        self.past.tell(action)
        if action.kind is Kind.APPROVAL and _is_given(action):
            self.approvals.append((action.start_ns, action.id))
        is_over = action.until_ns is not None
        for sighting in action.sightings:
            if sighting.t_ns <= action.start_ns or not is_over:
                self._see(sighting)

    def end(self, action: Action) -> None:
        """Take in how an action ended, and what it showed."""
        for sighting in action.sightings:
            self._see(sighting)
        if action.outcome is Outcome.REFUSED and action.kind is Kind.API_REQUEST:
            host = host_of(action.attributes)
            t_ns = action.start_ns if action.end_ns is None else action.end_ns
            for fingerprint in used_by(action):
                self.refusals.append(Refusal(action.id, fingerprint, host, t_ns, action.is_timed))
        self.past.end(action)
        self.ended.append(ended_of(action))

    def approved_between(self, start_ns: int, end_ns: int) -> bool:
        """Tell whether somebody may have approved anything in a span of time."""
        start = bisect_left(self.approvals, start_ns, key=lambda a: a[0])
        return start < bisect_right(self.approvals, end_ns, key=lambda a: a[0])

    def origin_of(self, first: Sighting, before_ns: int | None = None) -> Scope | None:
        """Return how the file that a credential was first shown in relates to the task.

        None when it was not first seen in a file. `before_ns` moves the moment from which on work
        in the file's folder no longer counts; default: the first sighting.
        """
        if not first.file or not first.role.shows:
            return None
        moment = first.t_ns if before_ns is None else min(before_ns, first.t_ns)
        return self.scope.of(first.file, moment, first.action)

    def crossing(self, action: Action) -> Crossing | None:
        """Return the nearest refusal that a request's credential from elsewhere answers."""
        host = host_of(action.attributes)
        for fingerprint in used_by(action):
            first = self.first.get(fingerprint)
            if first is None:
                continue
            for refusal in reversed(self.refusals):
                if refusal.host != host or refusal.fingerprint == fingerprint:
                    continue
                first_ns = min(refusal.t_ns, first.t_ns)
                if refusal.t_ns > action.start_ns or self.approved_between(
                    first_ns, action.start_ns
                ):
                    continue
                origin = self.origin_of(first, refusal.t_ns)
                if origin is not None and origin.outside:
                    return Crossing(refusal, first, origin, first_ns)
        return None

    def _see(self, sighting: Sighting) -> None:
        known = self.first.get(sighting.fingerprint)
        if known is None or (sighting.t_ns, sighting.seq) < (known.t_ns, known.seq):
            self.first[sighting.fingerprint] = sighting


def used_by(action: Action) -> Iterator[str]:
    """Yield the fingerprints of the credentials that an action used, each once."""
    yield from dict.fromkeys(s.fingerprint for s in action.sightings if s.role is Role.USED)


def _is_given(action: Action) -> bool:
    return action.attributes.get(semconv.APPROVAL_DECISION) == APPROVED and (
        action.decision is None or action.decision.presence is not Presence.ABSENT
    )
