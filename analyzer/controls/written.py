"""The files that a shell command names to change, resolved against the folder where it does."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from analyzer.controls.working_places import worked_in
from analyzer.effects.places import Ground, Place, ground_of
from analyzer.effects.shell.invocation import Invocation, Word
from analyzer.effects.shell.reading import read_shell
from analyzer.effects.shell.wrappers import inner_of

__all__ = ["beyond_workspace"]

MAX_NESTING = 6
DELETERS = frozenset({"rm", "rmdir", "unlink", "shred"})
CHANGERS = frozenset({"mv", "tee", "touch", "truncate", "mkdir"})
CHANGERS_OF = frozenset({"chmod", "chown", "chgrp"})
"""Their first word says what they make of the files that follow."""
EDITORS = frozenset({"sed", "perl"})
"""Their first word is a program; they change files where they are told `-i`."""
COPIERS = frozenset({"cp", "install", "ln", "rsync"})
"""Their last word is what is written."""
BEYOND = frozenset({Ground.ROOT, Ground.HOME, Ground.ABOVE, Ground.OUTSIDE})
_REMOTE = re.compile(r"[\w.@-]+:")


def beyond_workspace(command: str, folder: str, roots: Sequence[str]) -> str:
    """Return the first path outside the workspace that a command changes; empty where none.

    Args:
        command: the shell text.
        folder: the workspace, in which the command is given.
        roots: further folders that belong to it.
    """
    own = {posixpath.normpath(root) for root in (folder, *roots) if root}
    for word, where, deletes in _changed(command, folder, 0):
        whole = word.empty if not word.known and word.empty else word.text
        if word.text == "." and where.folder:
            whole = posixpath.normpath(where.folder)
            if whole in own and not deletes:
                continue
        if _ground(whole, word, where, roots) in BEYOND:
            return whole if word.text == "." else word.text
        if deletes and _ground(whole, word, where, roots) is Ground.WORKSPACE:
            return word.text
    return ""


def _ground(path: str, word: Word, folder: Place, roots: Sequence[str]) -> Ground:
    pattern = word.glob or path.endswith("*")
    places = [folder, *(Place(folder.folder, workspace=root) for root in roots)]
    grounds = [ground_of(path, p, folder=folder.folder, pattern=pattern) for p in places]
    return next((g for g in grounds if g not in BEYOND), grounds[0])


def _changed(text: str, folder: str, depth: int) -> Iterator[tuple[Word, Place, bool]]:
    """Yield (path, where it is resolved, whether it is deleted) of each file."""
    for command in read_shell(text, folder=folder).commands:
        yield from _by_command(command, folder, depth)


def _by_command(
    command: Invocation, workspace: str, depth: int
) -> Iterator[tuple[Word, Place, bool]]:
    place = Place(command.folder or workspace, workspace=workspace)
    for word in (*command.truncates, *command.appends):
        if not word.text.startswith(("/dev/", "&")):
            yield word, place, False
    for word in _named(command):
        yield word, place, command.name in DELETERS
    for word in worked_in(command):
        yield word, place, False
    inner = inner_of(command) if depth < MAX_NESTING else None
    if inner is None or inner.elsewhere:
        return
    if inner.text is not None:
        for word, where, deletes in _changed(inner.text, place.folder, depth + 1):
            yield word, Place(where.folder, workspace=workspace), deletes
    elif inner.words:
        yield from _by_command(command.running(inner.words), workspace, depth + 1)


def _named(command: Invocation) -> Sequence[Word]:
    """Return the words of a command that are files which it changes."""
    words = [w for w in command.words[1:] if not w.text.startswith("-") or w.text == "-"]
    name = command.name
    if name in DELETERS or name in CHANGERS:
        return words
    if name in CHANGERS_OF:
        return words[1:]
    if name in EDITORS:
        in_place = any(re.match(r"-[a-zA-Z]*i|--in-place", a) for a in command.arguments)
        return words[1:] if in_place else ()
    if name in COPIERS:
        return [w for w in words[-1:] if len(words) > 1 and not _REMOTE.match(w.text)]
    if name == "dd":
        return [Word(w.text[3:], w.known) for w in words if w.text.startswith("of=")]
    return ()
