"""Hand records to a recording's recorder, from any process, without ever getting in its way.

Through the recorder's socket while it answers; sealed into the spool while it does not; counted,
and the count reported, when even that fails. What was handed over is held until the recorder has
said that it is committed: what one that died may not have kept goes to the spool too, which leaves
out what is in the recording.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from recorder.aside import SealerAside
from recorder.errors import RecorderUnreachableError, RecordingError
from recorder.location import socket_path, spool_folder
from recorder.model import Kind, Record
from recorder.own_words import gap
from recorder.process import here
from recorder.quiet import NO_SIGNAL
from recorder.sealing import Sealer
from recorder.sealing.aside import sealer_aside
from recorder.spool import Spool
from recorder.wire import (
    MAX_FRAME,
    decode_record,
    encode_fields,
    encode_frame,
    read_frame,
    record_fields,
)

__all__ = ["Client", "connect"]

logger = logging.getLogger(__name__)

REACH_SECONDS = 0.05
"""How long a hand-over may take before the record goes to the spool."""
SEND_BUFFER = 4 * 1024 * 1024
"""Bytes asked of the kernel for a burst that comes faster than it is recorded; it grants less."""
SLOWEST_BYTES_PER_SECOND = 20e6
"""A frame that takes longer than `REACH_SECONDS` at this pace gets that long."""
ACK_SECONDS = 1.0
"""How long `wait` waits for the commit; the record is with the recorder by then in any case."""
GROUP_ACK_SECONDS = 20.0
"""How long a group's commit is waited for: whoever hands over groups must answer for them."""
RETRY_SECONDS = 1.0
ASK_RECORDS = 256
ASK_BYTES = 1024 * 1024
"""After so much that nobody waits for, the recorder is asked whether it is committed."""
MOST_UNSURE = 10_000
"""Records held until they are known to be committed; older ones are let go of, and counted."""


def connect(recording: Path) -> Client:
    """Return a client of the recording's recorder; it connects when it has something to say."""
    return Client(recording)


class Client:
    """A connection to the recorder; safe to share between threads and across a fork."""

    def __init__(self, recording: Path) -> None:
        self._recording = recording.absolute()
        self._begin()

    def _begin(self) -> None:
        self._pid = here.pid
        self._mutex = threading.Lock()
        self._socket: socket.socket | None = None
        self._received = b""
        self._asked = 0
        self._unasked_bytes = 0
        self._unsure: deque[tuple[int, Record | bytes]] = deque()
        """Not known to be committed, with the number whose answer will tell. As its frame where
        that was made of one record: bytes, of which an agent's garbage collector takes no notice.
        """
        self._let_go = 0
        self._not_before = 0.0
        self._dropped = 0
        self._spool: Spool | None = None
        self._sealer: Sealer | None = None

    def reach(self) -> None:
        """Connect now.

        Raises:
            RecorderUnreachableError: no recorder answers.
        """
        with self._mutex:
            try:
                self._connected()
            except OSError as error:
                raise RecorderUnreachableError(
                    f"no recorder answers for {self._recording}"
                ) from error

    def is_connected(self) -> bool:
        """Tell whether the recorder that was reached is still there; does not connect."""
        with self._mutex:
            if self._socket is None:
                return False
            try:
                return bool(self._socket.recv(1, socket.MSG_PEEK))
            except BlockingIOError:
                return True
            except OSError:
                return False

    def submit(self, record: Record, *, wait: bool = False) -> bool:
        """Hand over a record; return whether it arrived (with `wait`: was committed). Never raises.

        Without `wait` the record is in the recorder's hands when this returns: it survives this
        process's death, and power loss once the recorder has committed it.
        """
        return self.submit_fields(record_fields(record), wait=wait)

    def submit_fields(self, fields: dict[str, Any], *, wait: bool = False) -> bool:
        """Do as `submit` with a record that is given as its fields (`recorder.wire`)."""
        if here.pid != self._pid:
            # After a fork the socket and the lock belong to the parent.
            self._begin()
        with self._mutex:
            try:
                return self._send(fields, wait=wait)
            except (OSError, ValueError, TypeError):
                self._give_up((fields,))
                return False

    def submit_group(
        self, records: Sequence[Record], *, timeout_seconds: float = GROUP_ACK_SECONDS
    ) -> bool:
        """Hand over records to be committed together; return whether they were. Never raises.

        Args:
            records: what was witnessed; not more than fit into one frame of `MAX_FRAME` bytes.
            timeout_seconds: how long to wait for the commit.
        """
        if here.pid != self._pid:
            self._begin()
        with self._mutex:
            try:
                return self._send_group(records, timeout_seconds)
            except (OSError, ValueError):
                self._give_up(records)
                return False

    def put_aside(self, records: Sequence[Record]) -> None:
        """Put records into the spool that may have arrived already: whoever takes the spool in
        leaves those out. Never raises.
        """
        if here.pid != self._pid:
            self._begin()
        with self._mutex:
            for record in records:
                self._put_aside(record)

    def close(self) -> None:
        """Close the connection, once what was handed over is committed, in the spool, or late."""
        with self._mutex:
            with contextlib.suppress(OSError, ValueError):
                self._settle()
            self._give_up(())

    def _send(self, fields: dict[str, Any], *, wait: bool) -> bool:
        connection = self._socket or self._connected()
        if self._dropped:
            lost = gap(self._dropped, "the recorder was out of reach and the spool not writable")
            _hand_over(connection, encode_frame(lost, None))
            self._dropped = 0
        unsure, number = self._unsure, self._asked + 1
        asks = (
            wait or len(unsure) % ASK_RECORDS == ASK_RECORDS - 1 or self._unasked_bytes > ASK_BYTES
        )
        frame = encode_fields(fields, number if asks else None)
        if len(frame) > MAX_FRAME:
            lost = gap(
                1, f"a {Kind(fields['kind']).value} record was larger than {MAX_FRAME} bytes"
            )
            _hand_over(connection, encode_frame(lost, None))
            return False
        _hand_over(connection, frame)
        unsure.append((number, frame))
        self._unasked_bytes += len(frame)
        if asks:
            self._asked, self._unasked_bytes = number, 0
            if not wait:
                self._read_answers(connection)
        return self._await_answer(connection) if wait else True

    def _send_group(self, records: Sequence[Record], timeout_seconds: float) -> bool:
        connection = self._connected()
        number = self._asked + 1
        frame = encode_frame(records, number)
        if len(frame) > MAX_FRAME:
            raise ValueError("a group is larger than a frame may be")
        _hand_over(connection, frame, timeout_seconds)
        self._asked, self._unasked_bytes = number, 0
        self._unsure.extend((number, record) for record in records)
        return self._await_answer(connection, timeout_seconds)

    def _settle(self) -> None:
        """Wait until all that was handed over is the recorder's to keep, or for `ACK_SECONDS`."""
        connection = self._socket
        if connection is None or not self._unsure:
            return
        self._asked += 1
        _hand_over(connection, encode_frame((), self._asked))
        if self._await_answer(connection):
            self._unsure.clear()

    def _connected(self) -> socket.socket:
        if self._socket is None:
            if time.monotonic() < self._not_before:
                raise ConnectionRefusedError
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(REACH_SECONDS)
            try:
                connection.connect(str(socket_path(self._recording)))
            except OSError:
                connection.close()
                self._not_before = time.monotonic() + RETRY_SECONDS
                raise
            # Most frames fit into the kernel's buffer: sending them without asking first whether
            # they do saves a third of what a record costs.
            connection.setblocking(False)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            self._socket = connection
            self._received = b""
        return self._socket

    def _await_answer(
        self, connection: socket.socket, timeout_seconds: float = ACK_SECONDS
    ) -> bool:
        deadline = time.monotonic() + timeout_seconds
        while True:
            answer = self._next_answer()
            if answer is not None:
                if answer[0] == self._asked:
                    return answer[1]
                continue
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            connection.settimeout(left)
            try:
                received = connection.recv(4096)
            except TimeoutError:
                return False
            finally:
                connection.setblocking(False)
            if not received:
                raise ConnectionResetError
            self._received += received

    def _read_answers(self, connection: socket.socket) -> None:
        """Take what the recorder has answered meanwhile, without waiting for more."""
        with contextlib.suppress(BlockingIOError):
            received = connection.recv(4096)
            if not received:
                raise ConnectionResetError
            self._received += received
        while self._next_answer() is not None:
            continue
        while len(self._unsure) > MOST_UNSURE:
            self._unsure.popleft()
            self._let_go += 1

    def _next_answer(self) -> tuple[int, bool] | None:
        """Return the number and the outcome of the next answer that has arrived whole."""
        line, newline, rest = self._received.partition(b"\n")
        if not newline:
            return None
        self._received = rest
        number, outcome = line.split()
        asked, committed = int(number), outcome == b"1"
        # A commit speaks for all before it: there is one queue. A failure speaks for itself only.
        while committed and self._unsure and self._unsure[0][0] <= asked:
            self._unsure.popleft()
        return asked, committed

    def _give_up(self, given: Sequence[Record | dict[str, Any]]) -> None:
        """Let go of the recorder; put aside what it may not have kept, and what it did not get."""
        self._disconnect()
        held = [one for _, one in self._unsure]
        self._unsure.clear()
        seen: set[str] = set()
        for one in (*held, *given):
            try:
                record = _as_record(one)
            except ValueError:
                self._dropped += 1
                continue
            if record.id not in seen:
                seen.add(record.id)
                self._put_aside(record)
        if self._let_go:
            self._put_aside(gap(self._let_go, "a recorder died that may not have kept them"))
            self._let_go = 0

    def _disconnect(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
            self._socket = None

    def _put_aside(self, record: Record) -> bool:
        try:
            if self._spool is None or self._sealer is None:
                self._spool = Spool(spool_folder(self._recording))
                self._sealer = self._sealer_aside()
            sealed = self._sealer.seal(record)
            self._spool.append(sealed, secrets=self._sealer.recall.take_new())
        except Exception as error:
            logger.warning("a record is lost (%s); the gap will be recorded", type(error).__name__)
            self._dropped += 1
        return False

    def _sealer_aside(self) -> Sealer:
        """Return a sealer that knows what the recording knows, beginning it where there is none, or
        one with a key of this process alone where it cannot be read: then secrets are sealed all
        the same, but can be neither followed nor found where they stood before.
        """
        try:
            if not self._recording.exists():
                # Loads the cryptography package, which a client otherwise does without.
                from recorder.founding import begin  # noqa: PLC0415

                begin(self._recording)
            aside = SealerAside(self._recording)
        except (RecordingError, OSError, ValueError, sqlite3.Error):
            return sealer_aside(os.urandom(32), "")
        # Not kept open: an agent may fork, and a database must not be used across that.
        aside.close()
        return aside.sealer


def _as_record(one: Record | bytes | dict[str, Any]) -> Record:
    """Return a record that is given as itself, as its fields or as a frame of its own.

    Raises:
        ValueError: it is none.
    """
    if isinstance(one, Record):
        return one
    if isinstance(one, dict):
        return decode_record(one)
    found = read_frame(BytesIO(one).read)
    if found is None or not isinstance(found[0], list):
        raise ValueError("not a record's frame")
    return found[0][0]


def _hand_over(connection: socket.socket, frame: bytes, seconds: float = REACH_SECONDS) -> None:
    """Send a frame whole over a socket that does not block, waiting only where it must.

    Raises:
        OSError: it could not be sent in time; the connection is of no more use.
    """
    try:
        sent = connection.send(frame, NO_SIGNAL)
    except BlockingIOError:
        sent = 0
    if sent == len(frame):
        return
    connection.settimeout(max(seconds, len(frame) / SLOWEST_BYTES_PER_SECOND))
    try:
        connection.sendall(memoryview(frame)[sent:], NO_SIGNAL)
    finally:
        connection.setblocking(False)
