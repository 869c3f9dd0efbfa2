"""Terraform, OpenTofu and Terragrunt, and the files that hold their state."""

from __future__ import annotations

import posixpath
import re

from analyzer.catalogue.managed import managed_of
from analyzer.effects.names import is_recovery
from analyzer.effects.places import environment_in
from analyzer.effects.ranks import rank
from analyzer.effects.shell.options import Arguments, cut
from analyzer.effects.tools.context import Context, Tool
from analyzer.extent import Bulk
from analyzer.model import Effect, Judgement

__all__ = ["INFRASTRUCTURE_TOOLS", "is_state", "judge_state"]

_STATE = re.compile(
    r"(?:^|/)(?:[\w.-]*\.tfstate|\.pulumi/stacks(?:/.*)?|terraform\.tfstate\.d(?:/.*)?)$"
)
_CURRENT = re.compile(r"(?:^|/)terraform\.tfstate$|^s3://.*\.tfstate$|^(?:gs|az)://.*\.tfstate$")


def is_state(path: str, *, current: bool = False) -> bool:
    """Tell whether a path holds the state of what stands; `current` leaves copies of it out."""
    return bool((_CURRENT if current else _STATE).search(path))


def judge_state(name: str, path: str, *, gone: bool) -> Judgement:
    """Return the effect of deleting or overwriting a file of state.

    Nothing that stands is touched, but the tool no longer knows it, or takes something else for it:
    the next apply or destroy acts on what the state says.
    """
    environment, basis = environment_in(path)
    why = (
        "what stands is no longer known to the tool"
        if gone
        else "it says what the next run acts on"
    )
    return Judgement(
        Effect.D1 if gone else Effect.D4,
        (f"{name} {'deletes' if gone else 'overwrites'} the state {path[:120]}: {why}",),
        operation=name,
        target_type="state",
        target_id=path,
        environment=environment if environment != "development" else "unknown",
        environment_basis=basis if environment != "development" else "",
        undo="" if gone else "from terraform.tfstate.backup, where it is kept",
        bulk=Bulk.ALL,
    )


def _terraform(context: Context) -> Judgement | None:
    texts = [w.text for w in context.command.words[1:] if w.text != "--"]
    arguments = cut(
        [t.replace("--", "-", 1) for t in texts], frozenset({"-var", "-var-file", "-target"})
    )
    words = arguments.words
    if context.command.name == "terragrunt" and words[:1] in {("run-all",), ("run",), ("exec",)}:
        words = words[1:]  # it runs the same in every unit
    verb = (
        " ".join(words[:2])
        if words[:1] and words[0] in {"state", "workspace"}
        else " ".join(words[:1])
    )
    environment, basis = environment_in(f"{' '.join(texts)} {context.command.folder}")
    destroys = verb == "destroy" or (verb in {"apply", "plan"} and arguments.has("-destroy"))
    name = f"{context.command.name} {verb}"
    if verb == "init" and arguments.has("-force-copy"):
        return Judgement(Effect.D4, (f"{name}: the state is copied over another without asking",), name,
                         bypass=("-force-copy",), environment=environment, environment_basis=basis)  # fmt: skip
    if verb == "plan" or verb in {"show", "output", "validate", "fmt", "graph", "providers", "version",
                                  "state list", "state show", "state pull", "workspace list", "console",
                                  "workspace show", "metadata", "test", "get", "init", "login"}:  # fmt: skip
        return Judgement(Effect.READ, (f"{name} changes nothing of the infrastructure",), name)
    facts: dict[str, tuple[Effect, str]] = {
        "state rm": (Effect.D4, "the state forgets a resource"),
        "state push": (Effect.D4, "the state is overwritten"),
        "workspace delete": (Effect.D4, "a workspace and its state go"),
        "taint": (Effect.D4, "the resource is destroyed and made anew at the next apply"),
        "force-unlock": (Effect.D5, "a lock of the state is broken"),
        "state replace-provider": (Effect.WRITE, "the state is rewritten"),
    }  # fmt: skip
    takes = False
    if destroys and (named := _targets(arguments)):
        known = [managed_of(kind) for kind in named]
        effect = max((fact.effect for fact in known if fact), default=Effect.D3, key=rank)
        takes = any(fact and fact.same_domain for fact in known) or any(map(is_recovery, named))
        why = f"what it names is destroyed ({', '.join(named)[:120]})"
    elif destroys:
        effect, why = (
            Effect.D3,
            "everything in the state is destroyed, each by its provider's rules",
        )
    elif verb == "apply" and any(o.startswith("-replace") for o in arguments.options):
        effect, why = Effect.D4, "a resource is destroyed and made anew"
    elif verb == "apply":
        gate = arguments.has("-auto-approve") or any("plan" in w for w in words[1:])
        if arguments.has("-refresh-only"):
            return Judgement(Effect.WRITE, (f"{name}: only the state is brought up to date",), name)
        why = "what its plan deletes is not in the command"
        return Judgement(Effect.UNKNOWN, (f"{name}: {why}",), name, environment=environment,
                         environment_basis=basis, bypass=("-auto-approve",) if gate else ())  # fmt: skip
    elif verb in facts:
        effect, why = facts[verb]
    else:
        return Judgement(Effect.WRITE, (f"{name} changes the state",), name)
    return Judgement(
        effect, (f"{name}: {why}",), operation=name, environment=environment, environment_basis=basis,
        cascade="by each provider's rules" if destroys else "", irreversible=None,
        same_domain=True if takes or effect is Effect.D2 else None,
        bypass=arguments.bypasses(("-auto-approve", "-force", "-lock=false")),
        bulk=Bulk.SOME if any(o.startswith("-target") for o in arguments.options) else Bulk.ALL,
    )  # fmt: skip


def _targets(arguments: Arguments) -> list[str]:
    """Return the types of the resources that `-target` names; none where one names a module."""
    kinds = []
    for option, value in arguments.values:
        if option == "-target":
            parts = re.sub(r"\[[^\]]*\]", "", value).split(".")
            kinds.append(parts[-2] if len(parts) > 1 and parts[-2] != "module" else "")
    return kinds if all(kinds) else []


def _unpack(context: Context) -> Judgement | None:
    """Judge an archive's unpacking where a state is named; else it only writes."""
    named = next((a for a in context.command.arguments if is_state(a, current=True)), "")
    if named and "-l" not in context.command.arguments:
        return judge_state(context.command.name, posixpath.normpath(named), gone=False)
    return None


INFRASTRUCTURE_TOOLS: dict[str, Tool] = {
    **dict.fromkeys(("terraform", "tofu", "terragrunt"), _terraform),
    "unzip": _unpack,
}
