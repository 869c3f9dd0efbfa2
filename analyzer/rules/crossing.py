"""Credentials changed after a refusal: what R06 and R07 are both made of; no rule by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.model import Action, Credential, Outcome
from analyzer.requests import host_of
from analyzer.rules.base import Scene

__all__ = ["Refusal", "refusals"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A host turned a credential away."""

    action: Action
    credential: Credential
    host: str
    t_ns: int
    """When the answer came, ns since the epoch."""


def refusals(scene: Scene) -> Iterator[Refusal]:
    """Yield each request that was refused, with each credential that it carried."""
    for action in scene.requests:
        if action.outcome is not Outcome.REFUSED:
            continue
        t_ns = action.start_ns if action.end_ns is None else action.end_ns
        for credential in scene.carried_by(action):
            yield Refusal(action, credential, host_of(action.attributes), t_ns)
