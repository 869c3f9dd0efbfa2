"""What is asked so often on an agent's thread that it must not cost a call of the kernel each time:
this process's id, and ids that nobody else makes. A forked child begins anew.
"""

from __future__ import annotations

import itertools
import os

__all__ = ["fresh_id", "here"]

PREFIX_BYTES = 10
NUMBER_BYTES = 6


class _Here:
    """The process that asks."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Find out who we are."""
        self.pid = os.getpid()
        self.prefix = os.urandom(PREFIX_BYTES).hex()
        self.numbers = itertools.count()


here = _Here()
"""`here.pid` is this process's id, also in a child that was forked."""

os.register_at_fork(after_in_child=here.begin)


def fresh_id() -> str:
    """Return an id of 32 hexadecimal digits that comes only once: what is random in it is the
    process's part. For what need not be guessed against; else `recorder.model.new_id`.
    """
    return here.prefix + next(here.numbers).to_bytes(NUMBER_BYTES).hex()
