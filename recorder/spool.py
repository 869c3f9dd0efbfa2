"""Where sealed records wait while no recorder takes them: one append-only file for each process.

The next recorder takes them in. Writer and taker hold the file's lock, and the taker deletes the
file only after its records are committed; a line without its newline is torn and said to be so.
A notice (`recorder.capture.hook.notice`) is a record for as long as no other stands in its file.
What a process writes ahead (`recorder.ahead`) lies there too: its lock is held until it has died.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import zstandard

from recorder.model import Record, Seal
from recorder.restoring import restored
from recorder.sealing.forms import Form
from recorder.sealing.recall import NewSecret
from recorder.sealing.sealed import SealedRecord
from recorder.waiting import AHEAD, NOTICE, SPOOLED, files_in

__all__ = [
    "Spool",
    "Spooled",
    "complete",
    "make_folder",
    "open_locked",
    "records_in",
    "remove_if_empty",
    "spool_lines",
    "take_in",
]

MAX_BLOB_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Spooled:
    """What a spool file held."""

    records: tuple[tuple[Record, tuple[Seal, ...]], ...]
    """Each record, its large values back in place, with the seals that it already had."""
    secrets: tuple[NewSecret, ...]
    """What its writers saw for the first time, told by forms alone."""
    torn: int
    """Lines that could not be read."""
    name: str


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
            os.write(descriptor, lines)
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
    os.write(noticed, spool_lines(sealed, secrets))
    os.fsync(noticed)
    fcntl.flock(noticed, fcntl.LOCK_UN)


def take_in(folder: Path, commit: Callable[[Spooled], None]) -> int:
    """Hand every spool file's records to `commit`, then delete the file, and with the last one the
    folder; return the record count.

    A file whose commit raises stays where it is, and one that is being written: sealing may take
    its time, and a recorder has others to serve.
    """
    taken = 0
    for path in files_in(folder):
        try:
            descriptor = open_locked(path, waits=False)
        except BlockingIOError:
            continue
        try:
            with open(descriptor, "rb", closefd=False) as file:
                spooled = _parse(path.name, file.read())
            if spooled.records or spooled.torn:
                commit(spooled)
            path.unlink()
        finally:
            os.close(descriptor)
        taken += len(spooled.records)
    remove_if_empty(folder)
    return taken


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


def records_in(folder: Path) -> list[Record]:
    """Return the records that stand in a recording's spool, those written ahead included.

    Raises:
        OSError: the spool cannot be read.
    """
    found = (_parse(path.name, path.read_bytes()) for path in files_in(folder))
    return [record for spooled in found for record, _ in spooled.records]


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


def _parse(name: str, content: bytes) -> Spooled:
    records: list[tuple[Record, tuple[Seal, ...]]] = []
    notices: list[tuple[Record, tuple[Seal, ...]]] = []
    secrets: list[NewSecret] = []
    torn = 0
    if name.endswith(AHEAD):
        content = content.partition(b"\0")[0]  # the rest of the file is room for more
    for line in content.split(b"\n"):
        if not line:
            continue
        try:
            document = json.loads(line)
            (notices if line.startswith(NOTICE) else records).append(_restore(document))
            secrets += _secrets(document)
        except (ValueError, KeyError, TypeError, zstandard.ZstdError):
            torn += 1
    return Spooled(tuple(records or notices), tuple(secrets), torn, name)


def _form_as_json(form: Form) -> list[str | int]:
    return [form.fingerprint, form.mark.hex(), form.at, form.length, form.encoding]


def _secrets(document: dict[str, Any]) -> Iterator[NewSecret]:
    """Yield the secrets that a line tells of, each with its forms."""
    forms: dict[str, list[Form]] = {}
    for fingerprint, mark, at, length, encoding in document.get("forms", ()):
        form = Form(bytes.fromhex(mark), int(at), int(length), str(encoding), str(fingerprint))
        forms.setdefault(form.fingerprint, []).append(form)
    told = document.get("declared", {})
    for fingerprint, several in forms.items():
        declared, token = told.get(fingerprint, ("", ""))
        yield NewSecret("", fingerprint, tuple(several), str(declared), str(token))


def _restore(document: dict[str, Any]) -> tuple[Record, tuple[Seal, ...]]:
    def blob(digest: str) -> bytes:
        data = base64.b64decode(document["blobs"][digest])
        return zstandard.ZstdDecompressor().decompress(data, max_output_size=MAX_BLOB_BYTES)

    return restored(document["fields"], blob)
