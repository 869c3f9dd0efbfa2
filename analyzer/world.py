"""What an agent holds, and what is alive, at a moment: the values that `analyzer.state` folds."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.model import ResourceState

__all__ = ["CredentialInHand", "WorldState"]


@dataclass(frozen=True, slots=True)
class CredentialInHand:
    """A credential that the agent holds at a moment."""

    fingerprint: str
    name: str
    scope: str
    first_place: str
    first_action: int
    first_ns: int
    last_use: str
    """Where it was used last up to then; empty when it was not."""
    last_use_action: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldState:
    """What the agent holds and what is alive at a moment; a fold over actions."""

    t_ns: int
    credentials: tuple[CredentialInHand, ...] = ()
    resources: tuple[ResourceState, ...] = ()
    hosts: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    open_actions: tuple[int, ...] = ()
    approvals: int = 0
    tool_calls: int = 0
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    last_human_ns: int | None = None
    """When a person last said or decided anything; None: never."""
    cwd: str = ""
