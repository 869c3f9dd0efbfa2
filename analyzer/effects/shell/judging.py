"""Judge a shell text: every command that it starts, through all that runs another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache

from analyzer.catalogue.commands import ANY, Entry, Program, program_of
from analyzer.effects.calls import looks_like_sql
from analyzer.effects.names import is_recovery, sense_of
from analyzer.effects.places import UNKNOWN, Place, environment_in
from analyzer.effects.ranks import unknown, worst_of
from analyzer.effects.shell.escapes import escapes_in
from analyzer.effects.shell.invocation import Invocation, Word
from analyzer.effects.shell.nearby import placed_here
from analyzer.effects.shell.options import Arguments, cut
from analyzer.effects.shell.reading import read_shell
from analyzer.effects.shell.rehearsals import mark_rehearsals
from analyzer.effects.shell.targets import SCOPING, target_of
from analyzer.effects.shell.verbs import NAMING, destroying_option, judge_by_verbs, judge_recipe
from analyzer.effects.shell.wrappers import Inner, inner_of
from analyzer.effects.sql import judge_sql
from analyzer.effects.tools import READERS, READERS_CHANGE, TOOLS, WRITERS
from analyzer.effects.tools.context import Context
from analyzer.effects.tools.leaving import judge_leaving
from analyzer.effects.tools.paths import judge_redirects
from analyzer.effects.windows import judge_cmd, judge_powershell
from analyzer.extent import Bulk, Surface
from analyzer.model import Effect, Judgement

__all__ = ["judge_shell"]

MAX_NESTING = 12
HELP = frozenset({"--help", "--version", "-help", "-version", "-?", "/?", "--usage"})
DRY = frozenset({"--dry-run", "--dryrun", "--dry-run=client", "--dry-run=server", "--what-if", "-WhatIf",
                 "--simulate", "--just-print", "--whatif", "--check-only", "--pretend", "--noop"})  # fmt: skip


@lru_cache(maxsize=65_536)
def judge_shell(text: str, place: Place = Place()) -> Judgement:  # noqa: B008 - it is frozen
    """Return the effect of a shell text; a line in cmd's or PowerShell's language is told."""
    judgement = _judge_text(text, _Judge(place), place.folder, 0)
    return replace(judgement, surface=Surface.CLI)


@dataclass(frozen=True, slots=True)
class _Judge:
    """Judges commands; its methods call each other through what tools are given."""

    place: Place

    def text(self, text: str, depth: int, folder: str, elsewhere: str) -> Judgement:
        place = replace(self.place, folder="", host=elsewhere) if elsewhere else self.place
        return _judge_text(text, _Judge(place), "" if elsewhere else folder, depth)


def _judge_text(text: str, judge: _Judge, folder: str, depth: int) -> Judgement:
    if depth > MAX_NESTING:
        return unknown("commands run commands too deep to follow")
    native = None
    if not _UNIX.match(text):
        native = judge_cmd(text) or judge_powershell(text, only_if_sure=True)
    if native is not None and native.effect not in {Effect.READ, Effect.WRITE}:
        return native
    if native is not None and native.effect is Effect.READ and _CMDLET.match(text):
        return native
    reading = read_shell(text, folder=folder)
    parts = [_judge_command(command, judge, depth) for command in reading.commands]
    parts = mark_rehearsals(reading.commands, parts)
    is_native = {p.effect for p in parts} <= {Effect.UNKNOWN} and not reading.given_up
    if native is not None and is_native:
        return native
    worst = worst_of(parts) if parts else None
    if reading.unreadable and (worst is None or worst.effect in {Effect.READ, Effect.WRITE}):
        parts += [unknown(why) for why in reading.unreadable]
    return worst_of(parts)


_UNIX = re.compile(r"\s*(?:powershell|pwsh|cmd|sudo|bash|sh|env)\b", re.IGNORECASE)
"""What says itself which language it runs."""


_CMDLET = re.compile(r"\s*[A-Z][a-z]+-[A-Z][A-Za-z]+\s")
"""A text that begins as only PowerShell's do."""


def _judge_command(command: Invocation, judge: _Judge, depth: int) -> Judgement:
    parts = judge_redirects(command, judge.place)
    if command.words:
        parts.append(_judge_words(command, judge, depth))
    return worst_of(parts)


def _judge_words(command: Invocation, judge: _Judge, depth: int) -> Judgement:
    name = command.name
    if depth > MAX_NESTING:
        return unknown("commands run commands too deep to follow")
    if not name:
        return unknown("the command's name is made when it runs")
    if command.words[0].glob and (meant := _meant(name)):
        return _judge_words(command.running((Word(meant), *command.words[1:])), judge, depth + 1)
    if name.startswith("@") and len(name) > 1:
        return unknown(f"{name} is no command")
    if _asks_for_help(command):
        return Judgement(Effect.READ, (f"{name} is asked for its help or version",), name)
    context = Context(command, judge.place, depth, judge.text)
    escapes = escapes_in(name, command.arguments)
    found = placed_here(_judge_program(command, context, judge, depth), command, judge.place)
    parts = [found, *(context.shell(text) for text in escapes)]
    leaving = judge_leaving(command)
    return worst_of([*parts, leaving] if leaving else parts) if escapes or leaving else found


def _judge_program(command: Invocation, context: Context, judge: _Judge, depth: int) -> Judgement:
    own = TOOLS.get(command.name)
    found = own(context) if own else None
    if found is not None:
        return found
    inner = inner_of(command)
    if inner is not None:
        return _judge_inner(command, inner, judge, depth)
    return _judge_plain(command)


def _judge_inner(command: Invocation, inner: Inner, judge: _Judge, depth: int) -> Judgement:
    if inner.unreadable:
        return unknown(f"{command.name}: {inner.unreadable}", command.name)
    if inner.text is not None:
        if inner.language == "powershell":
            return judge_powershell(inner.text) or unknown("PowerShell that says nothing")
        if inner.language == "cmd":
            found = judge_cmd(inner.text)
            if found is not None:
                return found
        return judge.text(inner.text, depth + 1, command.folder, inner.elsewhere)
    if not inner.words:
        return Judgement(Effect.READ, (f"{command.name} runs nothing",), command.name)
    within = command.running(inner.words)
    if inner.elsewhere:
        within = replace(within, folder="")
        judge = _Judge(replace(judge.place, folder="", host=inner.elsewhere))
    return _judge_words(within, judge, depth + 1)


def _asks_for_help(command: Invocation) -> bool:
    arguments = command.arguments
    if not arguments:
        return False
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if command.name in _RUN_OTHERS and not before[0].startswith(_OWN_VERBS):
        before = before[:1]
    asks = HELP.intersection(before)
    if asks - {"--version", "-version"} or (asks and {before[0], before[-1]} & HELP):
        return True
    if arguments[0] == "help" or arguments in {("version",), ("-V",)}:
        return True
    return arguments[-1] == "-h" and len(arguments) <= 4 and command.name not in _HOSTED


def _meant(pattern: str) -> str:
    """Return the program that deletes which a pattern for a name may stand for: `/bin/r?`."""
    return next((n for n in ("rm", "dd", "shred", "mkfs", "unlink") if fnmatchcase(n, pattern)), "")


_RUN_OTHERS = frozenset({
    "sudo", "env", "xargs", "ssh", "docker", "kubectl", "podman", "bash", "sh", "zsh", "find", "npx",
    "timeout", "nice", "nohup", "time", "exec", "command",
})  # fmt: skip
_OWN_VERBS = (
    "delete",
    "rm",
    "volume",
    "system",
    "compose",
    "image",
    "container",
    "get",
    "apply",
    "scale",
)
"""Words of those programs that run nothing else: a question for help is theirs."""
_HOSTED = frozenset(
    {"psql", "mysql", "redis-cli", "mongo", "mongosh", "ls", "du", "df", "free", "ssh"}
)


def _judge_plain(command: Invocation) -> Judgement:
    """Judge a command by the catalogue, else by what sort of program it is, else by its verbs."""
    name = command.name
    program = program_of(name)
    valued = SCOPING | (program.valued if program else _VALUED)
    if program is None and _REMOVES.intersection(command.arguments[:2]):
        valued -= {"-r", "-f"}  # of everything below, without asking
    if program and program.provider == "docker":
        start = " ".join((name, *command.arguments[:6]))
        valued -= frozenset() if _COMPOSES.search(start) else {"-f"}  # elsewhere it forces
    letters = program is None or program.letters
    arguments = cut(command.arguments, valued, letters=letters)
    if DRY & arguments.options or (program and program.dry & arguments.options):
        return Judgement(Effect.READ, (f"{name}: a dry run",), name)
    if program is not None:
        found = _by_catalogue(command, program, arguments)
        if found is not None:
            return found
    changes, why = READERS_CHANGE.get(name, ("", ""))
    if not {*changes.split()}.isdisjoint({*arguments.options, *arguments.words}):
        return Judgement(Effect.WRITE, (f"{name} {why}",), name)
    if name == "ifconfig" and len(arguments.words) > 1:
        down = "down" in arguments.words[1:]
        return Judgement(Effect.D5 if down else Effect.WRITE, ("ifconfig sets an interface",), name)
    if name == "set" and command.arguments[:1] in _FISH_ERASES and len(command.arguments) > 1:
        return Judgement(Effect.WRITE, ("fish takes a variable away",), name)
    if name == "hostname" and arguments.words:
        return Judgement(Effect.WRITE, ("hostname sets the name",), name)
    if name in READERS:
        if name not in _FILTERS and (option := destroying_option(arguments)):
            return unknown(f"{name} reads, but an option of it says {option!r}", name)
        return Judgement(Effect.READ, (f"{name} only reads",), name)
    if name in WRITERS:
        return Judgement(Effect.WRITE, (f"{name} makes or changes, and takes nothing away",), name)
    if name in _SQL_VERBS and program is None:
        said = " ".join(word.text for word in command.words)
        if looks_like_sql(said) and re.search(r"(?i)\b(?:from|table|on|database|set|into)\b", said):
            return judge_sql(said)
    if program is not None and not program.takes_verbs:
        recipe = judge_recipe(name, arguments.words)
        return recipe or unknown(f"these words of {name} are in no catalogue", name)
    return judge_by_verbs(command, arguments)


_FISH_ERASES = (("-e",), ("--erase",))
"""Of `set -e NAME`; other shells read two things more, and take nothing away."""
_FILTERS = frozenset(
    {"tr", "cut", "col", "echo", "printf", "ack", "grep", "rg", "less", "test", "["}
)
"""Readers whose options speak of what is shown, and not of what is there."""
_REMOVES = frozenset({"rm", "rb", "del", "delete", "remove", "purge"})
_COMPOSES = re.compile(r"compose\b|\bbuildx?\b|\bbake\b|\bplay\b|\bkube\b")
"""Words of docker's with which `-f` names a file."""
_SQL_VERBS = frozenset({"grant", "drop", "delete", "truncate", "alter", "revoke", "update"})
"""Statements that are given where a shell's commands are."""
_VALUED = frozenset({
    "-n", "--namespace", "-p", "--profile", "--region", "--project", "--context", "-c", "--config",
    "-f", "--file", "-g", "--resource-group", "-o", "--output", "--name", "-u", "--user", "-H",
    "--host", "--url", "-s", "--server", "--bootstrap-server", "-r", "--repo", "-t", "--token",
    "--endpoint", "--endpoints", "-P", "--port", "--org", "--organization", "-e", "--environment",
    "--api-key", "--app", "-a", "--password",
})  # fmt: skip


_TRACKS = frozenset({"alpha", "beta", "preview"})
"""What stands before Google's commands that are not settled."""
_CODE_HOSTS = frozenset(
    {"github", "gitlab", "packages", "language_packages", "npm", "cargo", "dotnet"}
)
"""Where a name that speaks of backups is a project or a program about them."""
_IMAGES = re.compile(r"^\S+ (?:rmi|image)\b")
"""An image of a program that makes copies holds none."""


def _by_catalogue(command: Invocation, program: Program, arguments: Arguments) -> Judgement | None:
    words = arguments.words
    if command.name == "gcloud" and words[:1] and words[0] in _TRACKS:
        words = words[1:]
    if len(words) == 1 and " " in words[0]:
        words = tuple(words[0].split())  # a shell of its own's command in one word
    for entry in program.entries:
        if entry.fits(words, arguments.options, arguments.values):
            if entry.effect in {Effect.READ, Effect.WRITE} and _goes_on(words, entry):
                continue
            statements = _statements(entry, arguments)
            if statements:
                return judge_sql(statements)
            return _judgement(command, program, entry, replace(arguments, words=tuple(words)))
    return None


def _goes_on(words: Sequence[str], entry: Entry) -> bool:
    """Tell whether what an entry takes for the whole is a noun, and its verb follows.

    `npm config delete` is more than `npm config`; `npm view delete` shows a package of that name.
    """
    end = entry.end(words)
    if not entry.path or not 0 < end < len(words) or words[end] not in _VERBS_AFTER:
        return False
    noun = words[end - 1]
    return noun in _NOUNS or not sense_of(noun)


_VERBS_AFTER = frozenset(
    {"delete", "remove", "rm", "destroy", "purge", "erase", "wipe", "prune", "cleanup", "revoke"}
)
_NOUNS = frozenset({"config", "env", "tag", "tags", "label", "version", "versions", "event", "events",
                    "log", "logs", "backup", "backups", "snapshot", "snapshots", "trash"})  # fmt: skip


def _statements(entry: Entry, arguments: Arguments) -> str:
    """Return the SQL that decides what a command does; empty where none stands in it."""
    if entry.sql == "last":
        return " ".join(arguments.words[len(entry.path) :][-1:])
    return arguments.value(entry.sql) if entry.sql else ""


def _judgement(
    command: Invocation, program: Program, entry: Entry, arguments: Arguments
) -> Judgement:
    operation = " ".join([command.name, *arguments.words[: max(len(entry.path), 1)]])
    reasons = [f"{operation} is {entry.effect} ({entry.source})"]
    reasons += [f"takes {entry.takes}"] if entry.takes else []
    reasons += [f"undo: {entry.undo}"] if entry.undo else []
    reasons += [entry.note] if entry.note else []
    environment, basis = environment_in(" ".join(w.text for w in command.words))
    if entry.environment:
        environment, basis = entry.environment, f"{command.name} acts on a working copy"
    named = " ".join(arguments.words[len(entry.path) :])
    effect, recovery = entry.effect, entry.effect is Effect.D2
    if ANY in entry.path or entry.anywhere:  # the entry does not say of what it is
        named = " ".join(arguments.words)
    named = " ".join([named, *(v for n, v in arguments.values if n in NAMING)])
    by_name = program.provider not in _CODE_HOSTS and not _IMAGES.search(operation)
    if (
        by_name
        and effect in {Effect.D1, Effect.D3, Effect.D5}
        and (is_recovery(named) or is_recovery(command.hints))
    ):
        effect, recovery = effect if effect is Effect.D5 else Effect.D2, True
        reasons.append("by its name it holds recovery copies")
    return Judgement(
        effect=effect,
        reasons=tuple(reasons),
        operation=operation,
        target_id=target_of(arguments, entry.end(arguments.words)),
        same_domain=True if recovery else entry.same_domain,
        irreversible=entry.irreversible,
        environment=environment if entry.effect not in {Effect.READ, Effect.WRITE} else UNKNOWN,
        environment_basis=basis,
        undo=entry.undo,
        cascade=entry.takes,
        bypass=arguments.bypasses(program.bypass),
        bulk=Bulk(entry.bulk) if entry.bulk else Bulk.UNKNOWN,
    )
