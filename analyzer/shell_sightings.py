"""Where a shell command shows, prints or writes a credential: read from its words, so inferred."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.issuing import command_issues
from analyzer.testimony import Certainty
from analyzer.tools import relative, shell_commands
from recorder.model import Role

__all__ = ["Spot", "in_command", "in_search", "in_shell_output"]

MAX_COMMAND = 100_000
"""Characters of a shell text that are read for where it writes."""
_NUMBERED = re.compile(r"^\s*(\d+)(?:→|\t|:)")
_GREPPED = re.compile(r"^(?P<path>[^:\s][^:]*):(?P<line>\d+):")
_GREPPED_BARE = re.compile(r"^(?P<path>[^:\s][^:]*):")
_WRITES = re.compile(r"(?:^|[^\d&>-])1?>{1,2}\s{0,4}(?P<path>[^\s;&|<>()'\"$`]{1,300})")
_TEE = re.compile(
    r"\|\s{0,4}tee\s{1,4}(?:-a\s{1,4})?(?P<path>[^\s;&|<>()'\"$`-][^\s;&|<>()]{0,300})"
)
_PRINTERS = frozenset({"cat", "head", "tail", "less", "more", "bat", "nl", "tac"})
_SEARCHERS = frozenset({"grep", "egrep", "fgrep", "rg", "ag", "git"})
_ENVIRONMENT = frozenset({"env", "printenv", "set", "export", "declare"})
_NOWHERE = frozenset({"/dev/null", "/dev/stderr", "/dev/stdout", "/dev/tty"})


@dataclass(frozen=True, slots=True)
class Spot:
    """A place, and what it makes of the credential where that differs from what the seal says."""

    place: str
    file: str = ""
    certainty: Certainty = Certainty.OBSERVED
    role: Role | None = None
    host: str = ""
    """Where a command takes it, as its words say."""
    meant_for: str = ""
    """Host of the URL that it is the password of there."""


def in_command(command: str, fingerprint: str, cwd: str) -> Iterator[Spot]:
    """Yield the files that a command writes a credential of its own words to."""
    token = f":{fingerprint}⟧"
    if len(command) > MAX_COMMAND or token not in command:
        return
    for piece in _statements(command):
        if token not in piece:
            continue
        for pattern in (_WRITES, _TEE):
            for match in pattern.finditer(piece):
                path = relative(match["path"], cwd)
                if match["path"] not in _NOWHERE and "⟦" not in path:
                    yield Spot(f"{path} (written)", path, Certainty.INFERRED, Role.COPIED)


def _statements(command: str) -> list[str]:
    """Return the parts of a shell text that each have redirections of their own.

    A here-document belongs to the command that it is for.
    """
    return [command] if "<<" in command else re.split(r"&&|\|\||;|\n", command)


def in_search(line: str, given: str, cwd: str, certainty: Certainty) -> Spot:
    """Read the path in front of a search's hit; a search of one file prints none."""
    match = _GREPPED.match(line)
    if match:
        path = relative(match["path"], cwd)
        return Spot(f"{path}:{match['line']}", path, certainty)
    numbered = _NUMBERED.match(line)
    if numbered and given:
        return Spot(f"{given}:{numbered[1]}", given, certainty)
    bare = _GREPPED_BARE.match(line)
    if bare and _like_a_file(bare["path"]):
        path = relative(bare["path"], cwd)
        return Spot(path, path, Certainty.INFERRED)
    return Spot("tool output")


def in_shell_output(line: str, command: str, cwd: str) -> Spot:
    """Infer what stands behind a line that a shell command printed: a file, the environment, or an
    issuer that handed the credential out.
    """
    commands = shell_commands(command)
    names = {posixpath.basename(words[0]) for words in commands}
    if command_issues(commands):
        return Spot("tool output", certainty=Certainty.INFERRED, role=Role.ISSUED)
    if names & _SEARCHERS:
        targets = [w for words in commands for w in words[2:] if not w.startswith("-")]
        given = relative(targets[-1], cwd) if targets and _like_a_file(targets[-1]) else ""
        return in_search(line, given, cwd, Certainty.INFERRED)
    if len(commands) == 1 and names & _PRINTERS:
        files = [w for w in commands[0][1:] if not w.startswith("-") and not w.isdigit()]
        if len(files) == 1:
            path = relative(files[0], cwd)
            return Spot(f"{path} (tool output)", path, Certainty.INFERRED)
    if len(commands) == 1 and names & _ENVIRONMENT:
        return Spot("environment (tool output)", certainty=Certainty.INFERRED)
    return Spot("tool output")


def _like_a_file(text: str) -> bool:
    return "/" in text or "." in text[1:] or text.startswith(".")
