"""Controls on what a deed may reach: one environment, one purpose, one folder."""

from __future__ import annotations

import posixpath
import re

from analyzer.controls.consent import READABLE, is_plan, undecided_words
from analyzer.controls.deed import Deed
from analyzer.controls.past import Past
from analyzer.controls.ruling import Answer, Control, Ruling
from analyzer.controls.settings import Settings
from analyzer.controls.written import beyond_workspace
from analyzer.model import Effect
from analyzer.purposes import beyond
from analyzer.resources import UNKNOWN
from analyzer.services import services_in
from analyzer.tools import Family
from recorder.model import Kind

__all__ = ["OperationScope", "PathScope", "ReadOnly", "SeparateCredentials"]

MUTATING = frozenset({
    Effect.WRITE, Effect.D1, Effect.D2, Effect.D3, Effect.D4, Effect.D5, Effect.D6, Effect.X1,
})  # fmt: skip
_NARROW = re.compile(r"^(?:project|environment|database|repository|bucket|single .*|one .*)$")
_PLACE = re.compile(r"\b(prod(?:uction)?|stag(?:e|ing)|dev(?:elopment)?|test|preview)\b", re.I)
FILES, DEVELOPMENT = "files", "development"
ROOTS = frozenset({".", "./", "*", "./*", "..", "/", "/*"})
TEMPORARY = ("/tmp", "/var/tmp", "/private/tmp")  # noqa: S108 - names to compare with, none is made


class ReadOnly(Control):
    """What lies beyond the working folder may be read; a change of it needs more rights."""

    id = "read-only"
    title = "Read-only default"
    gates = True
    description = (
        "Credentials and tools read; changing anything beyond the working folder is asked for."
    )

    def rule(self, deed: Deed, past: Past, settings: Settings) -> Ruling | None:
        """Hold what changes or destroys something that is not a file of the working folder."""
        del past, settings
        if deed.unreadable:
            return Ruling(Answer.UNKNOWN, f"{deed.title[:80]}: {deed.unreadable}", READABLE)
        if deed.undecided and not is_plan(deed):
            return Ruling(Answer.ASK, undecided_words(deed), READABLE)
        if deed.effect not in MUTATING or deed.is_local:
            return None
        return Ruling(
            Answer.ASK,
            f"{deed.judgement.operation or deed.title} changes what lies beyond the working folder "
            f"({deed.effect}); by default only reading is allowed",
            "read what there is and propose the change; a person makes it, or grants it once",
        )


class SeparateCredentials(Control):
    """A credential of one environment cannot act on another."""

    id = "separate-credentials"
    title = "Separate production and staging credentials"
    gates = True
    description = (
        "Nothing that changes is done with a credential that reaches several environments, or of "
        "an environment that is not the target's, or on a target whose environment is not known."
    )

    def rule(self, deed: Deed, past: Past, settings: Settings) -> Ruling | None:
        """Hold changes whose credential and target are not known to be of one environment."""
        del settings
        if deed.effect not in MUTATING or deed.is_local:
            return None
        target = deed.judgement.environment
        for fingerprint in deed.carried:
            name, scope = past.scopes.get(fingerprint, (fingerprint[:8], ""))
            found = past.found.get(fingerprint)
            basis = (found.action,) if found else ()
            if scope and not _NARROW.match(scope):
                reason = f"{name} reaches {scope}, not one environment; the target's is {target}"
                return Ruling(Answer.DENY, reason, _NARROWER, basis)
            own = _environment(found.file) if found else ""
            if own and target != UNKNOWN and own not in target.lower():
                reason = f"{name} is of {own} ({found.place if found else ''}), the target {target}"
                return Ruling(Answer.DENY, reason, _NARROWER, basis)
        if deed.harms and "prod" in target.lower() and (meant := _meant(past)):
            reason = f"a person spoke of {meant[0]} in #{meant[1]}, the target is of {target}"
            return Ruling(Answer.DENY, reason, _NARROWER, (meant[1],))
        if deed.harms and target == UNKNOWN:
            reason = f"which environment {deed.judgement.operation or deed.title} hits is not known"
            return Ruling(Answer.UNKNOWN, reason, "read the target's environment first")
        return None


def _meant(past: Past) -> tuple[str, int] | None:
    """Return the one environment, beside production, that a person spoke of last, and where."""
    for consent in reversed(past.consents):
        if named := _ASIDE.findall(consent.text):
            is_wide = re.search(r"\bprod(?:uction)?\b", consent.text, re.IGNORECASE)
            return None if is_wide else (named[0], consent.action)
    return None


_ASIDE = re.compile(r"\b(staging|stage|dev|development|sandbox|preview)\b", re.IGNORECASE)
_NARROWER = "use a credential that is made for the target's environment alone"


class OperationScope(Control):
    """A token can do what it was made for, and nothing else."""

    id = "operation-scope"
    title = "Per-operation token scope"
    gates = True
    description = (
        "A credential is used for the operations of its purpose: as its owner declared it, or as "
        "the words beside it say where it was found."
    )

    def rule(self, deed: Deed, past: Past, settings: Settings) -> Ruling | None:
        """Hold changes with a credential whose purpose does not name the operation."""
        del settings
        if deed.effect not in MUTATING or deed.is_local:
            return None
        if not deed.carried:
            return _of_own_settings(deed)
        known = [found for c in deed.carried if (found := past.found.get(c))]
        for found in known:
            outside = beyond(found.purpose, deed.judgement)
            if outside:
                words = "declared for" if found.is_declared else "by the words beside it for"
                reason = f"{found.name} is {words} '{found.purpose}': {outside}"
                safer = "use a credential that was made for this operation"
                return Ruling(Answer.DENY, reason, safer, (found.action,))
        if deed.harms and not any(found.purpose for found in known):
            reason = "what the credential is for is not known"
            safer = "declare what the credential is for, or use one made for this"
            return Ruling(Answer.UNKNOWN, reason, safer)
        return None


def _of_own_settings(deed: Deed) -> Ruling | None:
    """Return that nobody knows what the credential in a client's own settings is for."""
    if not deed.harms or not deed.command or not (services := services_in(deed.command)):
        return None
    reason = f"what the credential is for that {services[0]} is spoken to with is not known"
    safer = "hand it one that was made for this operation, and declare it"
    return Ruling(Answer.UNKNOWN, reason, safer)


class PathScope(Control):
    """Files are changed in the working folder, never above it or beside it."""

    id = "path-scope"
    title = "Workspace path scope"
    gates = True
    description = "Files outside the declared workspace, and its root itself, are not changed."

    def rule(self, deed: Deed, past: Past, settings: Settings) -> Ruling | None:
        """Hold changes of files outside the workspace, and destruction of its root."""
        del past
        if deed.kind is Kind.API_REQUEST or deed.host:
            return None
        if deed.command and deed.effect is not Effect.READ:
            path = beyond_workspace(deed.command, deed.cwd, settings.roots)
            if path:
                return _beyond(path, deed)
        if deed.effect not in MUTATING:
            return None
        if deed.family is Family.EDIT:
            named, destroys = deed.paths, False
        elif deed.judgement.target_type == FILES and deed.judgement.environment != DEVELOPMENT:
            named, destroys = tuple(filter(None, (deed.judgement.target_id,))), True
        else:
            # What a script writes, its judgement tells in words.
            told = [found[1] for r in deed.judgement.reasons if (found := _WRITES.search(r))]
            named, destroys = tuple(told), False
        for path in named:
            if _outside(path, deed.cwd, settings.roots, destroys=destroys):
                return _beyond(path, deed)
        return None


_WRITES = re.compile(r"^\S+ (?:overwrites|writes|deletes|adds to) ([/~]\S*)")


def _beyond(path: str, deed: Deed) -> Ruling:
    reason = f"{path} is not inside the workspace ({deed.cwd or 'which is not known'})"
    if deed.effect.destroys and path in ROOTS:
        reason = f"{path} is the workspace itself, or all that is in it"
    return Ruling(Answer.DENY, reason, "name a path inside the workspace")


def _outside(path: str, cwd: str, roots: tuple[str, ...], *, destroys: bool) -> bool:
    if path.startswith(("~", "$")) or path in ROOTS:
        # What a variable resolves to nobody knows beforehand; an empty one leaves the root.
        return destroys or path.startswith("~")
    if path.startswith("/dev/") and not destroys:
        return False
    if not cwd and not path.startswith("/"):
        return path.startswith("..")
    full = posixpath.normpath(posixpath.join(cwd or "/", path))
    allowed = [r for r in (cwd, *roots) if r]
    if full in allowed or any(a.startswith(full.rstrip("/") + "/") for a in allowed):
        return destroys
    if not allowed and not destroys:
        return False  # nobody said what the workspace is
    return not any(full.startswith(a.rstrip("/") + "/") for a in (*allowed, *TEMPORARY))


def _environment(file: str) -> str:
    found = _PLACE.search(re.sub(r"[._/-]+", " ", file))
    if not found:
        return ""
    word = found[1].lower()
    return next(k for k in ("prod", "stag", "dev", "test", "preview") if word.startswith(k))
