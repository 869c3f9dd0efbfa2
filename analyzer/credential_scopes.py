"""How far credentials reach, by public facts: the table behind the hints, checked when it loads.

The facts stand in `catalogue/credential_scopes.yaml` with their sources. What they tell is a hint:
a header, a variable's name and an issuer's prefix each allow some scopes, and narrow each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from analyzer.catalogue import load

__all__ = [
    "Entry",
    "ScopeTable",
    "expires_by_itself",
    "issuer_hosts",
    "prefix_entry",
    "scope_table",
    "width_of",
]

UNKNOWN_WIDTH = 4
"""Of a credential of which nothing tells how far it reaches: it is not to be taken for harmless."""
_ALLOWED = frozenset({
    "header", "name", "prefix", "scheme", "provider", "issuer", "scopes", "note", "source",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One public fact."""

    key: str
    """Header (lower case), variable or prefix."""
    scopes: tuple[str, ...]
    source: str
    note: str = ""
    scheme: str = ""
    """Authorization scheme that it holds for, lower case; empty: any."""
    provider: str = ""
    """Recognised API that it holds for; empty: any."""
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class ScopeTable:
    """All of the facts."""

    widths: Mapping[str, int]
    temporary: frozenset[str]
    hosts: Mapping[str, tuple[str, ...]]
    headers: tuple[Entry, ...]
    variables: tuple[Entry, ...]
    prefixes: tuple[Entry, ...]
    """Longest first."""


@cache
def scope_table() -> ScopeTable:
    """Return the table.

    Raises:
        ValueError: an entry does not follow the schema; the message names it.
    """
    document = load("credential_scopes")
    scopes = document["scopes"]
    hosts = {name: tuple(entry["hosts"]) for name, entry in document["issuers"].items()}
    known = (frozenset(scopes), frozenset(hosts))
    prefixes = [_entry(e, "prefix", *known) for e in document["prefixes"]]
    return ScopeTable(
        widths={name: int(entry["width"]) for name, entry in scopes.items()},
        temporary=frozenset(name for name, entry in scopes.items() if entry.get("temporary")),
        hosts=hosts,
        headers=tuple(_entry(e, "header", *known) for e in document["headers"]),
        variables=tuple(_entry(e, "name", *known) for e in document["variables"]),
        prefixes=tuple(sorted(prefixes, key=lambda entry: -len(entry.key))),
    )


def prefix_entry(hint: str) -> Entry | None:
    """Return what an issuer's prefix tells; the longest that fits counts."""
    return next((e for e in scope_table().prefixes if hint.startswith(e.key)), None)


def issuer_hosts(hint: str) -> tuple[str, ...]:
    """Return the hosts that a credential with a hint is meant for; empty where nobody knows."""
    entry = prefix_entry(hint) if hint else None
    return scope_table().hosts.get(entry.issuer, ()) if entry else ()


def width_of(scope: str) -> int:
    """Return how much a leak reaches: the widest of the scopes that are possible."""
    known = [scope_table().widths[s] for s in scope.split(" or ") if s in scope_table().widths]
    return max(known, default=UNKNOWN_WIDTH)


def expires_by_itself(scope: str) -> bool:
    """Tell whether every scope that is possible is of a temporary credential."""
    named = scope.split(" or ") if scope else []
    return bool(named) and all(s in scope_table().temporary for s in named)


def _entry(
    given: Mapping[str, Any], key: str, scopes: frozenset[str], issuers: frozenset[str]
) -> Entry:
    name = given.get(key)
    wrong = [
        word for word, is_wrong in (
            (f"no {key}", not isinstance(name, str) or not name),
            ("fields that nobody reads", bool(set(given) - _ALLOWED)),
            ("no scopes, or unknown ones", not given.get("scopes")
             or not set(given["scopes"]) <= scopes),
            ("no source", not given.get("source")),
            ("an unknown issuer", given.get("issuer", "") not in {"", *issuers}),
        ) if is_wrong
    ]  # fmt: skip
    if wrong:
        raise ValueError(f"credential_scopes.yaml, {key} {name!r}: {', '.join(wrong)}")
    return Entry(
        key=str(name).lower() if key == "header" else str(name),
        scopes=tuple(given["scopes"]),
        source=str(given["source"]),
        note=str(given.get("note", "")),
        scheme=str(given.get("scheme", "")).lower(),
        provider=str(given.get("provider", "")),
        issuer=str(given.get("issuer", "")),
    )
