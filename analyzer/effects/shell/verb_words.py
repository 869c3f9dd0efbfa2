"""Which word of a command is its verb: `env rm`, `backup-plans delete`, `watch-del-all`.

A word may be a verb or a noun; what follows it tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from analyzer.effects.names import Sense, sense_of, words_in

__all__ = ["OPTIONS", "first_verb"]

NOUNS_TOO = frozenset(
    """
    backup backups snapshot snapshots version versions env run log logs tag tags label test tables
    events job stats metrics archive config history group user search query deploy build copy
    metrics status export import restore check audit plan watch login checkpoint mirror schedule views view file
    edit configure release trigger post site image sync mount export dump transfer purge-queue replace publish set token rule preview previews send
    """.split()
)
"""Verbs that are nouns where another verb follows: `env rm`, `backup delete`."""
SHOWING = frozenset(
    {"list", "ls", "show", "get", "info", "status", "describe", "view", "exists", "stats"}
)
SHOWN = frozenset(
    {
        "plan",
        "metrics",
        "status",
        "env",
        "version",
        "versions",
        "logs",
        "log",
        "events",
        "history",
        "tables",
        "stats",
    }
)
"""Verbs that read and are oftener nouns."""
OPTIONS = frozenset(
    """
    delete del remove purge wipe erase uninstall destroy unregister obliterate prune delall reset
    clear flush drop strip unset autonuke nuke shred discard forget eraseall deleteall removeall purgeall
    """.split()
)
"""Long options that destroy whatever they belong to."""


def _begins_with_verb(word: str) -> bool:
    """Tell whether a word is a verb, or joins one to what it is done to: `delete-all`."""
    parts = words_in(word)
    return bool(sense_of(word.lower())) or (
        len(parts) > 1 and sense_of(parts[0]) in {Sense.DESTROYS, Sense.ENDS, Sense.READS}
    )


def first_verb(words: list[str]) -> tuple[str, Sense] | None:
    """Return the first word that is a verb."""
    for place, word in enumerate(words):
        lowered = word.lower()
        sense = sense_of(lowered)
        # What a reader is given may be any word: `search prod wipe` looks for it.
        near = 2 if sense is Sense.READS and lowered not in SHOWN else 4
        if lowered in NOUNS_TOO and any(
            _begins_with_verb(w) for w in words[place + 1 : place + near]
        ):
            continue
        if (
            lowered in _HOLDS_WHAT_WENT
            and words[place + 1 : place + 2]
            and words[place + 1] in SHOWING
        ):
            continue  # trash list
        if sense is Sense.READS and lowered not in SHOWN and (goes := _group_of(words, place)):
            return goes, Sense.DESTROYS
        if sense is Sense.DESTROYS and words[place + 1 :] == ["help"]:
            return None  # its help is asked for, or something of that name goes
        if sense:
            return lowered, sense
        parts = words_in(word)
        if len(parts) > 1 and parts[-1] in SHOWING and parts[0] in NOUNS_TOO:
            return parts[-1], Sense.READS  # backups-list
        if ":" in word and "fresh" in parts:
            return "fresh", Sense.DESTROYS  # migrate:fresh, schema:fresh
        later = words[place + 1 :]
        if parts == _COLLECTS and later and not {"get", "list", "show", "status"} & set(later):
            return "collection", Sense.DESTROYS  # registry garbage-collection start
        if parts[-1:] == ("deletion",) and len(parts) > 1 and parts[0] in _ASKS_FOR:
            return "deletion", Sense.DESTROYS  # schedule-deletion
        taking = next((p for p in parts if sense_of(p) in {Sense.DESTROYS, Sense.ENDS}), "")
        if taking and ":" in word:
            return taking, sense_of(taking)  # env:unset
        if len(parts) > 1 and (found := _compound(word, parts, words[place + 1 :])) is not None:
            return found
    return None


def _group_of(words: Sequence[str], place: int) -> str:
    """Return the verb of a group of commands that is named by a word which reads elsewhere.

    `clusters search indexes delete`: a plural and then the verb; `search old wipe` looks for it.
    """
    for named, word in pairwise(words[place + 1 :]):
        if word in _PLAINLY and named.endswith("s") and named.islower():
            return word
    return ""


_PLAINLY = frozenset({"delete", "remove", "destroy", "purge", "erase", "wipe"})
_HOLDS_WHAT_WENT = frozenset({"trash", "recycle"})
_COLLECTS = ("garbage", "collection")
_ASKS_FOR = frozenset({"schedule", "request", "start", "confirm", "initiate"})
_RUNS_TOO = frozenset(
    {"watch", "log", "logs", "history", "search", "scan", "cat", "tables", "events"}
)
"""Verbs that read and are oftener nouns of what goes."""
_LEADS = frozenset({"set", "create", "add", "update", "enable", "register"})
"""Verbs that say it all at the front of a word: `set-disk-auto-delete`."""


def _compound(
    word: str, parts: Sequence[str], following: Sequence[str]
) -> tuple[str, Sense] | None:
    """Return the verb of a word of several: `delete-all`, `snapshot-destroy`, `db:drop`."""
    first = sense_of(parts[0])
    is_noun = (
        any(_begins_with_verb(w) for w in following[:4])
        if parts[0] in NOUNS_TOO
        else bool(sense_of(following[0].lower()))
        if following
        else False  # patch-deployments delete
    )
    if following and following[0].lower() in SHOWING:
        return None  # restore-point list, delete-policy show
    if parts[-1] == "archive" and following and sense_of(following[-1].lower()):
        return None  # online-archive aws create
    if parts[0] in _LEADS and not is_noun:
        return parts[0], first
    taken = [p for p in parts[1:] if p in OPTIONS]
    if first is Sense.READS and taken and parts[0] in _RUNS_TOO:
        return taken[0], Sense.DESTROYS  # watch-del-all
    if first is Sense.UNDOES or (first is Sense.READS and not is_noun):
        return parts[0], first
    for part in parts:
        sense = sense_of(part)
        if sense in {Sense.DESTROYS, Sense.ENDS, Sense.UNDOES} or (
            sense is Sense.READS and ":" in word
        ):
            return part, sense
    if is_noun:
        return None  # backup-plans delete, log-analytics workspace delete
    return (parts[0], first) if first else None
