"""The processes of a run: start and end of each, without privileges.

Linux: this process is made the reaper of orphaned descendants, so that the tree stays whole, and
`/proc` is looked through every 10 ms, but only when the kernel has started anything since. A pidfd
tells the moment of the end, and (Linux 6.15) the exit code even of other processes' children.

Missed: a process that lives less than the interval and whose parent reaps it; what a process
executes (`exec`) later than `YOUNG_SECONDS` after its start. Elsewhere than on Linux nothing but
the run itself is recorded.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["ProcessWatch", "Seen", "adopt_orphans"]

LOOK_SECONDS = 0.01
MOST_SHARE = 20
"""A look that took T is followed by a pause of at least this many T."""
GRACE_SECONDS = 0.3
"""How long processes may take to end after the command."""
SETTLE_LOOKS = 3
"""How often a process is looked at again while it still has its parent's command line (forked and
not yet executing anything else)."""
YOUNG_SECONDS = 2.0
"""How long a process's command line is looked at again, for what it executes."""
MAX_FOLLOWED = 4096
"""Processes that are followed at the same time; more are counted."""
PIDFD_SHARE = 2
"""One in so many of the files that this process may have open is a pidfd at most: without room for
another one nothing in `/proc` could be read. A process without a pidfd is looked up there."""
MAX_ARGV_BYTES = 64 * 1024
PR_SET_CHILD_SUBREAPER = 36
PIDFD_GET_INFO = (3 << 30) | (64 << 16) | (0xFF << 8) | 11
"""linux/pidfd.h: `_IOWR(0xFF, 11, struct pidfd_info)`, first published form of 64 bytes."""
PIDFD_INFO_EXIT = 1 << 3
_EXIT_CODE = struct.Struct("=QQ11Ii")
_MASK = struct.Struct("=Q56x")
_HZ = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Seen:
    """One process of the run."""

    pid: int
    ppid: int
    ticks: int
    """Its start in clock ticks since boot; with the pid it names the process uniquely."""
    start_ns: int
    """Start (ns since the epoch); the kernel tells it in steps of a clock tick, mostly 10 ms."""
    name: str
    """The kernel's name of it: 15 bytes of the executable's name."""
    argv: list[str] = field(default_factory=list)
    cwd: str = ""
    looks: int = 0
    pidfd: int = -1

    @property
    def ref(self) -> str:
        """Id under which its start and its end are recorded."""
        return f"process:{self.pid}:{self.ticks}"


def adopt_orphans() -> bool:
    """Become the parent of descendants whose own parent ends; return whether the system can."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


class ProcessWatch:
    """Follows a process and all that it starts, in a thread of its own."""

    def __init__(
        self,
        started: Callable[[Seen], None],
        executed: Callable[[Seen], None],
        ended: Callable[[Seen, int, int | None], None],
        ours: Callable[[], set[int]],
    ) -> None:
        """Prepare to watch; nothing is looked at yet.

        Args:
            started: called in the watching thread when a process is seen first.
            executed: called when one is seen to have another command line than it began with.
            ended: called when it ended: the process, the time (ns) and its raw wait status, None
                where the system does not tell.
            ours: ids of processes that this process started for itself.
        """
        self._started = started
        self._executed = executed
        self._ended = ended
        self._ours = ours
        self._seen: dict[int, Seen] = {}
        self._others: set[int] = set()
        self._fresh: list[Seen] = []
        self._young: list[Seen] = []
        self._status: dict[int, int] = {}
        self._last_fork = ""
        self._forks = 0
        self._pidfds = 0
        self._most_pidfds = _files_allowed() // PIDFD_SHARE
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.gate = threading.Lock()
        """Held while this process starts one for itself, until `ours` knows it."""
        self._thread = threading.Thread(target=self._run, name="flightlog-processes", daemon=True)
        self.leader = 0
        """The run's own command, which somebody else waits for."""
        self.seen = 0
        """Processes seen so far."""
        self.unfollowed = 0
        """Processes beyond `MAX_FOLLOWED`, not recorded."""

    def start(self) -> None:
        """Take what runs already for strangers and begin to look."""
        if sys.platform == "linux":
            self._others = _pids()
            self._forks = _forks()
            self._thread.start()

    def pids(self) -> list[int]:
        """Return the processes of the run that are followed now."""
        with self._lock:
            return list(self._seen)

    def perhaps_missed(self) -> str:
        """Return what is known of processes that ended before they were looked at; empty when none
        can have.
        """
        started = _forks() - self._forks
        if sys.platform != "linux" or started <= self.seen:
            return ""
        return (
            f"processes that lived shorter than {LOOK_SECONDS * 1000:.0f} ms may be missing: the"
            f" kernel started {started} processes and threads of everybody's while {self.seen}"
            " processes of this run were seen"
        )

    def reap_orphans(self) -> None:
        """Reap adopted processes that have ended, and keep how; called by the waiting thread."""
        with self._lock:
            adopted = [seen.pid for seen in self._seen.values()]
        for pid in adopted:
            if pid == self.leader:
                continue
            try:
                found, status = os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                continue
            if found:
                self._status[pid] = status

    def stop(self, leader_status: int) -> int:
        """Look a last time, report the ends, and stop; return how many processes live on.

        Args:
            leader_status: raw wait status of the run's own command.
        """
        self._status.setdefault(self.leader, leader_status)
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        if sys.platform == "linux":
            self._look(last=True)
        # Most of what is still there is just ending.
        limit = time.monotonic() + GRACE_SECONDS
        while self._seen and time.monotonic() < limit:
            time.sleep(LOOK_SECONDS)
            self.reap_orphans()
            self._look(last=True)
        return len(self._seen)

    def follow(self) -> None:
        """Follow what lives on after `stop`, until the last of it has ended."""
        pause = LOOK_SECONDS
        while self._seen:
            time.sleep(pause)
            began = time.perf_counter()
            self._look()
            pause = max(LOOK_SECONDS, MOST_SHARE * (time.perf_counter() - began))

    def close(self) -> None:
        """Let go of what lives on."""
        for seen in self._seen.values():
            self._close_pidfd(seen)
        self._seen.clear()

    def _run(self) -> None:
        pause = LOOK_SECONDS
        while not self._stop.wait(pause):
            began = time.perf_counter()
            self._look()
            pause = max(LOOK_SECONDS, MOST_SHARE * (time.perf_counter() - began))

    def _look(self, *, last: bool = False) -> None:
        newest = _newest_fork()
        if newest != self._last_fork or last:
            self._last_fork = newest
            self._find_new()
        self._report_executed()
        self._report_starts(last=last)
        self._report_ends()

    def _find_new(self) -> None:
        with self.gate:
            try:
                pids, ours = _pids(), self._ours()
            except OSError:
                self._last_fork = ""  # no file can be opened now: the next look tries again
                return
        self._others &= pids
        for pid in sorted(pids - self._others - self._seen.keys()):
            seen = _described(pid)
            if seen is None:
                continue
            belongs = pid not in ours and (seen.ppid in self._seen or seen.ppid == os.getpid())
            if not belongs:
                self._others.add(pid)
            elif len(self._seen) >= MAX_FOLLOWED:
                self._others.add(pid)
                self.unfollowed += 1
            else:
                self._open_pidfd(seen)
                with self._lock:
                    self._seen[pid] = seen
                self._fresh.append(seen)
                self.seen += 1

    def _report_starts(self, *, last: bool) -> None:
        waiting: list[Seen] = []
        for seen in self._fresh:
            argv = _argv(seen.pid) or seen.argv
            parent = self._seen.get(seen.ppid)
            seen.argv, seen.cwd = argv, seen.cwd or _cwd(seen.pid)
            seen.looks += 1
            unchanged = parent is not None and argv == parent.argv
            if unchanged and seen.looks < SETTLE_LOOKS and not last and not _is_over(seen):
                waiting.append(seen)
            else:
                self._started(seen)
                self._young.append(seen)
        self._fresh = waiting

    def _report_executed(self) -> None:
        now = time.time_ns()
        self._young = [s for s in self._young if now - s.start_ns < YOUNG_SECONDS * 1e9]
        for seen in self._young:
            argv = _argv(seen.pid) if seen.pid in self._seen else []
            if argv and argv != seen.argv:
                seen.argv = argv
                self._executed(seen)

    def _report_ends(self) -> None:
        for seen in [s for s in self._seen.values() if s not in self._fresh]:
            if not _is_over(seen):
                continue
            now = time.time_ns()
            status = self._status.pop(seen.pid, None)
            if status is None:
                status = _exit_status(seen)
            self._close_pidfd(seen)
            with self._lock:
                del self._seen[seen.pid]
            self._ended(seen, now, status)

    def _open_pidfd(self, seen: Seen) -> None:
        if self._pidfds < self._most_pidfds:
            with suppress(OSError):
                seen.pidfd = os.pidfd_open(seen.pid)
                self._pidfds += 1

    def _close_pidfd(self, seen: Seen) -> None:
        if seen.pidfd >= 0:
            os.close(seen.pidfd)
            self._pidfds -= 1


def _newest_fork() -> str:
    """Return the pid that the kernel gave out last: unchanged, nothing has been started."""
    try:
        return Path("/proc/loadavg").read_text(encoding="ascii").rsplit(" ", 1)[1]
    except (OSError, IndexError):
        return f"{time.monotonic_ns()}"


def _forks() -> int:
    """Return how many processes and threads the kernel has started since boot, whoever's."""
    try:
        stat = Path("/proc/stat").read_text(encoding="ascii")
        return int(stat.partition("\nprocesses ")[2].split(maxsplit=1)[0])
    except (OSError, ValueError, IndexError):
        return 0


def _files_allowed() -> int:
    """Return how many files this process may have open."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_FOLLOWED * PIDFD_SHARE if allowed == resource.RLIM_INFINITY else allowed


def _pids() -> set[int]:
    return {int(name) for name in os.listdir("/proc") if name.isdigit()}


def _stat_fields(pid: int) -> list[bytes]:
    """Return the fields of proc(5)'s `stat` from the third, the state, on; the name comes last."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return []
    # The name stands in brackets and may hold anything, brackets too.
    before, _, after = stat.rpartition(b")")
    return [*after.split(), before.partition(b"(")[2]]


def _described(pid: int) -> Seen | None:
    fields = _stat_fields(pid)
    if not fields:
        return None
    ticks = int(fields[19])
    age_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - ticks * 1_000_000_000 // _HZ
    return Seen(pid, int(fields[1]), ticks, time.time_ns() - age_ns, os.fsdecode(fields[-1]))


def _is_over(seen: Seen) -> bool:
    """Tell whether a process has ended (a zombie has)."""
    if seen.pidfd >= 0:
        return _is_readable(seen.pidfd)
    fields = _stat_fields(seen.pid)
    return not fields or int(fields[19]) != seen.ticks or fields[0] == b"Z"


def _is_readable(descriptor: int) -> bool:
    import select  # noqa: PLC0415 - only where there are pidfds

    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _exit_status(seen: Seen) -> int | None:
    """Return the raw wait status of an ended process, None where this kernel does not tell."""
    fields = _stat_fields(seen.pid)
    if fields and fields[0] == b"Z" and int(fields[19]) == seen.ticks and len(fields) > 50:
        return int(fields[49])
    if seen.pidfd < 0:
        return None
    buffer = bytearray(_MASK.pack(PIDFD_INFO_EXIT))
    try:
        fcntl.ioctl(seen.pidfd, PIDFD_GET_INFO, buffer)
    except OSError:
        return None
    mask, *_ids, status = _EXIT_CODE.unpack(buffer)
    return status if mask & PIDFD_INFO_EXIT else None


def _argv(pid: int) -> list[str]:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            raw = file.read(MAX_ARGV_BYTES)
    except OSError:
        return []
    return [os.fsdecode(part) for part in raw.rstrip(b"\0").split(b"\0")] if raw else []


def _cwd(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return ""
