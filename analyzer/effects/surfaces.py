"""Judge a text by the surface that it is given to: shell, SQL, GraphQL, HTTP."""

from __future__ import annotations

import json
from enum import StrEnum

from analyzer.catalogue import provider_of
from analyzer.effects.graphql import judge_graphql
from analyzer.effects.http import judge_http, judge_raw_http
from analyzer.effects.places import Place
from analyzer.effects.ranks import unknown
from analyzer.effects.shell.judging import judge_shell
from analyzer.effects.sql import judge_sql
from analyzer.graphql_requests import read_request
from analyzer.model import Effect, Judgement

__all__ = ["Spoken", "is_destructive", "judge_text"]


class Spoken(StrEnum):
    """The language of a text."""

    SHELL = "shell"
    SQL = "sql"
    GRAPHQL = "graphql"
    HTTP = "http"


def judge_text(spoken: Spoken, text: str, *, cwd: str = "", host: str = "") -> Judgement:
    """Return the effect of a text; nothing is run and nothing kept but in memory."""
    match spoken:
        case Spoken.SHELL:
            return judge_shell(text, Place(cwd, host))
        case Spoken.SQL:
            return judge_sql(text)
        case Spoken.GRAPHQL:
            return _graphql(text, host)
        case Spoken.HTTP:
            return judge_raw_http(text, host)


def is_destructive(judgement: Judgement) -> bool | None:
    """Tell whether an action destroys, overwrites, unguards or cuts off; None where it is unknown."""
    if judgement.effect is Effect.UNKNOWN:
        return None
    return judgement.effect.value.startswith("D")


def _graphql(text: str, host: str) -> Judgement:
    body = (
        text
        if text.lstrip()[:1] in {"{", "["} and '"query"' in text
        else json.dumps({"query": text})
    )
    if host:
        return judge_http("POST", f"https://{host}/graphql", {}, body)
    request = read_request("POST", "http://unknown/graphql", "application/json", body)
    if request is None:
        return unknown("no GraphQL")
    names = frozenset(s.name for _, s in request.root_fields() if not s.name.startswith("__"))
    provider, why = provider_of("", "", names)
    return judge_graphql(request, provider, why or "the operation's name, no host is told")
