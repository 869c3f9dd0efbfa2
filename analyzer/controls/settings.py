"""What a person may set of the controls; every one has a default that needs no setting."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Settings"]

SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Limits and lists."""

    hosts: tuple[str, ...] = ()
    """Hosts that data may be sent to, beside those a person named; `*.example.com` for all below.
    With none, a host counts as known once the session has spoken to it before any secret was read.
    """
    roots: tuple[str, ...] = ()
    """Folders that may be changed, beside the working folder and the temporary one."""
    reaction_ns: int = 15 * SECOND
    """What a person needs to react: from a credential's being found to a destruction with it."""
    burst: int = 3
    """So many harmful deeds within `burst_ns` are too many."""
    burst_ns: int = 10 * SECOND
    approval_ns: int = 600 * SECOND
    """An approval older than this binds nothing any more."""
