"""What a receiver takes at once, and who is told to come back later."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

__all__ = ["Admission", "Limits", "OverloadedError", "TooLargeError"]

MIB = 1024 * 1024
RETRY_SECONDS = 2
"""After how long a client that was refused should come again."""
REMEMBERED_SECONDS = 4.0
"""After so many seconds of committing, what was measured before counts half: the pace of late is
what tells how long the next commit takes."""
SUPPOSED_BYTES_PER_SECOND = 2 * MIB
SUPPOSED_SECONDS = 0.25
"""The pace that is assumed until one is measured, and for how long it counts as measured."""
FEW = 2
"""Requests that are let in however slow it goes."""


class OverloadedError(Exception):
    """More is under way than the receiver takes at once; the client should come again."""


class TooLargeError(Exception):
    """A request's body is larger than the receiver takes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what clients can make a receiver hold. Bytes and seconds."""

    body_bytes: int = 16 * MIB
    """Of a body as it is sent, and of it when it is decompressed."""
    json_bytes: int = 8 * MIB
    """Of a JSON body when it is decompressed: parsed, it takes many times as much."""
    in_flight: int = 64
    """Requests whose answer is not given yet."""
    in_flight_bytes: int = 48 * MIB
    connections: int = 256
    waiting_bytes: int = 4 * MIB
    """Of spans and log records that wait for their commit; what is more waits for its turn."""
    patience_seconds: float = 1.5
    """How long what is let in may be expected to wait: exporters give up after a few seconds more,
    and send again what is on its way to the recording then."""
    header_seconds: float = 10.0
    body_seconds: float = 30.0
    idle_seconds: float = 75.0


class Pace:
    """How fast what waits is committed, of late."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._under_way = 0
        self._since = 0.0
        self._busy_seconds = SUPPOSED_SECONDS
        self._bytes = SUPPOSED_SECONDS * SUPPOSED_BYTES_PER_SECOND
        self.is_known = False
        """Something was committed; until then the pace is supposed."""

    def begin(self) -> None:
        """Something waits for its commit."""
        if not self._under_way:
            self._since = self._clock()
        self._under_way += 1

    def end(self, number: int) -> None:
        """So many bytes are committed."""
        self.is_known = True
        now = self._clock()
        self._busy_seconds += now - self._since
        self._since = now
        self._under_way -= 1
        self._bytes += number
        if self._busy_seconds > REMEMBERED_SECONDS:
            self._busy_seconds /= 2
            self._bytes /= 2

    def seconds_for(self, number: int) -> float:
        """Return how long so many bytes are expected to take."""
        lasts = self._clock() - self._since if self._under_way else 0.0
        return number * (self._busy_seconds + lasts) / self._bytes


class Admission:
    """Counts what is under way. For one event loop."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing under way."""
        self._limits = limits
        self._pace = Pace(clock)
        self._requests = self._bytes = self._waiting = 0
        self._room = asyncio.Condition()
        self._idle = asyncio.Event()
        self._idle.set()
        self.refused = 0
        """Requests that were told to come again, since this was last set to 0."""

    async def until_idle(self) -> None:
        """Wait until no request is under way."""
        await self._idle.wait()

    def enter(self) -> Ticket:
        """Let a request in.

        Raises:
            OverloadedError: there is no room for it.
        """
        full = self._requests >= self._limits.in_flight
        full = full or self._bytes >= self._limits.in_flight_bytes
        if full or (self._requests >= FEW and self._takes_long(self._bytes)):
            self.refused += 1
            raise OverloadedError
        self._requests += 1
        self._idle.clear()
        return Ticket(self)

    def hold(self, number: int) -> None:
        """Count bytes that a request holds; a negative number lets go of them.

        Raises:
            OverloadedError: there is no room for them.
        """
        after = self._bytes + number
        if number > 0:
            # Many may have been let in before anybody's body was read.
            waits = self._requests > FEW and self._takes_long(after)
            if waits or after > self._limits.in_flight_bytes:
                self.refused += 1
                raise OverloadedError
        self._bytes = after

    def _takes_long(self, number: int) -> bool:
        return self._pace.seconds_for(number) > self._limits.patience_seconds

    def leave(self) -> None:
        """Count a request as answered."""
        self._requests -= 1
        if not self._requests:
            self._idle.set()

    @asynccontextmanager
    async def turn(self, number: int, *, is_begun: bool = False) -> AsyncIterator[None]:
        """Wait until so many bytes may wait for their commit, and count them meanwhile.

        Args:
            number: bytes.
            is_begun: part of the request is committed: the rest is waited for however long it
                takes, or its client would send all of it again.

        Raises:
            OverloadedError: others take longer than was expected when this was let in.
        """
        async with self._room:
            await self._wait_for_room(number, is_begun=is_begun)
            self._waiting += number
        self._pace.begin()
        try:
            yield
        finally:
            self._pace.end(number)
            async with self._room:
                self._waiting -= number
                self._room.notify_all()

    async def _wait_for_room(self, number: int, *, is_begun: bool) -> None:
        def has_room() -> bool:
            after = self._waiting + number
            return not self._waiting or (
                # One alone tells the pace, before more are let on their way to the recording.
                self._pace.is_known
                and after <= self._limits.waiting_bytes
                and not self._takes_long(after)
            )

        if not is_begun:
            try:
                async with asyncio.timeout(self._limits.patience_seconds):
                    await self._room.wait_for(has_room)
                return
            except TimeoutError:
                if self._requests > FEW:
                    self.refused += 1
                    raise OverloadedError from None
        await self._room.wait_for(has_room)


class Ticket:
    """A request under way. A context manager: leaving it makes room."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._held = 0

    def hold(self, number: int) -> None:
        """Count more bytes that the request holds.

        Raises:
            OverloadedError: there is no room for them.
        """
        self._admission.hold(number)
        self._held += number

    def __enter__(self) -> Ticket:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._admission.hold(-self._held)
        self._admission.leave()
