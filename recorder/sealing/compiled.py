"""Keep compiled patterns in the user's cache folder, and take back only what is sure to be ours.

A compiled database is loaded into this process as it is, so a file that someone else could have
written is never handed to the library: it must be a plain file of this user, closed to all others,
in a folder of the same kind, and be whole. Anything else is as good as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

__all__ = ["load", "save"]

DIGEST = hashlib.sha256().digest_size
LARGEST = 64 * 1024 * 1024
"""Bytes; no set of patterns comes near."""


def load(path: Path) -> bytes | None:
    """Return what `save` wrote; None where there is none, or anything about it is wrong."""
    with contextlib.suppress(OSError):
        if not _is_ours(path.parent.stat(), stat.S_ISDIR, 0o022):
            return None
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not _is_ours(status, stat.S_ISREG, 0o077) or status.st_size > LARGEST:
                return None
            digest, content = file.read(DIGEST), file.read(LARGEST)
        return content if hashlib.sha256(content).digest() == digest else None
    return None


def save(path: Path, content: bytes) -> None:
    """Write a file that is whole or not there, for its owner alone; what cannot be kept is not."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        with os.fdopen(os.open(aside, flags, 0o600), "wb") as file:
            file.write(hashlib.sha256(content).digest() + content)
        aside.replace(path)


def _is_ours(status: os.stat_result, is_kind: Callable[[int], bool], closed: int) -> bool:
    """Return whether a file is of a kind, this user's own, and closed to others by its mode."""
    is_owner = status.st_uid == os.geteuid()
    return is_kind(status.st_mode) and is_owner and not status.st_mode & closed
