"""Controls on who decides: approval bound to the deed, plans that are read, no word in advance."""

from __future__ import annotations

import re

from analyzer.controls.deed import Deed
from analyzer.controls.past import Past
from analyzer.controls.ruling import Answer, Control, Ruling
from analyzer.controls.settings import Settings
from analyzer.controls.wording import forbids, names_whole, requests

__all__ = ["READABLE", "Approval", "BypassFlags", "PlanReview", "is_plan", "undecided_words"]

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_PLANNED = re.compile(
    r"\b(?:terraform|tofu|terragrunt)\s+(?:\S+\s+){0,3}?(?:apply|destroy)\b"
    r"|\bpulumi\s+(?:\S+\s+){0,3}?(?:up|update|destroy)\b"
    r"|\b(?:helm|helmfile)\s+(?:upgrade|uninstall|delete|apply|destroy)\b"
    r"|\bprisma\s+(?:db\s+push|migrate\s+(?:reset|deploy))\b|\bdrizzle-kit\s+push\b"
    r"|\b(?:rails|rake)\s+db:(?:migrate|reset|drop|schema:load)\b"
    r"|\bartisan\s+migrate(?::fresh|:reset|:refresh)?\b|\bcdk\s+(?:deploy|destroy)\b"
    r"|\bsupabase\s+db\s+(?:reset|push)\b|\b(?:alembic|flyway|liquibase)\s+(?:upgrade|downgrade"
    r"|migrate|clean|update|drop-all)\b",
    re.IGNORECASE,
)
_SHOWS = re.compile(
    r"\b(?:terraform|tofu|terragrunt)\s+(?:\S+\s+){0,3}?plan\b|\bpulumi\s+preview\b|--dry-run"
    r"|\bhelm\s+(?:diff|template)\b|\bcdk\s+diff\b|\bprisma\s+migrate\s+(?:diff|status)\b"
    r"|\bdb:migrate:status\b|\bflyway\s+(?:info|validate)\b",
    re.IGNORECASE,
)


READABLE = "send it whole and in plain words, so that it can be seen what it does"


class Approval(Control):
    """A person approves this operation on this target."""

    id = "approval"
    title = "Approval bound to operation and resolved target"
    gates = True
    description = (
        "What destroys, disables or cuts off needs an approval, or a request in a person's own "
        "words, that names both the operation and the whole name of the target as it is resolved; "
        "so does what nobody can read: a script, a pipe into a shell, a tool that says nothing."
    )

    def rule(self, deed: Deed, past: Past, settings: Settings) -> Ruling | None:
        """Ask for harms that no person's words bind."""
        if deed.unreadable:
            return Ruling(Answer.UNKNOWN, f"{deed.title[:80]}: {deed.unreadable}", READABLE)
        if not deed.harms and not deed.undecided:
            return None
        if is_plan(deed) and not deed.harms:
            return None
        since = deed.t_ns - settings.approval_ns
        if _is_bound(deed, past, since):
            return None
        if not deed.harms:
            return Ruling(Answer.ASK, undecided_words(deed), READABLE)
        target = deed.judgement.target_id or "its target"
        reason = (
            f"no approval names {deed.judgement.operation or deed.title} on {target} "
            f"(environment {deed.judgement.environment})"
        )
        safer = "show the person the operation, the target and its environment, and ask"
        return Ruling(Answer.ASK, reason, safer)


class PlanReview(Control):
    """A plan is shown and a person has spoken before it is carried out."""

    id = "plan-review"
    title = "Plan review"
    gates = True
    description = (
        "Infrastructure and schema tools show what they would do, and a person speaks, before they "
        "do it."
    )

    def rule(self, deed: Deed, past: Past, settings: Settings) -> Ruling | None:
        """Ask where no plan was shown, or nobody spoke since."""
        del settings
        if not deed.command or not _PLANNED.search(deed.command) or is_plan(deed):
            return None
        if past.planned is None:
            reason = "it is carried out without a plan having been shown"
            return Ruling(Answer.ASK, reason, "run the plan first, and show what it would delete")
        moment, number = past.planned
        if past.last_human_ns() < moment:
            reason = f"nobody has spoken since the plan in #{number}"
            return Ruling(Answer.ASK, reason, "show the plan's deletions and ask", (number,))
        return None


class BypassFlags(Control):
    """Nothing that harms carries the answer to its own question."""

    id = "bypass-flags"
    title = "Bypass-flag ban"
    gates = True
    description = "A command that harms has no flag that confirms it or silences its warning."

    def rule(self, deed: Deed, past: Past, settings: Settings) -> Ruling | None:
        """Refuse harms with such a flag."""
        del past, settings
        if not deed.harms or not deed.flags:
            return None
        flags = ", ".join(deed.flags)
        reason = f"{deed.judgement.operation or deed.title} is confirmed in advance by {flags}"
        return Ruling(Answer.DENY, reason, f"leave out {flags}: let the tool ask a person")


def undecided_words(deed: Deed) -> str:
    """Return in one line that nobody can tell what a deed does, and why."""
    return f"what {deed.title[:80]} does cannot be told ({deed.undecided[:200]})"


def is_plan(deed: Deed) -> bool:
    """Tell whether a command only shows what another would do."""
    return bool(deed.command) and _SHOWS.search(deed.command) is not None


def _is_bound(deed: Deed, past: Past, since_ns: int) -> bool:
    """Tell whether an approval or a person's words are for this deed; the newest words count."""
    operation = deed.judgement.operation or deed.name
    target, command = deed.judgement.target_id, deed.command.strip()
    if operation == "git push":
        # Who asks for a push has not asked for one that destroys.
        is_forced = any("f" in flag for flag in deed.judgement.bypass)
        operation = "force" if is_forced else "delete"
    # Of several targets each must be named: what was asked of one is not asked of the others.
    targets = target.split() if deed.command else [target]
    for consent in reversed(past.consents):
        is_named = any(name and name in consent.text for name in targets)
        if not is_named and not (command and command in consent.text):
            continue
        if consent.is_approval:
            if consent.t_ns >= since_ns and _approves(consent.text, operation, target, command):
                return True
        elif any(name and forbids(consent.text, name) for name in targets):
            return False
        elif all(requests(consent.text, operation, n, command) for n in targets or [""]):
            return True
    return False


def _approves(subject: str, operation: str, target: str, command: str) -> bool:
    """Tell whether what was approved, which is a call's own text, is this deed."""
    if names_whole(subject, command):
        return True
    meant, said = (
        {w.lower() for w in _WORD.findall(t)} for t in (operation.rpartition(".")[2], subject)
    )
    return names_whole(subject, target) and bool(meant & said)
