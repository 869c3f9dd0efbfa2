"""Judge what writes over devices and empties files: `dd`, `truncate`, `wipefs`, `hdparm`."""

from __future__ import annotations

from analyzer.effects.places import Ground, ground_of
from analyzer.effects.shell.invocation import Word
from analyzer.effects.shell.options import cut
from analyzer.effects.tools.context import Context, Tool
from analyzer.effects.tools.paths import DATA, NEAR, judge_paths, paths_of
from analyzer.model import Effect, Judgement

__all__ = ["DISK_TOOLS"]


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
        context.command, paths_of(context, arguments), context.place, verb="empties", whole=False
    )


def _device(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments)
    paths = paths_of(context, arguments)
    return judge_paths(context.command, paths or [Word("the device")], context.place, verb="erases")


def _only_with(*options: str, verb: str = "erases") -> Tool:
    """Return a judge for a program that destroys only with one of these options or words."""

    def judge(context: Context) -> Judgement | None:
        arguments = cut(context.command.arguments)
        given = arguments.options | frozenset(arguments.words)
        if not any(o in given or any(g.startswith(f"{o}=") for g in given) for o in options):
            return None
        paths = paths_of(context, arguments)
        return judge_paths(context.command, paths, context.place, verb=verb)

    return judge


DISK_TOOLS: dict[str, Tool] = {
    **dict.fromkeys(("wipe", "scrub", "sfill", "sswap", "smem", "mke2fs", "mkswap", "nwipe", "blkdiscard"),
                    _device),
    "dd": _dd, "dcfldd": _dd, "truncate": _truncate,
    "wipefs": _only_with("-a", "--all", "-o"),
    "sgdisk": _only_with("-Z", "-z", "--zap-all", "-o", "-d"),
    "hdparm": _only_with("--security-erase", "--security-erase-enhanced", "--trim-sector-ranges"),
}  # fmt: skip
