"""What commands do to files: `rm`, `mv`, `dd`, `shred`, `truncate`, `rsync --delete`, `>`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from analyzer.effects.names import is_recovery
from analyzer.effects.places import DEVELOPMENT, UNKNOWN, Ground, Place, environment_in, ground_of
from analyzer.effects.shell.invocation import Invocation, Word
from analyzer.effects.shell.options import Arguments, cut
from analyzer.effects.tools.context import Context, Tool
from analyzer.effects.tools.infrastructure import is_state, judge_state
from analyzer.extent import Bulk
from analyzer.model import Effect, Judgement

__all__ = ["FILE_TOOLS", "judge_paths", "judge_redirects"]

NEAR = frozenset({Ground.INSIDE, Ground.MADE_AGAIN, Ground.TEMPORARY})
"""Grounds on which a deletion is a developer's daily work."""
WIDE = frozenset({Ground.ROOT, Ground.HOME, Ground.WORKSPACE, Ground.ABOVE, Ground.NOTHING,
                  Ground.DEVICE})  # fmt: skip
_WIDENS = frozenset({"!", "-not", "-o", "-or", ","})
"""Words of `find` by which more is found than what bears a name."""
DATA = re.compile(
    r"^/(?:etc|var|srv|home|root|boot|usr|opt|data|mnt|lib\d*|bin|sbin)/|\.(?:db|sqlite3?|sql|log|csv"
    r"|tfstate|mdb|dump|parquet|key|pem|conf|cfg)$"
)
"""Paths whose content nobody makes again."""


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
    grounds = [_ground(word, command, place) for word in paths]
    worst = next((g for g in grounds if g in WIDE), None) or next(
        (g for g in grounds if g not in NEAR), None
    )
    ground = worst or (grounds[0] if grounds else Ground.UNKNOWN)
    listed = ", ".join(word.text[:120] for word in paths[:4]) or "what comes down a pipe"
    hints = f"{command.hints} {command.folder}" if not paths or not paths[0].known else ""
    recovery = any(is_recovery(word.text) for word in paths) or is_recovery(hints)
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
        ground = _ground(word, command, place)
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
        elif not empties and re.match(r"^/(?:etc|boot|dev|bin|sbin|lib)/", word.text):
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
    return command.name in {":", "true"} or (
        command.name == "cat" and command.arguments == ("/dev/null",)
    )


def _ground(word: Word, command: Invocation, place: Place) -> Ground:
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


def _paths(context: Context, arguments: Arguments) -> list[Word]:
    """Return the words that are paths, as they were read."""
    kept = list(arguments.words)
    found = []
    for word in context.command.words[1:]:
        if kept and word.text == kept[0]:
            found.append(word)
            kept.pop(0)
    return found


def _rm(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments)
    if state := next((w for w in arguments.words if is_state(w)), ""):
        return judge_state(context.command.name, state, gone=True)
    recursive = arguments.has("-r", "-R", "--recursive", "--dir")
    bypass = arguments.bypasses(("-f", "--no-preserve-root"))
    return judge_paths(
        context.command, _paths(context, arguments), context.place, whole=recursive, bypass=bypass
    )


def _unlink(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments, frozenset({"-n", "-s"}))
    return judge_paths(context.command, _paths(context, arguments), context.place)


def _rmdir(context: Context) -> Judgement | None:
    if any(a.lower() in {"/s", "/q"} for a in context.command.arguments):
        return _unlink(context)
    return Judgement(Effect.WRITE, ("rmdir takes away empty folders only",), "rmdir")


def _mv(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments, frozenset({"-t", "-S"}))
    paths = _paths(context, arguments)
    if paths and paths[-1].text == "/dev/null":
        return judge_paths(context.command, paths[:-1], context.place)
    if len(paths) > 1 and paths[0].text == "/dev/null":
        return judge_paths(context.command, paths[1:], context.place, verb="replaces by nothing")
    if state := _state_overwritten(paths):
        return judge_state("mv", state, gone=False)
    return Judgement(Effect.WRITE, ("mv moves files",), "mv", bypass=arguments.bypasses(("-f",)))


def _cp(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments, frozenset({"-t", "-S", "-m", "-o", "-g"}))
    paths = _paths(context, arguments)
    if paths and paths[0].text in {"/dev/null", "/dev/zero"}:
        return judge_paths(context.command, paths[1:], context.place, verb="empties", whole=False)
    if paths and re.match(r"^/dev/(?:sd|nvme|disk|vd|mmc|xvd)", paths[-1].text):
        return judge_paths(context.command, paths[-1:], context.place, verb="overwrites")
    if state := _state_overwritten(paths):
        return judge_state("cp", state, gone=False)
    return Judgement(Effect.WRITE, (f"{context.command.name} copies files",), context.command.name)


def _ln(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments, frozenset({"-t", "-S"}))
    paths = _paths(context, arguments)
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


def _dd(context: Context) -> Judgement | None:
    goals = [w for w in context.command.words[1:] if w.text.startswith("of=")]
    source = next((a[3:] for a in context.command.arguments if a.startswith("if=")), "")
    if not goals:
        return Judgement(Effect.READ, ("dd to its output",), "dd")
    goal = Word(goals[0].text[3:], goals[0].known)
    ground = ground_of(goal.text, context.place, folder=context.command.folder)
    blank = source.startswith(("/dev/zero", "/dev/null", "/dev/random", "/dev/urandom"))
    if goal.text in {"/dev/null", "/dev/stdout"}:
        return Judgement(Effect.READ, ("dd to nowhere",), "dd")
    if ground is Ground.DEVICE or (blank and (ground not in NEAR or DATA.search(goal.text))):
        return judge_paths(context.command, [goal], context.place, verb="overwrites")
    return Judgement(Effect.WRITE, (f"dd writes {goal.text[:120]}",), "dd")


def _truncate(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments, frozenset({"-s", "--size", "-r"}))
    size = arguments.value("-s", "--size") or next(
        (o[2:] for o in arguments.options if o.startswith("-s") and len(o) > 2), ""
    )
    if size.startswith(("+", ">")):
        return Judgement(Effect.WRITE, ("truncate makes a file longer",), "truncate")
    return judge_paths(
        context.command, _paths(context, arguments), context.place, verb="empties", whole=False
    )


def _device(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments)
    paths = _paths(context, arguments)
    return judge_paths(context.command, paths or [Word("the device")], context.place, verb="erases")


def _only_with(*options: str, verb: str = "erases") -> Tool:
    """Return a judge for a program that destroys only with one of these options or words."""

    def judge(context: Context) -> Judgement | None:
        arguments = cut(context.command.arguments)
        given = arguments.options | frozenset(arguments.words)
        if not any(o in given or any(g.startswith(f"{o}=") for g in given) for o in options):
            return None
        paths = _paths(context, arguments)
        return judge_paths(context.command, paths, context.place, verb=verb)

    return judge


def _find(context: Context) -> Judgement | None:
    words = context.command.words[1:]
    if not any(w.text == "-delete" for w in words):
        if any(w.text in {"-exec", "-execdir", "-ok", "-okdir"} for w in words):
            return None
        return Judgement(Effect.READ, ("find lists files",), "find")
    starts = []
    for word in words:
        if word.text.startswith(("-", "(", "!")):
            break
        starts.append(word)
    filters = [w.text for w in words if w.text.startswith("-") and w.text not in {"-delete"}]
    names = [Word(f"{s.text}/{n.text}") for s in starts[:1] for p, n in
             pairwise(words) if p.text in {"-name", "-iname", "-path"}]  # fmt: skip
    paths = [*(starts or [Word(".")]), *names]
    if names and not _WIDENS.intersection(w.text for w in words):
        # Of the folder itself only what bears the name goes.
        paths = [
            p for p in paths if _ground(p, context.command, context.place) is not Ground.WORKSPACE
        ]
        paths = paths or names
    return judge_paths(context.command, paths, context.place, whole=not filters or not names)


def _rsync(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments, frozenset({"-e", "--rsh", "--exclude", "--include"}))
    if arguments.has("--dry-run", "-n", "--list-only"):
        return Judgement(Effect.READ, ("rsync: a dry run",), "rsync")
    deletes = any(o.startswith("--del") for o in arguments.options)
    if not deletes and not arguments.has("--remove-source-files"):
        return Judgement(Effect.WRITE, ("rsync copies files",), "rsync")
    goal = _paths(context, arguments)[-1:]
    return judge_paths(
        context.command, goal, context.place, verb="deletes what is not at the source of"
    )


def _tar(context: Context) -> Judgement | None:
    if "--remove-files" in context.command.arguments or "--delete" in context.command.arguments:
        arguments = cut(context.command.arguments, frozenset({"-f"}))
        return judge_paths(context.command, _paths(context, arguments), context.place)
    listing = any(re.match(r"^-?[a-zA-Z]*t[a-zA-Z]*$", a) for a in context.command.arguments[:1])
    return Judgement(Effect.READ if listing else Effect.WRITE, ("tar packs or unpacks",), "tar")


def _scp(context: Context) -> Judgement | None:
    arguments = cut(
        context.command.arguments, frozenset({"-i", "-P", "-o", "-F", "-l", "-J", "-c"})
    )
    goal = arguments.words[-1] if arguments.words else ""
    remote, colon, path = goal.partition(":")
    if colon and re.match(r"^/(?:etc|bin|sbin|lib\w*|usr|var|boot|root)?(?:/|$)", path):
        return Judgement(
            Effect.D4, (f"scp overwrites {path} on {remote}, a folder of the system",), "scp",
            target_id=goal,
        )  # fmt: skip
    return Judgement(Effect.WRITE, ("scp copies files",), "scp")


def _chmod(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments)
    if context.command.name == "chattr":
        return Judgement(Effect.WRITE, ("chattr changes attributes",), "chattr")
    if not arguments.has("-R", "--recursive"):
        return Judgement(Effect.WRITE, (f"{context.command.name} changes rights",), "chmod")
    paths = _paths(context, arguments)[1:]
    wide = {_ground(word, context.command, context.place) for word in paths} & {Ground.ROOT}
    if wide:
        return judge_paths(context.command, paths, context.place, verb="changes all rights of",
                           effect=Effect.D6)  # fmt: skip
    return Judgement(Effect.WRITE, (f"{context.command.name} changes rights",), "chmod")


_EVERY_LINE = re.compile(r"d|1?,?\$d|1,\$d|/\.\*/d|/\^/d|s/\.\*//g?")


def _sed(context: Context) -> Judgement | None:
    if any(re.match(r"^-[a-zA-Z]*i|^--in-place", a) for a in context.command.arguments):
        if state := next((a for a in context.command.arguments if is_state(a)), ""):
            return judge_state("sed", state, gone=False)
        if any(_EVERY_LINE.fullmatch(a) for a in context.command.arguments):
            paths = _paths(context, cut(context.command.arguments, frozenset({"-e"})))[-1:]
            return judge_paths(context.command, paths, context.place, verb="empties", whole=False)
        edited = " ".join(context.command.arguments)
        if re.search(r"/d\b", edited) and re.search(r"/var/log/|\.log\b", edited):
            paths = _paths(context, cut(context.command.arguments, frozenset({"-e"})))[-1:]
            return judge_paths(
                context.command, paths, context.place, verb="deletes lines of", whole=False
            )
        if re.search(r"/etc/selinux/", edited) and re.search(r"disabled|permissive", edited):
            return Judgement(Effect.D5, ("sed takes a guard off in its settings",), "sed")
        return Judgement(Effect.WRITE, ("sed edits a file in place",), "sed")
    return Judgement(Effect.READ, ("sed to its output",), "sed")


def _tee(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments)
    paths = _paths(context, arguments)
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
    paths = _paths(context, arguments)[1:]
    bypass = arguments.bypasses(("-skipTrash",))
    return judge_paths(context.command, paths, context.place, bypass=bypass)


FILE_TOOLS: dict[str, Tool] = {
    "rm": _rm, "hdfs": _hadoop, "hadoop": _hadoop, "unlink": _unlink, "shred": _unlink, "srm": _unlink, "wipe": _device, "scrub": _device,
    "rmdir": _rmdir, "del": _unlink, "erase": _unlink, "rd": _unlink, "trash": _unlink,
    "trash-put": _unlink, "trash-rm": _unlink,
    "rip": _unlink, "rimraf": _unlink, "del-cli": _unlink,
    "sfill": _device, "sswap": _device, "smem": _device, "mv": _mv, "cp": _cp, "ln": _ln, "dd": _dd,
    "dcfldd": _dd, "truncate": _truncate, "mke2fs": _device, "mkswap": _device, "nwipe": _device,
    "wipefs": _only_with("-a", "--all", "-o"), "blkdiscard": _device, "sgdisk": _only_with("-Z", "-z", "--zap-all", "-o", "-d"),
    "hdparm": _only_with("--security-erase", "--security-erase-enhanced", "--trim-sector-ranges"),
    "find": _find, "gfind": _find, "rsync": _rsync, "tar": _tar, "scp": _scp, "chmod": _chmod,
    "chown": _chmod, "chgrp": _chmod, "chattr": _chmod, "sed": _sed, "gsed": _sed, "tee": _tee,
    "install": _cp,
}  # fmt: skip
