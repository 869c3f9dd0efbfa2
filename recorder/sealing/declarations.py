"""What a user says of credentials, in a settings file that holds fingerprints and never a value.

`credentials.toml` in the user's configuration. A declared credential's fingerprint and marks are
keyed with this machine's own key, since every recording has another; whoever meets the value while
recording writes down, in that recording, which credential it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recorder.errors import SettingsError
from recorder.keys import machine_key
from recorder.location import credentials_file
from recorder.sealing.forms import Form

__all__ = ["Allowed", "Declaration", "Settings", "load_settings", "read_allowed", "read_declared"]

HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Declaration:
    """A credential that its owner named."""

    name: str
    fingerprint: str
    """Keyed with this machine's key, 32 hexadecimal digits."""
    scope: str = ""
    purpose: str = ""
    environment: str = ""
    added: str = ""
    """When, RFC 3339."""
    replaced: str = ""
    """When its name was given to another value, RFC 3339; empty while it is in use. A token that
    was changed for another may stand in a file, and work, for long."""
    forms: tuple[Form, ...] = ()
    recordings: tuple[tuple[str, str], ...] = ()
    """(log id, fingerprint there) of the recordings whose keys lay here when it was declared."""

    @property
    def told(self) -> dict[str, str]:
        """What the owner told, by word."""
        words = {
            "name": self.name, "scope": self.scope, "purpose": self.purpose,
            "environment": self.environment,
        }  # fmt: skip
        return {word: text for word, text in words.items() if text}


@dataclass(frozen=True, slots=True)
class Allowed:
    """A find that its user says is none, in one recording."""

    log_id: str
    fingerprint: str
    credential_class: str
    """Only a find of this class is let be: the same value in a header is sealed all the same."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings as one recording's sealer needs them."""

    key: bytes = b""
    """This machine's; empty where nothing is declared."""
    declared: tuple[Declaration, ...] = ()
    allowed: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    """(fingerprint in the recording, class)."""


def load_settings(log_id: str) -> Settings:
    """Return the settings for a recording.

    Raises:
        SettingsError: the file is there and cannot be read.
    """
    path = credentials_file()
    document = read_document(path)
    declared = read_declared(document, path)
    allowed = read_allowed(document, path)
    return Settings(
        key=machine_key() if declared else b"",
        declared=declared,
        allowed=frozenset(
            (a.fingerprint, a.credential_class) for a in allowed if a.log_id == log_id
        ),
    )


def changed_ns(path: Path) -> int:
    """Return when the settings were last changed, ns since the epoch; 0 where there are none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def read_document(path: Path) -> dict[str, Any]:
    """Return the settings file as it is; empty where there is none.

    Raises:
        SettingsError: it cannot be read, or is no TOML.
    """
    if not changed_ns(path):
        return {}
    import tomllib  # noqa: PLC0415 (most recorders have nothing to read, and hooks have no time)

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise SettingsError(f"cannot read {path}: {reason}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is no TOML ({error}); mend it, or move it away") from error


def read_declared(document: dict[str, Any], path: Path) -> tuple[Declaration, ...]:
    """Return the declared credentials of a settings file.

    Raises:
        SettingsError: an entry lacks a name or a fingerprint; the message names it.
    """
    found = []
    for number, entry in enumerate(_tables(document, "credential", path), start=1):
        where = f"{path}, [[credential]] {number}"
        name, fingerprint = _text(entry, "name", where), _digits(entry, "fingerprint", where)
        found.append(
            Declaration(
                name=name,
                fingerprint=fingerprint,
                scope=str(entry.get("scope", "")),
                purpose=str(entry.get("purpose", "")),
                environment=str(entry.get("environment", "")),
                added=str(entry.get("added", "")),
                replaced=str(entry.get("replaced", "")),
                forms=tuple(_forms(entry.get("forms", ()), fingerprint, where)),
                recordings=tuple(sorted(dict(entry.get("recordings", {})).items())),
            )
        )
    return tuple(found)


def read_allowed(document: dict[str, Any], path: Path) -> tuple[Allowed, ...]:
    """Return the finds that a settings file allows.

    Raises:
        SettingsError: an entry is not whole; the message names it.
    """
    found = []
    for number, entry in enumerate(_tables(document, "allowed", path), start=1):
        where = f"{path}, [[allowed]] {number}"
        found.append(
            Allowed(
                _text(entry, "recording", where),
                _digits(entry, "fingerprint", where),
                _text(entry, "class", where),
            )
        )
    return tuple(found)


def _tables(document: dict[str, Any], name: str, path: Path) -> list[dict[str, Any]]:
    tables = document.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise SettingsError(f"{path}: write {name} entries as [[{name}]] tables")
    return tables


def _text(entry: dict[str, Any], name: str, where: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value:
        raise SettingsError(f"{where}: expected a text under {name!r}")
    return value


def _digits(entry: dict[str, Any], name: str, where: str) -> str:
    value = _text(entry, name, where)
    if len(value) != 32 or not set(value) <= HEX:
        raise SettingsError(f"{where}: expected 32 hexadecimal digits under {name!r}")
    return value


def _forms(given: Iterable[Any], fingerprint: str, where: str) -> Iterable[Form]:
    for form in given:
        try:
            mark, at, length, encoding = form
            yield Form(bytes.fromhex(mark), int(at), int(length), str(encoding), fingerprint)
        except (TypeError, ValueError) as error:
            raise SettingsError(f"{where}: a form is [mark, at, length, encoding]") from error


def private_folder(path: Path) -> None:
    """Make the folder of a settings file where it is missing, for its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)


def write_private(path: Path, text: str) -> None:
    """Replace a file of the user's own, whole or not at all, readable for nobody else."""
    private_folder(path)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
