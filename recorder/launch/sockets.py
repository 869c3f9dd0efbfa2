"""TCP connections of a run that go past its proxy, told by its processes' open sockets (Linux).

Looked at every 50 ms: a connection that is shorter may be missed, so what is counted is a lower
bound. The kernel's table of connections, which costs milliseconds to read, is read when a process
has a socket that was not there before. What was opened from outside is no connection of the run's.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Past", "SocketWatch"]

LOOK_SECONDS = 0.05
MOST_SHARE = 20
"""A look that took T of CPU is followed by a pause of at least this many T."""
SOCKET_LOOKS = 3
"""How often a new socket is looked up: it may not be connected yet, or never be one of TCP."""
MOST_TOLD = 1000
"""Connections that are told one by one; more are counted."""
_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_ESTABLISHED, _CONNECTING, _LISTENING = b"01", b"02", b"0A"


@dataclass(frozen=True, slots=True)
class Past:
    """A connection that went past the proxy."""

    host: str
    """The address that it goes to: names are not told to the kernel."""
    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class _Row:
    inode: str
    host: str
    port: int


class SocketWatch:
    """Looks for connections of the run's processes, in a thread of its own."""

    def __init__(
        self,
        found: Callable[[Past], None],
        pids: Callable[[], Iterable[int]],
        ours: Callable[[str, int], bool],
    ) -> None:
        """Prepare to watch; nothing is looked at yet.

        Args:
            found: called in the watching thread for each connection, `MOST_TOLD` times at most.
            pids: processes of the run that live.
            ours: tells whether an address and port are the run's own proxy's or receiver's.
        """
        self._found = found
        self._pids = pids
        self._ours = ours
        self._known: dict[str, int] = {}
        """A socket's inode -> how often it will still be looked up."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flightlog-sockets", daemon=True)
        self.servers: dict[tuple[str, int], int] = {}
        """Address and port -> connections seen."""

    def start(self) -> None:
        """Begin to look."""
        if sys.platform == "linux":
            self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        pause = LOOK_SECONDS
        while not self._stop.wait(pause):
            began = time.thread_time()
            self._look()
            pause = max(LOOK_SECONDS, MOST_SHARE * (time.thread_time() - began))

    def _look(self) -> None:
        owners = dict(_sockets(self._pids()))
        self._known = {inode: left for inode, left in self._known.items() if inode in owners}
        wanted = {inode for inode in owners if self._known.setdefault(inode, SOCKET_LOOKS)}
        if not wanted:
            return
        rows = {row.inode: row for row in _outgoing()}
        for inode in wanted:
            self._known[inode] -= 1
            if inode in rows:
                self._known[inode] = 0
                self._tell(rows[inode], owners[inode])

    def _tell(self, row: _Row, pid: int) -> None:
        if self._ours(row.host, row.port):
            return
        server = row.host, row.port
        self.servers[server] = self.servers.get(server, 0) + 1
        if sum(self.servers.values()) <= MOST_TOLD:
            self._found(Past(row.host, row.port, pid))


def _outgoing() -> Iterator[_Row]:
    """Yield connections that were opened from this machine, proc(5)."""
    listening: set[int] = set()
    rows = []
    for table in _TABLES:
        try:
            lines = Path(table).read_bytes().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTENING:
                listening.add(int(fields[1].rpartition(b":")[2], 16))
            elif fields[3] in {_ESTABLISHED, _CONNECTING} and fields[9] != b"0":
                rows.append(fields)
    for fields in rows:
        local_port = int(fields[1].rpartition(b":")[2], 16)
        if local_port not in listening:
            address, _, port = fields[2].partition(b":")
            yield _Row(fields[9].decode(), _host(address), int(port, 16))


def _host(address: bytes) -> str:
    """Return an address of the table as text: words of four bytes in the machine's order."""
    raw = bytes.fromhex(address.decode("ascii"))
    words = [raw[at : at + 4] for at in range(0, len(raw), 4)]
    if sys.byteorder == "little":
        words = [word[::-1] for word in words]
    packed = b"".join(words)
    if len(packed) == 16 and packed.startswith(bytes(10) + b"\xff\xff"):
        packed = packed[12:]
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)


def _sockets(pids: Iterable[int]) -> Iterator[tuple[str, int]]:
    """Yield the inode of each socket of some processes, with the process."""
    for pid in pids:
        try:
            with os.scandir(f"/proc/{pid}/fd") as entries:
                links = [_link(entry.path) for entry in entries]
        except OSError:
            continue
        for link in links:
            if link.startswith("socket:["):
                yield link.removeprefix("socket:[").removesuffix("]"), pid


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""
