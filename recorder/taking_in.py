"""The spool as the next recorder takes it in, and as others look at it.

A file is deleted only after its records are committed, under the lock that its writer would take; a
line without its newline is torn and said to be so.
"""

from __future__ import annotations

import base64
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zstandard

from recorder.model import Record, Seal
from recorder.restoring import restored
from recorder.sealing.forms import Form
from recorder.sealing.recall import NewSecret
from recorder.spool import open_locked, remove_if_empty
from recorder.waiting import AHEAD, NOTICE, files_in

__all__ = ["Spooled", "records_in", "take_in"]

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


def take_in(folder: Path, commit: Callable[[Spooled], None]) -> int:
    """Hand every spool file's records to `commit`, then delete the file, and with the last one the
    folder; return the record count.

    A file that is being written stays where it is: sealing may take its time, and a recorder has
    others to serve. So does one that cannot be opened or committed; those behind it are taken.

    Raises:
        sqlite3.OperationalError: `commit` raised it: nothing can be written now.
        Exception: what went wrong with the first file that could not be taken, after all others.
    """
    taken = 0
    failure: Exception | None = None
    for path in files_in(folder):
        try:
            taken += _take_in_one(path, commit)
        except BlockingIOError:
            continue
        except sqlite3.OperationalError:
            raise
        except Exception as error:
            # It may belong to another user, such as root, for whom a hook ran.
            failure = failure or error
    remove_if_empty(folder)
    if failure is not None:
        raise failure
    return taken


def _take_in_one(path: Path, commit: Callable[[Spooled], None]) -> int:
    descriptor = open_locked(path, waits=False)
    try:
        with open(descriptor, "rb", closefd=False) as file:
            spooled = _parse(path.name, file.read())
        if spooled.records or spooled.torn:
            commit(spooled)
        path.unlink()
    finally:
        os.close(descriptor)
    return len(spooled.records)


def records_in(folder: Path) -> list[Record]:
    """Return the records that stand in a recording's spool, those written ahead included.

    Raises:
        OSError: the spool cannot be read.
    """
    found = (_parse(path.name, path.read_bytes()) for path in files_in(folder))
    return [record for spooled in found for record, _ in spooled.records]


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
