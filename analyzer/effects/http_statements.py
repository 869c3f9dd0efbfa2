"""Statements that a request carries: SQL, Cypher and AQL in its body or query, AWS's operations.

Databases with an HTTP interface take them as the whole body (ClickHouse, Trino), under a key of a
JSON document (D1, Neo4j, rqlite), or in the URL (QuestDB, InfluxDB).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl

from analyzer.effects.calls import looks_like_sql
from analyzer.effects.clouds import judge_aws
from analyzer.effects.ranks import worst_of
from analyzer.effects.redis import judge_redis
from analyzer.effects.sql import judge_sql
from analyzer.model import Effect, Judgement
from recorder.model import Json

__all__ = ["judge_aws_request", "judge_redis_request", "judge_statements"]

MAX_BODY = 200_000
MOST = 20
"""Statements of one request that are looked at."""
_CLAUSE = re.compile(
    r"(?i)\b(?:from|into|table|database|set|values|view|index|user|schema|where)\b|^\s*select\s"
)
"""What a statement has besides its verb: `q=delete` searches for a word."""
_KEYS = frozenset(
    {"sql", "query", "statement", "sqltext", "stmt", "q", "command", "cypher", "aql", "text"}
)
_SURE_KEYS = frozenset({"sql", "statement", "sqltext", "stmt"})
"""Keys of statements that nothing else bears; `query` may hold the words of a search."""
_GRAPH = re.compile(r"(?is)^\s*(?:(?:optional\s+)?match|for|unwind|call|with|load\s+csv)\b")
_GRAPH_TAKES = re.compile(
    r"(?i)\b(?:detach\s+)?delete\s+\w+|\bremove\s+\w+\s+in\b|\btruncate\b|\bdrop\s+\w+"
)
_OWN_DROP = re.compile(r"(?i)^\s*remove\s+(?:table|database|namespace|user|index|field)\b")
"""SurrealDB's."""


def judge_statements(method: str, query: str, body: str) -> Judgement | None:
    """Return what the statements of a request do; None where it carries none."""
    texts = [*_in_body(body)] if method not in {"GET", "HEAD", "OPTIONS", "DELETE"} else []
    texts += [text for name, text in parse_qsl(query[:20_000]) if name in {"query", "sql", "q"}
              and looks_like_sql(text) and _CLAUSE.search(text)]  # fmt: skip
    parts = [judged for text in texts[:MOST] if (judged := _judge(text)) is not None]
    return worst_of(parts) if parts else None


def judge_redis_request(path: str, body: str) -> Judgement | None:
    """Return what Upstash's REST interface to Redis is told: in its path, or as lists of words."""
    try:
        told = json.loads(body) if body.strip() else path.strip("/").split("/")
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, list) or not told or told == [""]:
        return None
    commands = told if all(isinstance(part, list) for part in told) else [told]
    return worst_of([judge_redis([str(word) for word in part]) for part in commands[:MOST]])


def _judge(text: str) -> Judgement | None:
    if _OWN_DROP.match(text) or (_GRAPH.match(text) and _GRAPH_TAKES.search(text)):
        return Judgement(
            Effect.D1, ("a statement of a graph or document database deletes",), "query"
        )
    return judge_sql(text) if looks_like_sql(text) else None


def _in_body(body: str) -> Iterator[str]:
    """Yield the statements that a body holds."""
    start = body.lstrip()[:1]
    if len(body) > MAX_BODY or not start:
        return
    if start not in {"{", "["}:
        whole = looks_like_sql(body) and bool(_CLAUSE.search(body[:2_000]))
        if (whole and "=" not in body.split(" ", 1)[0]) or _OWN_DROP.match(body):
            yield body
        return
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return
    if isinstance(value, list):
        for part in value[:MOST]:
            if isinstance(part, str) and looks_like_sql(part) and _CLAUSE.search(part):
                yield part
    yield from _under_keys(value, 0)


def _under_keys(value: Json, depth: int) -> Iterator[str]:
    if depth > 3:
        return
    if isinstance(value, list):
        for part in value[:MOST]:
            yield from _under_keys(part, depth + 1)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(inner, str):
                yield from _under_keys(inner, depth + 1)
            elif (name := key.lower()) in _KEYS and _is_statement(inner, sure=name in _SURE_KEYS):
                yield inner


def _is_statement(text: str, *, sure: bool) -> bool:
    if looks_like_sql(text):
        return sure or bool(_CLAUSE.search(text))
    return bool(_GRAPH.match(text)) and bool(_GRAPH_TAKES.search(text))


_TARGETS = {
    "trentservice": "kms", "awssimbaapiservice": "fsx", "amazonssm": "ssm", "certificatemanager": "acm",
    "awscognitoidentityproviderservice": "cognito-idp", "awscognitoidentityservice": "cognito-identity",
    "amazonec2containerservicev": "ecs", "amazonec2containerregistry": "ecr", "cloudtrail": "cloudtrail",
    "graniteserviceversion": "cloudwatch", "logs": "logs", "firehose": "firehose", "kinesis": "kinesis",
    "swbexternalservice": "sso", "awsevents": "events", "amazonathena": "athena", "awsglue": "glue",
    "amazonmemorydb": "memorydb", "amazonopensearchservice": "opensearch", "starlingdove": "configservice",
    "starlingdoveservice": "configservice", "awsorganizations": "organizations",
    "awsorganizationsv": "organizations", "awsstepfunctions": "stepfunctions",
}  # fmt: skip
"""Services as `X-Amz-Target` calls them, where that is another name."""
_SQL_FIELD = re.compile(r'"(?:Statement|sql|QueryString|Sql)"\s*:\s*("(?:[^"\\]|\\.)*")')


def judge_aws_request(host: str, query: str, body: str, target: str) -> Judgement | None:
    """Return what AWS's operation does that a request names; None where it names none."""
    if target:
        service, _, operation = target.rpartition(".")
        name = re.sub(r"_?v?\d{6,8}(?:_\w+)?$", "", service.rpartition(".")[2])
        told = judge_aws(_TARGETS.get(name.lower(), name), operation, body)
        found = _SQL_FIELD.search(body[:MAX_BODY])
        return worst_of([told, judge_sql(json.loads(found[1]))]) if found else told
    action = re.search(r"(?:^|&)Action=(\w+)", f"{query}&{body[:20_000]}")
    if action and ("amazonaws" in host or "Version=" in f"{query}{body}"):
        return judge_aws(host.partition(".")[0], action[1], body)
    return None
