"""A receiver as what a process does: until SIGTERM, Ctrl-C, or another reason to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import Callable

from recorder.capture.otlp.server import Endpoint, Settings, serve
from recorder.core_dumps import no_core_dump

__all__ = ["run"]

GATHERED_OBJECTS = 20_000
"""Objects that may be made before those in circles are looked for."""


def run(
    settings: Settings,
    ready: Callable[[Endpoint], None],
    *,
    also_stop: Callable[[Callable[[], None]], None] | None = None,
) -> None:
    """Receive until a signal comes; returns when all that was acknowledged is committed.

    Args:
        settings: where and for whom.
        ready: called once both transports take requests.
        also_stop: is given a function that stops the receiver, to call from any thread.

    Raises:
        FlightlogError: the receiver cannot start.
    """

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)

        def stop_from_any_thread() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                loop.call_soon_threadsafe(stop.set)

        if also_stop is not None:
            also_stop(stop_from_any_thread)
        await serve(settings, stop, ready)

    no_core_dump()
    # A request's spans are thousands of objects that live until its commit, and no circles: to look
    # for those among them, every 2,000 as is the interpreter's habit, costs 2 µs a span.
    gc.set_threshold(GATHERED_OBJECTS)
    asyncio.run(main())
