"""What git takes away: commits, branches, changes that are in no commit, the reflog."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from analyzer.effects.names import Sense, sense_of, words_in
from analyzer.effects.places import DEVELOPMENT
from analyzer.effects.ranks import unknown
from analyzer.effects.shell.options import Arguments, cut
from analyzer.effects.tools.context import Context, Tool
from analyzer.extent import Bulk
from analyzer.model import Effect, Judgement

__all__ = ["GIT_TOOLS"]

GLOBAL_VALUED = frozenset({"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path"})
READS = frozenset(
    """
    status log diff show blame grep ls-files ls-tree ls-remote cat-file rev-parse rev-list describe
    shortlog name-rev for-each-ref count-objects fsck verify-commit verify-tag whatchanged cherry
    merge-base diff-tree diff-index diff-files show-ref show-branch var help version bugreport
    range-diff check-ignore check-attr annotate archive request-pull instaweb gitk difftool
    """.split()
)
WRITES = frozenset(
    """
    add commit merge fetch pull clone init mv cherry-pick revert apply am format-patch bisect
    rerere maintenance sparse-checkout bundle mergetool lfs p4 send-email citool gui rebase
    """.split()
)
BYPASS = ("-f", "--force", "--no-verify", "-D", "--force-with-lease", "-ff")


def _git(context: Context) -> Judgement | None:
    words = [w.text for w in context.command.words[1:]]
    place = 0
    while place < len(words) and words[place].startswith("-"):
        if words[place] in {"--version", "-v", "--help", "-h"}:
            return Judgement(Effect.READ, ("git is asked for its help or version",), "git")
        alias = words[place] == "-c" and words[place + 1 : place + 2]
        if alias and alias[0].startswith("alias.") and "=!" in alias[0]:
            return context.shell(alias[0].partition("=!")[2])
        place += 2 if words[place] in GLOBAL_VALUED else 1
    if place >= len(words):
        return Judgement(Effect.READ, ("git without a command",), "git")
    verb, rest = words[place], words[place + 1 :]
    if "--help" in rest or "-h" in rest:
        return Judgement(Effect.READ, ("git is asked for its help",), "git")
    arguments = cut(
        rest, frozenset({"-m", "-b", "-B", "--message", "-u", "-s", "--strategy", "-o"})
    )
    if arguments.has("--dry-run") and verb not in {"commit"}:
        return Judgement(Effect.READ, (f"git {verb}: a dry run",), f"git {verb}")
    judge = _BY_VERB.get(verb)
    if judge is not None:
        return judge(arguments, rest)
    if verb in READS:
        return Judgement(Effect.READ, (f"git {verb} reads",), f"git {verb}")
    if verb in WRITES:
        return Judgement(Effect.WRITE, (f"git {verb} adds to the history",), f"git {verb}")
    # `git bug rm`, `git machete delete-unmanaged`: a program beside git, and its verb.
    said = (verb, *arguments.words[:1])
    if any(sense_of(part) is Sense.DESTROYS for word in said for part in words_in(word)[:1]) or any(
        sense_of(word) is Sense.DESTROYS for word in words_in(verb)
    ):
        return _local(Effect.D1, verb, f"git {verb} takes something away by its name", arguments)
    return unknown(f"git {verb} is not known", f"git {verb}")


def _local(
    effect: Effect,
    verb: str,
    why: str,
    arguments: Arguments,
    *,
    undo: str = "",
    bulk: Bulk = Bulk.SOME,
) -> Judgement:
    return Judgement(
        effect,
        (why, f"undo: {undo}") if undo else (why,),
        operation=f"git {verb}",
        target_type="git",
        target_id=arguments.words[-1] if arguments.words else "",
        same_domain=True if effect is Effect.D2 else None,
        irreversible=not undo,
        environment=DEVELOPMENT,
        environment_basis="a working copy",
        undo=undo,
        bypass=arguments.bypasses(BYPASS),
        bulk=bulk,
    )


def _calm(effect: Effect, verb: str, why: str) -> Judgement:
    return Judgement(effect, (f"git {verb} {why}",), f"git {verb}")


def _push(arguments: Arguments, rest: list[str]) -> Judgement:
    refs = arguments.words[1:]
    deletes = arguments.has("--delete", "-d", "--mirror", "--prune") or any(
        ref.startswith(":") and len(ref) > 1 for ref in refs
    )
    forced = arguments.has("--force", "-f", "--force-with-lease", "--force-if-includes") or any(
        ref.startswith("+") for ref in refs
    )
    branch = refs[-1].lstrip("+:") if refs else ""
    if deletes:
        why = "deletes at the remote" if not arguments.has("--mirror") else (
            "makes the remote like this: refs that are not here are deleted")  # fmt: skip
        return _remote(Effect.D1, f"git push {why}", branch, arguments)
    if forced and arguments.has("--force-with-lease", "--force-if-includes") and not (
        {"--force", "-f"} & set(rest)
    ):  # fmt: skip
        return Judgement(
            Effect.WRITE, ("git push --force-with-lease rewrites only what was seen before",),
            "git push", bypass=("--force-with-lease",),
        )  # fmt: skip
    if forced:
        return _remote(Effect.D4, "git push overwrites the remote's history", branch, arguments)
    return _calm(Effect.WRITE, "push", "adds to the remote")


def _remote(effect: Effect, why: str, branch: str, arguments: Arguments) -> Judgement:
    undo = "the commits, from a copy or from the host while they are not collected"
    return Judgement(
        effect, (why, f"undo: {undo}"), operation="git push", target_type="branch",
        target_id=branch, irreversible=None, undo=undo, bypass=arguments.bypasses((*BYPASS, "--mirror")),
        bulk=Bulk.ALL if arguments.has("--mirror", "--all") else Bulk.ONE,
    )  # fmt: skip


def _reset(arguments: Arguments, rest: list[str]) -> Judgement:
    if arguments.has("--hard", "--merge", "--keep"):
        return _local(Effect.D1, "reset", "git reset --hard drops changes that are in no commit",
                      arguments, undo="commits by the reflog; what was in no commit is gone")  # fmt: skip
    return _calm(Effect.WRITE, "reset", "moves the branch, files stay")


def _clean(arguments: Arguments, rest: list[str]) -> Judgement:
    if arguments.has("-n", "--dry-run"):
        return _calm(Effect.READ, "clean", "says what it would delete")
    if arguments.has("-f", "--force", "-i"):
        return _local(
            Effect.D1, "clean", "git clean deletes files that are in no commit", arguments
        )
    return _calm(Effect.READ, "clean", "refuses without -f")


def _checkout(arguments: Arguments, rest: list[str]) -> Judgement:
    if arguments.has("-B"):
        return _moved("checkout", arguments)
    if arguments.has("-b", "--orphan", "--track", "-t") or any(o[:2] == "-b" for o in rest):
        return _calm(Effect.WRITE, "checkout", "makes a branch")
    paths = "--" in rest or any(w in {".", "./"} or w.startswith(":/") for w in arguments.words)
    if paths or arguments.has("-f", "--force"):
        return _local(Effect.D1, "checkout", "git checkout drops changes that are in no commit",
                      arguments)  # fmt: skip
    return _calm(Effect.WRITE, "checkout", "goes to another branch")


def _moved(verb: str, arguments: Arguments) -> Judgement:
    return _local(Effect.D4, verb, f"git {verb} moves a branch that may be there off its commits",
                  arguments, undo="the reflog, for weeks", bulk=Bulk.ONE)  # fmt: skip


def _switch(arguments: Arguments, rest: list[str]) -> Judgement:
    if arguments.has("-C", "--force-create"):
        return _moved("switch", arguments)
    if arguments.has("--discard-changes", "-f", "--force"):
        return _local(
            Effect.D1, "switch", "git switch drops changes that are in no commit", arguments
        )
    return _calm(Effect.WRITE, "switch", "goes to another branch")


def _restore(arguments: Arguments, rest: list[str]) -> Judgement:
    if arguments.has("--staged", "-S") and not arguments.has("--worktree", "-W"):
        return _calm(Effect.WRITE, "restore", "takes files out of the next commit")
    return _local(
        Effect.D1, "restore", "git restore drops changes that are in no commit", arguments
    )


def _branch(arguments: Arguments, rest: list[str]) -> Judgement:
    if arguments.has("-D") or (arguments.has("-d", "--delete") and arguments.has("-f", "--force")):
        return _local(Effect.D1, "branch", "git branch -D drops commits that may be nowhere else",
                      arguments, undo="the reflog, for weeks", bulk=Bulk.ONE)  # fmt: skip
    if arguments.has("-d", "--delete"):
        return _calm(Effect.WRITE, "branch", "-d drops a branch only if it is merged")
    if arguments.has("-f", "--force", "-M", "-C"):
        return _local(Effect.D4, "branch", "git branch -f moves a branch off its commits", arguments,
                      undo="the reflog, for weeks", bulk=Bulk.ONE)  # fmt: skip
    changes = arguments.words or arguments.has("--unset-upstream")
    return _calm(Effect.WRITE if changes else Effect.READ, "branch", "lists or makes branches")


def _stash(arguments: Arguments, rest: list[str]) -> Judgement:
    if arguments.words[:1] in {("drop",), ("clear",)}:
        return _local(Effect.D1, "stash", f"git stash {arguments.words[0]} drops changes that are in "
                      "no commit", arguments)  # fmt: skip
    reads = arguments.words[:1] in {("list",), ("show",)}
    return _calm(Effect.READ if reads else Effect.WRITE, "stash", "puts changes aside or back")


def _reflog(arguments: Arguments, rest: list[str]) -> Judgement:
    if arguments.words[:1] in {("expire",), ("delete",)}:
        return _local(Effect.D2, "reflog", "git reflog expire drops the way back to lost commits",
                      arguments, bulk=Bulk.ALL)  # fmt: skip
    return _calm(Effect.READ, "reflog", "reads")


def _gc(arguments: Arguments, rest: list[str]) -> Judgement:
    if any(o.startswith("--prune") and o not in {"--prune=never"} for o in arguments.options):
        return _local(Effect.D2, "gc", "git gc --prune deletes commits that no branch holds", arguments,
                      bulk=Bulk.ALL)  # fmt: skip
    return _calm(Effect.WRITE, "gc", "packs objects")


def _tag(arguments: Arguments, rest: list[str]) -> Judgement:
    if arguments.has("-d", "--delete"):
        return _local(Effect.D1, "tag", "git tag -d drops a tag", arguments, bulk=Bulk.ONE)
    if arguments.has("-f", "--force"):
        return _local(Effect.D4, "tag", "git tag -f moves a tag", arguments, bulk=Bulk.ONE)
    listing = not arguments.words or arguments.has("-l", "--list")
    return _calm(Effect.READ if listing else Effect.WRITE, "tag", "lists or makes tags")


def _rm(arguments: Arguments, rest: list[str]) -> Judgement:
    if arguments.has("-n"):
        return _calm(Effect.READ, "rm", "says what it would remove")
    return _local(Effect.D1, "rm", "git rm takes files out of the next commit", arguments,
                  undo="from an earlier commit")  # fmt: skip


def _words(first: str, *, undo: str = "", effect: Effect = Effect.D1) -> Callable[..., Judgement]:
    """Return a judge for a command whose second words `first` take something away."""
    wanted = frozenset(first.split())

    def judge(arguments: Arguments, rest: list[str]) -> Judgement:
        word = next(iter(arguments.words), "")
        flagged = (wanted & arguments.options) - frozenset(arguments.words)
        if word in wanted or flagged:
            hit = word if word in wanted else sorted(flagged)[0]
            return _local(effect, hit, f"git ... {hit} takes something away", arguments, undo=undo)
        reads = word in {"", "list", "show", "get", "status", "get-url", "view"} or arguments.has(
            "-v", "-l"
        )
        return _calm(Effect.READ if reads else Effect.WRITE, word or "list", "reads or adds")

    return judge


def _rewrite(arguments: Arguments, rest: list[str]) -> Judgement:
    return _local(Effect.D4, "filter", "git rewrites the whole history", arguments, bulk=Bulk.ALL,
                  undo="the reflog and refs/original, for weeks")  # fmt: skip


def _prune(arguments: Arguments, rest: list[str]) -> Judgement:
    if arguments.has("-n"):
        return _calm(Effect.READ, "prune", "says what it would delete")
    return _local(Effect.D2, "prune", "git prune deletes commits that no branch holds", arguments)


def _flow(arguments: Arguments, rest: list[str]) -> Judgement:
    return _words("delete")(replace(arguments, words=arguments.words[1:]), rest)


def _merged(arguments: Arguments, rest: list[str]) -> Judgement:
    return _local(Effect.D1, "delete-merged-branches", "git deletes every branch that is merged",
                  arguments, undo="the reflog, for weeks", bulk=Bulk.SOME)  # fmt: skip


_BY_VERB: dict[str, Callable[[Arguments, list[str]], Judgement]] = {
    "push": _push, "reset": _reset, "clean": _clean, "checkout": _checkout, "switch": _switch,
    "restore": _restore, "branch": _branch, "stash": _stash, "reflog": _reflog, "gc": _gc, "tag": _tag,
    "rm": _rm, "filter-branch": _rewrite, "filter-repo": _rewrite, "prune": _prune,
    "remote": _words("remove rm prune --delete"), "worktree": _words("remove prune"),
    "submodule": _words("deinit"), "notes": _words("remove prune"), "update-ref": _words("-d"),
    "symbolic-ref": _words("-d --delete"), "replace": _words("-d --delete"),
    "config": _words("--unset --unset-all --remove-section unset remove-section", undo="set it again"),
    "credential": _words("reject erase", effect=Effect.D6),
    "credential-cache": _words("exit erase", effect=Effect.D6),
    "svn": _words("reset gc", undo="the reflog"), "lfs": _words("prune untrack migrate"), "annex": _words("drop dropkey dropunused uninit unannex dead"), "obliterate": _rewrite,
    "bisect": _words(""), "flow": _flow, "rerere": _words("clear forget"), "cvsserver": _words(""),
    "read-tree": _words("--reset -u"), "checkout-index": _words("-f --force"),
    "delete-merged-branches": _merged, "repack": _words("-d"),
}  # fmt: skip
GIT_TOOLS: dict[str, Tool] = {"git": _git, "bfg": lambda context: _rewrite(cut(context.command.arguments), []),
                              "git-filter-repo": lambda context: _rewrite(cut(context.command.arguments), [])}  # fmt: skip
