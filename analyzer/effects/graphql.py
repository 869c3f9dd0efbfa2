"""Judge GraphQL by the root fields of its operations: the catalogue first, then their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from analyzer.catalogue import Operation, Provider
from analyzer.effects.names import (
    CONTAINERS,
    RENEWS,
    RESTORED,
    SECRETS,
    Sense,
    class_of,
    is_recovery,
    sense_of,
    words_in,
)
from analyzer.effects.ranks import unknown, worst_of
from analyzer.extent import Bulk, Surface
from analyzer.graphql_requests import GraphQLRequest, Selected
from analyzer.model import Effect, Judgement
from recorder.model import Json

__all__ = ["judge_graphql", "judge_name"]


def judge_graphql(graphql: GraphQLRequest, provider: Provider | None, why: str) -> Judgement:
    """Return the effect of a GraphQL request; what its provider's catalogue lacks is told by name."""
    if graphql.unreadable:
        return Judgement(Effect.UNKNOWN, (f"GraphQL that cannot be read: {graphql.unreadable}",),
                         surface=Surface.HTTP)  # fmt: skip
    parts = []
    for operation, selected in graphql.root_fields():
        if operation.type == "mutation":
            parts.append(_judge_mutation(provider, why, selected))
        else:
            parts.append(_judge_query(operation.type, selected.name))
    if not parts:
        return Judgement(Effect.UNKNOWN, ("GraphQL that selects nothing",))
    worst = worst_of(parts)
    others = [p.operation or p.reasons[0] for p in parts if p.operation != worst.operation]
    if len(parts) > 1 and others:
        reasons = (*worst.reasons, f"in one request with {', '.join(others)}")
        worst = _with_reasons(worst, reasons)
    return worst


def _judge_query(kind: str, name: str) -> Judgement:
    """Return what a field of a query does: it reads, unless it is named for a deletion."""
    first = words_in(name)[:1]
    if first and sense_of(first[0]) is Sense.DESTROYS and len(words_in(name)) > 1:
        return unknown(f"GraphQL {kind} {name} is named for a deletion")
    return Judgement(Effect.READ, (f"GraphQL {kind} {name}",))


def _with_reasons(judgement: Judgement, reasons: tuple[str, ...]) -> Judgement:
    return replace(judgement, reasons=reasons)


def _judge_mutation(provider: Provider | None, why: str, selected: Selected) -> Judgement:
    known = provider.mutations.get(selected.name) if provider else None
    if provider is None or known is None or _is_another_s(known, selected.arguments):
        return judge_name(selected.name, selected.arguments)
    if known.when_empty and selected.arguments.get(known.when_empty) == []:
        return Judgement(
            Effect.D5, (why, f"{known.name} with no {known.when_empty}: {known.note} ({known.source})"),
            operation=f"{provider.id}.{known.name}", same_domain=True, surface=Surface.HTTP,
        )  # fmt: skip
    return _catalogued(provider, known, why, selected.arguments)


def _is_another_s(known: Operation, arguments: Mapping[str, Json]) -> bool:
    """Tell whether a mutation of the same name is another vendor's: it takes other arguments."""
    wanted = known.target_argument
    return bool(wanted) and bool(arguments) and wanted not in arguments


def _catalogued(
    provider: Provider, known: Operation, why: str, arguments: Mapping[str, Json]
) -> Judgement:
    reasons = [why, f"{known.name} is {known.effect} ({known.source})"]
    reasons += [f"takes {known.takes}"] if known.takes else []
    reasons += [f"undo: {known.undo}"] if known.undo else []
    reasons += [known.note] if known.note else []
    target = arguments.get(known.target_argument)
    return Judgement(
        effect=known.effect,
        reasons=tuple(reasons),
        operation=f"{provider.id}.{known.name}",
        target_type=known.target_type,
        target_id=target if isinstance(target, str) else "",
        same_domain=True if known.effect is Effect.D2 else known.same_domain,
        irreversible=known.irreversible,
        undo=known.undo,
        cascade=known.takes,
        bulk=Bulk.ONE,
        surface=Surface.HTTP,
    )


def judge_name(name: str, arguments: Mapping[str, Json] | None = None) -> Judgement:
    """Return the effect that an operation's name tells; a name that says nothing is unknown."""
    words = words_in(name)
    senses = [sense_of(word) for word in words]
    passing = words[-1:] in {
        ("progress",),
        ("workflow",),
        ("draft",),
        ("cache",),
        ("notification",),
    }
    undoes = (
        Sense.UNDOES in senses
        or (passing and words[:1] in {("clear",), ("cancel",), ("dismiss",)})
        or (words[-1:] in _TRIES and len(words) > 2)
        or words[-2:] == ("dry", "run")
    )
    if Sense.DESTROYS in senses and not undoes and words[:1] and words[0] not in _LEADS:
        verb = words[senses.index(Sense.DESTROYS)]
        recovery = is_recovery(name)
        target = next((v for v in (arguments or {}).values() if isinstance(v, str)), "")
        return Judgement(
            Effect.D2 if recovery else class_of(w for w in words if w != verb),
            (f"{name}: {verb!r} destroys by its name, in no catalogue",),
            operation=name,
            target_id=target,
            same_domain=True if recovery else None,
            surface=Surface.HTTP,
        )
    if "restore" in words and not undoes and set(words) & RESTORED:
        return Judgement(Effect.D4, (f"{name}: restores over what is there, by its name",), name,
                         surface=Surface.HTTP)  # fmt: skip
    if (ending := next((w for w in words if w in _ENDS), "")) and not undoes:
        effect = Effect.D6 if ending in {"revoke", "invalidate"} else Effect.D5
        return Judgement(effect, (f"{name}: {ending!r} ends by its name, in no catalogue",), name,
                         surface=Surface.HTTP)  # fmt: skip
    if words[:1] == ("release",) and _HELD & set(words):
        return Judgement(Effect.D5, (f"{name}: gives up what somebody else may take, by its name",),
                         name, surface=Surface.HTTP)  # fmt: skip
    if "cancel" in words and _CANCELLED & set(words) and not undoes:
        return Judgement(Effect.D5, (f"{name}: 'cancel' ends it for good, by its name",), name,
                         surface=Surface.HTTP)  # fmt: skip
    if RENEWS & set(words) and SECRETS & set(words) and not undoes:
        return Judgement(Effect.D6, (f"{name}: ends what the old one opened, by its name",), name,
                         surface=Surface.HTTP)  # fmt: skip
    off = _is_off(arguments or {})
    if is_recovery(name) and (off or (words[:1] and words[0] in _STOPS)) and not undoes:
        return Judgement(Effect.D5, (f"{name}: ends recovery copies by its name",), name,
                         same_domain=True, surface=Surface.HTTP)  # fmt: skip
    if ended := _unbacked(arguments or {}):
        return Judgement(Effect.D5, (f"{name}: its arguments end recovery copies ({ended})",), name,
                         same_domain=True, surface=Surface.HTTP)  # fmt: skip
    if carried := _carried(arguments or {}):
        return replace(judge_name(carried), reasons=(f"{name} carries out {carried}",))
    if "transfer" in words and CONTAINERS & set(words) and not undoes:
        return Judgement(Effect.D6, (f"{name}: gives it to another owner, by its name",), name,
                         surface=Surface.HTTP)  # fmt: skip
    if taken := _taken(arguments or {}):
        effect = Effect.D4 if taken in {"force", "that every row is set"} else Effect.D1
        return Judgement(effect, (f"{name}: its arguments say {taken}",), name,
                         surface=Surface.HTTP)  # fmt: skip
    return unknown(f"mutation {name} is in no catalogue", name)


_HELD = frozenset({"ip", "address", "addresses", "number", "numbers", "hold", "lease"})
_CANCELLED = frozenset(
    {
        "subscription",
        "subscriptions",
        "order",
        "orders",
        "plan",
        "contract",
        "membership",
        "account",
    }
)
"""What is cancelled for good; a job can be begun again."""
_TRIES = frozenset({("cancel",), ("undo",), ("preview",), ("check",), ("test",), ("estimate",)})
"""Words at the end of a name by which nothing goes yet, or comes back."""
_LEADS = frozenset(
    """
    get list is can update set create add enable request send validate verify preview check simulate
    estimate count
    """.split()
)
"""Verbs that say it all at the front of a name: `updateMembersCanDeleteIssues`."""
_STOPS = frozenset({"disable", "cancel", "stop", "suspend", "pause", "unschedule"})
_ENDS = frozenset(
    {"archive", "revoke", "deactivate", "suspend", "deregister", "ban", "retire", "invalidate"}
)


def _is_off(arguments: Mapping[str, Json]) -> bool:
    """Tell whether arguments switch something off: `enabled: false`, `retentionDays: 0`."""
    return any(
        _is_off(value) if isinstance(value, dict)
        else (value is False and key in {"enabled", "active", "isEnabled"})
        or (value == 0 and value is not False and bool(_KEPT.search(key)))
        for key, value in arguments.items()
    )  # fmt: skip


def _unbacked(arguments: Mapping[str, Json]) -> str:
    """Return the argument that switches recovery copies off: `backupsEnabled: false`."""
    for key, value in arguments.items():
        if isinstance(value, dict) and (found := _unbacked(value)):
            return found
        if is_recovery(key) and (value is False or (value == 0 and _KEPT.search(key))):
            return key
        if is_recovery(key) and isinstance(value, dict) and value.get("enabled") is False:
            return key
    return ""


_KEPT = re.compile(r"retention|days|hours|count|keep|period", re.IGNORECASE)


def _carried(arguments: Mapping[str, Json]) -> str:
    """Return the mutation that an operation is given as a text to carry out (Shopify's bulks)."""
    for key, value in arguments.items():
        if key in {"mutation", "query"} and isinstance(value, str):
            found = re.match(r"\s*mutation\b[^{]*\{\s*(\w+)", value)
            return found[1] if found else ""
    return ""


def _taken(arguments: Mapping[str, Json]) -> str:
    """Return the argument by which an operation deletes or overwrites besides what its name says."""
    if arguments.get("where") == {} and {"_set", "set", "data", "_inc"} & arguments.keys():
        return "that every row is set"  # Hasura's and Prisma's bulk updates
    for key, value in arguments.items():
        inner = value if isinstance(value, list) else [value]
        for part in inner:
            if isinstance(part, dict) and (found := _taken(part)):
                return found
        if value is True and (
            key in {"force", "archived", "deleted", "trashed", "isArchived", "isDeleted"}
            or sense_of(key.lower()) is Sense.DESTROYS
        ):
            return key
        if isinstance(value, str) and len(value) >= 40 and not value.strip("0"):
            return f"{key} is all zeros, which deletes"
    return ""
