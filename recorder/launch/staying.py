"""Processes that outlive the command keep what records them: a forked copy of `run` stays for them.

Their environment names the run's proxy and receiver, and would lead nowhere. The copy holds those
alive, by their standard inputs, and follows the processes; it ends with the last of them. It is in
a session of its own, with nothing open of the caller's, so nobody waits for it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from recorder.launch.processes import ProcessWatch

__all__ = ["stay_behind"]


def stay_behind(watch: ProcessWatch, clean_up: Callable[[], None]) -> None:
    """Return in the caller at once; in a copy of it, follow what lives on, clean up, and end.

    Args:
        watch: has processes that live on, and no thread; nor has the caller another one.
        clean_up: removes what the processes no longer need.
    """
    if os.fork():
        return
    try:
        _leave_the_caller()
        watch.follow()
        clean_up()
    finally:
        # Not `sys.exit`: the copy must run nothing of what the original still has to do.
        os._exit(0)


def _leave_the_caller() -> None:
    os.setsid()
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
    # The original takes its signals one by one; the copy ends by them, and what it holds with it.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
