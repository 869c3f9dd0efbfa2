"""The HTTP requests that clients are asked for outright: what `curl` and its like are given.

Only words that stand there. Sealed text in, sealed text out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

__all__ = ["CommandedRequest", "options_of", "requests_of"]

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
DATA = frozenset({
    "-d", "--data", "--data-raw", "--data-ascii", "--data-binary", "--data-urlencode", "--json",
    "-F", "--form", "--form-string", "--post-data", "--body-data", "--post-file", "--body-file",
})  # fmt: skip
HTTPIE = frozenset({"http", "https", "xh", "xhs"})
"""Clients that take a method, an address and items, in that order."""
API_HOSTS = {"gh": "api.github.com", "glab": "gitlab.com/api/v4"}
FILES = frozenset({"--post-file", "--body-file", "-T", "--upload-file"})
"""Options whose value is the name of a file that is sent."""
VALUED = DATA | FILES | {
    "-X", "--request", "--method", "-H", "--header", "-u", "--user", "-A", "--user-agent", "-b",
    "--cookie", "-o", "--output", "-O", "-w", "--write-out", "-m", "--max-time", "-e", "--referer",
    "-x", "--proxy", "--url", "--connect-timeout", "--retry", "-c", "--cookie-jar", "--cacert",
    "-E", "--cert", "--key", "-K", "--config", "--resolve", "-D", "--dump-header", "-t", "-P",
    "--password", "--http-user", "--http-password", "-f", "--raw-field", "--field",
    "-q", "--jq", "-Q", "--quote",
} - {"-O", "-f", "-q", "-c"}  # fmt: skip
"""Options that take the next word; the same letter is a mere switch in another client."""


@dataclass(slots=True)
class CommandedRequest:
    """One request as a command line asks for it."""

    url: str
    method: str
    headers: dict[str, list[str]] = field(default_factory=dict)
    """Lower-case name -> values."""
    body: str = ""
    files: tuple[str, ...] = ()
    """Names of files whose content is sent."""
    user: str = ""
    """`user:password`, as given."""


def requests_of(
    client: str, words: Sequence[str], *, bare: bool = False
) -> Iterator[CommandedRequest]:
    """Yield the requests that a client is asked for by the words behind its name.

    `bare` takes addresses without a scheme too, as the clients do: `localhost:8001/x`.
    """
    fields: dict[str, str] = {}
    if client in {"gh", "glab"}:
        if words[:1] != ["api"]:
            return
        words, fields = _fields(words[1:])
    options, plain = options_of(words)
    method = next((options[n][-1].upper() for n in ("-X", "--request", "--method")
                   if n in options), "")  # fmt: skip
    data = [
        value for name in options if name in DATA and name not in FILES for value in options[name]
    ]
    headers = _headers(options)
    if fields:
        data.append(_json_of(fields))
        headers.setdefault("content-type", ["application/json"])
    if client in HTTPIE:
        if plain and plain[0].upper() in METHODS:
            method, plain = plain[0].upper(), plain[1:]
        plain, items = plain[:1], plain[1:]
        data += _items(items, headers)
    files = [value for name in options if name in FILES for value in options[name]]
    files += [v.rpartition("@")[2] for v in data if v.startswith("@") or "=@" in v]
    sends = bool(data or files) and "-G" not in options and "--get" not in options
    given = "PUT" if {"-T", "--upload-file"} & options.keys() else "POST" if sends else "GET"
    if {"-I", "--head"} & options.keys():
        given = "HEAD"
    for url in [*options.get("--url", ()), *plain]:
        whole = _whole_url(client, url, bare=bare)
        if whole and data and not sends:  # -G: the data stand in the address
            whole = f"{whole}{'&' if '?' in whole else '?'}{'&'.join(data)}"
        if whole:
            yield CommandedRequest(
                url=whole,
                method=method or given,
                headers=headers,
                body="&".join(data) if sends else "",
                files=tuple(dict.fromkeys(files)),
                user=next(iter([*options.get("-u", ()), *options.get("--user", ())]), ""),
            )


def _fields(words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return the words of `gh api` without its fields, and the fields: `-f name=value`.

    Source: https://cli.github.com/manual/gh_api
    """
    kept: list[str] = []
    fields: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, is_assigned, value = word.partition("=")
        if word in {"-f", "-F", "--field", "--raw-field"}:
            key, _, text = next(rest, "").partition("=")
            fields[key] = text
        elif name in {"--field", "--raw-field"} and is_assigned:
            key, _, text = value.partition("=")
            fields[key] = text
        else:
            kept.append(word)
    return kept, fields


def _json_of(fields: Mapping[str, str]) -> str:
    """Return the body that fields make; of GraphQL all but the query are its variables."""
    if "query" not in fields:
        return json.dumps(dict(fields))
    others = {name: text for name, text in fields.items() if name not in {"query", "operationName"}}
    return json.dumps({"query": fields["query"], "variables": others})


def _items(words: Sequence[str], headers: dict[str, list[str]]) -> Iterator[str]:
    """Yield the fields among HTTPie's items, and add its headers: `Name:value`, `field=value`.

    Source: https://httpie.io/docs/cli/request-items
    """
    for word in words:
        name, colon, value = word.partition(":")
        if colon and "=" not in name and not value.startswith("="):
            headers.setdefault(name.strip().lower(), []).append(value.strip())
        elif "==" not in word and "=" in word:
            yield word.replace(":=", "=", 1)


def _whole_url(client: str, url: str, *, bare: bool) -> str:
    if client in API_HOSTS:
        # https://cli.github.com/manual/gh_api: a path without a host is of api.github.com.
        return url if "://" in url else f"https://{API_HOSTS[client]}/{url.lstrip('/')}"
    if bare and "://" not in url and ("." in url or "/" in url or ":" in url):
        # HTTPie: `:9200/x` is of this machine.
        return f"http://localhost{url}" if url.startswith(":") else f"http://{url}"
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return ""
    return url if is_whole else ""


def options_of(words: Sequence[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Return options with their values, and the words that are none."""
    options: dict[str, list[str]] = {}
    plain: list[str] = []
    rest = iter(words)
    for word in rest:
        name, is_assigned, value = word.partition("=")
        if word.startswith("--") and is_assigned:
            options.setdefault(name, []).append(value)
        elif word in VALUED:
            options.setdefault(word, []).append(next(rest, ""))
        elif word.startswith("--"):
            options.setdefault(word, [])
        elif word.startswith("-") and len(word) > 1:
            _short(word[1:], options, rest)
        else:
            plain.append(word)
    return options, plain


def _short(letters: str, options: dict[str, list[str]], rest: Iterator[str]) -> None:
    """Read short options in one word: the first that takes a value takes what is left of it."""
    for number, letter in enumerate(letters, 1):
        option = f"-{letter}"
        options.setdefault(option, [])
        if option in VALUED:
            options[option].append(letters[number:] or next(rest, ""))
            return


def _headers(options: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in [*options.get("-H", ()), *options.get("--header", ())]:
        name, colon, value = line.partition(":")
        if colon and name.strip():
            found.setdefault(name.strip().lower(), []).append(value.strip())
    for option, name in (("-A", "user-agent"), ("--user-agent", "user-agent"), ("-b", "cookie"),
                         ("--cookie", "cookie"), ("-e", "referer")):  # fmt: skip
        for value in options.get(option, ()):
            found.setdefault(name, []).append(value)
    return found
