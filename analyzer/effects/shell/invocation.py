"""One simple command as a shell would start it, as far as its text tells."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

__all__ = ["Invocation", "Word", "plain"]

NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Word:
    """A word after expansion; what only the running shell knows stays as it is written."""

    text: str
    known: bool = True
    """False: a part of it is made when it runs."""
    glob: bool = False
    """It holds an unquoted pattern."""
    empty: str = ""
    """What it would be if its unknown variables were empty: `$DIR/*` is `/*`."""


def plain(texts: Sequence[str]) -> tuple[Word, ...]:
    """Return words that stand as they are."""
    return tuple(Word(text) for text in texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """A command's words and what surrounds them."""

    words: tuple[Word, ...]
    environment: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """Variables set in this text that are known."""
    stdin: str | None = None
    """What stands on its standard input, where the text tells it."""
    piped: bool = False
    """Something comes down a pipe."""
    hints: str = ""
    """The words of the commands before it in its pipeline: what they pick out."""
    reads: tuple[Word, ...] = ()
    """Files that stand on its standard input."""
    truncates: tuple[Word, ...] = ()
    """Files that its output replaces."""
    appends: tuple[Word, ...] = ()
    is_block: bool = False
    """It stands for a group of commands whose output goes somewhere."""
    folder: str = ""
    """Where it runs, where the text or the caller tells."""

    @property
    def name(self) -> str:
        """Return the program's name without its folder; empty where there is none."""
        if not self.words:
            return ""
        name = posixpath.basename(self.words[0].text.replace("\\", "/").rstrip("/"))
        return name.lower().removesuffix(".exe") if self.words[0].known else ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """Return the texts of the words after the program's name."""
        return tuple(word.text for word in self.words[1:])

    def running(self, words: Sequence[Word]) -> Invocation:
        """Return the command that this one runs: other words, the same surroundings."""
        return replace(self, words=tuple(words), truncates=(), appends=())
