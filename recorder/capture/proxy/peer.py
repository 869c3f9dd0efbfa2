"""Which process is behind a proxied connection: pid, executable, ancestors, trace context.

Of a process's environment `TRACEPARENT` alone is looked at. Not finding the process is no error:
it may have ended, or belong to another user or another network namespace.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

__all__ = ["OWN_FOLDER", "Peer", "describe", "find_peer", "is_traceparent"]

MAX_ANCESTORS = 64
OWN_FOLDER = "flightlog-proxy-"
"""How the names of the folders begin in which a proxy's certificates are."""
_TRUST_OPTIONS = {
    "curl": frozenset({"--cacert", "--capath", "--pinnedpubkey"}),
    "wget": frozenset({"--ca-certificate", "--ca-directory", "--pinnedpubkey"}),
    "aria2c": frozenset({"--ca-certificate"}),
    "kubectl": frozenset({"--certificate-authority"}),
    "grpcurl": frozenset({"-cacert", "--cacert"}),
    "openssl": frozenset({"-CAfile", "-CApath", "-CAstore"}),
}
"""Options by which clients are told whom to trust, from their manuals."""
_TRUSTS_ALL = frozenset({"-k", "--insecure", "-insecure", "--no-check-certificate"})
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)
_ESTABLISHED_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
"""The second holds IPv4 connections too, those of dual-stack sockets."""


@dataclass(frozen=True, slots=True)
class Peer:
    """The process at the client's end of a connection."""

    pid: int
    executable: str
    """Name of its executable, without folders; empty where it cannot be read."""
    ancestors: tuple[int, ...]
    """Parents' process ids, nearest first."""
    traceparent: str
    """Valid W3C `traceparent` from its environment, or empty."""
    trusts_others: bool = False
    """Its command line names the roots or the key that it trusts, instead of those that it has."""


def find_peer(client_port: int, proxy_port: int) -> Peer | None:
    """Return the process whose socket goes from `client_port` to `proxy_port` on this machine."""
    if sys.platform == "linux":
        pid = _find_on_linux(client_port, proxy_port)
    else:
        pid = _find_anywhere(client_port, proxy_port)
    return None if pid is None else describe(pid)


def is_traceparent(value: str) -> bool:
    """Tell whether a value is a W3C traceparent with ids that are not all zero."""
    return _TRACEPARENT.fullmatch(value) is not None


def _find_on_linux(client_port: int, proxy_port: int) -> int | None:
    # psutil.net_connections reads every socket of every process: 10 ms and more here, where this
    # takes under 5 ms and stops at the process sought, which is mostly among the newest.
    inode = _inode(client_port, proxy_port)
    if inode is None:
        return None
    wanted = f"socket:[{inode}]"
    for pid in _pids_newest_first():
        try:
            with os.scandir(f"/proc/{pid}/fd") as entries:
                if any(_points_to(entry.path, wanted) for entry in entries):
                    return pid
        except OSError:
            continue
    return None


def _inode(client_port: int, proxy_port: int) -> str | None:
    local, remote = f":{client_port:04X}".encode(), f":{proxy_port:04X}".encode()
    for table in _ESTABLISHED_TABLES:
        try:
            lines = Path(table).read_bytes().splitlines()
        except OSError:
            continue
        for line in lines:
            if local not in line:
                continue
            fields = line.split()
            if fields[1].endswith(local) and fields[2].endswith(remote) and fields[9] != b"0":
                return fields[9].decode()
    return None


def _points_to(link: str, target: str) -> bool:
    try:
        return os.readlink(link) == target
    except OSError:
        return False


def _pids_newest_first() -> list[int]:
    own = os.getpid()
    pids = sorted((int(name) for name in os.listdir("/proc") if name.isdigit()), reverse=True)
    return [pid for pid in pids if pid != own]


def _find_anywhere(client_port: int, proxy_port: int) -> int | None:
    for process in _own_processes_newest_first():
        try:
            connections = process.net_connections("tcp")
        except psutil.Error:
            continue
        for connection in connections:
            if (
                connection.raddr
                and connection.laddr.port == client_port
                and connection.raddr.port == proxy_port
            ):
                return process.pid
    return None


def _own_processes_newest_first() -> Iterator[psutil.Process]:
    own = os.getpid()
    for pid in sorted(psutil.pids(), reverse=True):
        if pid != own:
            try:
                yield psutil.Process(pid)
            except psutil.Error:
                continue


def describe(pid: int) -> Peer | None:
    """Return what is known of a process; None where there is none."""
    try:
        process = psutil.Process(pid)
        parents = tuple(parent.pid for parent in process.parents()[:MAX_ANCESTORS])
    except psutil.Error:
        return None
    name = _executable(process)
    return Peer(pid, name, parents, _traceparent(process), _trusts_others(process, name))


def _executable(process: psutil.Process) -> str:
    try:
        return Path(process.exe()).name or process.name()
    except psutil.Error:
        return ""


def _trusts_others(process: psutil.Process, name: str) -> bool:
    """Tell whether a client was told to trust something that the proxy's certificate is not of.

    What the command itself was told of this run's files does not count, nor where it does not look.
    """
    options = _TRUST_OPTIONS.get(name)
    if options is None:
        return False
    try:
        arguments = process.cmdline()[1:]
    except (psutil.Error, OSError):
        return False
    if any(argument in _TRUSTS_ALL for argument in arguments):
        return False
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        option, _, value = argument.partition("=")
        if option in options and OWN_FOLDER not in (value or following):
            return True
    return False


def _traceparent(process: psutil.Process) -> str:
    try:
        value = process.environ().get("TRACEPARENT", "")
    except (psutil.Error, OSError):
        return ""
    return value if is_traceparent(value) else ""
