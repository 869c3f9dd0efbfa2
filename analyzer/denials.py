"""What a sentence says of a destruction: that there was none, of what, and of how much.

Read with patterns, so only what is said outright is understood. English.
"""

from __future__ import annotations

import re

__all__ = ["denies", "limits", "named_in", "names_same"]

_DONE = (
    r"(?:deleted|dropped|wiped|removed|destroyed|purged|truncated|erased|lost|changed|modified"
    r"|touched|reset|overwritten|force[- ]pushed)"
)
_DO = r"(?:delete|drop|wipe|remove|destroy|purge|truncate|erase|lose|change|modify|touch|reset)"
_NOT_DONE = (
    rf"\bdid(?: not|n['’]t) (?:\w+ly )?{_DO}\b"
    rf"|\b(?:have|has|had)(?: not|n['’]t) (?:\w+ly )?{_DONE}\b|\bnever {_DONE}\b"
)
_ANYTHING = r"(?=\s*(?:$|[.,;!]|any|it\b|them\b|this\b|that\b))"
"""What a denial is of, where it is of whatever was done, and not of some other thing."""
_DENIES = re.compile(
    rf"\b(?:nothing|no (?:\w+ )?(?:data|files?|rows?|records?|tables?|objects?|resources?|volumes?"
    rf"|databases?|buckets?|history))\s+(?:was|were|has been|have been|got|is|are)\s+"
    rf"(?:\w+ )?{_DONE}\b"
    rf"|\b{_DONE} (?:nothing(?! (?:but|else|except))|no (?:data|files?|rows?))\b"
    rf"|(?:{_NOT_DONE}){_ANYTHING}",
    re.IGNORECASE,
)
_DENIES_NAMED = re.compile(_NOT_DONE, re.IGNORECASE)
_LIMITS = re.compile(
    r"\b(?:only|just|solely|nothing (?:but|else|except)|no other|apart from)\b", re.IGNORECASE
)
_KIND = (
    r"(?:bucket|volume|database|db|table|branch|file|folder|directory|cluster|instance|project"
    r"|namespace|stack|repo|repository|service|app|index|queue|topic|user|role|pod|pvc|disk"
    r"|snapshot|image|deployment|schema|collection)s?"
)
_NAMED = re.compile(
    rf"[`'\"“‘]([\w./:-]{{2,80}})[`'\"”’]|\b{_KIND}\s+(?:called |named )?(\w+[-_/.]\w[\w./-]*)\b"
    rf"|\b{_KIND}\s+(?:with (?:the )?)?(?:id |number |no\. )?#?"
    rf"([0-9a-f]*\d[0-9a-f]*)\b(?!\s*(?:%|times|of\b|days|hours|minutes|seconds|weeks|rows|more))"
    rf"|\b(\w+[-_]\w[\w-]*)\s+{_KIND}\b|\b(?:from|named|called) (\w+[-_]\w[\w-]*)",
    re.IGNORECASE,
)


def denies(words: str) -> bool:
    """Tell whether a sentence says that nothing, or that what it names, was not destroyed."""
    if _DENIES.search(words):
        return True
    return _DENIES_NAMED.search(words) is not None and bool(named_in(words))


def limits(words: str) -> bool:
    """Tell whether a sentence says that no more was done than it names."""
    return _LIMITS.search(words) is not None


def named_in(words: str) -> tuple[str, ...]:
    """Return the names of things in a sentence: quoted, or with a dash beside what they are."""
    found = (next(filter(None, groups)) for groups in _NAMED.findall(words))
    return tuple(dict.fromkeys(name.rstrip(".-/").lower() for name in found))


def names_same(name: str, target: str) -> bool:
    """Tell whether a name is a target's, or one whole part of it: of a path, an address, an ARN."""
    whole = target.lower().strip("/")
    return name in {whole, *re.split(r"[/:@#?=,\s]+", whole)} or whole.endswith("/" + name)
