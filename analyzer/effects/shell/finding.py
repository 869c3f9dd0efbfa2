"""Read what a `find` finds: where it starts, the names that it looks for, and those that it spares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.effects.shell.invocation import Word

__all__ = ["Found", "read_find"]

_NAMES = frozenset({"-name", "-iname", "-path", "-ipath", "-wholename", "-iwholename", "-regex"})
_WHOLE = frozenset({"-path", "-ipath", "-wholename", "-iwholename", "-regex"})
"""Tests of the path from its start, not of its last part."""
_NOT = frozenset({"!", "-not"})
_OR = frozenset({"-o", "-or", ","})
_ACTIONS = frozenset({"-delete", "-exec", "-execdir", "-ok", "-okdir", "-print", "-print0", "-ls"})
_NO_TESTS = frozenset(
    {"-depth", "-maxdepth", "-mindepth", "-xdev", "-mount", "-follow", "-and", "-a"}
)
MOST = 8
"""Paths of one `find` that are told."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a `find` does something to."""

    starts: tuple[Word, ...]
    wanted: tuple[Word, ...]
    """The paths that it looks for; empty where all that lies there is meant."""
    spared: tuple[str, ...]
    """Names that it leaves alone."""
    only_empty_folders: bool = False


@dataclass(slots=True)
class _Branch:
    """One side of an `-o`: what stands in it, and whether something is done to what it finds."""

    wanted: list[tuple[str, Word]]
    spared: list[str]
    acts: bool = False
    prunes: bool = False


def read_find(words: Sequence[Word]) -> Found:
    """Return what a `find` with these words (its options, tests and actions) finds."""
    starts = []
    for word in words:
        if word.text.startswith(("-", "(", "!")):
            break
        starts.append(word)
    branches = _branches(words[len(starts) :])
    acting = [b for b in branches if b.acts] or [b for b in branches if not b.prunes]
    spared = [name for b in acting for name in b.spared]
    # With -delete a folder comes after what is in it, and -prune spares nothing but itself.
    spared += [word.text for b in branches if b.prunes and not b.acts for _, word in b.wanted]
    everything = any(not b.wanted for b in acting)
    named = [] if everything else [pair for b in acting for pair in b.wanted]
    begin = starts[:2] or [Word(".")]
    wanted = tuple(
        Word(word.text if test in _WHOLE else f"{start.text}/{word.text}", word.known, glob=True)
        for start in begin for test, word in named
    )[:MOST]  # fmt: skip
    texts = [word.text for word in words]
    empty = "-empty" in texts and texts[texts.index("-empty") - 1] not in _NOT
    return Found(
        tuple(starts), wanted, tuple(dict.fromkeys(spared)),
        empty and _after(texts, "-type") == "d",
    )  # fmt: skip


def _after(texts: Sequence[str], option: str) -> str:
    place = texts.index(option) + 1 if option in texts else len(texts)
    return texts[place] if place < len(texts) else ""


def _branches(words: Sequence[Word]) -> list[_Branch]:
    """Return the sides of every `-o`; a group's sides are sides of what it stands in."""
    branches = [_Branch([], [])]
    negated: list[bool] = [False]
    """Whether each group that is open stands behind a `!`."""
    opened: list[int] = []
    pending = False
    skip = 0
    for place, word in enumerate(words):
        text = word.text
        if skip:
            skip -= 1
            continue
        if text in _NOT:
            pending = not pending
        elif text in {"(", "\\("}:
            negated.append(negated[-1] != pending)
            opened.append(len(branches) - 1)
            pending = False
        elif text in {")", "\\)"}:
            if len(negated) > 1:
                negated.pop()
                _close(branches, opened.pop())
            pending = False
        elif text in _OR:
            if not negated[-1]:  # ! ( a -o b ) spares both
                branches.append(_Branch([], []))
            pending = False
        elif text in _NAMES and place + 1 < len(words):
            skip = 1
            if negated[-1] != pending:
                branches[-1].spared.append(words[place + 1].text)
            else:
                branches[-1].wanted.append((text, words[place + 1]))
            pending = False
        elif text in _ACTIONS:
            branches[-1].acts = True
            if text in {"-exec", "-execdir", "-ok", "-okdir"}:
                rest = [w.text for w in words[place + 1 :]]
                skip = next((n for n, t in enumerate(rest) if t in {";", "+"}), len(rest) - 1) + 1
        elif text == "-prune":
            branches[-1].prunes = True
        elif text.startswith("-") and text not in _NO_TESTS:
            pending = False
    return branches


def _close(branches: list[_Branch], first: int) -> None:
    """Join the sides of a group to one: `( -name a -o -name b ) -delete` takes both."""
    inner = branches[first:]
    if len(inner) < 2:
        return
    names_all = all(b.wanted for b in inner)
    joined = _Branch(
        [pair for b in inner for pair in b.wanted] if names_all else [],
        [name for b in inner for name in b.spared],
        any(b.acts for b in inner),
        any(b.prunes for b in inner),
    )
    branches[first:] = [joined]
