"""Every program that a shell text starts on this machine, through all that runs another.

A text that is only said, searched for or written to a file starts nothing. A script that the text
itself writes and then runs is read as the shell would read it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from analyzer.effects.shell.invocation import Invocation, Word
from analyzer.effects.shell.output import output_of
from analyzer.effects.shell.reading import read_shell
from analyzer.effects.shell.wrappers import SHELLS, inner_of

__all__ = ["started_in"]

MAX_NESTING = 12
MAX_TAKEN = 2_000
"""Commands that are looked at: scripts that run each other would never end."""
SOURCES = frozenset({"source", "."})


def started_in(text: str) -> list[Invocation]:
    """Return the programs that a shell text starts, in its order, each without what ran it."""
    started = _Started()
    started.read(text, 0)
    return started.found


class _Started:
    """Gathers what one text starts, and the scripts that it writes on the way."""

    def __init__(self) -> None:
        self.found: list[Invocation] = []
        self._taken = 0
        self._written: dict[str, str] = {}
        """File -> what the text has put into it."""

    def read(self, text: str, depth: int) -> None:
        """Take in a shell text."""
        if depth > MAX_NESTING or self._taken >= MAX_TAKEN:
            return
        for command in read_shell(text).commands:
            self._take(command, depth)

    def _take(self, command: Invocation, depth: int) -> None:
        if depth > MAX_NESTING or self._taken >= MAX_TAKEN:
            return
        self._taken += 1
        self._write(command)
        script = next((self._written[n] for n in _scripts(command) if n in self._written), None)
        if script is not None:
            self.read(script, depth + 1)
            return
        inner = inner_of(command)
        if inner is None or inner.unreadable:
            if command.name:
                self.found.append(command)
        elif inner.elsewhere:
            # What runs there starts nothing here; what reaches there was started.
            self.found.append(command)
        elif inner.language != "shell":
            return
        elif inner.text is not None:
            self.read(inner.text, depth + 1)
        elif inner.words:
            self._take(command.running(inner.words), depth + 1)

    def _write(self, command: Invocation) -> None:
        """Remember what a command writes to a file, where the text tells it."""
        goals: tuple[Word, ...] = command.truncates or command.appends
        plain = replace(command, truncates=(), appends=())
        if command.name == "tee":
            goals = (*goals, *(w for w in command.words[1:] if not w.text.startswith("-")))
            plain = replace(plain, words=command.words[:1])
        text = output_of(plain) if goals else None
        for goal in goals:
            name = posixpath.normpath(goal.text)
            before = self._written.pop(name, "") if command.appends else ""
            if text is not None:
                self._written[name] = before + text
            else:
                self._written.pop(name, None)


def _scripts(command: Invocation) -> Iterator[str]:
    """Yield the files that a command may run as a script: itself, or what its shell is given."""
    if not command.words:
        return
    yield posixpath.normpath(command.words[0].text)
    if command.name in SHELLS | SOURCES:
        given = next((a for a in command.arguments if not a.startswith(("-", "+"))), "")
        if given and not any(a.startswith("-") and "c" in a for a in command.arguments[:1]):
            yield posixpath.normpath(given)
