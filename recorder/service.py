"""The recorder of a recording: holds its lock, writes it, and serves its unix socket.

Whoever holds the lock *is* the recorder: a process of its own (`recorder.daemon`), or threads
inside the first agent. Everyone else hands records over through the socket, append only.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from recorder.capture.hook.records import HookReader
from recorder.environment import FLIGHTLOG_DURABILITY
from recorder.errors import RecorderBusyError, RecordingError
from recorder.location import MAX_SOCKET_PATH, lock_path, socket_path
from recorder.model import Record
from recorder.quiet import NO_SIGNAL, be_quiet
from recorder.reader import refuse_special
from recorder.store import Store
from recorder.wire import decode_record, read_frame
from recorder.writer import Writer

__all__ = ["Service", "refuse_network_file_system"]

logger = logging.getLogger(__name__)

ACK_SECONDS = 30.0
NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p"})
MOUNTS = Path("/proc/self/mounts")

# POSIX locks are per process: closing any descriptor of the file drops them, so a second opening in
# the same process has to be refused before it is tried.
_held: set[Path] = set()
_held_lock = threading.Lock()


class Service:
    """A running recorder."""

    def __init__(self, path: Path, lock: int, writer: Writer) -> None:
        self.path = path
        self.pid = os.getpid()
        self._lock = lock
        self._writer = writer
        self._server = _Server(socket_path(path), writer)
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.2},
            name="flightlog-socket",
            daemon=True,
        )

    @classmethod
    def start(cls, path: Path, *, durability: str | None = None) -> Self:
        """Become the recorder of a recording, beginning it where there is no file.

        Raises:
            RecorderBusyError: another process is the recorder.
            RecordingError: the recording cannot be written.
        """
        path = path.absolute()
        refuse_network_file_system(path.parent)
        refuse_special(path)
        with contextlib.ExitStack() as undo:
            lock = _take_lock(path)
            undo.callback(_release_lock, path, lock)
            chosen = durability or os.environ.get(FLIGHTLOG_DURABILITY) or "full"
            try:
                store = Store.open(path, durability=chosen)
                undo.callback(store.close)
                writer = Writer(store)
                service = cls(path, lock, writer)
            except OSError as error:
                reason = error.strerror or error
                raise RecordingError(f"cannot serve {path}: {reason}") from error
            undo.pop_all()
        writer.start()
        service._thread.start()
        return service

    def is_at_work(self) -> bool:
        """Return whether what is handed over is going to be committed."""
        return self._writer.is_alive()

    @property
    def idle_seconds(self) -> float:
        """How long no client has been connected; 0.0 while one is."""
        return self._server.idle_seconds

    def submit(self, record: Record, *, wait: bool = False, timeout_seconds: float = 1.0) -> bool:
        """Hand over a record; with `wait`, return whether it was committed in time."""
        if not wait:
            self._writer.submit(record)
            return True
        answered = threading.Event()
        outcome: list[bool] = []

        def done(committed: bool) -> None:
            outcome.append(committed)
            answered.set()

        self._writer.submit(record, done)
        return answered.wait(timeout_seconds) and outcome[0]

    def submit_fields(self, fields: dict[str, Any], *, wait: bool = False) -> bool:
        """Do as `submit` with a record that is given as its fields (`recorder.wire`)."""
        if wait:
            return self.submit(decode_record(fields), wait=True)
        self._writer.submit_group((fields,))
        return True

    def submit_group(
        self, records: Sequence[Record], done: Callable[[bool], None] | None = None
    ) -> None:
        """Hand over records to be committed together; returns at once and never raises.

        Args:
            records: what was witnessed.
            done: called once from the writer's thread: True when all are committed, False when
                they were spooled or dropped.
        """
        self._writer.submit_group(records, done)

    def stop(self) -> None:
        """Commit everything, sign, close, and let go of the lock."""
        self._server.shutdown()
        self._server.server_close()
        with contextlib.suppress(FileNotFoundError):
            socket_path(self.path).unlink()
        self._writer.stop()
        _release_lock(self.path, self._lock)

    def leave_to_parent(self) -> None:
        """Let go, in a forked child, of what the parent serves with.

        As long as any process holds them, a client of a parent that died would go on talking to
        sockets that nobody reads. Nothing is shut down, and the database is not touched: SQLite's
        connections must not be used, nor closed, across a fork.
        """
        self._server.leave_to_parent()
        with contextlib.suppress(OSError):
            os.close(self._lock)
        _held.discard(self.path)


class _Server(socketserver.ThreadingUnixStreamServer):
    """Takes frames from any number of clients, one thread for each."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, path: Path, writer: Writer) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if len(os.fsencode(path)) > MAX_SOCKET_PATH:
            raise RecordingError(
                f"no recorder can listen for {path.stem}: its path is too long for a socket and"
                f" /tmp/flightlog-{os.getuid()} belongs to somebody else; use a shorter path"
            )
        # Holding the lock, we know that any socket here is left over from a dead recorder.
        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            super().__init__(str(path), _Connection)
        finally:
            os.umask(before)
        self.writer = writer
        self.hooks = HookReader()
        self._accepted: set[socket.socket] = set()
        self._left_at = time.monotonic()

    @property
    def idle_seconds(self) -> float:
        """How long no client has been connected; 0.0 while one is."""
        return 0.0 if self._accepted else time.monotonic() - self._left_at

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a client in a thread of its own."""
        self._accepted.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End a client's connection."""
        self._left_at = time.monotonic()
        self._accepted.discard(request)
        super().shutdown_request(request)

    def leave_to_parent(self) -> None:
        """Close this process's copies of the sockets without shutting the connections down."""
        for held in (self.socket, *self._accepted):
            held.close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Log that a client's connection failed, without anything that it sent."""
        del request, client_address
        logger.warning("a client's connection failed")


class _Connection(socketserver.StreamRequestHandler):
    """One client: frames in, acknowledgements out.

    Frames are read on while earlier ones wait for their commit; the answers come in their order.
    """

    server: _Server

    def setup(self) -> None:
        """Begin with nothing under way."""
        super().setup()
        self._under_way = 0
        self._changed = threading.Condition()

    def handle(self) -> None:
        be_quiet()
        while True:
            try:
                frame = read_frame(self.rfile.read)
            except (ValueError, OSError):
                # Not our protocol or cut off: whatever was whole has been taken.
                break
            if frame is None:
                break
            message, ack = frame
            records = message if isinstance(message, list) else self.server.hooks.read(message)
            self._take(records, ack)
        # The end of the connection says that all of it has been seen to.
        self._settled()

    def _take(self, records: Sequence[Record], ack: int | None) -> None:
        if not records:
            if ack is not None:
                self._answer(ack, self._settled())
            return
        with self._changed:
            self._under_way += 1

        def done(committed: bool) -> None:
            if ack is not None:
                self._answer(ack, committed)
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

        self.server.writer.submit_group(records, done, waits=ack is not None)

    def _answer(self, ack: int, committed: bool) -> None:
        # From the writer's thread: a client that does not read its answers holds nobody up.
        with contextlib.suppress(OSError):
            self.connection.send(b"%d %d\n" % (ack, committed), socket.MSG_DONTWAIT | NO_SIGNAL)

    def _settled(self) -> bool:
        """Wait until nothing is under way; return whether that came in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._under_way, ACK_SECONDS)


def _take_lock(path: Path) -> int:
    lock = lock_path(path)
    with _held_lock:
        if path in _held:
            raise RecorderBusyError(f"this process already is the recorder of {path}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:
            raise RecordingError(
                f"cannot record to {path}: {error.filename} is a file, not a folder"
            ) from error
        except OSError as error:
            raise RecordingError(
                f"cannot record to {path}: its folder cannot be made ({error.strerror})"
            ) from error
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise RecordingError(f"cannot write beside {path}: {error.strerror}") from error
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise RecorderBusyError(
                f"{path} is being recorded by process {holder}; stop it or use another --recording"
            ) from None
        # Only for whoever is told that it is held: a full disk has no room for it.
        with contextlib.suppress(OSError):
            os.truncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        _held.add(path)
        return descriptor


def _release_lock(path: Path, descriptor: int) -> None:
    with _held_lock:
        os.close(descriptor)
        _held.discard(path)


def refuse_network_file_system(folder: Path) -> None:
    """Refuse what SQLite's write-ahead log cannot work on: it needs one machine's shared memory."""
    if not MOUNTS.exists():
        return
    best, kind = "", ""
    for line in MOUNTS.read_text(errors="replace").splitlines():
        _, point, file_system, *_ = line.split(" ")
        is_above = str(folder) == point or str(folder).startswith(point.rstrip("/") + "/")
        if is_above and len(point) >= len(best):
            best, kind = point, file_system
    if kind in NETWORK_FILE_SYSTEMS:
        raise RecordingError(
            f"{folder} is on a network file system ({kind}), where a recording would be damaged; "
            "choose a folder on a local disk with --recording"
        )
