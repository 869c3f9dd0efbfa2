"""What API answers tell of resources: which exist, in which environment, and what a deletion took.

Kept while walking through a session in order of time. A deletion that the answer confirms is
observed; what the catalogue says goes with it is inferred, until a later answer shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from analyzer.catalogue import Operation, Provider
from analyzer.graphql_requests import GraphQLRequest, Selected
from analyzer.mcp_sessions import McpSessions
from analyzer.model import Action, Effect, ResourceState
from analyzer.outcomes import answer_errors
from analyzer.testimony import Certainty

__all__ = [
    "ALIVE",
    "BACKUPS",
    "DELETED",
    "GONE",
    "NOT_LOOKED_AT",
    "UNDESCRIBED",
    "UNKNOWN",
    "Exchange",
    "Ledger",
]

ALIVE, DELETED, GONE, NOT_LOOKED_AT = "alive", "deleted", "gone", "not looked at"
UNKNOWN = "unknown"
BACKUPS = "backups"
UNDESCRIBED = "resource"
"""Type of a resource of an API that is in no catalogue."""
VOLUME, ENVIRONMENT, PROJECT = "volume", "environment", "project"
ENDED_STATES = frozenset({"DELETED", "DELETING"})

type _Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A finished GraphQL exchange with a provider that the catalogue knows."""

    action: int
    provider: Provider
    request: GraphQLRequest
    answers: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Place:
    """The objects around the one that is looked at."""

    project: str = ""
    environment: str = ""
    volume: str = ""


@dataclass(slots=True)
class Ledger:
    """Everything that a session's answers have told of resources so far."""

    _names: dict[str, str] = field(default_factory=dict)
    _environments: dict[str, set[str]] = field(default_factory=dict)
    """Volume -> ids of the environments that it has an instance in."""
    _volume_of: dict[str, str] = field(default_factory=dict)
    """Volume instance -> volume."""
    _project_of: dict[str, str] = field(default_factory=dict)
    _states: dict[str, ResourceState] = field(default_factory=dict)
    _instance_ended: dict[str, dict[str, bool]] = field(default_factory=dict)
    mcp_sessions: McpSessions = field(default_factory=McpSessions)
    """The sessions that MCP servers gave out."""

    def environment_of(self, target: str) -> str:
        """Return the environments that an answer so far has named for a target, or `unknown`."""
        ids = self._environments.get(self._volume_of.get(target, target), set())
        if not ids:
            return UNKNOWN
        return ", ".join(sorted(self._names.get(i, f"environment {i[:8]}") for i in ids))

    def learn(self, exchange: Exchange) -> tuple[ResourceState, ...]:
        """Take in an answer and return what it tells of resources."""
        told: list[ResourceState] = []
        for operation, selected in exchange.request.root_fields():
            if operation.batch >= len(exchange.answers):
                continue
            answer = exchange.answers[operation.batch]
            data = answer.get("data")
            value = data.get(selected.key) if isinstance(data, dict) else None
            known = exchange.provider.mutations.get(selected.name)
            if operation.type == "mutation" and known is not None and value:
                told += self._destroyed(exchange, known, selected)
            told += self._answered(exchange, selected, value)
            if value is None and _not_found(answer, selected.key):
                told += self._missing(exchange, selected)
        for state in told:
            self._states[state.id] = state
        return tuple(told)

    def doubt(self, action: Action) -> tuple[ResourceState, ...]:
        """Return what is no longer known, now that a request was sent and no answer is recorded."""
        judgement = action.judgement
        lasts = judgement.effect is Effect.D4 or judgement.irreversible is False
        if not judgement.effect.destroys or not judgement.target_id or lasts:
            return ()
        target = ResourceState(
            id=judgement.target_id,
            type=judgement.target_type,
            name=self._names.get(judgement.target_id, judgement.target_id[:8]),
            environment=judgement.environment,
            state=UNKNOWN,
            certainty=Certainty.INFERRED,
            basis=f"{judgement.operation} was sent in #{action.id}, and no answer is recorded",
            action=action.id,
        )
        told = [target]
        if judgement.same_domain and judgement.target_type == VOLUME:
            backups = _backups_id(target.id)
            told.append(replace(target, id=backups, type=BACKUPS, name=f"backups of {target.name}"))
        self._states |= {state.id: state for state in told}
        return tuple(told)

    def _answered(
        self, exchange: Exchange, selected: Selected, value: object
    ) -> list[ResourceState]:
        argument = exchange.provider.backup_lists.get(selected.name)
        if argument is not None and isinstance(value, list):
            return [self._backups(exchange, str(selected.arguments.get(argument, "")), value)]
        seen: dict[str, None] = {}
        for volume in self._walk(exchange.provider, selected, value, _Place()):
            seen[volume] = None
        return [state for volume in seen for state in self._volume(exchange, volume)]

    def _walk(
        self, provider: Provider, selected: Selected, value: object, place: _Place
    ) -> Iterator[str]:
        """Yield the volumes that an answer names, learning names and links on the way."""
        if isinstance(value, list):
            for item in value:
                yield from self._walk(provider, selected, item, place)
            return
        if not isinstance(value, dict):
            return
        inside = place
        kind = provider.type_of_field(selected.name)
        if kind:
            inside = self._note(kind, _by_name(selected, value), place)
            if kind == VOLUME and inside.volume:
                yield inside.volume
        for child in selected.children:
            # Connections wrap the objects that they list; their own names mean nothing.
            through = (
                replace(child, name=selected.name) if child.name in {"edges", "node"} else child
            )
            yield from self._walk(provider, through, value.get(child.key), inside)

    def _note(self, kind: str, item: _Object, place: _Place) -> _Place:
        own = _text(item.get("id"))
        if own and isinstance(item.get("name"), str):
            self._names[own] = item["name"]
        match kind:
            case "project":
                return replace(place, project=own or place.project)
            case "environment":
                return replace(place, environment=own or place.environment)
            case "volume":
                project = _text(item.get("projectId")) or place.project
                if own and project:
                    self._project_of[own] = project
                return replace(place, volume=own or place.volume)
            case "volume instance":
                return self._note_instance(own, item, place)
        return place

    def _note_instance(self, own: str, item: _Object, place: _Place) -> _Place:
        volume = _text(item.get("volumeId")) or _id_of(item.get("volume")) or place.volume
        environment = (
            _text(item.get("environmentId")) or _id_of(item.get("environment")) or place.environment
        )
        around = item.get("environment")
        if environment and isinstance(around, dict) and isinstance(around.get("name"), str):
            self._names[environment] = around["name"]
        if own and volume:
            self._volume_of[own] = volume
            ended = item.get("state") in ENDED_STATES or bool(item.get("deletedAt"))
            self._instance_ended.setdefault(volume, {})[own] = ended
        if volume and environment:
            self._environments.setdefault(volume, set()).add(environment)
        return replace(place, volume=volume)

    def _volume(self, exchange: Exchange, volume: str) -> list[ResourceState]:
        ended = self._instance_ended.get(volume, {})
        state = DELETED if ended and all(ended.values()) else ALIVE
        told = [self._state(exchange, volume, VOLUME, state, f"answer to #{exchange.action}")]
        backups = _backups_id(volume)
        if backups not in self._states:
            told.append(
                replace(
                    self._state(exchange, backups, BACKUPS, NOT_LOOKED_AT, "no answer lists them"),
                    name=f"backups of {self._names.get(volume, volume[:8])}",
                    certainty=Certainty.INFERRED,
                )
            )
        return told

    def _backups(self, exchange: Exchange, of: str, listed: Sequence[object]) -> ResourceState:
        volume = self._volume_of.get(of, "")
        target = volume or of
        count = len(listed)
        what = f"lists {count} backup{'s' if count != 1 else ''}" if count else "lists no backup"
        state = self._state(
            exchange,
            _backups_id(target),
            BACKUPS,
            ALIVE if count else GONE,
            f"answer to #{exchange.action} {what}",
        )
        name = self._names.get(target) or ("" if volume else "volume instance ") + target[:8]
        return replace(state, name=f"backups of {name}")

    def _destroyed(
        self, exchange: Exchange, operation: Operation, selected: Selected
    ) -> list[ResourceState]:
        target = _text(selected.arguments.get(operation.target_argument))
        # What is restored over still exists, and a scheduled deletion can still be called off.
        lasts = operation.effect is Effect.D4 or operation.irreversible is False
        if not operation.effect.destroys or not target or lasts:
            return []
        kind = operation.target_type
        basis = f"{operation.name} in #{exchange.action} was answered with success"
        told = [self._state(exchange, target, kind, DELETED, basis)]
        if operation.same_domain:
            why = f"{operation.name} takes {operation.takes} ({operation.source})"
            told += self._gone_with(exchange, target, kind, why)
        return told

    def _gone_with(
        self, exchange: Exchange, target: str, kind: str, why: str
    ) -> Iterator[ResourceState]:
        volumes = [target] if kind == VOLUME else self._volumes_in(target, kind)
        for volume in volumes:
            if volume != target:
                state = self._state(exchange, volume, VOLUME, GONE, why)
                yield replace(state, certainty=Certainty.INFERRED)
            state = self._state(exchange, _backups_id(volume), BACKUPS, GONE, why)
            yield replace(
                state,
                name=f"backups of {self._names.get(volume, volume[:8])}",
                certainty=Certainty.INFERRED,
            )

    def _volumes_in(self, target: str, kind: str) -> list[str]:
        if kind == PROJECT:
            return [v for v, project in self._project_of.items() if project == target]
        if kind == ENVIRONMENT:
            return [v for v, known in self._environments.items() if known == {target}]
        return []

    def _missing(self, exchange: Exchange, selected: Selected) -> list[ResourceState]:
        """Read `not found` as an answer about the very id that was asked for."""
        basis = f"answer to #{exchange.action}: not found"
        argument = exchange.provider.backup_lists.get(selected.name)
        if argument is not None:
            of = _text(selected.arguments.get(argument))
            target = self._volume_of.get(of, of)
            state = self._state(exchange, _backups_id(target), BACKUPS, GONE, basis)
            return [replace(state, name=f"backups of {self._names.get(target, target[:8])}")]
        target = _text(selected.arguments.get("id"))
        if not target or exchange.provider.type_of_field(selected.name) != VOLUME:
            return []
        earlier = self._states.get(target)
        word = DELETED if earlier is not None and earlier.state == DELETED else GONE
        return [self._state(exchange, target, VOLUME, word, basis)]

    def _state(
        self, exchange: Exchange, target: str, kind: str, state: str, basis: str
    ) -> ResourceState:
        return ResourceState(
            id=target,
            type=kind,
            name=self._names.get(target, target[:8]),
            environment=self.environment_of(target.removesuffix(f"/{BACKUPS}")),
            state=state,
            # Below zero stands what only a command line tells of, and its output was taken for
            # the answer.
            certainty=Certainty.INFERRED if exchange.action < 0 else Certainty.OBSERVED,
            basis=basis,
            action=exchange.action,
        )


def _backups_id(volume: str) -> str:
    return f"{volume}/{BACKUPS}"


def _by_name(selected: Selected, value: _Object) -> dict[str, Any]:
    """Return an object under the schema's names instead of the request's aliases.

    An object that was asked for by its id has that id, whether or not the answer repeats it.
    """
    asked = _text(selected.arguments.get("id"))
    named = {child.name: value[child.key] for child in selected.children if child.key in value}
    return {"id": asked, **named} if asked else named


def _not_found(answer: Mapping[str, Any], key: str) -> bool:
    for error in answer_errors(answer):
        path = error.get("path")
        concerns = not isinstance(path, list) or path[:1] == [key]
        if concerns and "not found" in str(error.get("message", "")).lower():
            return True
    return False


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _id_of(value: object) -> str:
    return _text(value.get("id")) if isinstance(value, dict) else ""
