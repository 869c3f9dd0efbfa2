"""A polite request to end, and a terminal that closes, end the work as Ctrl-C does: cleaned up."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["InterruptedBySignal", "ended_by_signals"]

_ENDING = (signal.SIGTERM, signal.SIGHUP)


class InterruptedBySignal(KeyboardInterrupt):
    """SIGTERM or SIGHUP came."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Raise `InterruptedBySignal` in the main thread when a signal asks to end, once.

    A signal that was ignored before (nohup) stays ignored.
    """
    before = {number: signal.getsignal(number) for number in _ENDING}

    def end(number: int, _frame: object) -> None:
        for other in _ENDING:
            signal.signal(other, signal.SIG_IGN)  # what follows is cleaning up
        raise InterruptedBySignal(number)

    for number, handler in before.items():
        if handler != signal.SIG_IGN:
            signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
