"""The host that stands beside a credential in a text: in its URL, or in its client's words.

`postgres://app:⟦…⟧@db.example/shop` in a file says what the password is for; in the words of a
command, or as `PGPASSWORD=⟦…⟧ psql -h db.example`, it says where the command takes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.effects.shell.invocation import Invocation
from analyzer.effects.shell.started import started_in
from analyzer.services import CLIENTS, DATABASES, hosts_told

__all__ = ["host_in_command", "host_in_url", "is_in_url"]

_DSN = re.compile(r"(?<![a-z0-9])[a-z][a-z0-9+.\-]*+://[^\s\"'@/⟦⟧]*:?⟦[^⟦⟧]*\Z", re.IGNORECASE)
LONGEST_DSN = 400
"""Characters of a URL before its password, and of that one's class."""
_HOST = re.compile(
    r"(\[[0-9a-f:.]{2,45}\]|[\w.\-]{1,253})(?::\d{1,5})?(?=[/?#,\s\"'`;|&)\\]|\Z)", re.I
)
LONGEST_COMMAND = 20_000
"""Characters of a shell text that are read for where it takes a credential."""
_SAYING = frozenset({
    "echo", "printf", "export", "declare", "local", "set", "read", "cat", "tee", "sed", "awk",
    "grep", "egrep", "fgrep", "rg", "test", "[", "jq", "yq", "cut", "tr",
})  # fmt: skip
"""Programs that take a URL as words, and go nowhere with it."""
_GIT_SETTINGS = frozenset({"remote", "config"})


def is_in_url(text: str, fingerprint: str) -> bool:
    """Return whether a credential is the password of a URL somewhere in a text."""
    return next(_ends_in_urls(text, fingerprint), None) is not None


def host_in_url(text: str, fingerprint: str) -> str:
    """Return the host of the first URL in a text that a credential is the password of, or nothing.

    Its port is left out: a password is a server's, by whichever door.
    """
    for end in _ends_in_urls(text, fingerprint):
        match = _HOST.match(text, end)
        if match:
            return match[1].lower()
    return ""


def host_in_command(command: str, fingerprint: str) -> str:
    """Return the host that a shell text takes a credential to, as its words say, or nothing."""
    token = f":{fingerprint}⟧"
    if len(command) > LONGEST_COMMAND or token not in command:
        return ""
    hosts = (_reached(started, fingerprint) for started in started_in(command))
    return next((host for host in hosts if host), "")


def _reached(started: Invocation, fingerprint: str) -> str:
    """Return the host that one program is given a credential for, or nothing."""
    arguments, variables = started.arguments, started.environment.values()
    if started.name in _SAYING or (
        started.name == "git" and _GIT_SETTINGS.intersection(arguments[:2])
    ):
        return ""
    # What a text sets may be for another program than this: only clients are known to read it.
    given = (*arguments, *variables) if started.name in CLIENTS else arguments
    for text in given:
        if host := host_in_url(text, fingerprint):
            return host
    is_bare = any(f":{fingerprint}⟧" in text for text in given)
    if started.name in DATABASES and is_bare and not any(is_in_url(t, fingerprint) for t in given):
        return next((host.lower() for host in hosts_told(started.name, arguments)), "")
    return ""


def _ends_in_urls(text: str, fingerprint: str) -> Iterator[int]:
    """Yield where the host begins of each URL that a credential is the password of."""
    token = f":{fingerprint}⟧@"
    at = text.find(token)
    while at >= 0:
        # Only what stands before it is read: a text may be long, and full of credentials.
        if _DSN.search(text, max(0, at - LONGEST_DSN), at):
            yield at + len(token)
        at = text.find(token, at + 1)
