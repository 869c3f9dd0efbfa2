"""Judge the carrying out of a plan by what the plan said, or by what came of it.

`terraform apply` does not say what it deletes; the plan before it in the session does, and so does
its own output. A plan in a file is what is carried out; without one the tool plans anew, and the
earlier plan only lets one infer what it does.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from analyzer.catalogue.managed import managed_of
from analyzer.effects.names import class_of, is_recovery, words_in
from analyzer.effects.places import environment_in
from analyzer.effects.plans import Change, Plan, Step, read_plan
from analyzer.effects.ranks import rank, worst_of
from analyzer.extent import Bulk
from analyzer.model import Action, Effect, Judgement
from analyzer.tools import shell_commands

__all__ = ["PROGRAMS", "Plans", "judge_plan"]

PROGRAMS = frozenset({"terraform", "tofu", "terragrunt", "pulumi", "cdktf"})
PLANNING = frozenset({"plan", "preview", "show", "diff"})
CARRYING_OUT = frozenset({"apply", "up", "update", "destroy", "down", "deploy"})
MOST_SHOWN = 4
_VALUED = frozenset({"-chdir", "-s", "--stack", "-C", "--cwd", "-target", "-var", "-var-file"})


class Plans:
    """The plans that a session has shown, as far as they are told."""

    def __init__(self) -> None:
        self._newest: tuple[int, Plan] | None = None
        self._by_file: dict[str, tuple[int, Plan]] = {}

    def end(self, action: Action, command: str, output: str) -> Judgement | None:
        """Take in what a command printed; return its effect where the output tells it.

        Args:
            action: the call, judged by its command.
            command: its shell text.
            output: what it printed, as far as it is recorded.
        """
        calls = list(_calls(command))
        if not calls:
            return None
        plan = read_plan(output)
        if plan is None:
            return None
        if plan.done and any(verb in CARRYING_OUT for verb, _ in calls):
            # What was planned is past.
            self._newest = None
            return (
                _settled(action.judgement, plan, "its own output tells")
                if plan.is_counted
                else None
            )
        for verb, file in calls:
            if verb in PLANNING:
                self._newest = (action.id, plan)
                if file:
                    self._by_file[file] = (action.id, plan)
        return None

    def judge(self, judgement: Judgement, command: str) -> Judgement:
        """Return a judgement with what an earlier plan tells of it."""
        if judgement.effect is not Effect.UNKNOWN or not judgement.operation:
            return judgement
        files = [file for verb, file in _calls(command) if verb in CARRYING_OUT]
        if not files:
            return judgement
        named = next((self._by_file[file] for file in files if file in self._by_file), None)
        found = named or (None if any(files) else self._newest)
        if found is None:
            return judgement
        number, plan = found
        if named is None and not plan.deletions:
            reason = f"the plan in #{number} deleted nothing, but it plans anew"
            return replace(judgement, reasons=(*judgement.reasons, reason))
        return _settled(judgement, plan, f"the plan in #{number} tells")


def judge_plan(plan: Plan) -> Judgement:
    """Return the effect of carrying a plan out."""
    losses = plan.losses
    if not plan.deletions:
        return Judgement(Effect.WRITE, ("nothing is deleted",))
    parts = [_judge_loss(change) for change in losses]
    worst = worst_of(parts) if parts else Judgement(Effect.D3)
    listed = ", ".join(c.address for c in losses[:MOST_SHOWN])
    more = f" and {plan.deletions - len(losses[:MOST_SHOWN])} more" if listed else ""
    more = more if plan.deletions > len(losses[:MOST_SHOWN]) else ""
    said = f"{plan.deletions} resources go" + (f": {listed}{more}" if listed else "")
    environment, basis = environment_in(" ".join(c.address for c in losses))
    return replace(
        worst,
        reasons=(said, *worst.reasons),
        target_type="managed resources",
        target_id=losses[0].address if len(losses) == 1 else "",
        environment=environment,
        environment_basis=basis,
        bulk=Bulk.ONE if plan.deletions == 1 else Bulk.SOME,
    )


def _judge_loss(change: Change) -> Judgement:
    known = managed_of(change.type)
    where = f"{change.address} ({change.type})" if change.type else change.address
    verb = "is replaced" if change.step is Step.REPLACE else "is deleted"
    if known is None:
        words = words_in(change.type)
        recovery = is_recovery(change.type)
        effect = Effect.D2 if recovery else class_of(words)
        return Judgement(
            effect, (f"{where} {verb}; no catalogue says what goes with it",),
            same_domain=True if recovery else None,
        )  # fmt: skip
    lost = bool(known.lost_when) and change.before.get(known.lost_when) is True
    reasons = [f"{where} {verb}: {known.effect} ({known.source})"]
    reasons += [f"takes {known.takes}"] if known.takes else []
    reasons += [f"{known.lost_when} is set: there is no way back"] if lost else []
    return Judgement(
        known.effect, tuple(reasons),
        same_domain=True if known.effect is Effect.D2 else known.same_domain,
        irreversible=True if lost else known.irreversible,
        cascade=known.takes, undo="" if lost else known.undo,
    )  # fmt: skip


def _settled(judgement: Judgement, plan: Plan, who: str) -> Judgement:
    """Return the judgement of a call by a plan; what it does besides stays."""
    told = judge_plan(plan)
    is_known = judgement.effect is not Effect.UNKNOWN
    if is_known and rank(told.effect) < rank(judgement.effect):
        return judgement
    environment = (told.environment, told.environment_basis)
    if judgement.environment != "unknown":
        environment = (judgement.environment, judgement.environment_basis)
    return replace(
        told,
        reasons=(f"{judgement.operation}: {who} what it does", *told.reasons),
        operation=judgement.operation,
        bypass=judgement.bypass,
        environment=environment[0],
        environment_basis=environment[1],
        surface=judgement.surface,
        bulk=judgement.bulk if is_known else told.bulk,
    )


def _calls(command: str) -> Iterator[tuple[str, str]]:
    """Yield what the tools are asked for in a command, with the plan file that is named."""
    for words in shell_commands(command[:100_000]):
        place = next((n for n, w in enumerate(words) if posixpath.basename(w) in PROGRAMS), None)
        if place is None or not all("=" in word or word in _BEFORE for word in words[:place]):
            continue
        rest = [w.replace("--", "-", 1) for w in words[place + 1 :]]
        plain = [w for n, w in enumerate(rest)
                 if not w.startswith("-") and (not n or rest[n - 1] not in _VALUED)]  # fmt: skip
        verb = next((w for w in plain if w in PLANNING or w in CARRYING_OUT), "")
        if verb:
            yield verb, _plan_file(rest, plain[plain.index(verb) + 1 :], verb)


_BEFORE = frozenset({"sudo", "time", "env", "exec", "command", "nohup", "timeout"})


def _plan_file(words: list[str], after: list[str], verb: str) -> str:
    for place, word in enumerate(words):
        if word.startswith(("-out=", "-plan=", "-save-plan=")):
            return posixpath.basename(word.partition("=")[2])
        if word in {"-out", "-plan", "-save-plan"} and place + 1 < len(words):
            return posixpath.basename(words[place + 1])
    return posixpath.basename(after[0]) if after and verb in {"show", "apply"} else ""
