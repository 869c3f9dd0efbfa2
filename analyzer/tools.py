"""What the arguments of known agent tools mean: the command, the file, the pattern.

Data about tools, not judgement: nothing here decides whether a call is harmful. The shell text is
cut into words only well enough to know which words are paths.
"""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from recorder.model import Json

__all__ = [
    "Family",
    "arguments_of",
    "command_of",
    "family_of",
    "file_of",
    "paths_of",
    "pattern_of",
    "relative",
    "shell_commands",
]


class Family(StrEnum):
    """What sort of tool it is."""

    SHELL = "shell"
    READ = "read"
    SEARCH = "search"
    LIST = "list"
    EDIT = "edit"
    OTHER = "other"


FAMILY_OF: Mapping[str, Family] = {
    **dict.fromkeys(
        ("bash", "shell", "terminal", "exec", "exec_command", "local_shell", "run_command",
         "run_shell_command", "run_terminal_cmd", "powershell", "execute_bash", "execute_command",
         "bashtool", "shell_command", "unified_exec", "run_terminal_command"),
        Family.SHELL,
    ),
    **dict.fromkeys(
        ("read", "read_file", "readfile", "view", "notebookread", "open_file"), Family.READ
    ),
    **dict.fromkeys(
        ("grep", "search", "ripgrep", "search_files", "search_file_content", "grep_search"),
        Family.SEARCH,
    ),
    **dict.fromkeys(("glob", "ls", "list_dir", "list_directory", "find_files"), Family.LIST),
    **dict.fromkeys(
        ("edit", "write", "multiedit", "write_file", "edit_file", "str_replace", "apply_patch",
         "notebookedit", "replace", "write_to_file", "replace_in_file", "editedexistingfile",
         "newfilecreated"),
        Family.EDIT,
    ),
}  # fmt: skip
KEPT, KEPT_LENGTH = 512, 4_096
"""So many arguments up to that length stay read: five steps of an analysis ask for each again."""
FILE_KEYS = ("file_path", "path", "filename", "absolute_path", "notebook_path", "target_file")
COMMAND_KEYS = ("command", "cmd", "script")
PATTERN_KEYS = ("pattern", "query", "regex")

LOOKING = frozenset({"ls", "find", "grep", "rg", "ag", "tree", "du", "stat", "file", "fd", "git"})
"""Commands that look over places without working in them."""
_SHELL = re.compile(r"(?:^|[\s|;&(/])(?:ba|z|da|k|a)?sh\b|\bssh\b|\beval\b|\bsource\b")
_HERE = re.compile(r"(?<!<)<<-?\s{0,4}\\?(['\"]?)(\w{1,80})\1(?!<)")
"""The mark of a here document, with the word that ends it."""
_OPERATOR = re.compile(r"[();<>|&]+")


def family_of(tool: str) -> Family:
    """Return the family of a tool by its name; a name that is not known gives `OTHER`."""
    return FAMILY_OF.get(tool.lower(), Family.OTHER)


def arguments_of(text: str) -> Mapping[str, Json]:
    """Return the arguments of a tool call from their JSON text; empty where it is no object."""
    return _read(text) if len(text) <= KEPT_LENGTH else _read.__wrapped__(text)


@lru_cache(maxsize=KEPT)
def _read(text: str) -> Mapping[str, Json]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def command_of(arguments: Mapping[str, Json]) -> str:
    """Return the command line of a shell call; an argv list is joined."""
    for key in COMMAND_KEYS:
        value = arguments.get(key)
        if isinstance(value, str):
            return value
        if isinstance(value, list):
            return " ".join(str(word) for word in value)
    return ""


def pattern_of(arguments: Mapping[str, Json]) -> str:
    """Return what a search looks for."""
    return _first(arguments, PATTERN_KEYS)


def file_of(arguments: Mapping[str, Json]) -> str:
    """Return the path that a file tool is called with, as it was given."""
    return _first(arguments, FILE_KEYS)


def paths_of(tool: str, arguments: Mapping[str, Json], cwd: str) -> tuple[str, ...]:
    """Return the files and folders that a call reads, edits or executes, relative to `cwd`.

    Searching and listing do not count: to look over a place is not to work in it.
    """
    family = family_of(tool)
    if family in {Family.READ, Family.EDIT}:
        path = file_of(arguments)
        return (relative(path, cwd),) if path else ()
    if family is Family.SHELL:
        return tuple(_shell_paths(command_of(arguments), cwd))
    return ()


def relative(path: str, cwd: str) -> str:
    """Return a path without its working directory where it lies in it, in normal form."""
    path = posixpath.normpath(path) if path else path
    root = posixpath.normpath(cwd) if cwd else ""
    if root and path == root:
        return "."
    if root and root != "/" and path.startswith(root + "/"):
        return path[len(root) + 1 :]
    return path


def shell_commands(text: str) -> list[list[str]]:
    """Return the simple commands of a shell text as lists of words, redirections cut off.

    What a here document holds is no command, unless a shell is given it.
    """
    text = _without_here_documents(text)
    lexer = shlex.shlex(text.replace("\n", " ; "), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        tokens = list(lexer)
    except ValueError:
        tokens = text.split()
    commands: list[list[str]] = [[]]
    for token in tokens:
        if _OPERATOR.fullmatch(token):
            commands.append([])
        else:
            commands[-1].append(token)
    return [words for words in commands if words]


def _without_here_documents(text: str) -> str:
    if "<<" not in text:
        return text
    lines = text.split("\n")
    ends = {line.strip() for line in lines}
    kept: list[str] = []
    waiting: list[tuple[str, bool]] = []
    for line in lines:
        if not waiting:
            kept.append(line)
            is_script = _SHELL.search(line) is not None
            waiting = [(m[2], is_script) for m in _HERE.finditer(line) if m[2] in ends]
        elif line.strip() == waiting[0][0]:
            del waiting[0]
        elif waiting[0][1]:
            kept.append(line)
    return "\n".join(kept)


def _shell_paths(text: str, cwd: str) -> list[str]:
    base, paths = "", []
    for words in shell_commands(text):
        name = posixpath.basename(words[0])
        if name == "cd" and len(words) > 1:
            base = posixpath.join(base, words[1])
            paths.append(relative(base, cwd))
        elif name not in LOOKING:
            paths += [relative(posixpath.join(base, w), cwd) for w in words if _is_path(w)]
    return paths


def _is_path(word: str) -> bool:
    return (
        "/" in word
        and "://" not in word
        and not word.startswith("-")
        and not any(sign in word for sign in "⟦{$\"' ")
    )


def _first(arguments: Mapping[str, Json], keys: tuple[str, ...]) -> str:
    return next((v for k in keys if isinstance(v := arguments.get(k), str)), "")
