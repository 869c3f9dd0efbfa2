"""What an agent holds, and what is alive, at a moment: the values that `analyzer.state` folds."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.model import ResourceState
from analyzer.testimony import Presence

__all__ = ["Approval", "CredentialInHand", "Touch", "WorldState"]


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
    last_use_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Touch:
    """The first time that a file was read or written, or a host was spoken to."""

    name: str
    action: int
    t_ns: int
    is_write: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A permission: asked for, given or denied, and the call that it let through."""

    action: int
    """The action that tells of it."""
    subject: str
    decision: str
    """`requested` while nobody has answered; else the witness's own label."""
    by: str
    presence: Presence | None
    """Whether a person was there, as an estimate; None where nothing is told of it."""
    used_by: int | None = None
    """The call that began with it; None while none has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldState:
    """What the agent holds and what is alive at a moment; a fold over actions."""

    t_ns: int
    credentials: tuple[CredentialInHand, ...] = ()
    resources: tuple[ResourceState, ...] = ()
    contacted: tuple[Touch, ...] = ()
    """Hosts, in order of their first contact."""
    touched: tuple[Touch, ...] = ()
    """Files that were read or written, in order of the first time."""
    written: tuple[Touch, ...] = ()
    """Those that were written, in order of the first time."""
    open_actions: tuple[int, ...] = ()
    approvals: int = 0
    """How many were given."""
    pending: tuple[Approval, ...] = ()
    """Permissions asked for, given or denied whose call has not begun."""
    settled: tuple[Approval, ...] = ()
    """Those that were used or denied with their call, or never answered; the newest is last."""
    tool_calls: int = 0
    """How many were begun, the denied among them."""
    denied_calls: int = 0
    """How many of them were denied, and so never ran."""
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0
    """What model calls cost, as far as their source told."""
    last_human_ns: int | None = None
    """When a person last said or decided anything; None: never."""
    last_human_action: int | None = None
    cwd: str = ""
    cwd_action: int | None = None
    """The action that tells it; None where the session's start does."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts' names."""
        return tuple(touch.name for touch in self.contacted)

    @property
    def files(self) -> tuple[str, ...]:
        """The files' paths."""
        return tuple(touch.name for touch in self.touched)
