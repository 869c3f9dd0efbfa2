"""Clients of HTTP and gRPC: `curl`, `wget`, HTTPie, `gh api`, `glab api`, `grpcurl`."""

from __future__ import annotations

import re

from analyzer.effects.graphql import judge_name
from analyzer.effects.http import judge_http
from analyzer.effects.names import Sense, sense_of, words_in
from analyzer.effects.ranks import unknown, worst_of
from analyzer.effects.tools.context import Context, Tool
from analyzer.effects.tools.transfers import judge_transfer
from analyzer.http_commands import CommandedRequest, requests_of
from analyzer.model import Effect, Judgement

__all__ = ["WEB_TOOLS"]


def _client(context: Context) -> Judgement | None:
    name = {"curlie": "http"}.get(context.command.name, context.command.name)
    words = [word.text for word in context.command.words[1:]]
    told = judge_transfer(words) if context.command.name == "curl" else []
    requests = list(requests_of(name, words, bare=True))
    if told:
        return worst_of([*told, *(_judge(context, request) for request in requests)])
    if not requests:
        if name in {"gh", "glab"}:
            return None
        return Judgement(Effect.READ, (f"{name} asks for nothing",), name)
    return worst_of([_judge(context, request) for request in requests])


def _judge(context: Context, request: CommandedRequest) -> Judgement:
    body = request.body
    if request.files and set(request.files) <= {"-"} and context.command.stdin is not None:
        body = context.command.stdin
    headers = {name: values[0] for name, values in request.headers.items()}
    is_hidden = bool(request.files) and body.startswith("@")
    found = judge_http(request.method, request.url, headers, "" if is_hidden else body)
    if is_hidden and found.effect in {Effect.READ, Effect.WRITE, Effect.UNKNOWN}:
        return unknown(f"the body of {request.method} {request.url[:120]} comes from a file")
    return found


def _grpc(context: Context) -> Judgement | None:
    """Judge a gRPC client by the method that it calls: `pkg.Service/DeleteThing`."""
    words = [w.text for w in context.command.words[1:]]
    called = next((w for w in reversed(words) if re.fullmatch(r"[\w.]+/\w+", w)), "")
    if called:
        method = called.partition("/")[2]
        if sense_of(words_in(method)[0]) is Sense.READS:
            return Judgement(Effect.READ, (f"gRPC {called} reads by its name",), called)
        return judge_name(method)
    if {"list", "describe", "ls", "type"} & set(words):
        return Judgement(Effect.READ, (f"{context.command.name} asks what there is",))
    return None


WEB_TOOLS: dict[str, Tool] = {
    **dict.fromkeys(
        ("curl", "wget", "http", "https", "xh", "xhs", "gh", "glab", "curlie"), _client
    ),
    **dict.fromkeys(("grpcurl", "grpc_cli", "grpcui"), _grpc),
}
