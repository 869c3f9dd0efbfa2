"""The recorder's socket, spoken to from the event loop: no thread, one answer for many records.

While one group waits for its commit the next one gathers, so parallel requests share commits. What
nobody waits for is written before the traffic goes on, and is in the recorder's hands from then on:
whatever becomes of this process, an answer that a client has is recorded. What a recorder
that died or hangs may not have got goes to the spool, which leaves out what it has.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from recorder.model import Record
from recorder.wire import encode_record, join_frame

__all__ = ["DirectLine"]

GROUP_BYTES = 16 * 1024 * 1024
GROUP_RECORDS = 256
MOST_UNWRITTEN = 64 * 1024 * 1024
HANG_SECONDS = 5.0
"""After so long without an answer the recorder counts as gone."""
RETRY_SECONDS = 1.0
DRAIN_SECONDS = 5.0


@dataclass(slots=True)
class _Held:
    """A record that is not known to be committed yet."""

    record: Record
    encoded: bytes
    settled: asyncio.Future[None] | None
    """Done when it is committed or in the spool; None where nobody waits for it."""


class DirectLine:
    """Hands records over in groups, in order. For one event loop."""

    def __init__(
        self, address: Path, put_aside: Callable[[Sequence[Record]], Future[None]]
    ) -> None:
        """Begin without a connection.

        Args:
            address: the recorder's socket.
            put_aside: puts records into the spool, in a thread.
        """
        self._address = str(address)
        self._put_aside = put_aside
        self._socket: socket.socket | None = None
        self._not_before = 0.0
        self._gathered: list[_Held] = []
        """Wait for their turn to be sent and answered."""
        self._sent: list[_Held] = []
        """The answer to them is to come."""
        self._unsure: list[_Held] = []
        """Sent without asking for an answer: the next one speaks for them too."""
        self._unwritten = bytearray()
        self._spoken_for = 0
        """How many of the unsure the answer to come speaks for."""
        self._hang: asyncio.TimerHandle | None = None
        self._scheduled = False
        self._is_leaving = False
        self._moved = asyncio.Event()

    def take(self, record: Record) -> bool:
        """Take a record, into the recorder's hands; return False where no recorder answers."""
        return self._take(record, None)

    def take_and_tell(self, record: Record) -> asyncio.Future[None] | None:
        """Take a record; the future is done when it is safe. None where no recorder answers."""
        settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        return settled if self._take(record, settled) else None

    async def drain(self) -> None:
        """Wait until the recorder has all that was taken, or for `DRAIN_SECONDS`; then let go."""
        self._send()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._socket is not None and (self._gathered or self._sent):
                    await self._progress()
                while self._socket is not None and self._unwritten:
                    await self._progress()
                if self._socket is not None:
                    # The recorder reads on to the end, then ends the connection from its side.
                    self._is_leaving = True
                    self._socket.shutdown(socket.SHUT_WR)
                    await self._progress()
        self._break()

    async def _progress(self) -> None:
        self._moved.clear()
        await self._moved.wait()

    def _take(self, record: Record, settled: asyncio.Future[None] | None) -> bool:
        loop = asyncio.get_running_loop()
        if self._socket is None and not self._connect(loop):
            return False
        held = _Held(record, encode_record(record), settled)
        # Now and then one of them is answered for, so that not too many stay unsure.
        if settled is None and len(self._unsure) < GROUP_RECORDS:
            self._send_loose(held)
            return True
        self._gathered.append(held)
        if not self._scheduled:
            # Not at once: what comes up in the same turn of the loop goes together.
            self._scheduled = True
            loop.call_soon(self._send)
        return True

    def _connect(self, loop: asyncio.AbstractEventLoop) -> bool:
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
        return True

    def _send_loose(self, held: _Held) -> None:
        self._unsure.append(held)
        self._unwritten += join_frame([held.encoded], None)
        self._write()

    def _send(self) -> None:
        self._scheduled = False
        if self._socket is None:
            return
        if self._gathered and not self._sent:
            self._sent = next(_groups(self._gathered))
            self._gathered = self._gathered[len(self._sent) :]
            self._spoken_for = len(self._unsure)
            self._unwritten += join_frame([held.encoded for held in self._sent], 1)
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
            self._moved.set()

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
            if self._is_leaving:
                self._unsure = []
            self._break()
        elif answer.endswith(b"\n"):
            # Whatever it says, the records are with the recorder: committed, or in its spool.
            self._settle()

    def _settle(self) -> None:
        if self._hang is not None:
            self._hang.cancel()
        settled, self._sent = self._sent, []
        del self._unsure[: self._spoken_for]
        _tell(settled)
        self._send()
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
        held = [*self._unsure, *self._sent, *self._gathered]
        self._unsure, self._sent, self._gathered = [], [], []
        self._unwritten = bytearray()
        if held:
            aside = self._put_aside([one.record for one in held])
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


def _tell(held: Sequence[_Held]) -> None:
    for one in held:
        if one.settled is not None and not one.settled.done():
            one.settled.set_result(None)
