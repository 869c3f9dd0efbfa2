"""A process of ours that crashes leaves no image of its memory: what it has not sealed yet stands
there in the clear.
"""

from __future__ import annotations

import contextlib
import resource

__all__ = ["no_core_dump"]

LEAST = 1
"""Bytes. Less than any image has; and Linux hands none to a program that collects them (`|` in
`core_pattern`) for exactly this limit, where for 0 it does."""


def no_core_dump() -> None:
    """Ask for none from now on.

    For processes that are ours alone, and after a user's command has been started: children inherit
    it. What a person allowed at most stays, so that whoever needs an image can raise it again.
    """
    most = resource.getrlimit(resource.RLIMIT_CORE)[1]
    least = LEAST if most == resource.RLIM_INFINITY else min(LEAST, most)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (least, most))
