"""Judge a request by the verbs in its path: `/users/5/destroy`, `/deleteMessage`, `chat.delete`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.effects.names import (
    RENEWS,
    RESTORED,
    SECRETS,
    Sense,
    class_of,
    is_recovery,
    sense_of,
    words_in,
)
from analyzer.extent import Surface
from analyzer.model import Effect, Judgement

__all__ = ["destroys", "judge_path", "keeps_copies", "segments_of"]

_ID = re.compile(
    r"^(?:\d+|[0-9a-f-]{8,}|[A-Za-z]{1,6}[-_]?\d\w*|v\d[\w.]*|\{[^}]*\}|:\w+|me|self)$"
)


def segments_of(path: str) -> list[str]:
    """Return a path's segments without ids and endings."""
    path = re.sub(r":([A-Za-z]{4,30})$", r"/\1", path)  # Google's `name:verb`
    parts = [re.sub(r"\.(?:json|xml)$", "", p) for p in path.split("/") if p]
    return [p for p in parts if not _ID.match(p) or _says_verb(p)]


def _says_verb(segment: str) -> bool:
    """Tell whether what looks like an id names a deletion: `b2_delete_bucket`."""
    return "_" in segment and Sense.DESTROYS in {sense_of(word) for word in words_in(segment)}


def keeps_copies(host: str, words: Sequence[str]) -> bool:
    """Tell whether a host is a backup product's by its name, and no account of it is meant."""
    return is_recovery(host.partition(".")[0]) and class_of(words) is not Effect.D6


_REQUESTS = frozenset({"deletions", "deletion", "erasure", "erasures"})
_ASIDE = frozenset(
    {"status", "preview", "cancel", "check", "policy", "policies", "log", "logs", "search"}
)
"""What is asked about a deletion, and is none."""
_ABOUT = frozenset(
    {"preview", "status", "check", "request", "link", "email", "instructions", "estimate"}
)
"""What is about an operation, and is not it."""
_LOOKS_FOR = frozenset({"search", "find", "lookup"})
_EXACT = frozenset(
    "destroy delete purge wipe remove deregister terminate drop truncate erase unregister".split()
)
"""Verbs that may stand before the name of what they take away."""
_RUN_TOGETHER = re.compile(r"(?:delete|remove|purge|destroy|erase|wipe)(?!(?:d|s|r|rs|ds)$)[a-z]+")
"""`deleterange`: a verb and its noun in one word; not `deleted`."""
_ENDS_ACCESS = frozenset(
    {"revoke", "deactivate", "deauthorize", "ban", "bans", "blocks", "kick", "suspended"}
)
_OVERWRITES = frozenset({"rebuild", "reinstall", "reimage", "rollback"})
_PEOPLE = frozenset({"user", "users", "member", "members", "account", "accounts"})
_GIVEN_AWAY = frozenset(
    {"repo", "repos", "repository", "project", "projects", "domain", "domains", "app", "apps", "site",
     "sites", "organization", "organizations"}
)  # fmt: skip
"""What a transfer gives to another owner; of money it is another word."""
_ENDS: dict[str, frozenset[str]] = {
    "cancel": frozenset(
        {"subscription", "subscriptions", "plan", "contract", "membership", "order", "orders"}
    ),
    "close": frozenset({"account", "accounts"}),
    "suspend": frozenset(),
    "disable": frozenset(),
    "archive": frozenset(),
    "drain": frozenset(),
    "shutdown": frozenset(),
    "seal": frozenset(),
    "mute": frozenset({"monitor", "monitors", "alert", "alerts"}),
}
"""Verbs that end what cannot go on by itself, of these things; of anything where none is named."""


def judge_path(
    method: str, where: str, host: str, path: str, segments: list[str]
) -> Judgement | None:
    """Judge a request by a verb in its path: `/users/5/destroy`, `/deleteMessage`, `chat.delete`."""
    if len(segments) > 1 and segments[-2].lower() in _LOOKS_FOR:
        return None  # `/search/delete-logs`
    named = {w for s in segments[-2:] for w in words_in(s)}
    if method == "POST" and named & _REQUESTS and not named & _ASIDE:
        return destroys(Effect.D1, f"{where}: its path asks for a deletion", host, path)
    if segments[-1:] == ["all"]:
        segments = segments[:-1]  # `/sessions/revoke/all`
    for segment in segments[-2:][::-1]:
        words = words_in(segment)
        if segment is not segments[-1] and "-" in segment and sense_of(segments[-1].lower()):
            continue  # `/job/delete-old-builds/build`: a name, of which something else is asked
        if (
            method != "POST"
            and "-" in segment
            and sense_of(words[0] if words else "") is Sense.DESTROYS
        ):
            continue  # `PUT /flags/delete-button`
        if len(words) > 2 and len(words[0]) == 1 and words[1].isdigit():
            words = words[2:]  # b2_delete_bucket
        if len(words) > 1 and words[-1] in _ABOUT:
            continue  # restore-preview, reset-password-request
        alone = len(words) == 1 and segment is not segments[-1]
        if not words or (alone and segment not in _EXACT and not segment.startswith("_")):
            continue
        sense = sense_of(words[0]) if sense_of(words[0]) else sense_of(words[-1])
        if re.search(r"\.(?!delete|remove|destroy|purge)\w+$", segment):
            continue
        if words[0] == "do" and len(words) > 1:
            sense = sense_of(words[1])
        if not sense and _RUN_TOGETHER.fullmatch(words[0]):
            sense = Sense.DESTROYS
        if Sense.UNDOES in {sense_of(w) for w in words}:
            return None
        recovery = is_recovery(path) or keeps_copies(
            host, [w for s in segments for w in words_in(s)]
        )
        if sense is Sense.DESTROYS:
            nouns = [w for s in segments for w in words_in(s)]
            effect = Effect.D2 if recovery else class_of(nouns[-3:])
            return destroys(effect, f"{where}: its path names a deletion ({segment})", host, path,
                             recovery=recovery)  # fmt: skip
        if (
            sense is Sense.ENDS
            and recovery
            and words[0] in {"cancel", "disable", "unschedule", "suspend", "stop", "pause"}
        ):
            return destroys(Effect.D5, f"{where}: its path ends backups ({segment})", host, path,
                             recovery=True)  # fmt: skip
        if segment is segments[-1] or len(words) > 1:
            near = segments[-3:] if words[0] == "restore" else segments
            named = {w for s in near for w in words_in(s)}
            ended = _ended(words[0], named, segment)
            if ended is not None:
                return destroys(ended, f"{where}: {_ENDED[ended]} ({segment})", host, path)
    return None


_ENDED = {
    Effect.D4: "its path overwrites what is there",
    Effect.D5: "its path ends what it names",
    Effect.D6: "its path takes access away",
}


def _ended(verb: str, named: set[str], segment: str) -> Effect | None:
    """Return what a verb that does not delete ends; None where nothing that would be missed."""
    if verb in _ENDS_ACCESS or (verb in RENEWS and named & SECRETS):
        return Effect.D6
    if segment == verb and ((verb in {"block", "lock"} and named & _PEOPLE) or (
        verb == "transfer" and named & _GIVEN_AWAY
    )):  # fmt: skip
        return Effect.D6
    if verb in _OVERWRITES or (verb == "restore" and named & RESTORED):
        return Effect.D4
    if segment == "_close":  # an index of Elasticsearch's that answers no more
        return Effect.D5
    of = None if segment.lower() != verb and verb == "cancel" else _ENDS.get(verb)
    return Effect.D5 if of is not None and (not of or named & of) else None


def destroys(
    effect: Effect, why: str, host: str, path: str, *, recovery: bool = False
) -> Judgement:
    """Return the judgement of a request that takes something away."""
    return Judgement(
        effect, (why,), operation=path.rpartition("/")[2][:80], target_id=f"{host}{path}",
        same_domain=True if recovery else None, surface=Surface.HTTP,
    )  # fmt: skip
