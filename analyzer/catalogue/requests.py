"""The part of the catalogue that knows REST APIs: which request to which host does what.

A file of the catalogue may hold `requests`:

    - {request: "DELETE /v1/projects/{ref}", effect: D3, same_domain: true, source: docs}

`{x}` stands for one segment of the path; `when` is looked for in query and body (`example` is one
that it fits), `unless` must not be there. The file's `hosts` say where it counts; `*.x` stands for
all names under x.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from analyzer.catalogue import load
from analyzer.catalogue.commands import catalogue_files
from analyzer.extent import Bulk, Surface
from analyzer.model import Effect, Judgement

__all__ = ["RequestFact", "request_fact", "request_facts"]


@dataclass(frozen=True, slots=True)
class RequestFact:
    """What one form of a request does."""

    provider: str
    hosts: frozenset[str]
    method: str
    path: re.Pattern[str]
    shown: str
    effect: Effect
    source: str
    same_domain: bool | None
    irreversible: bool | None
    undo: str
    takes: str
    when: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    example: str
    """A query or body that `when` fits, where its pattern is no text itself."""

    def is_at(self, host: str) -> bool:
        """Tell whether a host is one of the provider's."""
        parent = host.partition(".")[2]
        return host in self.hosts or f"*.{parent}" in self.hosts or "*" in self.hosts

    def judgement(self, where: str, environment: str, basis: str) -> Judgement:
        """Return what a request that fits does."""
        reasons = [f"{where} is {self.effect} ({self.source})"]
        reasons += [f"takes {self.takes}"] if self.takes else []
        reasons += [f"undo: {self.undo}"] if self.undo else []
        target = where.partition(" ")[2].partition(" ")[2]
        return Judgement(
            self.effect, tuple(reasons), operation=f"{self.provider}.{self.method} {self.shown}",
            target_id=target, same_domain=True if self.effect is Effect.D2 else self.same_domain,
            irreversible=self.irreversible, environment=environment, environment_basis=basis,
            undo=self.undo, cascade=self.takes, bulk=Bulk.ONE, surface=Surface.HTTP,
        )  # fmt: skip


def request_fact(method: str, host: str, path: str, query: str, body: str) -> RequestFact | None:
    """Return the first fact of the catalogue that a request fits."""
    rest = f"{query}\n{body[:50_000]}"
    for fact in _by_method().get(method, ()):
        if not fact.is_at(host) or not fact.path.fullmatch(path.rstrip("/") or "/"):
            continue
        if fact.when and not fact.when.search(rest):
            continue
        if fact.unless and fact.unless.search(rest):
            continue
        return fact
    return None


def request_facts() -> Iterator[RequestFact]:
    """Yield every fact about requests."""
    for facts in _by_method().values():
        yield from facts


@cache
def _by_method() -> Mapping[str, tuple[RequestFact, ...]]:
    found: dict[str, list[RequestFact]] = {}
    for name in catalogue_files():
        document = load(name)
        for entry in document.get("requests", ()):
            fact = _fact(document, entry)
            found.setdefault(fact.method, []).append(fact)
    return {method: tuple(facts) for method, facts in found.items()}


def _fact(document: Mapping[str, Any], entry: Mapping[str, Any]) -> RequestFact:
    method, _, path = str(entry["request"]).partition(" ")
    pattern = "".join(
        "[^/]+" if part.startswith("{") else re.escape(part)
        for part in re.split(r"(\{[^}]*\})", path.rstrip("/") or "/")
    )
    return RequestFact(
        provider=document["provider"],
        hosts=frozenset(entry.get("hosts", document.get("hosts", ()))),
        method=method,
        path=re.compile(pattern),
        shown=path,
        effect=Effect(entry["effect"]),
        source=document["sources"][entry["source"]],
        same_domain=entry.get("same_domain"),
        irreversible=entry.get("irreversible"),
        undo=entry.get("undo", ""),
        takes=entry.get("takes", ""),
        when=re.compile(entry["when"], re.IGNORECASE) if "when" in entry else None,
        unless=re.compile(entry["unless"], re.IGNORECASE) if "unless" in entry else None,
        example=entry.get("example", ""),
    )
