"""Judge operations of AWS's services by their names and parameters, whoever calls them.

The command line, the SDKs, the query API's `Action`, `X-Amz-Target` and CloudTrail all name the
same operations. The catalogue knows what some take with them; of the others the access level is told, by
AWS's own naming (`Describe`, `List`, `Get`; `Delete`, `Terminate`, ...) or by its own list of levels.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from analyzer.catalogue import load
from analyzer.effects.names import class_of, is_recovery, words_in
from analyzer.effects.places import environment_in
from analyzer.effects.ranks import unknown
from analyzer.extent import Bulk
from analyzer.model import Effect, Judgement

__all__ = ["judge_aws", "verb_of"]

READS = frozenset(
    """
    describe list get head search lookup query scan select batchget test validate check estimate preview
    simulate detect view filter count export wait generate decode discover verify download read help tail
    """.split()
)
DESTROYS = frozenset(
    """
    delete terminate deregister remove purge batchdelete destroy reset release forget wipe discard
    unsubscribe abort retire reject revoke detach disassociate disable deactivate cancel untag expire
    bulkdelete unlink unassign deauthorize clear drop deprovision withdraw redact invalidate rebuild
    unregister dissociate unauthorize unshare deprecate unpeer unmonitor dispose ungroup undeploy
    """.split()
)
ENDS = frozenset(
    """
    revoke detach disassociate disable deactivate unassign deauthorize cancel abort untag retire reject
    invalidate dissociate unauthorize unshare deprecate unpeer unmonitor
    """.split()
)
WRITES = frozenset(
    """
    create put update modify start run register attach associate enable copy tag add set import send
    publish invoke upload restore apply allocate authorize reboot stop change batch transact execute
    mb cp mv sync sign assume promote failover issue request subscribe resume suspend accept
    """.split()
)


@dataclass(frozen=True, slots=True)
class _Fact:
    effect: Effect
    same_domain: bool | None
    undo: str
    takes: str
    source: str
    when: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    irreversible: bool | None = None
    example: str = ""


def judge_aws(service: str, operation: str, parameters: str) -> Judgement:
    """Return the effect of an operation; `parameters` is the rest of the call, as text."""
    words = words_in(operation)
    if re.search(r"(?:^|\s)--(?:dry-run|dryrun)\b", parameters):
        return Judgement(Effect.READ, (f"aws {service} {operation}: a dry run",), f"aws.{service}")
    name = f"aws.{service.lower()}.{''.join(w.title() for w in words)}"
    for fact in _facts().get(f"{_squeezed(service)}.{''.join(words)}", ()):
        if fact.when and not fact.when.search(parameters):
            continue
        if fact.unless and fact.unless.search(parameters):
            continue
        return _known(name, fact, parameters)
    return _by_name(name, service, words, parameters)


def _known(name: str, fact: _Fact, parameters: str) -> Judgement:
    reasons = [f"{name} is {fact.effect} ({fact.source})"]
    reasons += [f"takes {fact.takes}"] if fact.takes else []
    reasons += [f"undo: {fact.undo}"] if fact.undo else []
    environment, basis = environment_in(parameters)
    return Judgement(
        fact.effect, tuple(reasons), operation=name, target_id=_target(parameters),
        same_domain=True if fact.effect is Effect.D2 else fact.same_domain,
        irreversible=fact.irreversible, environment=environment, environment_basis=basis,
        undo=fact.undo, cascade=fact.takes, bypass=_bypasses(parameters),
    )  # fmt: skip


_CLOSES = frozenset({"close"})


def _by_name(name: str, service: str, words: tuple[str, ...], parameters: str) -> Judgement:
    verb = verb_of(words)
    if verb in DESTROYS or verb in _CLOSES:
        recovery = is_recovery(" ".join(words)) or service == "backup"
        recovery = recovery or ("bucket" in words and is_recovery(_target(parameters)))
        ends = verb in ENDS
        effect = Effect.D2 if recovery else class_of(words[1:])
        if ends and not recovery:
            effect = Effect.D6 if effect is Effect.D6 else Effect.D5
        environment, basis = environment_in(parameters)
        return Judgement(
            effect,
            (f"{name}: {verb!r} destroys by AWS's naming; no catalogue says what goes with it",),
            operation=name, target_id=_target(parameters), same_domain=True if recovery else None,
            environment=environment, environment_basis=basis, bypass=_bypasses(parameters),
            bulk=Bulk.SOME if words[:1] == ("batch",) else Bulk.ONE,
        )  # fmt: skip
    level = _level(service, words)
    if level == "read" or (not level and (verb in READS or words[-1:] == ("wizard",))):
        told = "by AWS's access levels" if level else f"{verb!r} reads by AWS's naming"
        return Judgement(Effect.READ, (f"{name}: {told}",), name)
    if level or verb in WRITES:
        return _changed(name, parameters)
    return unknown(f"{name} is in no catalogue", name)


def verb_of(words: Sequence[str]) -> str:
    """Return the verb of an operation's name: `BatchDeleteImage`, `AdminDeleteUser` delete."""
    rest = [w for w in words if w not in _BEFORE_VERBS] if words[:1] else []
    if words[:2] == ("un", "register") or words[:2] == ("un", "tag"):
        return "".join(words[:2])
    return rest[0] if rest else ""


_BEFORE_VERBS = frozenset({"batch", "admin", "bulk"})


def _level(service: str, words: Sequence[str]) -> str:
    """Return an operation's access level where its name does not tell it; else nothing."""
    found = _levels().get("".join(words), {})
    return found.get(_squeezed(service), "") or (
        next(iter(found.values())) if len(set(found.values())) == 1 else ""
    )


@cache
def _levels() -> Mapping[str, Mapping[str, str]]:
    """Operation -> service -> level. A command line names some services otherwise than IAM does."""
    found: dict[str, dict[str, str]] = {}
    for level, services in load("aws_levels").items():
        for service, names in services.items():
            for name in names:
                found.setdefault("".join(words_in(name)), {})[_squeezed(service)] = level
    return found


_WEAKENS = re.compile(
    r"--no-(?:deletion-protection|enable-deletion-protection|multi-region)|DeletionProtection\W+false"
    r"|--no-deletion-protection-enabled|TerminationProtection\W+false|DisableApiTermination\W+false"
    r"|--no-disable-api-termination|deletion_protection\.enabled,Value=false"
    r"|--no-enable-termination-protection|--no-protected|--no-enable(?=\s|$)|--no-\w+(?:-\w+)*-enabled\b|--status\s+(?:Inactive|Disabled)\b"
)
_UNBACKS = re.compile(
    r"backup-retention-period[\s=]+[01]\b|BackupRetentionPeriod\W+0\b|PointInTimeRecoveryEnabled\W+false"
    r"|Status\W+Suspended|backup-policy\W+Status\W*DISABLED|snapshot-retention-limit[\s=]+0\b"
    r"|automated-snapshot-retention-period[\s=]+0\b|automatic-backup-retention-days[\s=]+0\b"
    r"|BackupPolicy\W+Status\W+DISABLED|--state\s+DISABLED|--delete-automated-backups",
    re.IGNORECASE,
)


def _changed(name: str, parameters: str) -> Judgement:
    if found := _UNBACKS.search(parameters):
        return Judgement(Effect.D5, (f"{name} ends or shortens backups ({found[0]})",), name,
                         target_id=_target(parameters), same_domain=True)  # fmt: skip
    if found := _WEAKENS.search(parameters):
        return Judgement(Effect.D5, (f"{name} takes a guard off ({found[0]})",), name,
                         target_id=_target(parameters))  # fmt: skip
    return Judgement(Effect.WRITE, (f"{name} makes or changes by AWS's naming",), name)


def _bypasses(parameters: str) -> tuple[str, ...]:
    found = re.findall(r"--(?:skip-final-[a-z-]*snapshot|force[a-z-]*|bypass-governance-retention|"
                       r"no-final-[a-z-]*backup|delete-automated-backups|yes)\b", parameters)  # fmt: skip
    return tuple(sorted(set(found)))


def _target(parameters: str) -> str:
    # Of several all are the target: an approval of one is none of the others.
    several = re.search(
        r"--[a-z-]{0,60}(?:ids|identifiers|names|arns)[\s=]+"
        r"((?!-)[^\s=]+(?:\s+(?!-)[^\s=]+(?=\s|$))*)",
        parameters,
    )
    found = (
        several
        or re.search(
            r"--[a-z-]*(?:id|identifier|ids|name|arn|bucket|cluster)[\s=]+(\S+)", parameters
        )
        or re.search(
            r'"\w*(?:id|identifier|name|arn|bucket)"\s*:\s*"([^"]+)"', parameters, re.IGNORECASE
        )
    )
    return found[1][:200] if found else ""


def _squeezed(service: str) -> str:
    name = re.sub(r"[^a-z0-9]", "", service.lower())
    return {"s3api": "s3", "dynamodb20120810": "dynamodb", "apigatewayv2": "apigateway"}.get(
        name, name
    )


@cache
def _facts() -> Mapping[str, tuple[_Fact, ...]]:
    document = load("aws")
    found: dict[str, list[_Fact]] = {}
    for entry in document["operations"]:
        service, _, operation = str(entry["operation"]).partition(".")
        key = f"{_squeezed(service)}.{''.join(words_in(operation))}"
        found.setdefault(key, []).append(_fact(entry, document["sources"]))
    return {key: tuple(facts) for key, facts in found.items()}


def _fact(entry: Mapping[str, Any], sources: Mapping[str, str]) -> _Fact:
    return _Fact(
        effect=Effect(entry["effect"]),
        same_domain=entry.get("same_domain"),
        undo=entry.get("undo", ""),
        takes=entry.get("takes", ""),
        source=sources[entry["source"]],
        when=re.compile(entry["when"], re.IGNORECASE) if "when" in entry else None,
        unless=re.compile(entry["unless"], re.IGNORECASE) if "unless" in entry else None,
        irreversible=entry.get("irreversible"),
        example=entry["example"],
    )
