"""Signals that tell a process to finish, while its event loop runs and after."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["stopped_by_signals"]

_NUMBERS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stopped_by_signals(stop: Callable[[], object]) -> Iterator[None]:
    """Call `stop` in the running loop when SIGTERM or SIGINT comes; from then on neither counts.

    asyncio's own handlers end with their loop, and what a signal does by itself would then kill a
    process that cleans up: whoever launched it closes its input and sends SIGTERM right behind.
    Only for the main thread, in what its loop runs.
    """
    loop = asyncio.get_running_loop()

    def told(*_: object) -> None:
        loop.call_soon_threadsafe(stop)

    for number in _NUMBERS:
        signal.signal(number, told)
    try:
        yield
    finally:
        for number in _NUMBERS:
            signal.signal(number, _nothing)


def _nothing(*_: object) -> None:
    """Do nothing: the process is about to end."""
