"""The guard's process: answers on a unix socket beside the recording, one question at a time.

`python -m analyzer.guard.serving --recording PATH`. Each question is one frame (a length, then a
hook's payload or JSON), each reply another. One thread: a decision takes a few milliseconds, and
what cannot be read is cut off.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import analyzer.effects.sql_cutting
import analyzer.graphql_documents  # noqa: F401 - loaded now: nobody waits for it at a decision
from analyzer.controls.ruling import Answer
from analyzer.guard.journal import record_of
from analyzer.guard.settings_file import GuardSettings, read_settings
from analyzer.guard.watch import Decided, Watch
from recorder.capture.hook.agents import AGENTS
from recorder.capture.hook.payload import MAGIC, decode_payload
from recorder.capture.hook.records import HookReader
from recorder.capture.hook.refusing import answer_for, event_of, is_readable
from recorder.capture.mcp.nearby import NearbyRecorder
from recorder.client import Client
from recorder.core_dumps import no_core_dump
from recorder.digests import keyed
from recorder.errors import FlightlogError
from recorder.founding import keys_named
from recorder.guarding.hold import DENY, Hold
from recorder.guarding.place import Mode, guard_socket, mode_of, settings_path
from recorder.keys import fingerprint_key
from recorder.model import Record
from recorder.reader import Recording
from recorder.safe_text import safe_text, shorten_seals
from recorder.wire import MAX_FRAME

__all__ = ["Guard", "main", "serve"]

READ_SECONDS = 1.0
IDLE_SECONDS = 600.0
LOOK_SECONDS = 0.5
"""How often it is looked whether to go on."""
READY_SECONDS = 10.0
_LENGTH = struct.Struct("!I")


class Guard:
    """Decides, and records each decision."""

    def __init__(self, path: Path) -> None:
        """Begin.

        Raises:
            FlightlogError: there is no such recording.
        """
        self.path = path
        self._recording = Recording.open(path)
        self._client = Client(path)
        self._chosen = GuardSettings()
        self._stamp: tuple[int, int] = (-1, -1)
        self._trouble = ""
        self._to_note: Record | None = None
        self._refresh()
        self._watch = Watch(self._recording, lambda: self._chosen)
        with keys_named():
            self._key = fingerprint_key(self._recording.meta.log_id, self._recording.meta.keys)[0]

    def close(self) -> None:
        """Let go of recording and recorder."""
        self._client.close()
        self._recording.close()

    def reply(self, question: bytes) -> bytes:
        """Return the reply to a question: for a hook, what it is to print; else JSON.

        The record of the decision waits for `note`: nobody is kept waiting for it.
        """
        self._refresh()
        if question.startswith(MAGIC):
            return self._to_hook(question)
        value = json.loads(question)
        if "hello" in value:
            return b"{}"
        decided = self._decided(str(value["record"]))
        document = {"answer": decided.answer.value, "reason": decided.reason}
        return json.dumps({**document, "safer": decided.safer}).encode()

    def note(self) -> None:
        """Hand over the record of the decision that was replied with."""
        if self._to_note is not None:
            self._client.submit(self._to_note)
            self._to_note = None

    def _to_hook(self, frame: bytes) -> bytes:
        payload = decode_payload(frame)
        agent = AGENTS.get(payload.agent)
        if agent is None or not agent.holding(event_of(payload), Hold(DENY, "")):
            return b""
        if is_readable(payload):
            records = HookReader(pairs=False).read(payload)
            decided = self._decided(records[0].id)
        else:
            decided = cannot("what the hook was told cannot be read")
            self._to_note = record_of(decided, self._mode, 0.0)
        if decided.answer is Answer.ALLOW or self._mode is not Mode.ENFORCE:
            return b""
        shown = [shorten_seals(safe_text(t)) for t in (decided.reason, decided.safer)]
        return answer_for(payload, Hold(decided.answer.value, *shown))

    def _decided(self, record_id: str) -> Decided:
        began = time.perf_counter()
        decided = self._decision(record_id)
        took = (time.perf_counter() - began) * 1000
        self._to_note = record_of(decided, self._mode, took)
        return decided

    def _decision(self, record_id: str) -> Decided:
        if self._trouble:
            return Decided(Answer.DENY, f"flightlog guard: {self._trouble}", "mend the settings")
        try:
            return self._watch.decide(keyed(record_id, self._key))
        # Whatever goes wrong: what cannot be decided is not let run.
        except Exception as error:
            why = str(error) if isinstance(error, LookupError) else type(error).__name__
            return cannot(why)

    @property
    def _mode(self) -> Mode:
        return Mode.ENFORCE if self._trouble else self._chosen.mode

    def _refresh(self) -> None:
        """Read the settings again where they have changed."""
        try:
            found = settings_path(self.path).stat()
            stamp = (found.st_mtime_ns, found.st_ino)
        except OSError:
            stamp = (0, 0)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._chosen, self._trouble = read_settings(self.path), ""
        except FlightlogError as error:
            self._trouble = str(error) if mode_of(self.path) is Mode.ENFORCE else ""


def cannot(why: str) -> Decided:
    """Return the denial of what cannot be decided."""
    reason = f"flightlog guard cannot decide ({why}), so it denies."
    return Decided(Answer.DENY, reason, "try again")


def serve(path: Path, *, until_idle: bool = False, stop: threading.Event | None = None) -> None:
    """Answer questions about a recording until told to stop.

    Args:
        path: the recording; begun where there is none, with a recorder where nobody else is it.
        until_idle: end after `IDLE_SECONDS` without a question, and when the settings are gone.
        stop: set from another thread to end.

    Raises:
        FlightlogError: another guard answers already, or the socket cannot be made.
    """
    stop = stop or threading.Event()
    ready = threading.Event()
    with _alone(path):
        nearby = NearbyRecorder(path, ready.set, _complain)
        try:
            ready.wait(READY_SECONDS)
            _answer(path, stop, until_idle=until_idle)
        finally:
            nearby.stop()


def _complain(why: str) -> None:
    sys.stderr.write(f"flightlog: the guard runs on, nothing is recorded: {why}\n")


def _answer(path: Path, stop: threading.Event, *, until_idle: bool) -> None:
    guard = Guard(path)
    try:
        with _listening(path) as server:
            sys.stdout.write(json.dumps({"recording": str(path), "pid": os.getpid()}) + "\n")
            sys.stdout.flush()
            last = time.monotonic()
            while not stop.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    gone = not settings_path(path).exists()
                    if until_idle and (gone or time.monotonic() - last > IDLE_SECONDS):
                        return
                    continue
                last = time.monotonic()
                # Whatever is asked: who gets no answer denies, and others go on asking.
                with connection, contextlib.suppress(Exception):
                    connection.settimeout(READ_SECONDS)
                    reply = guard.reply(_read(connection))
                    connection.sendall(_LENGTH.pack(len(reply)) + reply)
                guard.note()
    finally:
        guard.close()


def _read(connection: socket.socket) -> bytes:
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    if length > MAX_FRAME:
        raise ValueError("a question that long is none")
    return _exactly(connection, length)


def _exactly(connection: socket.socket, size: int) -> bytes:
    pieces = bytearray()
    while len(pieces) < size:
        piece = connection.recv(min(size - len(pieces), 1 << 16))
        if not piece:
            raise ConnectionResetError
        pieces += piece
    return bytes(pieces)


@contextlib.contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    address = guard_socket(path)
    address.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    address.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.bind(str(address))
    except OSError as error:
        raise FlightlogError(f"the guard cannot listen at {address}: {error.strerror}") from error
    finally:
        os.umask(before)
    with server:
        server.listen(128)
        server.settimeout(LOOK_SECONDS)
        try:
            yield server
        finally:
            address.unlink(missing_ok=True)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock of the one guard that a recording has.

    Raises:
        FlightlogError: another one has it.
    """
    lock = path.with_name(path.name + ".guard.lock")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise FlightlogError(f"the guard cannot write beside {path}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise FlightlogError(f"{path} has a guard already") from None
    finally:
        os.close(descriptor)


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; end with 2 where it cannot."""
    parser = argparse.ArgumentParser(prog="python -m analyzer.guard.serving", description=__doc__)
    parser.add_argument("--recording", type=Path, required=True, metavar="PATH")
    parser.add_argument("--until-idle", action="store_true")
    options = parser.parse_args(arguments)
    no_core_dump()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        serve(options.recording.absolute(), until_idle=options.until_idle, stop=stop)
    except FlightlogError as error:
        sys.stderr.write(f"Error: {error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
