"""Does a request, or a command, make its issuer hand out a credential? Told by its name alone."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from analyzer.requests import request_of
from analyzer.texts import Texts, as_text
from recorder import semconv

__all__ = ["command_issues", "issues"]

_PATH = re.compile(
    r"/(?:oauth2?(?:/v\d)?/(?:token|access_token)|token|tokens|access[_-]tokens?|api[_-]?keys?"
    r"|personal[_-]access[_-]tokens|installations/[^/]+/access_tokens|login|signin|sessions?"
    r"|auth/[^/]+/login|service[_-]?accounts?/[^/]+/keys|credentials?|registration-token)/?$",
    re.IGNORECASE,
)
_OPERATION = re.compile(
    r"(?:^|\.)(?:(?:create|generate|issue|rotate|mint|assume|get|renew|refresh)_?\w{0,40}"
    r"(?:token|key|secret|credential|password|session|role)s?\w{0,20}"
    r"|\w{0,40}(?:token|apikey|key|secret|credential)s?(?:create|generate|rotate|refresh|issue))$",
    re.IGNORECASE,
)
_STATED = re.compile(r"^AssumeRole|^GetSessionToken$|^GetFederationToken$|^CreateAccessKey$")
MUTATING = frozenset({"POST", "PUT", "PATCH"})
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("gh", "auth", "token"),
    ("gcloud", "auth", "print-access-token"),
    ("gcloud", "auth", "print-identity-token"),
    ("gcloud", "iam", "service-accounts", "keys", "create"),
    ("aws", "sts"),
    ("aws", "iam", "create-access-key"),
    ("aws", "ecr", "get-login-password"),
    ("aws", "codeartifact", "get-authorization-token"),
    ("az", "account", "get-access-token"),
    ("vault", "token", "create"),
    ("vault", "login"),
    ("kubectl", "create", "token"),
    ("doctl", "auth", "token"),
    ("heroku", "auth:token"),
    ("openssl", "rand"),
    ("npm", "token", "create"),
)
"""First words of commands that print a credential made, or fetched from its issuer, just now."""


def issues(texts: Texts) -> bool:
    """Tell whether a request asks its server for a credential, by its path or operation."""
    operation = as_text(texts.attributes.get(semconv.RPC_METHOD))
    if _STATED.search(operation) or _OPERATION.search(operation):
        return True
    request = request_of(texts)
    if request.graphql is not None:
        return any(_OPERATION.search(s.name) for _, s in request.graphql.root_fields())
    return request.method in MUTATING and _PATH.search(request.path) is not None


def command_issues(commands: Sequence[Sequence[str]]) -> bool:
    """Tell whether one of a shell text's commands prints a credential that is given out there."""
    return any(_begins(words, begin) for words in commands for begin in COMMANDS)


def _begins(words: Sequence[str], begin: Sequence[str]) -> bool:
    plain = [w for w in words if not w.startswith("-")]
    named = [posixpath.basename(plain[0]), *plain[1:]] if plain else []
    return tuple(named[: len(begin)]) == tuple(begin)
