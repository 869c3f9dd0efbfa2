"""A session as a whole, as what asks about it in hindsight sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from analyzer.model import Action, Credential, Outcome
from analyzer.resources import DELETED
from analyzer.task_scope import Scope, TaskScope
from analyzer.testimony import Certainty, Presence
from recorder import semconv
from recorder.model import Kind, Role

__all__ = [
    "UNTIMED",
    "Scene",
    "approvals_between",
    "judged_from",
    "seconds",
    "weakest",
]

SECOND = 1_000_000_000
UNTIMED = "a time that nobody recorded"
APPROVED = "approved"


@dataclass(frozen=True)
class Scene:
    """A session's actions, credentials and task."""

    actions: Sequence[Action]
    credentials: Sequence[Credential]
    scope: TaskScope

    @cached_property
    def requests(self) -> list[Action]:
        """The API requests, in order of time."""
        return [a for a in self.actions if a.kind is Kind.API_REQUEST]

    @cached_property
    def destructions(self) -> list[Action]:
        """The requests that destroy and were not turned away, in order of time."""
        return [a for a in self.requests if a.judgement.effect.destroys and _went_through(a)]

    @cached_property
    def by_id(self) -> dict[int, Action]:
        """The actions by number."""
        return {action.id: action for action in self.actions}

    def carried_by(self, action: Action) -> list[Credential]:
        """Return the credentials that a request carried."""
        carried = {s.fingerprint for s in action.sightings if s.role is Role.USED}
        return [c for c in self.credentials if c.fingerprint in carried]

    def origin_of(self, credential: Credential, before_ns: int | None = None) -> Scope | None:
        """Return how the file that a credential was first seen in relates to the task.

        None when it was not first seen in a file. `before_ns` moves the moment from which on work
        in the file's folder no longer counts; default: the first sighting.
        """
        first = credential.first
        if not first.file or not first.role.shows:
            return None
        moment = first.t_ns if before_ns is None else min(before_ns, first.t_ns)
        return self.scope.of(first.file, moment, first.action)


def approvals_between(scene: Scene, start_ns: int, end_ns: int) -> list[Action]:
    """Return the approvals that somebody may have given in a span of time; a rule is nobody."""
    return [
        a
        for a in scene.actions
        if a.kind is Kind.APPROVAL
        and a.attributes.get(semconv.APPROVAL_DECISION) == APPROVED
        and (a.decision is None or a.decision.presence is not Presence.ABSENT)
        and start_ns <= a.start_ns <= end_ns
    ]


def weakest(*certainties: Certainty) -> Certainty:
    """Return the certainty of a statement that needs all of its parts."""
    order = [Certainty.OBSERVED, Certainty.INFERRED, Certainty.RECONSTRUCTED]
    return max(certainties, key=order.index)


def seconds(span_ns: int, *, is_timed: bool = True) -> str:
    """Return a span of time for people; where a witness told no times, that nobody knows it."""
    return f"{span_ns / SECOND:.1f} s" if is_timed else UNTIMED


def judged_from(action: Action) -> Certainty:
    """Return how the effect of a request is known: what it says was recorded, what it does is not
    observed before an answer confirms it.
    """
    told = any(r.state == DELETED and r.certainty is Certainty.OBSERVED for r in action.resources)
    return Certainty.OBSERVED if told else Certainty.INFERRED


def _went_through(action: Action) -> bool:
    """Tell whether a request may have had its effect, or a part of it that the answer shows."""
    answered = {Outcome.OK, Outcome.OPEN, Outcome.NO_RESULT}
    return action.outcome in answered or any(r.state == DELETED for r in action.resources)
