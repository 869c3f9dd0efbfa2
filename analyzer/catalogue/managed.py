"""The part of the catalogue that knows managed resources: what goes when a plan deletes one.

A file of the catalogue may hold `managed`:

    - {types: [aws_db_instance, "aws:rds/instance:Instance"], effect: D3, same_domain: true,
       source: docs, lost_when: skip_final_snapshot}

`types` are Terraform's and Pulumi's names of the resource; `lost_when` names an attribute that,
true, leaves no way back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from analyzer.catalogue import load
from analyzer.catalogue.commands import catalogue_files
from analyzer.model import Effect

__all__ = ["Managed", "managed", "managed_of"]


@dataclass(frozen=True, slots=True)
class Managed:
    """What deleting one type of managed resource does."""

    effect: Effect
    source: str
    same_domain: bool | None
    irreversible: bool | None
    takes: str
    undo: str
    lost_when: str


def managed_of(type_name: str) -> Managed | None:
    """Return what is known of a type of resource."""
    return managed().get(type_name)


@cache
def managed() -> Mapping[str, Managed]:
    """Return every type of resource that the catalogue knows."""
    found: dict[str, Managed] = {}
    for name in catalogue_files():
        document = load(name)
        for entry in document.get("managed", ()):
            fact = Managed(
                effect=Effect(entry["effect"]),
                source=document["sources"][entry["source"]],
                same_domain=entry.get("same_domain"),
                irreversible=entry.get("irreversible"),
                takes=entry.get("takes", ""),
                undo=entry.get("undo", ""),
                lost_when=entry.get("lost_when", ""),
            )
            found.update(dict.fromkeys(entry["types"], fact))
    return found
