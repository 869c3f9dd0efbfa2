"""The HTTP requests that a shell text sends when it runs: what the clients in it are given.

The text is read as its shell would read it: what it only says, searches for, or writes to a file
that it does not run is no request. Sealed text in, sealed text out.
"""

from __future__ import annotations

from analyzer.effects.shell.started import started_in
from analyzer.http_commands import CommandedRequest, requests_of

__all__ = ["requests_in"]

MAX_COMMAND = 100_000
"""Characters of a shell text that are read."""
MAX_REQUESTS = 32
CLIENTS = ("curl", "wget", "gh", "http", "https", "xh", "xhs")


def requests_in(text: str) -> list[CommandedRequest]:
    """Return the requests that a shell text asks for, in its order."""
    if not any(client in text for client in CLIENTS):
        return []
    found: list[CommandedRequest] = []
    for command in started_in(text[:MAX_COMMAND]):
        if command.name in CLIENTS and "--help" not in command.arguments:
            found += requests_of(command.name, list(command.arguments))
    return found[:MAX_REQUESTS]
