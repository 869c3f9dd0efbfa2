"""The recorder's socket, spoken to from the event loop: no thread, one answer for many records.

While one group waits for its commit the next one gathers, so parallel requests share commits. What
a recorder that died or hangs may not have got goes to the spool, which leaves out what it has.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from recorder.model import Record
from recorder.wire import encode_record, join_frame

__all__ = ["DirectLine"]

GROUP_BYTES = 16 * 1024 * 1024
GROUP_RECORDS = 256
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
        self._sent: list[_Held] = []
        self._unwritten = memoryview(b"")
        self._hang: asyncio.TimerHandle | None = None
        self._scheduled = False
        self._idle = asyncio.Event()

    def take(self, record: Record) -> bool:
        """Take a record; return False where no recorder answers."""
        return self._take(record, None)

    def take_and_tell(self, record: Record) -> asyncio.Future[None] | None:
        """Take a record; the future is done when it is safe. None where no recorder answers."""
        settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        return settled if self._take(record, settled) else None

    async def drain(self) -> None:
        """Wait until all that was taken is committed, or for `DRAIN_SECONDS`; then let go."""
        if self._socket is None:
            return
        if self._gathered or self._sent:
            self._idle.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), DRAIN_SECONDS)
        self._break()

    def _take(self, record: Record, settled: asyncio.Future[None] | None) -> bool:
        loop = asyncio.get_running_loop()
        if self._socket is None and not self._connect(loop):
            return False
        self._gathered.append(_Held(record, encode_record(record), settled))
        if not self._sent and not self._scheduled:
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

    def _send(self) -> None:
        self._scheduled = False
        if self._socket is None or self._sent or not self._gathered:
            return
        count = size = 0
        for held in self._gathered[:GROUP_RECORDS]:
            size += len(held.encoded)
            if count and size > GROUP_BYTES:
                break
            count += 1
        self._sent, self._gathered = self._gathered[:count], self._gathered[count:]
        self._unwritten = memoryview(join_frame([held.encoded for held in self._sent], 1))
        self._hang = asyncio.get_running_loop().call_later(HANG_SECONDS, self._break)
        self._write()

    def _write(self) -> None:
        if self._socket is None:
            return
        loop = asyncio.get_running_loop()
        try:
            self._unwritten = self._unwritten[self._socket.send(self._unwritten) :]
        except BlockingIOError:
            pass
        except OSError:
            self._break()
            return
        if self._unwritten:
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
        settled, self._sent = self._sent, []
        _tell(settled)
        if self._gathered:
            self._send()
        else:
            self._idle.set()

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
        self._sent, self._gathered, self._unwritten = [], [], memoryview(b"")
        if held:
            aside = self._put_aside([one.record for one in held])
            asyncio.wrap_future(aside).add_done_callback(lambda _: _tell(held))
        self._idle.set()


def _tell(held: Sequence[_Held]) -> None:
    for one in held:
        if one.settled is not None and not one.settled.done():
            one.settled.set_result(None)
