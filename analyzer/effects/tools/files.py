"""Judge what changes files: `rm`, `mv`, `cp`, `rsync --delete`, `sed -i`, `chmod -R`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from analyzer.effects.names import is_recovery
from analyzer.effects.places import Ground
from analyzer.effects.shell.invocation import Word
from analyzer.effects.shell.options import cut
from analyzer.effects.tools.context import Context, Tool
from analyzer.effects.tools.infrastructure import is_state, judge_state
from analyzer.effects.tools.paths import NEAR, ground_in, judge_paths, paths_of
from analyzer.model import Effect, Judgement

__all__ = ["FILE_TOOLS"]


def _rm(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments)
    if state := next((w for w in arguments.words if is_state(w)), ""):
        return judge_state(context.command.name, state, gone=True)
    recursive = arguments.has("-r", "-R", "--recursive", "--dir")
    bypass = arguments.bypasses(("-f", "--no-preserve-root"))
    return judge_paths(
        context.command, paths_of(context, arguments), context.place, whole=recursive, bypass=bypass
    )


def _unlink(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments, frozenset({"-n", "-s"}))
    return judge_paths(context.command, paths_of(context, arguments), context.place)


def _rmdir(context: Context) -> Judgement | None:
    if any(a.lower() in {"/s", "/q"} for a in context.command.arguments):
        return _unlink(context)
    return Judgement(Effect.WRITE, ("rmdir takes away empty folders only",), "rmdir")


def _mv(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments, frozenset({"-t", "-S"}))
    paths = paths_of(context, arguments)
    if paths and paths[-1].text == "/dev/null":
        return judge_paths(context.command, paths[:-1], context.place)
    if len(paths) > 1 and paths[0].text == "/dev/null":
        return judge_paths(context.command, paths[1:], context.place, verb="replaces by nothing")
    if state := _state_overwritten(paths):
        return judge_state("mv", state, gone=False)
    return Judgement(Effect.WRITE, ("mv moves files",), "mv", bypass=arguments.bypasses(("-f",)))


def _cp(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments, frozenset({"-t", "-S", "-m", "-o", "-g"}))
    paths = paths_of(context, arguments)
    if paths and paths[0].text in {"/dev/null", "/dev/zero"}:
        return judge_paths(context.command, paths[1:], context.place, verb="empties", whole=False)
    if paths and re.match(r"^/dev/(?:sd|nvme|disk|vd|mmc|xvd)", paths[-1].text):
        return judge_paths(context.command, paths[-1:], context.place, verb="overwrites")
    if state := _state_overwritten(paths):
        return judge_state("cp", state, gone=False)
    return Judgement(Effect.WRITE, (f"{context.command.name} copies files",), context.command.name)


def _ln(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments, frozenset({"-t", "-S"}))
    paths = paths_of(context, arguments)
    blank = bool(paths) and paths[0].text == "/dev/null" and len(paths) > 1
    if blank and arguments.has("-f", "--force"):
        return judge_paths(
            context.command, paths[1:], context.place, verb="replaces by nothing", whole=False
        )
    return Judgement(Effect.WRITE, ("ln makes a link",), "ln")


def _state_overwritten(paths: Sequence[Word]) -> str:
    """Return the state that a copy overwrites; empty where it makes a copy of one."""
    if len(paths) < 2:
        return ""
    goal = paths[-1].text
    if is_state(goal, current=True):
        return goal
    if goal.rstrip("/") in {".", "./"}:
        return next((w.text for w in paths[:-1] if is_state(w.text, current=True)), "")
    return ""


def _rsync(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments, frozenset({"-e", "--rsh", "--exclude", "--include"}))
    if arguments.has("--dry-run", "-n", "--list-only"):
        return Judgement(Effect.READ, ("rsync: a dry run",), "rsync")
    deletes = any(o.startswith("--del") for o in arguments.options)
    if not deletes and not arguments.has("--remove-source-files"):
        return Judgement(Effect.WRITE, ("rsync copies files",), "rsync")
    # The user of a host is no name of what lies there: `backup@host:/srv/`.
    goal = [replace(w, text=re.sub(r"^[\w.-]+@", "", w.text))
            for w in paths_of(context, arguments)[-1:]]  # fmt: skip
    return judge_paths(
        context.command, goal, context.place, verb="deletes what is not at the source of"
    )


def _tar(context: Context) -> Judgement | None:
    if "--remove-files" in context.command.arguments or "--delete" in context.command.arguments:
        arguments = cut(context.command.arguments, frozenset({"-f"}))
        return judge_paths(context.command, paths_of(context, arguments), context.place)
    listing = any(re.match(r"^-?[a-zA-Z]*t[a-zA-Z]*$", a) for a in context.command.arguments[:1])
    return Judgement(Effect.READ if listing else Effect.WRITE, ("tar packs or unpacks",), "tar")


def _scp(context: Context) -> Judgement | None:
    arguments = cut(
        context.command.arguments, frozenset({"-i", "-P", "-o", "-F", "-l", "-J", "-c"})
    )
    goal = arguments.words[-1] if arguments.words else ""
    remote, colon, path = goal.partition(":")
    if colon and re.match(r"^/(?!var/tmp/)(?:etc|bin|sbin|lib\w*|usr|var|boot|root)?(?:/|$)", path):
        return Judgement(
            Effect.D4, (f"scp overwrites {path} on {remote}, a folder of the system",), "scp",
            target_id=goal,
        )  # fmt: skip
    return Judgement(Effect.WRITE, ("scp copies files",), "scp")


def _chmod(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments)
    if context.command.name == "chattr":
        return Judgement(Effect.WRITE, ("chattr changes attributes",), "chattr")
    paths = paths_of(context, arguments)[1:]
    grounds = {ground_in(word, context.command, context.place) for word in paths}
    mode = next(iter(arguments.words), "")
    if context.command.name == "chmod" and _OPENS.fullmatch(mode) and grounds - _OWN:
        listed = ", ".join(word.text[:120] for word in paths[:4])
        return Judgement(Effect.D5, (f"chmod {mode} opens {listed} to others",), "chmod",
                         target_id=listed)  # fmt: skip
    if arguments.has("-R", "--recursive") and Ground.ROOT in grounds:
        return judge_paths(context.command, paths, context.place, verb="changes all rights of",
                           effect=Effect.D6)  # fmt: skip
    return Judgement(Effect.WRITE, (f"{context.command.name} changes rights",), "chmod")


_OWN = NEAR | {Ground.WORKSPACE, Ground.DEVICE}
_OPENS = re.compile(
    r"[0-7]?[0-7][0-7][2367]|[4-7][0-7]{3}|(?:a|o|go|uo|ugo)?[+=][rx]*w[rwx]*|(?:u|g|ug)[+]\w*s"
)
"""Rights to write for everybody, or to run as the owner."""
_EVERY_LINE = re.compile(r"d|1?,?\$d|1,\$d|/\.\*/d|/\^/d|s/\.\*//g?")


_SCHEDULE = re.compile(r"/etc/(?:ana)?cron|/var/spool/cron|\.timer\b")


def _sed(context: Context) -> Judgement | None:
    if any(re.match(r"^-[a-zA-Z]*i|^--in-place", a) for a in context.command.arguments):
        if state := next((a for a in context.command.arguments if is_state(a)), ""):
            return judge_state("sed", state, gone=False)
        if any(_EVERY_LINE.fullmatch(a) for a in context.command.arguments):
            paths = paths_of(context, cut(context.command.arguments, frozenset({"-e"})))[-1:]
            return judge_paths(context.command, paths, context.place, verb="empties", whole=False)
        edited = " ".join(context.command.arguments)
        if _SCHEDULE.search(edited) and re.search(r"/d\b", edited) and is_recovery(edited):
            return Judgement(Effect.D5, ("sed takes backups out of a schedule",), "sed",
                             same_domain=True)  # fmt: skip
        if re.search(r"/d\b", edited) and re.search(r"/var/log/|\.log\b", edited):
            paths = paths_of(context, cut(context.command.arguments, frozenset({"-e"})))[-1:]
            return judge_paths(
                context.command, paths, context.place, verb="deletes lines of", whole=False
            )
        if re.search(r"/etc/selinux/", edited) and re.search(r"disabled|permissive", edited):
            return Judgement(Effect.D5, ("sed takes a guard off in its settings",), "sed")
        return Judgement(Effect.WRITE, ("sed edits a file in place",), "sed")
    return Judgement(Effect.READ, ("sed to its output",), "sed")


def _tee(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments)
    paths = paths_of(context, arguments)
    risky = [w for w in paths if re.match(r"^/(?:etc|boot|dev/(?!null|tty|std))", w.text)]
    if risky and not arguments.has("-a", "--append"):
        return judge_paths(context.command, risky, context.place, verb="overwrites", whole=False,
                           effect=Effect.D4)  # fmt: skip
    if context.command.stdin == "" and not arguments.has("-a", "--append"):
        return judge_paths(context.command, paths, context.place, verb="empties", whole=False)
    return Judgement(Effect.WRITE, ("tee writes files",), "tee")


def _hadoop(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments)
    if not arguments.has("-rm", "-rmr", "-rmdir", "-expunge", "-deleteSnapshot", "-truncate"):
        return None
    paths = paths_of(context, arguments)[1:]
    bypass = arguments.bypasses(("-skipTrash",))
    if arguments.has("-deleteSnapshot"):
        return Judgement(Effect.D2, ("hdfs -deleteSnapshot takes a snapshot away",), "hdfs -deleteSnapshot",
                         target_id=" ".join(w.text for w in paths), same_domain=True)  # fmt: skip
    return judge_paths(context.command, paths, context.place, bypass=bypass)


FILE_TOOLS: dict[str, Tool] = {
    **dict.fromkeys(("unlink", "shred", "srm", "del", "erase", "rd", "trash", "trash-put", "trash-rm", "rip",
                     "rimraf", "del-cli"), _unlink),
    "rm": _rm, "hdfs": _hadoop, "hadoop": _hadoop, "rmdir": _rmdir, "mv": _mv, "cp": _cp, "ln": _ln,
    "rsync": _rsync, "tar": _tar, "scp": _scp, "chmod": _chmod, "chown": _chmod, "chgrp": _chmod,
    "chattr": _chmod, "sed": _sed, "gsed": _sed, "tee": _tee, "install": _cp,
}  # fmt: skip
