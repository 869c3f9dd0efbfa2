"""Commands that stand in an option or a script of a program that is no wrapper.

`awk 'BEGIN { system("...") }'`, `vim -c ':!...'`, `tar --checkpoint-action=exec=...`,
`git -c core.pager=...`, `ssh -o ProxyCommand=...`, `expect -c 'spawn ...'`: each program's manual, and GTFOBins' list of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

__all__ = ["escapes_in"]

AWKS = frozenset({"awk", "gawk", "mawk", "nawk"})
EDITORS = frozenset({"vim", "vi", "nvim", "ex", "view", "rvim", "vimdiff"})
SSHES = frozenset({"ssh", "scp", "sftp", "autossh"})
GIT_RUNS = frozenset({"core.pager", "core.editor", "core.sshcommand", "core.fsmonitor", "diff.external",
                      "sequence.editor"})  # fmt: skip
TAR_RUNS = frozenset({"--to-command", "--use-compress-program", "-I", "--rsh-command", "--rmt-command",
                      "--info-script", "--new-volume-script", "-F"})  # fmt: skip
_AWK = re.compile(
    r"""system\(\s*"((?:[^"\\]|\\.)+)"|"((?:[^"\\]|\\.)+)"\s*\|\s*getline|\|\s*"((?:[^"\\]|\\.)+)\""""
)
_PROXY = re.compile(r"^(?:ProxyCommand|LocalCommand|KnownHostsCommand)[=\s](.+)", re.I)
_SED = re.compile(r"(?:^|[;\n])\s*(?:\d+|\$|/[^/]*/)?e\s+(\S.+)")


_SPAWN = re.compile(r"\b(?:spawn|exec|system)\s+([^;\n]+)")
_DO_SHELL = re.compile(r'do shell script "((?:[^"\\]|\\.)+)"')
_BUN = re.compile(r"\$`([^`]+)`")


_COMMANDS = re.compile(r'commands"?\s*[=:]\s*\[([^\]]*)\]')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_KEYS = frozenset({"Enter", "C-m", "KPEnter", "C-c", "Escape", "C-u"})
"""Names of keys that tmux types."""


def escapes_in(name: str, words: Sequence[str]) -> tuple[str, ...]:
    """Return the commands that a program's own words make it run.

    Args:
        name: the program.
        words: what stands behind its name.
    """
    return tuple(command for command in _of(name, words) if command.strip())


def _of(name: str, words: Sequence[str]) -> Iterator[str]:
    if name in AWKS:
        for word in words:
            yield from (a or b or c for a, b, c in _AWK.findall(word))
    elif name in EDITORS:
        for word in words:
            given = word.removeprefix("+").lstrip(":")
            if given.startswith("!"):
                yield given[1:]
    elif name in {"tar", "gtar", "bsdtar"}:
        yield from _tar(words)
    elif name == "git":
        for before, word in pairwise(["", *words]):
            key, _, value = word.partition("=")
            if before == "-c" and (key.lower() in GIT_RUNS or value.startswith("!")):
                yield value.removeprefix("!")
    elif name in SSHES:
        for before, word in pairwise(["", *words]):
            given = word if before == "-o" else word.removeprefix("-o")
            if (before == "-o" or word.startswith("-o")) and (found := _PROXY.match(given)):
                yield found[1]
    elif name == "tmux" and {"send-keys", "send"} & set(words):
        yield " ".join(_typed(words[1:], {"-t", "-N"}))
    elif name == "screen" and "stuff" in words:
        yield words[-1].replace("\\n", "")
    elif name == "aws" and "send-command" in words:
        for word in words:
            if word.startswith("commands=") and not word.startswith("commands=["):
                yield word.removeprefix("commands=")
            yield from (
                text for listed in _COMMANDS.findall(word) for text in _QUOTED.findall(listed)
            )
    elif name == "expect":
        for word in words:
            yield from _SPAWN.findall(word)
    elif name == "osascript":
        for word in words:
            yield from (found.replace('\\"', '"') for found in _DO_SHELL.findall(word))
    elif name == "bun":
        for word in words:
            yield from _BUN.findall(word)
    elif name in {"sed", "gsed"}:
        for word in words:
            yield from _SED.findall(word)


def _typed(words: Sequence[str], valued: set[str]) -> Iterator[str]:
    """Yield what tmux is told to type."""
    skip = False
    for word in words:
        if skip or word in valued or word.startswith("-") or word in _KEYS:
            skip = word in valued
        else:
            yield word


def _tar(words: Sequence[str]) -> Iterator[str]:
    for word, following in pairwise([*words, ""]):
        option, _, value = word.partition("=")
        if option == "--checkpoint-action" and value.startswith("exec="):
            yield value.removeprefix("exec=")
        elif option in TAR_RUNS:
            yield value or following
