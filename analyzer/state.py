"""What the agent holds and what is alive at any moment of a session: `state_at(t)`.

A fold over the starts, sightings and ends of actions. What only grows is a bisection; open actions,
resources and uses of credentials have checkpoints (`analyzer.versions`), so that any moment of a
session of a million actions is there at once, and going back in a replay costs no more than going
forward. Nothing here looks at the recording.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import attrgetter, itemgetter

from analyzer.columns import few, numbers
from analyzer.model import Action, Analysis, Outcome, ResourceState, Sighting
from analyzer.permissions import REQUESTED, permissions_of
from analyzer.requests import host_of
from analyzer.resources import DELETED, GONE
from analyzer.testimony import Presence
from analyzer.texts import Texts
from analyzer.tools import Family, arguments_of, family_of, paths_of
from analyzer.usage import Usage
from analyzer.versions import FirstSeen, Latest, Total, VersionedMap
from analyzer.world import CredentialInHand, Touch, WorldState
from recorder import semconv
from recorder.model import Kind, Role

__all__ = ["StateIndex", "files_of", "is_human", "state_at"]

ENDED = frozenset({DELETED, GONE})
COST_USD = "flightlog.model.cost_usd"
MICRO = 1_000_000
"""Costs are added up in millionths, so that the sum does not depend on its order."""
APPROVED = "approved"


def state_at(analysis: Analysis, t_ns: int) -> WorldState:
    """Return the state at one moment (ns since the epoch). For several keep a `StateIndex`."""
    return StateIndex(analysis).at(t_ns)


class StateIndex:
    """The states of one session, for any moment."""

    def __init__(self, analysis: Analysis) -> None:
        actions = sorted(analysis.actions, key=attrgetter("start_ns", "id"))
        cwd = analysis.session.cwd
        self._open = VersionedMap(sorted(_openings(actions), key=lambda w: w[0]))
        self._resources = VersionedMap(
            _ranked(sorted(_resource_writes(actions), key=itemgetter(0)))
        )
        self._credentials = _Credentials(analysis, actions)
        self._hosts = FirstSeen(
            (
                (a.start_ns, Touch(host, a.id, a.start_ns))
                for a in actions
                if a.kind is Kind.API_REQUEST
                and a.outcome is not Outcome.DENIED
                and (host := host_of(a.attributes))
            ),
            attrgetter("name"),
        )
        touches = [
            Touch(path, a.id, a.start_ns, _is_write(a))
            for a in actions
            if a.kind is Kind.TOOL_CALL and a.outcome is not Outcome.DENIED
            for path in files_of(a, cwd)
        ]
        self._files = FirstSeen(((t.t_ns, t) for t in touches), attrgetter("name"))
        self._written = FirstSeen(((t.t_ns, t) for t in touches if t.is_write), attrgetter("name"))
        pending, settled = permissions_of(actions)
        self._pending = VersionedMap(pending)
        self._settled = FirstSeen(settled, id)
        self._tool_calls = _starts(actions, Kind.TOOL_CALL)
        self._denied_calls = Total(
            (a.start_ns, 1)
            for a in actions
            if a.kind is Kind.TOOL_CALL and a.outcome is Outcome.DENIED
        )
        self._requests = _starts(actions, Kind.API_REQUEST)
        self._approvals = Total(
            (a.start_ns, 1)
            for a in actions
            if a.kind is Kind.APPROVAL and a.attributes.get(semconv.APPROVAL_DECISION) == APPROVED
        )
        self._input, self._output = _tokens(actions)
        self._cost = Total(
            (a.until_ns, round(cost * MICRO))
            for a in actions
            if a.until_ns is not None
            and isinstance(cost := a.attributes.get(COST_USD), int | float)
        )
        self._human: Latest[tuple[int, int] | None] = Latest(
            ((a.start_ns, (a.start_ns, a.id)) for a in actions if is_human(a)), None
        )
        self._cwd: Latest[tuple[str, int | None]] = Latest(
            (
                (a.start_ns, (folder, a.id))
                for a in actions
                if isinstance(folder := a.attributes.get(semconv.PROCESS_CWD), str) and folder
            ),
            (cwd, None),
        )

    def at(self, t_ns: int) -> WorldState:
        """Return the state at a moment, with all that happened at that very moment.

        Among the resources what was lost comes first.
        """
        human = self._human.at(t_ns)
        cwd, cwd_action = self._cwd.at(t_ns)
        return WorldState(
            t_ns=t_ns,
            credentials=self._credentials.at(t_ns),
            resources=tuple(state for _, state in sorted(self._resources.at(t_ns).values())),
            contacted=self._hosts.at(t_ns),
            touched=self._files.at(t_ns),
            written=self._written.at(t_ns),
            open_actions=tuple(self._open.at(t_ns)),
            approvals=self._approvals.at(t_ns),
            pending=tuple(self._pending.at(t_ns).values()),
            settled=self._settled.at(t_ns),
            tool_calls=self._tool_calls.at(t_ns),
            denied_calls=self._denied_calls.at(t_ns),
            requests=self._requests.at(t_ns),
            input_tokens=self._input.at(t_ns),
            output_tokens=self._output.at(t_ns),
            cost_usd=self._cost.at(t_ns) / MICRO,
            last_human_ns=None if human is None else human[0],
            last_human_action=None if human is None else human[1],
            cwd=cwd,
            cwd_action=cwd_action,
        )


class _Credentials:
    """What is in hand, and where each was used last."""

    def __init__(self, analysis: Analysis, actions: Sequence[Action]) -> None:
        known = {c.fingerprint: c for c in analysis.credentials}
        sightings = [s for a in actions for s in a.sightings]
        sightings.sort(key=attrgetter("t_ns", "action"))
        self._seen = FirstSeen((s.t_ns, s.fingerprint) for s in sightings)
        self._held: dict[str, CredentialInHand] = {}
        for sighting in sightings:
            if sighting.fingerprint not in self._held:
                credential = known.get(sighting.fingerprint)
                name = credential.name if credential else sighting.fingerprint[:8]
                scope = credential.scope if credential else ""
                self._held[sighting.fingerprint] = _first_held(sighting, name, scope)
        # Of each use what is told of it, in columns: a session may hold hundreds of thousands.
        uses = [s for s in sightings if s.role is Role.USED]
        self._last = VersionedMap([(s.t_ns, s.fingerprint, n) for n, s in enumerate(uses)])
        self._use_places = few(s.host or s.place for s in uses)
        self._use_actions = numbers(s.action for s in uses)
        self._use_times = numbers(s.t_ns for s in uses)

    def at(self, t_ns: int) -> tuple[CredentialInHand, ...]:
        last = self._last.at(t_ns)
        return tuple(self._used(self._held[f], last.get(f)) for f in self._seen.at(t_ns))

    def _used(self, held: CredentialInHand, use: int | None) -> CredentialInHand:
        if use is None:
            return held
        return replace(
            held,
            last_use=self._use_places[use],
            last_use_action=self._use_actions[use],
            last_use_ns=self._use_times[use],
        )


def is_human(action: Action) -> bool:
    """Tell whether a person spoke or decided; what a program answered for one is no person."""
    if action.kind is Kind.PROMPT:
        return action.attributes.get(semconv.PROMPT_ROLE, "user") == "user"
    decision = action.decision
    return action.kind is Kind.APPROVAL and (
        decision is None
        or (decision.decision != REQUESTED and decision.presence is not Presence.ABSENT)
    )


def _is_write(call: Action) -> bool:
    """Tell whether a call wrote its file; an edit that fails says so and changes nothing."""
    return family_of(call.name) is Family.EDIT and call.outcome is not Outcome.FAILED


def _openings(actions: Sequence[Action]) -> Iterator[tuple[int, int, bool | None]]:
    """Yield when actions begin and end; one that takes no time is never seen open."""
    for action in actions:
        until = action.until_ns
        if action.kind is Kind.LIFECYCLE or until == action.start_ns:
            continue
        yield action.start_ns, action.id, True
        if until is not None:
            yield until, action.id, None


def _resource_writes(
    actions: Sequence[Action],
) -> Iterator[tuple[int, str, ResourceState | None]]:
    """Yield what answers tell, when they come; of a request without one, what it puts in doubt."""
    for action in actions:
        doubted = action.kind is Kind.API_REQUEST and action.end_ns is None
        moment = action.start_ns if doubted else action.until_ns
        if moment is not None:
            for state in action.resources:
                yield moment, state.id, state


def _ranked(
    writes: Sequence[tuple[int, str, ResourceState | None]],
) -> list[tuple[int, str, tuple[int, ResourceState] | None]]:
    """Give each state its place among all, once: a session of thousands is sorted at every look."""
    states = sorted({id(s): s for _, _, s in writes if s is not None}.values(), key=_loss_first)
    rank = {id(state): place for place, state in enumerate(states)}
    return [(t, key, None if s is None else (rank[id(s)], s)) for t, key, s in writes]


def _first_held(sighting: Sighting, name: str, scope: str) -> CredentialInHand:
    return CredentialInHand(
        fingerprint=sighting.fingerprint,
        name=name,
        scope=scope,
        first_place=sighting.place,
        first_action=sighting.action,
        first_ns=sighting.t_ns,
        last_use="",
        last_use_action=None,
    )


def _starts(actions: Sequence[Action], kind: Kind) -> Total:
    return Total((a.start_ns, 1) for a in actions if a.kind is kind)


def _tokens(actions: Sequence[Action]) -> tuple[Total, Total]:
    """Return the input and the output tokens that are used up at each moment."""
    used = Usage()
    added: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
    for until_ns, action in sorted(
        ((a.until_ns, a) for a in actions if a.until_ns is not None), key=itemgetter(0)
    ):
        before = used.tokens
        used.take(action)
        for additions, old, new in zip(added, before, used.tokens, strict=True):
            if new != old:
                additions.append((until_ns, new - old))
    return Total(added[0]), Total(added[1])


def files_of(action: Action, cwd: str) -> tuple[str, ...]:
    """Return the files that a call reads or edits, as `paths_of` does."""
    if family_of(action.name) not in {Family.READ, Family.EDIT}:
        return ()
    arguments = arguments_of(Texts.of(action).whole(semconv.GEN_AI_TOOL_ARGUMENTS))
    return paths_of(action.name, arguments, cwd)


def _loss_first(state: ResourceState) -> tuple[bool, str, str]:
    return (state.state not in ENDED, state.name.removeprefix("backups of "), state.id)
