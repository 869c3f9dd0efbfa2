"""Judge what is done to files: which are deleted, emptied or overwritten, and where they lie."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.effects.names import is_recovery
from analyzer.effects.places import DEVELOPMENT, UNKNOWN, Ground, Place, environment_in, ground_of
from analyzer.effects.shell.invocation import Invocation, Word
from analyzer.effects.shell.options import Arguments
from analyzer.effects.tools.context import Context
from analyzer.effects.tools.infrastructure import is_state, judge_state
from analyzer.extent import Bulk
from analyzer.model import Effect, Judgement

__all__ = ["DATA", "NEAR", "WIDE", "ground_in", "judge_paths", "judge_redirects", "paths_of"]

NEAR = frozenset({Ground.INSIDE, Ground.MADE_AGAIN, Ground.TEMPORARY})
"""Grounds on which a deletion is a developer's daily work."""
WIDE = frozenset({Ground.ROOT, Ground.HOME, Ground.WORKSPACE, Ground.ABOVE, Ground.NOTHING,
                  Ground.DEVICE})  # fmt: skip
DATA = re.compile(
    r"^/(?:etc|var|srv|home|root|boot|usr|opt|data|mnt|lib\d*|bin|sbin)/|\.(?:db|sqlite3?|sql|log|csv"
    r"|tfstate|mdb|dump|parquet|key|pem|conf|cfg)$"
)
"""Paths whose content nobody makes again."""


_BUILT = re.compile(r"/(?:node_modules|__pycache__|\.venv|target|dist|build|\.next|\.cache)/?\*?$")
"""What is built again, in a folder of a project that may be about backups."""
_SPARED = re.compile(r"\bgrep\s+(?:-\w+\s+)*-(?:\w*v\w*|-invert-match)\s+(?:-\w+\s+)*\S+")
"""What a filter leaves out of the names that are deleted: `ls | grep -v backups | xargs rm`."""


def judge_paths(
    command: Invocation,
    paths: Sequence[Word],
    place: Place,
    *,
    verb: str = "deletes",
    whole: bool = True,
    effect: Effect = Effect.D1,
    bypass: tuple[str, ...] = (),
) -> Judgement:
    """Return the effect of deleting or overwriting files; `whole` takes folders with all in them."""
    name = command.name or ">"
    grounds = [ground_in(word, command, place) for word in paths]
    worst = next((g for g in grounds if g in WIDE), None) or next(
        (g for g in grounds if g not in NEAR), None
    )
    ground = worst or (grounds[0] if grounds else Ground.UNKNOWN)
    listed = ", ".join(word.text[:120] for word in paths[:4]) or "what comes down a pipe"
    hints = f"{command.hints} {command.folder}" if not paths or not paths[0].known else ""
    named = (
        word.text if word.known else _SPARED.sub("", word.text)
        for word in paths if not _BUILT.search(word.text)
    )  # fmt: skip
    recovery = any(map(is_recovery, named)) or is_recovery(_SPARED.sub("", hints))
    reasons = [f"{name} {verb} {listed} ({ground})"]
    empty = [w for w in paths if w.empty != w.text and not w.known and w.empty]
    reasons += [f"{w.text} is {w.empty} if its variable is empty" for w in empty]
    reasons += ["by its name it holds recovery copies"] if recovery else []
    # What recovery copies are copies of is not told by where they lie.
    environment, basis = (UNKNOWN, "") if recovery else _environment(listed, grounds, place)
    many = whole or len(paths) > 1 or any(w.glob for w in paths)
    return Judgement(
        Effect.D2 if recovery and effect is Effect.D1 else effect,
        tuple(reasons),
        operation=name,
        target_type="files",
        target_id=paths[0].text if len(paths) == 1 else "",
        same_domain=True if recovery else False if set(grounds) <= NEAR and grounds else None,
        irreversible=not (grounds and set(grounds) <= {Ground.MADE_AGAIN}),
        environment=environment,
        environment_basis=basis,
        bypass=bypass,
        bulk=Bulk.ALL if many and ground in WIDE else Bulk.SOME if many else Bulk.ONE,
    )


def judge_redirects(command: Invocation, place: Place) -> list[Judgement]:
    """Return what the redirections of a command overwrite."""
    found = []
    for word in command.truncates:
        ground = ground_in(word, command, place)
        if ground is Ground.NOTHING or word.text.startswith(("/dev/", "&")):
            if ground is Ground.DEVICE and not word.text.startswith(
                ("/dev/std", "/dev/tty", "/dev/fd")
            ):
                found.append(
                    judge_paths(command, [word], place, verb="overwrites", effect=Effect.D1)
                )
            continue
        if is_state(word.text, current=True):
            found.append(judge_state(command.name or ">", word.text, gone=False))
            continue
        # A shell empties the file before the command reads it: `sort f > f`.
        own = word.text in command.arguments and command.name not in {"echo", "printf", "tee"}
        empties = _empties(command)
        if own:
            found.append(
                judge_paths(command, [word], place, verb="empties before it reads", whole=False)
            )
            continue
        if empties and (ground not in NEAR or DATA.search(word.text)):
            found.append(judge_paths(command, [word], place, verb="empties", whole=False))
        elif word.text == "/proc/sysrq-trigger":
            found.append(Judgement(Effect.D5, ("the machine goes down at once",), ">"))
        elif not empties and re.match(r"^/(?:etc|boot|dev|bin|sbin|lib|var/log)/", word.text):
            found.append(
                judge_paths(
                    command, [word], place, verb="overwrites", whole=False, effect=Effect.D4
                )
            )
        else:
            found.append(Judgement(Effect.WRITE, (f"writes {word.text[:120]}",), ">"))
    found += [
        Judgement(Effect.WRITE, (f"adds to {word.text[:120]}",), ">>")
        for word in command.appends
        if not word.text.startswith("/dev/")
    ]
    return found


def _empties(command: Invocation) -> bool:
    """Tell whether a command writes nothing into the file that its output replaces."""
    if not command.words:
        return not command.is_block
    if command.name in {"echo", "printf"}:
        return not any(command.arguments)
    if command.name == "cat" and not command.arguments:
        return command.stdin == ""
    return command.name in {":", "true"} or (
        command.name == "cat" and command.arguments == ("/dev/null",)
    )


def ground_in(word: Word, command: Invocation, place: Place) -> Ground:
    """Return what sort of place a word of a command names."""
    text = word.text if word.known or not word.empty else word.empty
    if word.empty and not word.known and word.empty.rstrip("*/") in {"", "."} and "/" in word.empty:
        return Ground.ROOT
    pattern = word.glob or text.endswith("*")
    return ground_of(text, place, folder=command.folder, pattern=pattern)


def _environment(listed: str, grounds: Sequence[Ground], place: Place) -> tuple[str, str]:
    if grounds and set(grounds) <= NEAR and not place.host:
        return DEVELOPMENT, "it lies in the workspace or in a temporary folder"
    environment, basis = environment_in(f"{place.host} {listed}")
    return (environment, basis) if environment != DEVELOPMENT else (UNKNOWN, "")


def paths_of(context: Context, arguments: Arguments) -> list[Word]:
    """Return the words that are paths, as they were read."""
    kept = list(arguments.words)
    found = []
    for word in context.command.words[1:]:
        if kept and word.text == kept[0]:
            found.append(word)
            kept.pop(0)
    return found
