"""Change what the user says of credentials: `credentials.toml`, written anew, whole or not at all.

A value comes in, its fingerprints and marks go into the file, and the value goes nowhere else.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from recorder.errors import SettingsError
from recorder.keys import FINGERPRINT_FILE, machine_key
from recorder.location import credentials_file, keys_root
from recorder.sealing.declarations import (
    Allowed,
    Declaration,
    private_folder,
    read_allowed,
    read_declared,
    read_document,
    write_private,
)
from recorder.sealing.forms import recallable_forms
from recorder.sealing.marks import Marker
from recorder.sealing.recall import fingerprint_of

__all__ = ["allow", "declare", "declared", "disallow", "forget", "known"]

LEAST = 8
"""Characters; a shorter value stands by chance in every other text."""
HEAD = """\
# What flightlog was told of credentials. Fingerprints, never values; written by
# `flightlog credential`. Fingerprints and forms are keyed with keys that lie elsewhere.
"""


def known() -> tuple[tuple[Declaration, ...], tuple[Allowed, ...]]:
    """Return what is declared and allowed.

    Raises:
        SettingsError: the settings cannot be read.
    """
    path = credentials_file()
    document = read_document(path)
    return read_declared(document, path), read_allowed(document, path)


def declared(value: str, name: str, **told: str) -> Declaration:
    """Return the declaration of a value, without the value.

    Raises:
        SettingsError: the value is too short to be told from ordinary text, or no key can be made.
    """
    if len(value) < LEAST:
        raise SettingsError(
            f"the value has {len(value)} characters: it takes {LEAST} to tell it from other text"
        )
    try:
        key = machine_key()
    except OSError as error:
        raise SettingsError(f"cannot keep a key in {keys_root()}: {error.strerror}") from error
    fingerprint = fingerprint_of(key, value)
    return Declaration(
        name=name,
        fingerprint=fingerprint,
        added=datetime.now(UTC).isoformat(timespec="seconds"),
        forms=tuple(recallable_forms(value, fingerprint, Marker(key))),
        recordings=tuple(_in_recordings(value)),
        **told,
    )


def declare(declaration: Declaration) -> tuple[Declaration | None, int]:
    """Write a declaration; former values of its name stay declared.

    Returns:
        the declaration of the same value that it takes the place of, and how many other values had
        its name until now.

    Raises:
        SettingsError: the settings cannot be read or written.
    """
    with _changing() as (entries, _):
        same = next((d for d in entries if d.fingerprint == declaration.fingerprint), None)
        former = 0
        for number, d in enumerate(entries):
            if d.name == declaration.name and d is not same and not d.replaced:
                entries[number] = replace(d, replaced=declaration.added)
                former += 1
        entries[:] = [d for d in entries if d is not same] + [declaration]
    return same, former


def forget(name: str) -> bool:
    """Take a declaration back; return whether there was one of that name or fingerprint.

    Raises:
        SettingsError: the settings cannot be read or written.
    """
    with _changing() as (entries, _):
        count = len(entries)
        entries[:] = [d for d in entries if name not in {d.name, d.fingerprint}]
        return len(entries) < count


def allow(entry: Allowed) -> None:
    """Let a find be from now on.

    Raises:
        SettingsError: the settings cannot be read or written.
    """
    with _changing() as (_, allowed):
        if entry not in allowed:
            allowed.append(entry)


def disallow(fingerprint: str) -> bool:
    """Seal a find again; return whether it was allowed.

    Raises:
        SettingsError: the settings cannot be read or written.
    """
    with _changing() as (_, allowed):
        count = len(allowed)
        allowed[:] = [a for a in allowed if not a.fingerprint.startswith(fingerprint)]
        return len(allowed) < count


@contextmanager
def _changing() -> Iterator[tuple[list[Declaration], list[Allowed]]]:
    """Hand out the settings and write them back; one change at a time on this machine."""
    path = credentials_file()
    try:
        private_folder(path)
        lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            document = read_document(path)
            entries, allowed = (
                list(read_declared(document, path)),
                list(read_allowed(document, path)),
            )
            yield entries, allowed
            write_private(path, _as_text(entries, allowed))
        finally:
            os.close(lock)
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror or error}") from error


def _in_recordings(value: str) -> Iterator[tuple[str, str]]:
    """Yield (log id, fingerprint) for every recording whose key lies on this machine."""
    root = keys_root()
    for path in sorted(root.glob(f"*/{FINGERPRINT_FILE}")) if root.is_dir() else ():
        key = _key_in(path)
        if key is not None:
            yield path.parent.name, fingerprint_of(key, value)


def _key_in(path: Path) -> bytes | None:
    try:
        return bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _as_text(entries: Sequence[Declaration], allowed: Sequence[Allowed]) -> str:
    blocks = [HEAD]
    for d in entries:
        forms = [[f.mark.hex(), f.at, f.length, f.encoding] for f in d.forms]
        lines = ["[[credential]]", *(_line(word, text) for word, text in d.told.items())]
        lines += [_line("fingerprint", d.fingerprint), _line("added", d.added)]
        if d.replaced:
            lines.append(_line("replaced", d.replaced))
        lines.append(f"forms = {json.dumps(forms)}")
        if d.recordings:
            lines += ["[credential.recordings]", *(_line(log, fp) for log, fp in d.recordings)]
        blocks.append("\n".join(lines) + "\n")
    for a in allowed:
        lines = [
            "[[allowed]]", _line("recording", a.log_id), _line("fingerprint", a.fingerprint),
            _line("class", a.credential_class),
        ]  # fmt: skip
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _line(name: str, text: str) -> str:
    # JSON's strings are TOML's basic strings, DEL aside.
    return f"{name} = {json.dumps(text)}".replace("\x7f", "\\u007f")
