"""Where things lie: recordings, keys, the recorder's socket, lock and spool."""

from __future__ import annotations

import hashlib
import os
import shlex
import stat
import sys
from pathlib import Path

from recorder.environment import FLIGHTLOG_KEYS, FLIGHTLOG_RECORDING

DEFAULT_NAME = "flight"
DEMO_NAME = "demo"
MAX_SOCKET_PATH = 100
"""Bytes; the kernel's limit for a unix socket's address is 108 on Linux and 104 on macOS."""


def data_folder() -> Path:
    """Return the folder of the user's recordings."""
    # Loaded where it is needed: hooks, for which every millisecond counts, mostly need neither.
    from platformdirs import user_data_path  # noqa: PLC0415

    return user_data_path("flightlog", appauthor=False)


def named_recording(name: str) -> Path:
    """Return the path that a bare recording name stands for."""
    return data_folder() / f"{name}.db"


def resolve_recording(value: str | None) -> Path:
    """Return the recording to read that a `--recording` value means.

    A value with a slash or a suffix is a path; a bare name stands for `NAME.db` in the data folder,
    unless a file of that name lies here. A folder is no recording.
    Without one: `FLIGHTLOG_RECORDING`, then `flight.db` in the data folder, then, while there is no
    such file yet, the demo's recording. Who writes asks `recording_to_write`.
    """
    value = value or os.environ.get(FLIGHTLOG_RECORDING) or None
    if value is not None:
        path = Path(value).expanduser()
        if path.name == value and not path.suffix and not path.is_file():
            return named_recording(value)
        return path
    default, demo = named_recording(DEFAULT_NAME), named_recording(DEMO_NAME)
    if not default.exists() and demo.exists():
        return demo
    return default


def recording_to_write(value: str | None) -> Path:
    """Return the recording to append to: as named, by the environment, or the user's own.

    Unlike for reading, the demo's never stands in for a recording that does not exist yet.
    """
    named = value or os.environ.get(FLIGHTLOG_RECORDING) or str(named_recording(DEFAULT_NAME))
    return resolve_recording(named)


def demo_stands_in(value: str | None) -> bool:
    """True when a reader gets the demo's recording only because there is no own one yet."""
    return resolve_recording(value) != recording_to_write(value)


def recording_option_for(path: Path) -> str:
    """Return what makes a command that is suggested to a person open this recording.

    ` -r NAME_OR_PATH`, quoted for a shell; empty where the command writes and reads it anyway, now
    and after the user's first own recording.
    """
    if path.absolute() == recording_to_write(None).absolute():
        return ""
    named = path.parent == data_folder() and resolve_recording(path.stem) == path
    return f" -r {shlex.quote(path.stem if named else str(path))}"


def cache_folder() -> Path:
    """Return the folder for what can be made anew at any time."""
    if sys.platform == "linux":
        # What platformdirs would say, without loading it: every hook without a recorder asks.
        base = os.environ.get("XDG_CACHE_HOME", "")
        return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "flightlog"
    from platformdirs import user_cache_path  # noqa: PLC0415

    return user_cache_path("flightlog", appauthor=False)


def credentials_file() -> Path:
    """Return the file of what the user declared and allowed of credentials; it holds no value."""
    from platformdirs import user_config_path  # noqa: PLC0415

    return user_config_path("flightlog", appauthor=False) / "credentials.toml"


def keys_root() -> Path:
    """Return the folder of all recordings' keys; never beside a recording."""
    base = os.environ.get(FLIGHTLOG_KEYS)
    if base:
        return Path(base)
    from platformdirs import user_config_path  # noqa: PLC0415

    return user_config_path("flightlog", appauthor=False) / "keys"


def keys_folder(log_id: str, kept: str = "") -> Path:
    """Return the folder of one recording's keys.

    Args:
        log_id: the id of the recording's log.
        kept: the folder of all keys when it was last written to, as the recording tells: an agent
            may start hooks and servers with other variables than its user's shell has. It counts
            where there are no keys by our own variables, and only if it is this user's alone.
    """
    own = keys_root() / log_id
    if not kept or own.is_dir():
        return own
    told = Path(kept) / log_id
    return told if _is_private(told) else own


def _is_private(folder: Path) -> bool:
    try:
        found = folder.lstat()
    except (OSError, ValueError):
        return False
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    return is_ours and not found.st_mode & 0o022


def lock_path(recording: Path) -> Path:
    """Return the file whose lock makes its holder the recorder."""
    return recording.with_name(recording.name + ".recorder")


def spool_folder(recording: Path) -> Path:
    """Return the folder where records wait, sealed, while no recorder answers."""
    return recording.with_name(recording.name + ".spool")


def socket_path(recording: Path) -> Path:
    """Return the recorder's unix socket: beside the recording, or in a private folder under /tmp
    where that path would be too long for a socket's address.

    Not under TMPDIR: an agent may give its children another one, and it may be too long itself.
    Where somebody else holds that folder, the path stays the one that no socket can have: what is
    not sealed yet is never handed to a stranger.
    """
    beside = recording.absolute().with_name(recording.name + ".sock")
    if len(os.fsencode(beside)) <= MAX_SOCKET_PATH:
        return beside
    folder = Path(f"/tmp/flightlog-{os.getuid()}")  # noqa: S108 - a folder of ours, or none
    if folder.exists() and folder.stat().st_uid != os.getuid():
        return beside
    return folder / f"{hashlib.sha256(os.fsencode(beside)).hexdigest()[:16]}.sock"
