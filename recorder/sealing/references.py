"""Tell what only refers to a secret under a name that speaks of one: `token="PLUGIN.NAME"`."""

from __future__ import annotations

import re

from recorder.sealing.exact import Exact
from recorder.sealing.names import is_of_password
from recorder.sealing.wordings import unescaped

__all__ = ["MODULE", "is_part_of_an_arn", "is_reference"]

_TOKEN_NAME = Exact(r"tokens?$", re.IGNORECASE)
_SECTION = Exact(r"passwords$", re.IGNORECASE)
"""What settings of them all stand under."""
_WORDS = Exact(r"[a-z]{1,16}(?:[._\- ][a-z]{1,16})*\.?|@?[A-Za-z]{1,24}(?:\.[A-Za-z]{1,24}){1,8}")
"""How editors name the parts of a language, and programs their messages: no token is so plain."""
_CONSTANT = Exact(r"[A-Z]{2,}(?:[_.][A-Z]+){2,}")
"""The name of a variable, of a parameter, or of what is filled in."""
_KINDS_OF_AUTH = frozenset({"Application", "Container"})
"""Of a resource of Java's servers."""
_OF_AUTH = Exact(r"[a-z]+-(?:user)?auth")
"""A kind of it, or a service's name."""
_OF_MISTAKE = Exact(r"(?:invalid|wrong|missing|unknown|faulty|incorrect)_", re.IGNORECASE)
_PAGE = Exact(r"https?://[^@\s]*")
_OF_PAGE = Exact(r"auth(?:orization)?$", re.IGNORECASE)
"""Where one is sent who has to log in."""
_PLACE = Exact(r"[a-z]+(?:\.[a-z]+(?:_[a-z]+)*){1,5}")
"""Where something is kept: `app.encryption_keys`."""
_CLASS = Exact(r"(?:[a-z]\w{0,30}\.){0,3}(?:[A-Z][a-z]{2,}){2,6}")
"""A type, as Python's annotations may quote it."""
MODULE = Exact(r"[a-z][a-z0-9\-]*(?:\.[a-z0-9\-]+)+(?:/[\w.\-]+)+")
"""As languages name what they take from elsewhere."""


def is_reference(name: str, value: str) -> bool:
    """Return whether a literal names what is meant: a message, a variable, a page, a service."""
    if name.lower().endswith("auth") and (value in _KINDS_OF_AUTH or _OF_AUTH.fullmatch(value)):
        return True
    if (_TOKEN_NAME.search(name) or _SECTION.search(name)) and _WORDS.fullmatch(value):
        return True
    is_named = any(form.fullmatch(value) for form in (_CONSTANT, _PLACE, _CLASS))
    if not is_of_password(name) and is_named:
        return True
    if _OF_MISTAKE.match(name) and (" " in value or not unescaped(value).isascii()):
        return True
    return _PAGE.fullmatch(value) is not None and _OF_PAGE.search(name) is not None


def is_part_of_an_arn(text: str, start: int) -> bool:
    """Return whether a name stands inside an AWS resource name: `arn:aws:...:secret:prod/db`."""
    word = text[max(0, start - 200) : start].rsplit(None, 1)[-1:]
    return bool(word) and "arn:" in word[0] and text[start - 1] == ":"
