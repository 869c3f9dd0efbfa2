"""The folders that programs are told to work in, where they change what lies there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.effects.shell.invocation import Invocation, Word

__all__ = ["worked_in"]

HERE = Word(".", True)
GIT_CHANGES = frozenset({
    "add", "am", "apply", "checkout", "cherry-pick", "clean", "clone", "commit", "filter-branch",
    "gc", "init", "merge", "mv", "prune", "pull", "rebase", "reset", "restore", "revert", "rm",
    "sparse-checkout", "stash", "submodule", "switch", "update-ref", "worktree",
})  # fmt: skip
"""What of git changes a working copy or its repository."""
GIT_PLACES = ("-C", "--work-tree", "--git-dir")
GIT_VALUES = frozenset({"-C", "-c", "--work-tree", "--git-dir", "--namespace", "--exec-path"})
PLACES = {
    "unzip": ("-d",),
    "patch": ("-d", "--directory"),
    "make": ("-C", "--directory"),
    "ninja": ("-C",),
    "npm": ("--prefix", "-C"),
    "pnpm": ("--dir", "-C"),
    "yarn": ("--cwd",),
    "bun": ("--cwd",),
    "pip": ("--target", "-t", "--prefix", "--root"),
    "pip3": ("--target", "-t", "--prefix", "--root"),
    "cargo": ("--manifest-path", "--target-dir"),
    "go": ("-C",),
}
"""Programs that change files, and their options that say in which folder."""
_EXTRACTS = re.compile(r"-[A-Za-z]*x[A-Za-z]*|--extract|--get")
WORKS_HERE = frozenset({"unzip", "patch"})
"""Of these, those that change the folder they are started in where no option names another."""


def worked_in(command: Invocation) -> Iterator[Word]:
    """Yield the folders that a command changes by being told to work there, or started there."""
    name = command.name
    if name == "git":
        yield from _of_git(command)
    elif name in {"tar", "bsdtar"}:
        if _unpacks(command):
            yield from tuple(_named(command, ("-C", "--directory"))) or (HERE,)
    elif name in PLACES:
        yield from tuple(_named(command, PLACES[name])) or ((HERE,) if name in WORKS_HERE else ())


def _of_git(command: Invocation) -> Iterator[Word]:
    words = iter(command.words[1:])
    before: list[Word] = []
    for word in words:
        if word.text in GIT_VALUES:
            before += (word, *(w for w in [next(words, None)] if w is not None))
        elif word.text.startswith("-"):
            before.append(word)
        elif word.text in GIT_CHANGES:
            yield from tuple(_among(before, GIT_PLACES)) or (HERE,)
            return
        else:
            return


def _unpacks(command: Invocation) -> bool:
    first = next(iter(command.arguments), "")
    if not first.startswith("-") and "x" in first[:8]:
        return True
    return any(_EXTRACTS.fullmatch(argument) for argument in command.arguments)


def _named(command: Invocation, options: tuple[str, ...]) -> Iterator[Word]:
    return _among(list(command.words[1:]), options)


def _among(words: list[Word], options: tuple[str, ...]) -> Iterator[Word]:
    """Yield the values of options, as a word of their own or behind `=`."""
    for number, word in enumerate(words):
        if word.text in options:
            yield from words[number + 1 : number + 2]
            continue
        name, sign, value = word.text.partition("=")
        if sign and name in options and value:
            yield Word(value, word.known)
