"""Where sealed records wait while no recorder takes them: one append-only file for each process.

The next recorder takes them in (`recorder.taking_in`); writer and taker hold the file's lock.
A notice (`recorder.capture.hook.notice`) is a record for as long as no other stands in its file.
What a process writes ahead (`recorder.ahead`) lies there too: its lock is held until it has died.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from recorder.sealing.forms import Form
from recorder.sealing.recall import NewSecret
from recorder.sealing.sealed import SealedRecord
from recorder.waiting import SPOOLED

__all__ = [
    "Spool",
    "complete",
    "make_folder",
    "open_locked",
    "remove_if_empty",
    "spool_lines",
]


class Spool:
    """Appends sealed records to one process's spool file."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{os.getpid()}-{os.urandom(4).hex()}{SPOOLED}"

    def append(
        self, *sealed: SealedRecord, secrets: Sequence[NewSecret] = (), sync: bool = False
    ) -> None:
        """Append sealed records as lines, in one write.

        Args:
            sealed: the records.
            secrets: what became known with them; of these only marks and fingerprints are written.
            sync: wait until they would survive a loss of power.

        Raises:
            OSError: they could not be written.
            TypeError: something other than a sealed record was handed in.
        """
        lines = spool_lines(sealed, secrets)
        descriptor = open_locked(self._path)
        try:
            _write_whole(descriptor, lines)
            if sync:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


def complete(noticed: int, sealed: Sequence[SealedRecord], secrets: Sequence[NewSecret]) -> None:
    """Append what a notice stood for to its file, in one write, and let go of the file.

    Args:
        noticed: the file, locked.
        sealed: the records.
        secrets: what became known with them.

    Raises:
        OSError: they could not be written; the notice stays.
    """
    _write_whole(noticed, spool_lines(sealed, secrets))
    os.fsync(noticed)
    fcntl.flock(noticed, fcntl.LOCK_UN)


def make_folder(folder: Path) -> None:
    """Make a spool's folder where there is none.

    It may be gone again at once: who takes in its last file removes it.

    Raises:
        OSError: it cannot be made, or a file stands in its place.
    """
    while True:
        try:
            return folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except FileExistsError:
            # It was there when it was to be made, and may have gone before it was looked at.
            with suppress(FileNotFoundError):
                if not stat.S_ISDIR(os.lstat(folder).st_mode):
                    raise


def remove_if_empty(folder: Path) -> None:
    """Remove a spool's folder that nothing stands in: who needs it makes it anew."""
    with suppress(OSError):
        folder.rmdir()


def open_locked(path: Path, *, waits: bool = True) -> int:
    """Open a file of the spool, new or not, under its lock; return its descriptor.

    Again where it was taken in between opening and locking, or its folder went with the last file.

    Raises:
        BlockingIOError: somebody else holds the lock, and it is not waited for.
        OSError: it cannot be opened.
    """
    while True:
        make_folder(path.parent)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except FileNotFoundError:
            if path.parent.is_symlink():
                raise  # to nowhere: nobody will make it
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
            if os.fstat(descriptor).st_nlink:
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _write_whole(descriptor: int, lines: bytes) -> None:
    """Append lines to a locked file: all of them, or nothing.

    A disk that fills up takes a part of them, and the next line would continue half of one.
    """
    before = os.fstat(descriptor).st_size
    rest = memoryview(lines)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except BaseException:
        os.ftruncate(descriptor, before)
        raise


def spool_lines(several: Sequence[SealedRecord], secrets: Sequence[NewSecret] = ()) -> bytes:
    """Return sealed records as lines of a spool file.

    Args:
        several: the records.
        secrets: what became known with them; of these only marks, fingerprints and what stands for
            a declared one stand in the first line.

    Raises:
        TypeError: something other than a sealed record was handed in.
    """
    lines = b""
    forms = [_form_as_json(form) for secret in secrets for form in secret.forms]
    declared = {s.fingerprint: [s.declared, s.token] for s in secrets if s.declared}
    for sealed in several:
        if not isinstance(sealed, SealedRecord):
            raise TypeError("the spool takes sealed records only")
        lines += _encoded({
            "fields": dict(sealed.fields),
            **({"forms": forms} if forms else {}),
            **({"declared": declared} if declared else {}),
            "blobs": {b.digest.hex(): base64.b64encode(b.data).decode() for b in sealed.blobs},
        })  # fmt: skip
        lines += b"\n"
        forms, declared = [], {}
    return lines


def _encoded(document: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(document)
    except TypeError:
        # What orjson is too strict for: lone surrogates, long integers, keys that are no text
        return json.dumps(document).encode()


def _form_as_json(form: Form) -> list[str | int]:
    return [form.fingerprint, form.mark.hex(), form.at, form.length, form.encoding]
