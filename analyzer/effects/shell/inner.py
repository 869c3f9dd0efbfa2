"""What a command runs: other words, or a text for another shell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.effects.shell.invocation import Word

__all__ = ["Inner", "after_options", "inner_text"]


@dataclass(frozen=True, slots=True)
class Inner:
    """What a command runs: words as they are, or a text for a shell; one of them."""

    words: tuple[Word, ...] = ()
    text: str | None = None
    language: str = "shell"
    """`shell`, `powershell`, `cmd`."""
    elsewhere: str = ""
    """The host, container or pod it runs in, where that is another one."""
    unreadable: str = ""


def after_options(words: Sequence[Word], valued: frozenset[str]) -> Sequence[Word]:
    """Return what stands behind the options; those in `valued` take the next word."""
    place = 0
    while place < len(words):
        text = words[place].text
        if text == "--":
            return words[place + 1 :]
        if not text.startswith("-") or text == "-":
            break
        place += 2 if text in valued else 1
    return words[place:]


def inner_text(word: Word) -> Inner:
    """Return a text for a shell, unless all of it is made when it runs."""
    if not word.known and word.text.strip().startswith(("$", "`")) and " " not in word.text.strip():
        return Inner(unreadable="a shell runs a text that is made when it runs")
    return Inner(text=word.text)
