"""Judge a command by its verbs, where no catalogue knows the program: `foo things delete x`.

The first word that says something counts. What says nothing is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from analyzer.effects.names import RENEWS, SECRETS, Sense, class_of, is_recovery, sense_of, words_in
from analyzer.effects.ranks import unknown
from analyzer.effects.shell.invocation import Invocation
from analyzer.effects.shell.options import Arguments
from analyzer.effects.shell.targets import target_of_verb
from analyzer.effects.shell.verb_words import OPTIONS, first_verb
from analyzer.extent import Bulk
from analyzer.model import Effect, Judgement

__all__ = ["NAMING", "destroying_option", "judge_by_verbs", "judge_recipe", "judge_verb"]

LOOKED_AT = 7
"""Plain words that may be a program's own; what comes later is names."""
STRONG_ENDS = frozenset(
    """
    disable revoke detach disassociate unschedule deactivate deauthorize archive invalidate
    rollback untag unprotect cancel unbind unassign unalias unproxy unmanage unmap untrack
    """.split()
)
"""Ends that take something away; the others stop what can be started again."""
RUNNERS = frozenset(
    """
    make gmake just task npm yarn pnpm bun rake gradle gradlew mvn mvnw ant invoke inv fab tox nox
    cargo go dotnet composer lerna nx turbo grunt gulp bazel sbt lein mix stack cabal hatch pdm rush
    """.split()
)
"""Programs whose words are recipes of a project: what a recipe does stands in its file."""
PLAIN = frozenset({"--delete", "--remove", "--purge", "--wipe", "--erase", "--delete-all"})
"""Options that destroy even beside a word that reads: `members --delete bob list`."""
ALL = frozenset({"--all", "-all", "--remove-all", "--delete-all", "--recursive", "-A", "all"})
_OPERAND = re.compile(r"[/=@\\*$<>{}()]|\.\w|^\d|^[A-Z][a-z]*[A-Z]\w*\d")
_JOINED_OPTION = re.compile(r"(?:remove|delete|erase|purge|destroy|wipe)(?!d$)[a-z]{3,}")
"""`-removepreferrednetwork`: a verb and what it takes away, joined."""
_DOTTED = re.compile(
    r"[a-z]+(?:\.[a-z_]+)*\.(?:\w+_)?(?:delete|destroy|remove|rm|purge|unregister)"
)
"""`snapshot.remove`, `vm.snapshot_delete`: no file ends in such a verb."""
_PEOPLE = frozenset({"user", "users", "account", "accounts", "member", "members"})
NAMING = frozenset(
    "-n --name --source --container --container-name -c --bucket --share-name".split()
)
"""Options whose value names what is acted on."""
_ASKED = re.compile(r"(?:erase|delete|wipe|purge|destroy|remove)=(?:true|1|yes)")
_MAY_OVERWRITE = frozenset(
    {"execute", "invoke", "run", "replace", "migrate", "transfer", "trigger"}
)
"""Verbs that change things and may well take something away, or run what does."""
_RUNNING = frozenset(
    """
    operation operations job jobs build builds rollout rollouts execution executions request requests run
    runs query queries task tasks batches command workflow pipeline preview snoozes
    """.split()
)
_PACKED = frozenset("sketch source package dist code build crate file files".split())
"""What is packed into an archive, rather than put away."""
_NEGATED = re.compile(r"^--?(?:no|not|without|dont|skip|keep|never)-")


def judge_by_verbs(invocation: Invocation, arguments: Arguments) -> Judgement:
    """Return the effect that a command's own words tell."""
    name = invocation.name
    words = [
        w for w in arguments.words[:LOOKED_AT] if not _OPERAND.search(w) or _DOTTED.fullmatch(w)
    ]
    context = (name, *words)
    # Azure's commands end in their verb; all else are options.
    leading = list(takewhile(lambda a: not a.startswith("-"), invocation.arguments))
    found = (first_verb(leading[-1:]) if name == "az" else None) or first_verb(words)
    forced = arguments.value("-f")
    if found is None and sense_of(forced) is Sense.DESTROYS:
        found = forced, Sense.DESTROYS  # `-f` forced it, and named no file
    if (recipe := judge_recipe(name, arguments.words[:LOOKED_AT])) is not None:
        return recipe
    if name in RUNNERS:
        return unknown(f"what {' '.join(context)} does stands in the project's own files", name)
    if found is not None:
        verb, sense = found
        judged = judge_verb(verb, sense, context, arguments, hints=invocation.hints)
        if verb in _CHANGES and (ending := _unbacking_option(arguments)):
            return Judgement(
                Effect.D5, (f"{' '.join(context)} {ending}: ends recovery copies by its name",),
                " ".join(context), same_domain=True,
            )  # fmt: skip
        if verb in _LOADS and (replacing := sorted(_REPLACING & arguments.options)):
            return Judgement(
                Effect.D4, (f"{' '.join(context)} {replacing[0]}: replaces what is there",),
                " ".join(context), bypass=tuple(replacing), bulk=Bulk.ALL,
            )  # fmt: skip
        if verb in _MAKES_ANEW and _MACHINES & {p for w in context for p in words_in(w)}:
            return Judgement(
                Effect.D4, (f"{' '.join(context)}: {verb!r} makes the machine anew",), " ".join(context),
                bypass=arguments.bypasses(),
            )  # fmt: skip
        option = _option_beside(sense, arguments)
        if (
            not option
            and judged.effect is Effect.READ
            and (also := destroying_option(arguments) or _tidying_option(arguments))
        ):
            return unknown(
                f"{' '.join(context)}: {verb!r} reads by its name, an option says {also!r}", name
            )
        if not option:
            return judged
        return judge_verb(option, Sense.DESTROYS, (*context, option), arguments)
    glued = words_in(re.sub(r"\.(?:sh|py|rb|pl|bash)$", "", name))
    for part in glued if len(glued) > 1 or sense_of(name) is Sense.DESTROYS else ():
        sense = sense_of(part)
        weak = part in {"clean", "clear", "reset"} and (part == "clean" or part != glued[-1])
        weak |= part == "cleanup" and name.endswith((".sh", ".bash"))  # stands in its file
        if sense in {Sense.DESTROYS, Sense.ENDS} and not weak:
            return judge_verb(part, sense, context, arguments, hints=invocation.hints)
    if setting := next((w for w in arguments.words if _ASKED.fullmatch(w)), ""):
        return judge_verb(setting.partition("=")[0], Sense.DESTROYS, (*context, setting), arguments)
    if option := destroying_option(arguments):
        return judge_verb(option, Sense.DESTROYS, (*context, option), arguments)
    return unknown(f"what {name} does with these words is in no catalogue", name)


def judge_recipe(name: str, words: Sequence[str]) -> Judgement | None:
    """Return the judgement of a project's own recipe whose name says that it takes data away.

    What it does stands in the project's files; `npm run db:reset` leaves no doubt of what is meant.
    None where the name does not say of what, and for programs that run no recipes.
    """
    if name not in RUNNERS:
        return None
    for word in words:
        parts = set(words_in(word))
        if parts & TAKES and parts & HOLDERS:
            return Judgement(
                Effect.D1, (f"{name} {word}: a recipe that takes data away, by its name",),
                operation=f"{name} {word}", bulk=Bulk.UNKNOWN,
            )  # fmt: skip
    return None


TAKES = frozenset(
    {
        "destroy",
        "nuke",
        "wipe",
        "teardown",
        "reset",
        "drop",
        "delete",
        "purge",
        "truncate",
        "clean",
        "clear",
        "remove",
        "flush",
        "rm",
    }
)
HOLDERS = frozenset(
    {"db", "database", "databases", "data", "volume", "volumes", "infra", "bucket", "prod", "tables", "redis"}
)  # fmt: skip


_LOADS = frozenset({"import", "load", "restore", "push", "upload", "sync"})
_REPLACING = frozenset({"--replace", "--replace-all", "--overwrite", "--drop", "--clean", "--force-overwrite",
                        "--replace-existing", "--overwrite-existing"})  # fmt: skip
"""Options by which what is loaded takes the place of what is there."""
_MAKES_ANEW = frozenset({"reinstall", "rebuild", "reimage"})
_MACHINES = frozenset(
    {"instance", "instances", "server", "servers", "linode", "linodes", "vm", "vms", "droplet", "node",
     "host", "machine"}
)  # fmt: skip
_CHANGES = frozenset({"update", "modify", "patch", "set", "edit", "configure", "change", "alter"})
_UNBACKS = re.compile(r"--?(?:no|disable|clear|remove|stop|without)-(?:enable-)?(.+)")


def _unbacking_option(arguments: Arguments) -> str:
    """Return the option by which a change ends backups: `--disable-automated-backup`."""
    for option in sorted(arguments.options):
        found = _UNBACKS.fullmatch(option)
        if found and _recovers(found[1]):
            return option
    given = [
        *arguments.values,
        *((w.partition("=")[0], w.partition("=")[2]) for w in arguments.words if "=" in w),
    ]
    for name, value in given:
        off = value.lower() in (_ON if name.endswith(("disabled", "disable")) else _OFF)
        kept = re.search(r"retention|days|count|keep", name) and value in {"0", "1", "PT0S", "P0D"}
        if (off or kept) and _recovers(name):
            return f"{name} {value}"
    return ""


_OFF = frozenset({"false", "off", "disabled", "none", "no", "0"})
_ON = frozenset({"true", "on", "yes", "1"})
_WAYS_BACK = re.compile(r"soft-?delete|versioning|delete-?retention|restore-?policy|pitr")


def _recovers(name: str) -> bool:
    """Tell whether a setting is one of recovery copies, or of what else can be gone back to."""
    found = is_recovery(name) or bool(_WAYS_BACK.search(name.lower()))
    return found and "encryption" not in name


def _option_beside(sense: Sense, arguments: Arguments) -> str:
    """Return the destroying option that stands beside a verb which says otherwise."""
    if sense is Sense.WRITES:
        return destroying_option(arguments)
    plain = sorted(PLAIN & arguments.options) if sense is Sense.READS else []
    return plain[0].strip("-") if plain else ""


def destroying_option(arguments: Arguments) -> str:
    """Return the verb of an option that destroys: `--delete`, `--remove-all`."""
    for option in sorted(arguments.options):
        parts = words_in(option)
        takes = bool(parts) and (
            parts[0] in OPTIONS
            or (parts[0] == "rm" and len(parts) > 1)
            or bool(_JOINED_OPTION.fullmatch(parts[0]))
        )
        if option.startswith("-") and takes and not _NEGATED.match(option):
            return parts[0]
    return ""


def _tidying_option(arguments: Arguments) -> str:
    """Return the verb of an option that may take something away beside what is read."""
    said = (words_in(option)[:1] for option in sorted(arguments.options) if option[:2] == "--")
    return next((word for parts in said for word in parts if word in _TIDIES), "")


_TIDIES = frozenset({"clean", "cleanup", "unset", "unlink", "unregister", "trim", "vacuum"})


def judge_verb(
    verb: str,
    sense: Sense,
    context: tuple[str, ...],
    arguments: Arguments,
    *,
    hints: str = "",
) -> Judgement:
    """Return the effect of a verb among the words of its command."""
    operation = " ".join(context)
    nouns = [n for word in context for n in words_in(word)]
    named = " ".join([*arguments.words, *(v for n, v in arguments.values if n in NAMING)])
    recovery = is_recovery(f"{operation} {named}") or is_recovery(hints)
    said = f"{operation}: {verb!r} {sense.value} by its name, in no catalogue"
    if verb in RENEWS and SECRETS & set(nouns):
        return Judgement(
            Effect.D6, (f"{operation}: {verb!r} ends what the old one opened",), operation
        )
    if sense is Sense.READS:
        return Judgement(Effect.READ, (f"{operation}: {verb!r} reads by its name",), operation)
    if verb == "archive" and (len(context) <= 2 or _PACKED & set(nouns)):
        return unknown(f"{operation}: 'archive' packs something or puts it away", operation)
    if verb in _MAY_OVERWRITE:
        return unknown(
            f"{operation}: what {verb!r} does to what is there is in no catalogue", operation
        )
    if sense in {Sense.WRITES, Sense.UNDOES}:
        return Judgement(Effect.WRITE, (f"{operation}: {verb!r} makes or changes",), operation)
    if verb == "cancel" and _RUNNING & set(nouns) and not recovery:
        return Judgement(Effect.WRITE, (f"{operation}: {verb!r} ends what runs",), operation)
    cuts_off = verb in {"suspend", "lock", "block"} and bool(_PEOPLE & set(nouns))
    takes_down = verb == "kill" and class_of(nouns) is Effect.D3
    if sense is Sense.ENDS and verb not in STRONG_ENDS and not (recovery or cuts_off or takes_down):
        # Most such ends can be begun again; of a program in no catalogue nobody says so.
        return unknown(f"{operation}: {verb!r} ends something, in no catalogue", operation)
    effect = class_of(nouns)
    if recovery:
        effect = Effect.D2
        said += "; it names recovery copies"
    elif sense is Sense.ENDS and not takes_down:
        effect = Effect.D6 if effect is Effect.D6 else Effect.D5
    is_all = bool(ALL & arguments.options) or "--recursive" in arguments.options
    return Judgement(
        effect,
        (said,),
        operation=operation,
        target_id=target_of_verb(arguments, verb),
        same_domain=True if recovery else None,
        bypass=arguments.bypasses(),
        bulk=Bulk.ALL if is_all else Bulk.UNKNOWN,
    )
