"""A polite request to end, and a terminal that closes, end the work as Ctrl-C does: cleaned up; and
at once while the terminal is lent to another program.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["InterruptedBySignal", "ended_at_once", "ended_by_signals"]

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


@contextmanager
def ended_at_once() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end this process while the screens are suspended, as of old.

    The event loop waits for the pager then, so its own handlers would be heard only afterwards, and
    the screens be drawn once more on a terminal that is gone. Nothing is to be cleaned up: the
    terminal is as it was, and nothing is half written.
    """
    before = {number: signal.getsignal(number) for number in _ENDING}
    for number, handler in before.items():
        if handler != signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    try:
        yield
        if _terminal_is_gone():
            os._exit(128 + signal.SIGHUP)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _terminal_is_gone() -> bool:
    """Tell whether what was a terminal is none any more: a hang-up may have been ignored."""
    try:
        os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1)
    except OSError:
        return True
    return False
