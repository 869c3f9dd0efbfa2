"""The ground that a recording stands on: SQLite, keys, folder, disk, who answers."""

from __future__ import annotations

import http.client
import os
import shutil
import sqlite3
import stat
import urllib.parse
from collections.abc import Iterable
from pathlib import Path

from recorder.capture.otlp.guard import is_loopback
from recorder.capture.otlp.http import SERVER
from recorder.checkup.check import Check, Verdict
from recorder.client import Client
from recorder.errors import FlightlogError, RecorderUnreachableError
from recorder.keys import is_key
from recorder.location import keys_root
from recorder.reader import Recording
from recorder.service import refuse_network_file_system

__all__ = ["check_machine", "check_receiver"]

RESET_MENDED = (3, 51, 3)
"""SQLite before this has the WAL-reset bug: https://sqlite.org/wal.html#walresetbug."""
LOW_BYTES, SCARCE_BYTES = 1 << 30, 100 << 20
REACH_SECONDS = 2.0


def check_machine(recording: Path, endpoints: Iterable[str]) -> list[Check]:
    """Look at what recording needs.

    Args:
        recording: the user's recording; it is only read.
        endpoints: addresses that agents send telemetry to.
    """
    return [
        _sqlite(),
        _recording(recording),
        _folder(recording),
        _space(recording),
        _keys(),
        _recorder(recording),
        *map(check_receiver, dict.fromkeys(map(_base_of, endpoints))),
    ]


def _sqlite() -> Check:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info >= RESET_MENDED:
        return _well("SQLite", version)
    found = (
        f"{version}: before 3.51.3 two connections that checkpoint at once can damage a file; "
        "only the recorder's one connection does"
    )
    return Check("machine", "SQLite", Verdict.NOTE, found, "a Python with a newer SQLite")


def _recording(recording: Path) -> Check:
    if not recording.exists():
        return _well("recording", f"{recording}: none yet")
    try:
        with Recording.open(recording) as reader:
            return _well("recording", f"{recording}: {reader.last_seq()} records")
    except FlightlogError as error:
        return _mend("recording", str(error), f"flightlog verify -r {recording}")


def _folder(recording: Path) -> Check:
    folder = _nearest(recording.parent)
    try:
        refuse_network_file_system(folder.resolve())
    except FlightlogError as error:
        return _mend("folder", str(error), "flightlog install AGENT --recording A_LOCAL_PATH")
    if not os.access(folder, os.W_OK):
        return _mend("folder", f"{folder} cannot be written", f"chmod u+w {folder}")
    return _well("folder", f"{folder}, on a local disk")


def _space(recording: Path) -> Check:
    free = shutil.disk_usage(_nearest(recording.parent)).free
    found = f"{free / (1 << 30):.1f} GiB free"
    if free < SCARCE_BYTES:
        return _mend("disk", found, "free some space: a full disk ends the recording")
    if free < LOW_BYTES:
        return Check("machine", "disk", Verdict.NOTE, found)
    return _well("disk", found)


def _keys() -> Check:
    root = keys_root()
    if not root.exists():
        return _well("keys", f"{root}: none yet")
    files = [path for path in root.rglob("*.key") if path.is_file()]
    open_to_others = [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if open_to_others:
        found = f"{len(open_to_others)} of {len(files)} can be read by others"
        return _mend("keys", found, f"chmod -R go-rwx {root}")
    for path in files:
        if wrong := _wrong_with(path):
            text = "put a copy of it back, or move it away and have a new one made"
            return _mend("keys", f"{path} {wrong}", text)
    return _well("keys", f"{len(files)} in {root}, the owner's alone")


def _wrong_with(key: Path) -> str:
    try:
        return "" if is_key(key) else "is damaged: it holds no key"
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _recorder(recording: Path) -> Check:
    client = Client(recording)
    try:
        client.reach()
    except RecorderUnreachableError:
        found = "none runs now: the first hook is slow, and starts one for those that follow"
        return Check("machine", "recorder", Verdict.NOTE, found, "flightlog serve")
    finally:
        client.close()
    return _well("recorder", "answers")


def _base_of(endpoint: str) -> str:
    """Return an endpoint's address without the path of a signal."""
    address = urllib.parse.urlsplit(endpoint)
    return f"{address.scheme}://{address.netloc}"


def check_receiver(endpoint: str) -> Check:
    """Ask whether something speaks HTTP where an agent sends its telemetry; nothing is sent."""
    base = _base_of(endpoint)
    address = urllib.parse.urlsplit(base)
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(address.hostname or "", address.port, timeout=REACH_SECONDS)
        try:
            connection.request("GET", "/")
            answer = connection.getresponse()
            answer.read(0)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError):
        return _mend("receiver", f"nothing answers at {base}, telemetry is lost", _serve(address))
    if (answer.getheader(SERVER[0]) or "").partition("/")[0] != SERVER[1]:
        found = f"{base} is no receiver of flightlog's: no recording has what goes there"
        return Check("machine", "receiver", Verdict.NOTE, found, "flightlog run, which has both")
    return _well("receiver", f"{base} answers")


def _serve(address: urllib.parse.SplitResult) -> str:
    if not is_loopback(address.hostname or ""):
        return "start what receives there; it is no address of this machine"
    port = "" if address.port in (None, 4318) else f" --http-port {address.port}"
    return f"flightlog serve{port}"


def _nearest(folder: Path) -> Path:
    """Return a folder, or the nearest above it that is there."""
    return next(path for path in (folder, *folder.parents) if path.is_dir())


def _well(name: str, found: str) -> Check:
    return Check("machine", name, Verdict.WELL, found)


def _mend(name: str, found: str, mend: str) -> Check:
    return Check("machine", name, Verdict.MEND, found, mend)
