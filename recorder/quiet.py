"""What works for the recorder inside an agent goes unnoticed there: its threads and what they send.

A library that hands over a record may open files and sockets or use what is instrumented. Were
that recorded in turn, recording would set itself off without end.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["NO_SIGNAL", "be_quiet", "quiet", "quietly"]


NO_SIGNAL = getattr(socket, "MSG_NOSIGNAL", 0)
"""How to send from an agent's process: it may have set SIGPIPE to end it, as commands for pipes do,
and must not end because whoever it sends to has."""


class _Quiet(threading.local):
    now = False


quiet = _Quiet()
"""`quiet.now` is true in a thread that works for the recorder."""


def be_quiet() -> None:
    """Say that the calling thread is the recorder's, for as long as it lives."""
    quiet.now = True


@contextmanager
def quietly() -> Iterator[None]:
    """Work for the recorder inside."""
    before, quiet.now = quiet.now, True
    try:
        yield
    finally:
        quiet.now = before
