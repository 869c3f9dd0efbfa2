"""Plan changes of settings files, show them, write them, and undo them to the byte.

Beside a changed file lies what it held before (0600), under a name with the digest of what was
written: while that digest fits, nobody has touched the file since and the old bytes come back.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import json
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from recorder.capture.hook.settings.documents import SettingsError, in_one_line, parse, render
from recorder.capture.hook.settings.merge import UnexpectedShapeError, is_wired, put_in, take_out
from recorder.capture.hook.settings.table import AgentSettings, SettingsFile, Wiring

__all__ = ["Change", "Place", "plan_install", "plan_uninstall"]

_BACKUP = ".flightlog-"


@dataclass(frozen=True, slots=True)
class Place:
    """Whose settings: the user's, or one project's."""

    home: Path
    project: Path | None = None

    def of(self, file: SettingsFile) -> Path:
        """Return where a file lies, through symbolic links (dotfiles are often linked)."""
        path = self.project / file.project if self.project else file.user(self.home)
        return Path(os.path.realpath(path))


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be done to one file."""

    path: Path
    before: bytes | None
    """None where there is no file."""
    after: bytes | None
    """None where the file goes."""
    original: bytes | None = None
    """What an undo brings back; None: no file."""
    notes: tuple[str, ...] = field(default=())
    undo: bool = False

    @property
    def is_needed(self) -> bool:
        """Tell whether the file would change."""
        return self.before != self.after

    def diff(self) -> str:
        """Return the change as a unified diff."""
        old, new = ((text or b"").decode("utf-8", "replace") for text in (self.before, self.after))
        names = (
            ("/dev/null" if self.before is None else str(self.path)),
            ("/dev/null" if self.after is None else str(self.path)),
        )
        lines = difflib.unified_diff(
            old.splitlines(keepends=True), new.splitlines(keepends=True), *names
        )
        return "".join(line if line.endswith("\n") else line + "\n" for line in lines)

    def write(self) -> None:
        """Write the file and what its undo needs.

        Raises:
            SettingsError: the file changed meanwhile or cannot be written; it is as it was.
        """
        if _read(self.path) != self.before:
            raise SettingsError(f"{self.path} was changed by somebody else meanwhile; try again")
        try:
            if self.after is None:
                self.path.unlink()
            else:
                self._write_after(self.after)
            useless = self._useless()
            made = _folders_made(useless) if self.undo and self.after is None else 0
            for backup in useless:
                backup.unlink()
            _remove_empty(self.path.parent, made)
        except OSError as error:
            raise SettingsError(f"{self.path} cannot be written: {error.strerror}") from error

    def _useless(self) -> list[Path]:
        """Return the backups that nothing is left to undo with."""
        if self.undo:
            return _backups(self.path)
        return [] if self.before is None else _backups(self.path, self.before)

    def _write_after(self, after: bytes) -> None:
        made = sum(not folder.exists() for folder in self.path.parents)
        made = made or _folders_made(_backups(self.path))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.undo:
            kind = "none" if self.original is None else "bak"
            name = f"{self.path.name}{_BACKUP}{_digest(after)}.{kind}"
            kept = str(made).encode() if self.original is None else self.original
            _replace(self.path.with_name(name), kept, 0o600)
        mode = self.path.stat().st_mode & 0o777 if self.before is not None else 0o600
        _replace(self.path, after, mode)


def plan_install(settings: AgentSettings, wiring: Wiring, place: Place) -> list[Change]:
    """Return the changes that wire an agent.

    Raises:
        SettingsError: a file cannot be parsed or is of an unexpected shape.
    """
    return [_install(file, settings.agent, wiring, place.of(file)) for file in settings.files]


def plan_uninstall(settings: AgentSettings, wiring: Wiring, place: Place) -> list[Change]:
    """Return the changes that undo `plan_install`.

    Raises:
        SettingsError: a file cannot be parsed.
    """
    # What was written last goes first: its folder may be one that was made for another file.
    return [_uninstall(file, wiring, place.of(file)) for file in reversed(settings.files)]


def _install(file: SettingsFile, agent: str, wiring: Wiring, path: Path) -> Change:
    before = _read(path)
    original = _without_ours(file, wiring, path, before)
    if file.script:
        return Change(path, before, file.script_text(wiring, agent).encode(), original)
    after, notes = _with_ours(file, wiring, path, original or b"")
    if before is not None and is_wired(
        parse(path, before), file, wiring, parse(path, original or b"")
    ):
        after = before
    return Change(path, before, after, original, notes)


def _with_ours(
    file: SettingsFile, wiring: Wiring, path: Path, original: bytes
) -> tuple[bytes, tuple[str, ...]]:
    """Return a file with our entries, and what a person should know of them."""
    wanted = parse(path, original)
    try:
        notes = put_in(wanted, file, wiring)
    except UnexpectedShapeError as error:
        raise SettingsError(f"{path}: {error}; nothing was written") from error
    if _same(parse(path, original), wanted):
        return original, tuple(notes)
    after = render(path, wanted, original)
    if path.suffix == ".toml" and not _reads(path, after, wanted):
        # Behind dotted keys, what needs a line of its own would take the keys after it along.
        document = parse(path, original)
        put_in(document, file, wiring, in_one_line)
        after = render(path, document, original)
    # What cannot be read back is never written.
    if not _reads(path, after, wanted):
        raise SettingsError(f"{path} cannot be changed without loss; nothing was written")
    return after, tuple(notes)


def _reads(path: Path, content: bytes, document: object) -> bool:
    """Tell whether a file of some content holds a document."""
    try:
        return _same(parse(path, content), document)
    except SettingsError:
        return False


def _uninstall(file: SettingsFile, wiring: Wiring, path: Path) -> Change:
    before = _read(path)
    after = _without_ours(file, wiring, path, before)
    return Change(path, before, after, undo=True)


def _without_ours(
    file: SettingsFile, wiring: Wiring, path: Path, content: bytes | None
) -> bytes | None:
    """Return a file as it would be without us: as it was, or as it is less our entries."""
    if content is None:
        return None
    exact = _backups(path, content)
    if exact:
        return exact[0].read_bytes() if exact[0].suffix == ".bak" else None
    if file.script:
        return None
    document = parse(path, content)
    known = _backups(path)
    original = parse(path, _held(known[-1])) if known else None
    as_it_is = parse(path, content)
    take_out(document, file, wiring, original)
    if _same(document, as_it_is):
        return content
    if not document and known and known[-1].suffix == ".none":
        return None
    after = render(path, document, content)
    if not _reads(path, after, document):
        raise SettingsError(f"{path} cannot be changed without loss; nothing was written")
    return after


def _backups(path: Path, content: bytes | None = None) -> list[Path]:
    """Return what lies beside a file for its undo, oldest first; with `content`, what fits it."""
    if not path.parent.is_dir():
        return []
    digest = _digest(content) if content is not None else ""
    found = [
        entry
        for entry in path.parent.iterdir()
        if entry.name.startswith(f"{path.name}{_BACKUP}{digest}")
        and entry.suffix in {".bak", ".none"}
    ]
    return sorted(found, key=lambda entry: entry.stat().st_mtime_ns)


def _held(backup: Path) -> bytes:
    """Return what a file held of which this is the backup."""
    return backup.read_bytes() if backup.suffix == ".bak" else b""


def _folders_made(backups: list[Path]) -> int:
    """Return how many folders were made for a file: it stands where the file was none."""
    said = [backup.read_bytes() for backup in backups if backup.suffix == ".none"]
    return max((int(text) for text in said if text.isdigit()), default=0)


def _remove_empty(folder: Path, number: int) -> None:
    """Remove a folder and those above it, as many as were made, up to one that holds something."""
    with contextlib.suppress(OSError):
        for made in (folder, *folder.parents)[:number]:
            made.rmdir()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _same(one: object, other: object) -> bool:
    return json.dumps(one, sort_keys=True, default=str) == json.dumps(
        other, sort_keys=True, default=str
    )


def _read(path: Path) -> bytes | None:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SettingsError(f"{path} is no file; move it away and try again")
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error


def _replace(path: Path, content: bytes, mode: int) -> None:
    """Write a file whole or not at all; never readable by others on the way."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.chmod(mode)
    aside.replace(path)
