"""What calls say that they do outside their process, so that it can be looked for on the wire.

Only what a command line or an argument says outright: the URL that `curl` is given. Nothing is
guessed of scripts and programs.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from analyzer.effects.shell.started import started_in
from analyzer.model import Action
from analyzer.texts import Texts
from analyzer.tools import Family, arguments_of, command_of, family_of
from recorder import semconv
from recorder.model import Kind

__all__ = ["claimed_hosts"]

CLIENTS = frozenset({"curl", "wget", "http", "https", "xh", "xhs"})
FETCHES = frozenset({"webfetch", "web_fetch", "fetch", "fetch_url"})
DIRECT = ("--noproxy", "--no-proxy", "--unix-socket")
"""Switches with which a client goes past every proxy."""
_URL = re.compile(r"https?://[^\s'\"<>]+")
MAX_COMMAND = 100_000


def claimed_hosts(action: Action, texts: Texts) -> tuple[str, ...]:
    """Return the hosts that a tool call says it sends a request to, in order, without ports."""
    if action.kind is not Kind.TOOL_CALL:
        return ()
    arguments = arguments_of(texts.whole(semconv.GEN_AI_TOOL_ARGUMENTS))
    if action.name.lower() in FETCHES:
        urls = _URL.findall(str(arguments.get("url", "")))
    elif family_of(action.name) is Family.SHELL:
        urls = _of_command(command_of(arguments)[:MAX_COMMAND])
    else:
        urls = []
    return tuple(dict.fromkeys(host for url in urls if (host := _host(url))))


def _of_command(text: str) -> list[str]:
    urls: list[str] = []
    if "://" not in text:
        return urls
    for command in started_in(text):
        words = command.arguments
        if command.name in CLIENTS and not any(w.startswith(DIRECT) for w in words):
            urls += [word for word in words if _URL.match(word)]
    return urls


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
