"""Ask a recording's guard about a record that is committed: may the action go on?"""

from __future__ import annotations

import json
import socket
import struct
from pathlib import Path

from recorder.guarding.hold import Hold, cannot_decide, read_reply
from recorder.guarding.place import Mode, guard_socket, mode_of

__all__ = ["ask_about", "exchange"]

PATIENCE_SECONDS = 3.0
"""The longest that an action waits for an answer; then it is denied."""
MAX_REPLY = 1_000_000
_LENGTH = struct.Struct("!I")


def ask_about(recording: Path, record_id: str) -> Hold | None:
    """Return what holds an action back whose record was just handed over; None: it may go on.

    Never raises. Where a guard enforces and does not answer, the action is denied.
    """
    mode = mode_of(recording)
    if mode is Mode.OFF:
        return None
    question = json.dumps({"record": record_id}).encode()
    if mode is Mode.OBSERVE:
        _tell(recording, question)
        return None
    try:
        return read_reply(_asked(recording, question))
    except (OSError, ValueError) as error:
        return cannot_decide(type(error).__name__)


def exchange(address: Path, question: bytes, patience_seconds: float) -> bytes:
    """Send one question to a guard and return its reply.

    Raises:
        OSError: it does not answer, or not in time.
        ValueError: it answers something else.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(patience_seconds)
        connection.connect(str(address))
        connection.sendall(_LENGTH.pack(len(question)) + question)
        (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
        if length > MAX_REPLY:
            raise ValueError("a reply that long is no guard's")
        return _exactly(connection, length)


def _asked(recording: Path, question: bytes) -> bytes:
    address = guard_socket(recording)
    try:
        return exchange(address, question, PATIENCE_SECONDS)
    except (FileNotFoundError, ConnectionRefusedError):
        from recorder.guarding.starting import start_guard  # noqa: PLC0415 - loaded when needed

        start_guard(recording)
        return exchange(address, question, PATIENCE_SECONDS)


def _tell(recording: Path, question: bytes) -> None:
    """Hand a question over and wait for nothing."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(0.05)
            connection.connect(str(guard_socket(recording)))
            connection.sendall(_LENGTH.pack(len(question)) + question)
    except OSError:
        return  # whoever only observes changes nothing, its own absence included


def _exactly(connection: socket.socket, size: int) -> bytes:
    pieces, left = [], size
    while left:
        piece = connection.recv(min(left, 65536))
        if not piece:
            raise ConnectionResetError
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
