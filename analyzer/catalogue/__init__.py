"""The catalogue of what providers' operations do, as data with sources; this only loads it.

Knowledge that no parser can find out (which deletion takes the backups along) stands in the YAML
files beside this, one per provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from analyzer.model import Effect

__all__ = ["PROVIDERS", "Operation", "Provider", "Resource", "load", "provider_of", "providers"]

PROVIDERS = ("railway",)
"""The catalogue's files, listed so that none is taken for one by accident."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What one operation of a provider does."""

    name: str
    effect: Effect
    source: str
    target_type: str = ""
    target_argument: str = ""
    same_domain: bool | None = None
    """Do recovery copies go with it? None: nobody says."""
    irreversible: bool | None = None
    takes: str = ""
    """What goes with the target, in words."""
    undo: str = ""
    note: str = ""
    when_empty: str = ""
    """An argument that, empty, ends what the operation otherwise changes."""


@dataclass(frozen=True, slots=True)
class Resource:
    """How a provider's answers name one type of resource."""

    type: str
    fields: frozenset[str]
    holds_data: bool = False


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider's API."""

    id: str
    title: str
    hosts: frozenset[str]
    paths: frozenset[str]
    mutations: Mapping[str, Operation]
    queries: frozenset[str]
    resources: tuple[Resource, ...]
    backup_lists: Mapping[str, str] = field(default_factory=dict)
    """Query that lists backups -> the argument that says of what."""

    def knows(self, name: str) -> bool:
        """Tell whether a root field belongs to this API."""
        return name in self.mutations or name in self.queries

    def type_of_field(self, name: str) -> str:
        """Return the type of the resources that stand under a field; empty when not known."""
        return next((r.type for r in self.resources if name in r.fields), "")

    def holds_data(self, resource_type: str) -> bool:
        """Tell whether resources of a type hold data themselves."""
        return any(r.holds_data for r in self.resources if r.type == resource_type)


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def load(name: str) -> Mapping[str, Any]:
    """Return one of the catalogue's files."""
    text = files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    document = yaml.load(text, Loader=_LOADER)  # noqa: S506 - the safe one, in C
    if not isinstance(document, dict):
        raise TypeError(f"catalogue file {name} is no mapping")
    return document


@cache
def providers() -> tuple[Provider, ...]:
    """Return every provider of the catalogue."""
    return tuple(_provider(load(name)) for name in PROVIDERS)


def provider_of(host: str, path: str, fields: frozenset[str]) -> tuple[Provider | None, str]:
    """Return the provider behind a request and the reason for it.

    The host decides where it is known. On another host (a proxy, a test server) an API is
    recognised when all of the request's root fields are in exactly one catalogue and the path,
    where one is known, is that API's own.
    """
    name = host.partition(":")[0].lower()
    for provider in providers():
        if name in provider.hosts:
            return provider, f"{name} is {provider.title}'s API"
    found = [
        p
        for p in providers()
        if fields
        and (
            (path in p.paths and all(p.knows(f) for f in fields))
            or (not host and not path and any(f in p.mutations for f in fields))
        )
    ]
    if len(found) == 1:
        return found[0], f"{found[0].title}'s API, recognised by operation, not by host ({host})"
    return None, ""


def _provider(document: Mapping[str, Any]) -> Provider:
    sources = document["sources"]
    return Provider(
        id=document["provider"],
        title=document["title"],
        hosts=frozenset(document["hosts"]),
        paths=frozenset(document["paths"]),
        mutations={
            name: _operation(name, entry, sources) for name, entry in document["mutations"].items()
        },
        queries=frozenset(document["queries"]),
        resources=tuple(
            Resource(name, frozenset(entry["fields"]), bool(entry.get("holds_data", False)))
            for name, entry in document["resources"].items()
        ),
        backup_lists=dict(document.get("backup_lists", {})),
    )


def _operation(name: str, entry: Mapping[str, Any], sources: Mapping[str, str]) -> Operation:
    target = entry.get("target", {})
    return Operation(
        name=name,
        effect=Effect(entry["effect"]),
        source=sources[entry["source"]],
        target_type=target.get("type", ""),
        target_argument=target.get("argument", ""),
        same_domain=entry.get("same_domain"),
        irreversible=entry.get("irreversible"),
        takes=entry.get("takes", ""),
        undo=entry.get("undo", ""),
        note=entry.get("note", ""),
        when_empty=entry.get("when_empty", ""),
    )
