"""Find our hooks in agents' settings files: the command lines as they are really written there."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recorder.capture.hook.settings.changes import Place
from recorder.capture.hook.settings.documents import SettingsError, parse
from recorder.capture.hook.settings.merge import HOOKS, MARK
from recorder.capture.hook.settings.table import AgentSettings, SettingsFile

__all__ = ["WrittenHook", "written_hooks"]

_COMMAND = re.compile(r"^const COMMAND = (\[.*\])$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class WrittenHook:
    """One of our hooks, as a settings file has it."""

    path: Path
    event: str
    """The agent's event; empty for a plugin, which serves them all."""
    words: tuple[str, ...]
    """The command, word by word."""

    @property
    def is_alive(self) -> bool:
        """Tell whether the interpreter and the client that it names are still there."""
        client = next((word for word in self.words if MARK in word), "")
        return Path(self.words[0]).exists() and Path(client).exists()

    @property
    def recording(self) -> Path:
        """Where it records to, unless the environment says otherwise."""
        return Path(self.words[-1])


def written_hooks(settings: AgentSettings, place: Place) -> list[WrittenHook]:
    """Return our hooks in an agent's files, in the order of the files.

    Raises:
        SettingsError: a file cannot be read or parsed.
    """
    return [hook for file in settings.files for hook in _in_file(file, place.of(file))]


def _in_file(file: SettingsFile, path: Path) -> Iterator[WrittenHook]:
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    if MARK.encode() not in content:
        return
    if file.script:
        yield from _in_script(path, content.decode("utf-8", "replace"))
    elif file.entry is not None:
        hooks = parse(path, content).get(HOOKS)
        for event, entries in hooks.items() if isinstance(hooks, Mapping) else ():
            for line in _lines(entries):
                words = _split(line)
                if words:
                    yield WrittenHook(path, str(event), words)


def _in_script(path: Path, text: str) -> Iterator[WrittenHook]:
    found = _COMMAND.search(text)
    try:
        words = json.loads(found[1]) if found else []
    except ValueError:
        return
    if words and all(isinstance(word, str) for word in words):
        yield WrittenHook(path, "", tuple(words))


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if MARK in value:
            yield str(value)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _lines(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _lines(inner)


def _split(line: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(line))
    except ValueError:
        return ()
