"""What the agent holds and what is alive at any moment of a session.

A fold over the starts, sightings and ends of actions, with a checkpoint every 256 steps, so that
going back in a replay costs no more than going forward. Nothing here looks at the recording.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import IntEnum

from analyzer.model import Action, Analysis, CredentialInHand, ResourceState, Sighting, WorldState
from analyzer.requests import host_of
from analyzer.resources import DELETED, GONE
from analyzer.testimony import Presence
from analyzer.texts import Texts
from analyzer.tools import Family, arguments_of, family_of, paths_of
from recorder import semconv
from recorder.model import Kind, Role

__all__ = ["StateIndex"]

CHECKPOINT_EVERY = 256
ENDED = frozenset({DELETED, GONE})
APPROVED = "approved"
REQUESTED = "requested"


class _Step(IntEnum):
    """What happens at a moment; in this order where several things share it."""

    START = 0
    SIGHTING = 1
    END = 2


@dataclass(frozen=True, slots=True)
class _Change:
    t_ns: int
    step: _Step
    action: Action
    sighting: Sighting | None = None

    @property
    def order(self) -> tuple[int, int, int]:
        return (self.t_ns, self.step, self.action.id)


@dataclass(slots=True)
class _World:
    """The state in the making; `copy` before it is handed out or kept."""

    credentials: dict[str, CredentialInHand] = field(default_factory=dict)
    resources: dict[str, ResourceState] = field(default_factory=dict)
    hosts: dict[str, None] = field(default_factory=dict)
    files: dict[str, None] = field(default_factory=dict)
    open_actions: dict[int, None] = field(default_factory=dict)
    approvals: int = 0
    tool_calls: int = 0
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    last_human_ns: int | None = None
    cwd: str = ""

    def copy(self) -> _World:
        """Return a copy that later changes do not reach."""
        return replace(
            self,
            credentials=dict(self.credentials),
            resources=dict(self.resources),
            hosts=dict(self.hosts),
            files=dict(self.files),
            open_actions=dict(self.open_actions),
        )

    def frozen(self, t_ns: int) -> WorldState:
        """Return the state as a value, what was lost first among the resources."""
        return WorldState(
            t_ns=t_ns,
            credentials=tuple(self.credentials.values()),
            resources=tuple(sorted(self.resources.values(), key=_loss_first)),
            hosts=tuple(self.hosts),
            files=tuple(self.files),
            open_actions=tuple(self.open_actions),
            approvals=self.approvals,
            tool_calls=self.tool_calls,
            requests=self.requests,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            last_human_ns=self.last_human_ns,
            cwd=self.cwd,
        )


class StateIndex:
    """The states of one session, for any moment."""

    def __init__(self, analysis: Analysis) -> None:
        self._credentials = {c.fingerprint: c for c in analysis.credentials}
        self._changes = sorted(_changes(analysis), key=lambda change: change.order)
        self._times = [change.t_ns for change in self._changes]
        self._cwd = analysis.session.cwd
        world = _World(cwd=self._cwd)
        self._checkpoints = [world.copy()]
        for number, change in enumerate(self._changes, start=1):
            self._apply(world, change)
            if number % CHECKPOINT_EVERY == 0:
                self._checkpoints.append(world.copy())

    def at(self, t_ns: int) -> WorldState:
        """Return the state at a moment, with all that happened at that very moment."""
        count = bisect_right(self._times, t_ns)
        number = count // CHECKPOINT_EVERY
        world = self._checkpoints[number].copy()
        for change in self._changes[number * CHECKPOINT_EVERY : count]:
            self._apply(world, change)
        return world.frozen(t_ns)

    def _apply(self, world: _World, change: _Change) -> None:
        match change.step:
            case _Step.START:
                self._started(world, change.action)
            case _Step.SIGHTING:
                if change.sighting is not None:
                    self._sighted(world, change.sighting)
            case _Step.END:
                _ended(world, change.action)

    def _started(self, world: _World, action: Action) -> None:
        attributes = action.attributes
        if action.kind is not Kind.LIFECYCLE:
            world.open_actions[action.id] = None
        match action.kind:
            case Kind.TOOL_CALL:
                world.tool_calls += 1
                world.files.update(dict.fromkeys(_files(action, self._cwd)))
            case Kind.API_REQUEST:
                world.requests += 1
                if action.end_ns is None:
                    world.resources.update({state.id: state for state in action.resources})
                host = host_of(attributes)
                if host:
                    world.hosts[host] = None
            case Kind.PROMPT if attributes.get(semconv.PROMPT_ROLE, "user") == "user":
                world.last_human_ns = action.start_ns
            case Kind.APPROVAL:
                decision = action.decision
                if decision is None or (
                    decision.decision != REQUESTED and decision.presence is not Presence.ABSENT
                ):
                    world.last_human_ns = action.start_ns
                world.approvals += attributes.get(semconv.APPROVAL_DECISION) == APPROVED
        cwd = attributes.get(semconv.PROCESS_CWD)
        if isinstance(cwd, str) and cwd:
            world.cwd = cwd

    def _sighted(self, world: _World, sighting: Sighting) -> None:
        held = world.credentials.get(sighting.fingerprint)
        if held is None:
            known = self._credentials.get(sighting.fingerprint)
            held = CredentialInHand(
                fingerprint=sighting.fingerprint,
                name=known.name if known else sighting.fingerprint[:8],
                scope=known.scope if known else "",
                first_place=sighting.place,
                first_action=sighting.action,
                first_ns=sighting.t_ns,
                last_use="",
                last_use_action=None,
            )
        if sighting.role is Role.USED:
            where = sighting.host or sighting.place
            held = replace(held, last_use=where, last_use_action=sighting.action)
        world.credentials[sighting.fingerprint] = held


def _changes(analysis: Analysis) -> Iterator[_Change]:
    for action in analysis.actions:
        yield _Change(action.start_ns, _Step.START, action)
        for sighting in action.sightings:
            yield _Change(sighting.t_ns, _Step.SIGHTING, action, sighting)
        until = action.until_ns
        if until is not None:
            yield _Change(until, _Step.END, action)


def _ended(world: _World, action: Action) -> None:
    world.open_actions.pop(action.id, None)
    world.input_tokens += _count(action, semconv.GEN_AI_INPUT_TOKENS)
    world.output_tokens += _count(action, semconv.GEN_AI_OUTPUT_TOKENS)
    for state in action.resources:
        world.resources[state.id] = state


def _count(action: Action, name: str) -> int:
    value = action.attributes.get(name)
    return value if isinstance(value, int) else 0


def _files(action: Action, cwd: str) -> tuple[str, ...]:
    if family_of(action.name) not in {Family.READ, Family.EDIT}:
        return ()
    arguments = arguments_of(Texts.of(action).whole(semconv.GEN_AI_TOOL_ARGUMENTS))
    return paths_of(action.name, arguments, cwd)


def _loss_first(state: ResourceState) -> tuple[bool, str, str]:
    return (state.state not in ENDED, state.name.removeprefix("backups of "), state.id)
