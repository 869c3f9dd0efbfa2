"""Judge an HTTP request by what is in it: method, path, override, body, and what is known of its host.

GraphQL, AWS's query API and SQL in a body are judged as what they are. What cannot be read is
unknown, and so is a POST that nothing is known of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlsplit

from analyzer.catalogue import provider_of
from analyzer.catalogue.requests import request_fact
from analyzer.effects.graphql import judge_graphql
from analyzer.effects.http_bodies import asked_by_body
from analyzer.effects.http_paths import destroys, judge_path, keeps_copies, segments_of
from analyzer.effects.http_statements import (
    judge_aws_request,
    judge_redis_request,
    judge_statements,
)
from analyzer.effects.names import (
    Sense,
    class_of,
    is_recovery,
    sense_of,
    words_in,
)
from analyzer.effects.places import environment_in
from analyzer.effects.ranks import unknown, worst_of
from analyzer.extent import Bulk, Surface
from analyzer.graphql_requests import GraphQLRequest, read_request
from analyzer.model import Effect, Judgement

__all__ = ["judge_http", "judge_plain_http", "judge_raw_http", "overridden"]

READS = frozenset({"GET", "HEAD", "OPTIONS"})
OVERRIDES = ("x-http-method-override", "x-http-method", "x-method-override")
MODELS = re.compile(
    r"(?:^|\.)(?:anthropic|openai|mistral|cohere|groq|together|openrouter|deepseek|perplexity)\.|"
    r"generativelanguage\.googleapis|bedrock-runtime|\.openai\.azure\.|ollama|:11434"
)
_MODEL_PATH = re.compile(
    r"/(?:messages|chat/completions|completions|responses|embeddings|generate|chat|invoke|count_tokens"
    r"|converse)/?$|:generateContent|:streamGenerateContent"
)


def judge_http(
    method: str, url: str, headers: Mapping[str, str], body: str, *, incomplete: bool = False
) -> Judgement:
    """Return the effect of a request; header names are in lower case.

    `incomplete` says that a part of the body is missing.
    """
    try:
        graphql = read_request(
            method, url, headers.get("content-type", ""), body, incomplete=incomplete
        )
    except ValueError:
        return unknown("a URL that cannot be read")
    if graphql is not None:
        return _judge_graphql(graphql, url)
    if "multipart/mixed" in headers.get("content-type", "") and (parts := _batched(url, body)):
        return worst_of(parts)
    if action := headers.get("x-tc-action"):  # Tencent Cloud's
        url = f"{url}{'&' if '?' in url else '?'}Action={action}"
    return judge_plain_http(
        overridden(method, url, headers, body), url, body,
        target=headers.get("x-amz-target", ""), host=headers.get("host", ""),
    )  # fmt: skip


_INNER = re.compile(r"(?m)^(DELETE|PUT|PATCH|POST|GET) (/\S*|https?://\S+)\s*(?:HTTP/[\d.]+\s*)?$")
MOST_INNER = 50
"""Requests of one batch that are looked at."""


def _batched(url: str, body: str) -> list[Judgement]:
    """Return what the requests do that a body of several parts carries (Google's, OData's batches)."""
    parts = urlsplit(url)
    origin = f"{parts.scheme or 'https'}://{parts.netloc}"
    return [
        judge_plain_http(inner[1], inner[2] if "://" in inner[2] else f"{origin}{inner[2]}", "")
        for inner in list(_INNER.finditer(body[:200_000]))[:MOST_INNER]
    ]


def judge_raw_http(text: str, host: str = "") -> Judgement:
    """Return the effect of a request written as `METHOD URL`, headers, an empty line, the body.

    `host` is where it goes, where neither the URL nor a `Host` header says so.
    """
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    lines = head.split("\n")
    method, _, url = lines[0].strip().partition(" ")
    if not re.fullmatch(r"[A-Za-z]{3,12}", method) or not url.strip():
        return unknown("no HTTP request: the first line is METHOD URL")
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    url = url.strip().split(" HTTP/")[0]
    where = headers.get("host") or host
    if where and url.startswith("/"):
        url = f"https://{where}{url}"
    return judge_http(method.upper(), url, headers, body)


def overridden(method: str, url: str, headers: Mapping[str, str], body: str) -> str:
    """Return the method that a server will hold the request to have."""
    if method not in {"POST", "PUT", "PATCH", *READS}:
        return method
    for name in OVERRIDES:
        if value := headers.get(name):
            return value.strip().upper()
    fields = dict(parse_qsl(urlsplit(url).query))
    if not body.lstrip().startswith(("{", "[")):
        fields.update(parse_qsl(body[:4_000]))
    elif found := re.search(r'"_method"\s*:\s*"(\w+)"', body[:4_000]):
        fields["_method"] = found[1]
    given = fields.get("_method") or fields.get("_HttpMethod")
    return given.upper() if given else method


def _judge_graphql(graphql: GraphQLRequest, url: str) -> Judgement:
    parts = urlsplit(url)
    names = frozenset(s.name for _, s in graphql.root_fields() if not s.name.startswith("__"))
    provider, why = provider_of(parts.netloc, parts.path, names)
    return judge_graphql(graphql, provider, why)


@lru_cache(maxsize=16_384)
def judge_plain_http(
    method: str, url: str, body: str, *, target: str = "", host: str = ""
) -> Judgement:
    """Return the effect of a request that is no GraphQL; `target` is AWS's `X-Amz-Target`."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url.lstrip('/')}")
        host, port = (parts.hostname or host or "").lower(), parts.port or ""
    except ValueError:
        return unknown("a URL that cannot be read")
    path = re.sub(r"/{2,}", "/", unquote(parts.path)) or "/"
    where = f"HTTP {method} {host}{path}"[:300]
    if MODELS.search(f"{host}:{port}") and _MODEL_PATH.search(path) and method == "POST":
        return Judgement(Effect.WRITE, (f"{where}: asks a model; its text asks nothing of the API",),
                         surface=Surface.HTTP)  # fmt: skip
    aws = judge_aws_request(host, parts.query, body, target)
    if aws is not None:
        return aws
    fact = request_fact(method, host, path, parts.query, body)
    environment, basis = environment_in(f"{host}{path}")
    if fact is not None:
        return fact.judgement(where, environment, basis)
    if host.endswith(".upstash.io") and (told := judge_redis_request(path, body)) is not None:
        return told
    if (carried := judge_statements(method, parts.query, body)) is not None:
        return carried
    found = _by_method(method, where, host, path, parts.query, body)
    if found.effect in {Effect.READ, Effect.WRITE, Effect.UNKNOWN}:
        return found
    return replace(found, environment=environment, environment_basis=basis)


def _by_method(method: str, where: str, host: str, path: str, query: str, body: str) -> Judgement:
    segments = segments_of(path)
    form = "" if body.lstrip().startswith(("{", "[", "<")) else body[:4_000]
    if asked := _ASKED.search(query) or _ASKED.search(form):
        words = words_in(asked[0])
        why = f"{where}: its fields ask for it ({asked[0].strip('&')})"
        found = destroys(class_of(words), why, host, path)
        return (
            replace(found, effect=Effect.D2, same_domain=True) if is_recovery(asked[0]) else found
        )
    if method in READS:
        last = [w for s in segments[-1:] for w in words_in(s)]
        if method == "GET" and last and sense_of(last[0]) is Sense.DESTROYS and len(segments) > 1:
            return unknown(f"{where}: a GET whose path names a deletion")
        return Judgement(Effect.READ, (where,), surface=Surface.HTTP)
    if method == "PURGE":
        return destroys(Effect.D1, f"{where}: what a cache holds is thrown away", host, path)
    if method == "DELETE" and segments and segments[-1].lower() in _SIGNED_IN:
        return Judgement(Effect.WRITE, (f"{where}: the caller signs out",), surface=Surface.HTTP)
    if method == "DELETE":
        return _deletion(where, host, path, query, segments)
    by_path = judge_path(method, where, host, path, segments)
    if by_path is not None:
        return by_path
    if (wanted := asked_by_body(method, path, query, body)) is not None:
        return Judgement(
            wanted.effect, (f"{where}: {wanted.why}",), operation=f"{method} {path}",
            target_id=f"{host}{path}", same_domain=True if wanted.recovery else None,
            surface=Surface.HTTP,
        )  # fmt: skip
    if method in {"PUT", "PATCH"}:
        return Judgement(Effect.WRITE, (f"{where}: in no catalogue, judged by its method",),
                         surface=Surface.HTTP)  # fmt: skip
    return Judgement(Effect.UNKNOWN, (f"{where}: in no catalogue, judged by its method",),
                     operation=f"{method} {path}", surface=Surface.HTTP)  # fmt: skip


_ASKED = re.compile(
    r"(?:^|&)(?:action|op|operation|cmd|command|do|task|method)=(?:delete(?!d|\w*(?:preview|check|confirm|request))\w*|destroy|purge|wipe|remove|drop|truncate"
    r"|trash|drain|unload|unregister|terminate\w*)(?:_?all)?(?:&|$)|(?:^|&)delete(?:=(?:true|1)?)?(?:&|$)",
    re.IGNORECASE,
)
"""Fields that ask for a deletion; `?delete` alone is S3's of many objects."""


_SIGNED_IN = frozenset(
    "session logout login signin signout sign_in sign_out cookie cookies presence typing".split()
)
"""What a caller gives back of its own; `sessions/7` is somebody's."""


_BACKUP_FIELD = re.compile(r"(?:^|&)(?:backup|snapshot)_?(?:name|id)s?=", re.IGNORECASE)


def _deletion(where: str, host: str, path: str, query: str, segments: list[str]) -> Judgement:
    words = [w for s in segments for w in words_in(s)]
    names = re.findall(r"[A-Za-z][\w-]*", path)
    versions = (
        "versionId=" in query
        or bool(re.search(r"(?:^|&)generation=\d", query))
        or query.partition("&")[0].rstrip("=") == "replication"
    )
    recovery = versions or is_recovery(path) or _BACKUP_FIELD.search(query) or keeps_copies(host, words) or bool({"backup", "_snapshot", "_slm"} & set(names)) or (
        host.startswith(("backup.", "backups."))
    )  # fmt: skip
    effect = Effect.D2 if recovery else class_of(words) if words else Effect.D1
    last = segments[-2:] if segments else []
    if not recovery and effect is Effect.D3 and len(segments) > 2:
        # The resource is the last collection of the path, not the project that it lies in.
        effect = class_of([w for s in last for w in words_in(s)])
    why = "an object's version or its copy elsewhere, which is its backup" if versions else (
        "recovery copies by its path" if recovery else "of which no catalogue says what goes with it")  # fmt: skip
    whole = path.rstrip("/").endswith(("_all", "/*")) or "recurse" in query
    return Judgement(
        effect,
        (f"{where}: HTTP DELETE, {why}",),
        operation=f"DELETE {path}",
        target_type="resource that no catalogue describes",
        target_id=f"{host}{path}",
        same_domain=True if recovery else None,
        bypass=tuple(re.findall(r"(?:force|hard_delete|purge|permanent)=(?:true|1)", query)),
        bulk=Bulk.ALL if whole else Bulk.ONE,
        surface=Surface.HTTP,
    )
