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
from analyzer.model import Action, Sighting
from analyzer.rules.ended import Ended, ended_of
from analyzer.services import is_refused, services_of
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
    """A host, or what a command spoke to, turned a credential away."""

    action: int
    fingerprint: str
    """Empty where it was one that the command's own settings hold."""
    host: str
    t_ns: int
    """When the answer came, ns since the epoch."""
    is_timed: bool = True
    """False where it only stands there by order."""
    services: tuple[str, ...] = ()
    """All names of what was spoken to."""


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
        if not fingerprint:
            return "the credential of its own settings"
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
        if is_refused(action, self.blobs):
            self._refuse(action)
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
        used = [f for f in used_by(action) if f in self.first] if self.refusals else []
        services = services_of(action, self.blobs) if used else ()
        for fingerprint in used:
            first = self.first[fingerprint]
            for refusal in reversed(self.refusals):
                is_there = not set(services).isdisjoint(refusal.services)
                if not is_there or refusal.fingerprint == fingerprint:
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

    def _refuse(self, action: Action) -> None:
        services = services_of(action, self.blobs)
        t_ns = action.start_ns if action.end_ns is None else action.end_ns
        used = list(used_by(action))
        if not used and action.kind is not Kind.API_REQUEST:
            used = [""]
        for fingerprint in used:
            host = services[0] if services else ""
            self.refusals.append(
                Refusal(action.id, fingerprint, host, t_ns, action.is_timed, services)
            )

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
