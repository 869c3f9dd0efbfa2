"""Asks a guard about each request before it goes upstream, where a person has set one up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mitmproxy import http

from recorder.guarding.ask import ask_about
from recorder.guarding.hold import Hold, cannot_decide
from recorder.guarding.place import Mode, mode_of
from recorder.model import Record

__all__ = ["Gate", "deny"]

WAITERS = 8
HEADER = "x-flightlog-guard"


class Gate:
    """The way to a recording's guard, from the event loop."""

    def __init__(
        self, recording: Path, ask: Callable[[Path, str], Hold | None] = ask_about
    ) -> None:
        """Begin for one recording; `ask` is for tests of what asks."""
        self._recording = recording
        self._ask = ask
        self._threads = ThreadPoolExecutor(WAITERS, thread_name_prefix="flightlog-guard")

    @property
    def mode(self) -> Mode:
        """What the guard's settings ask for now."""
        return mode_of(self._recording)

    def in_doubt(self, why: str) -> Hold | None:
        """Return the denial of what cannot be asked about, where the guard enforces."""
        return cannot_decide(why) if self.mode is Mode.ENFORCE else None

    async def hold_of(self, record: Record) -> Hold | None:
        """Return what holds a request back whose record is committed; None: it may go on."""
        if self.mode is Mode.OFF:
            return None
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._ask, self._recording, record.id)


def deny(flow: http.HTTPFlow, hold: Hold) -> None:
    """Answer a request in the server's place; one that streams is cut off instead.

    403 as https://www.rfc-editor.org/rfc/rfc9110#section-15.5.4 has it, with the reason as JSON,
    in GraphQL's form too, so that a client that reads no status shows it.
    """
    if flow.request.stream:
        flow.kill()  # type: ignore[no-untyped-call] # mitmproxy's own
        return
    body = {"error": hold.denial, "errors": [{"message": hold.denial}]}
    flow.response = http.Response.make(
        403,
        json.dumps(body).encode(),
        {"content-type": "application/json", HEADER: hold.answer},
    )
