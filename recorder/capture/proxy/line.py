"""The recorder's socket, spoken to from the event loop: no thread, one answer for many records.

Small records are written ahead first: they outlive whatever is killed, so they are gathered for a
moment and the traffic goes on. Large ones are written to the socket before the traffic goes on, or
waited for until they are committed. While one group waits for its commit the next one gathers, so
parallel requests share commits. What a recorder that died or hangs may not have got goes to the
spool, which leaves out what it has.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from recorder.capture.proxy.ahead import LARGEST_BYTES, Ahead
from recorder.model import Record
from recorder.wire import encode_record, join_frame

__all__ = ["DirectLine"]

GROUP_BYTES = 16 * 1024 * 1024
GROUP_RECORDS = 256
MOST_UNWRITTEN = 64 * 1024 * 1024
HANG_SECONDS = 5.0
"""After so long without an answer the recorder counts as gone."""
GATHER_SECONDS = 0.05
"""How long a record that is written ahead waits for others before it is handed over."""
RETRY_SECONDS = 1.0
DRAIN_SECONDS = 5.0


@dataclass(slots=True)
class _Held:
    """A record that is not known to be committed yet."""

    encoded: bytes
    record: Record | None
    """None where it is written ahead."""
    settled: asyncio.Future[None] | None = None
    """Done when it is committed or in the spool; None where nobody waits for it."""


class DirectLine:
    """Hands records over in groups, in order. For one event loop."""

    def __init__(
        self,
        address: Path,
        put_aside: Callable[[Sequence[Record]], Future[None]],
        ahead: Ahead | None = None,
    ) -> None:
        """Begin without a connection.

        Args:
            address: the recorder's socket.
            put_aside: puts records into the spool, in a thread.
            ahead: writes small records ahead.
        """
        self._address = str(address)
        self._put_aside = put_aside
        self._ahead = ahead
        self._socket: socket.socket | None = None
        self._not_before = 0.0
        self._gathered: list[_Held] = []
        """Not sent yet."""
        self._sent: deque[_Held] = deque()
        """Sent, and not known to be committed."""
        self._asked = 0
        """How many of the sent the answer to come speaks for."""
        self._unwritten = bytearray()
        self._hang: asyncio.TimerHandle | None = None
        self._next: asyncio.Handle | None = None
        """Sends, or asks for an answer, or looks for a recorder."""
        self._moved = asyncio.Event()

    def write_ahead(self, record: Record) -> bool:
        """Take a record that outlives everybody when this returns; return False, and take nothing,
        where it cannot be written ahead.
        """
        loop = asyncio.get_running_loop()
        return self._write_ahead(loop, record, encode_record(record))

    def take(self, record: Record) -> bool:
        """Take a record: written ahead, or into the recorder's hands. False where neither goes."""
        loop = asyncio.get_running_loop()
        encoded = encode_record(record)
        if self._write_ahead(loop, record, encoded):
            return True
        if not self._connect(loop):
            return False
        self._gathered.append(_Held(encoded, record))
        self._send(asks=False)
        self._later(loop, GATHER_SECONDS)
        return True

    def take_and_tell(self, record: Record) -> asyncio.Future[None] | None:
        """Take a record; the future is done when it is safe. None where no recorder answers."""
        loop = asyncio.get_running_loop()
        if not self._connect(loop):
            return None
        settled: asyncio.Future[None] = loop.create_future()
        self._gathered.append(_Held(encode_record(record), record, settled))
        # Not at once: what comes up in the same turn of the loop goes together.
        self._later(loop, 0.0)
        return settled

    async def drain(self) -> None:
        """Wait until the recorder has all that was taken, or for `DRAIN_SECONDS`; then let go."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._socket is not None and (self._gathered or self._sent):
                    self._go_on()
                    self._moved.clear()
                    await self._moved.wait()
        self._break()
        if self._next is not None:
            self._next.cancel()
        if self._ahead is not None:
            self._ahead.close()

    def _write_ahead(self, loop: asyncio.AbstractEventLoop, record: Record, encoded: bytes) -> bool:
        if self._ahead is None or len(encoded) > LARGEST_BYTES:
            return False
        is_connected = self._connect(loop)
        if not self._ahead.write(record):
            return False
        if is_connected:
            self._gathered.append(_Held(encoded, None))
        # Without a recorder it is in the spool by now: the one that comes takes it in.
        self._later(loop, GATHER_SECONDS if is_connected else RETRY_SECONDS)
        return True

    def _later(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        """Go on after a moment, or with the next turn of the loop for zero."""
        if seconds and self._next is not None:
            return
        if self._next is not None:
            self._next.cancel()
        self._next = loop.call_later(seconds, self._go_on)

    def _go_on(self) -> None:
        self._next = None
        loop = asyncio.get_running_loop()
        if self._connect(loop):
            if not self._asked:
                self._send(asks=True)
        elif self._ahead is not None:
            # Whoever becomes the recorder gets what was written ahead, also where nothing follows.
            self._later(loop, RETRY_SECONDS)

    def _connect(self, loop: asyncio.AbstractEventLoop) -> bool:
        if self._socket is not None:
            return True
        if loop.time() < self._not_before:
            return False
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            connection.connect(self._address)
        except OSError:
            connection.close()
            self._not_before = loop.time() + RETRY_SECONDS
            return False
        self._socket = connection
        loop.add_reader(connection, self._answered)
        if self._ahead is not None:
            self._ahead.leave()
        return True

    def _send(self, *, asks: bool) -> None:
        """Send what has gathered; with `asks`, the answer speaks for all that was sent."""
        groups = list(_groups(self._gathered)) or ([[]] if asks and self._sent else [])
        self._sent += self._gathered
        self._gathered = []
        for number, group in enumerate(groups, start=1):
            ack = 1 if asks and number == len(groups) else None
            self._unwritten += join_frame([held.encoded for held in group], ack)
        for held in self._sent if asks else ():
            held.encoded = b""
        if asks and self._sent:
            self._asked = len(self._sent)
            self._hang = asyncio.get_running_loop().call_later(HANG_SECONDS, self._break)
        self._write()

    def _write(self) -> None:
        if self._socket is None:
            return
        loop = asyncio.get_running_loop()
        try:
            while self._unwritten:
                del self._unwritten[: self._socket.send(self._unwritten)]
        except BlockingIOError:
            pass
        except OSError:
            self._break()
            return
        if len(self._unwritten) > MOST_UNWRITTEN:
            self._break()
        elif self._unwritten:
            loop.add_writer(self._socket, self._write)
        else:
            loop.remove_writer(self._socket)

    def _answered(self) -> None:
        if self._socket is None:
            return
        try:
            answer = self._socket.recv(64)
        except BlockingIOError:
            return
        except OSError:
            answer = b""
        if not answer:
            self._break()
        elif answer.endswith(b"\n"):
            # Whatever it says, the records are with the recorder: committed, or in its spool.
            self._settle()

    def _settle(self) -> None:
        if self._hang is not None:
            self._hang.cancel()
        settled = [self._sent.popleft() for _ in range(self._asked)]
        self._asked = 0
        if self._ahead is not None:
            self._ahead.committed(sum(held.record is None for held in settled))
        _tell(settled)
        if self._gathered or self._sent:
            is_waited_for = any(held.settled for held in self._gathered)
            self._later(asyncio.get_running_loop(), 0.0 if is_waited_for else GATHER_SECONDS)
        self._moved.set()

    def _break(self) -> None:
        """Let go of the recorder, and put aside what it may not have got."""
        if self._socket is None:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._socket)
        loop.remove_writer(self._socket)
        self._socket.close()
        self._socket = None
        self._not_before = loop.time() + RETRY_SECONDS
        if self._hang is not None:
            self._hang.cancel()
        held = [*self._sent, *self._gathered]
        self._sent.clear()
        self._gathered, self._asked = [], 0
        self._unwritten = bytearray()
        if self._ahead is not None:
            self._ahead.leave()
        if unwritten := [one.record for one in held if one.record is not None]:
            aside = self._put_aside(unwritten)
            asyncio.wrap_future(aside).add_done_callback(lambda _: _tell(held))
        self._moved.set()


def _groups(held: Sequence[_Held]) -> Iterator[list[_Held]]:
    """Yield the records in groups that fit into frames, in order."""
    group: list[_Held] = []
    size = 0
    for one in held:
        size += len(one.encoded)
        if group and (size > GROUP_BYTES or len(group) == GROUP_RECORDS):
            yield group
            group, size = [], len(one.encoded)
        group.append(one)
    if group:
        yield group


def _tell(held: Iterable[_Held]) -> None:
    for one in held:
        if one.settled is not None and not one.settled.done():
            one.settled.set_result(None)
