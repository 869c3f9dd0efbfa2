"""Judge JavaScript programs, as tree-sitter reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

from analyzer.effects.calls import RUNS_SHELL, RUNS_SQL, judge_call, looks_like_sql
from analyzer.effects.clouds import judge_aws
from analyzer.effects.computing import MAX_TEXT, Shell, judge_rest
from analyzer.effects.http import judge_http
from analyzer.effects.places import Place
from analyzer.effects.ranks import unknown, worst_of
from analyzer.effects.sql import judge_sql
from analyzer.model import Judgement

__all__ = ["judge_javascript"]

_JAVASCRIPT = Language(tree_sitter_javascript.language())


def judge_javascript(source: str, place: Place, shell: Shell) -> Judgement:
    """Return the effect of a JavaScript program."""
    if len(source) > MAX_TEXT:
        return unknown("a JavaScript program too long to read")
    data = source.encode("utf-8", "replace")
    tree = Parser(_JAVASCRIPT).parse(data)
    parts: list[Judgement] = []
    names: dict[str, str] = {}
    todo = [tree.root_node]
    while todo:
        node = todo.pop()
        if node.type == "variable_declarator":
            _bind(node, names)
        todo += reversed(node.named_children)
    calls: list[str] = []
    todo = [tree.root_node]
    while todo:
        node = todo.pop()
        if node.type == "call_expression":
            parts += _javascript_call(node, names, place, shell)
            calls.append(_called(node))
        elif node.type == "new_expression":
            parts += _aws_command(node, source)
        todo += reversed(node.named_children)
    if tree.root_node.has_error and not parts:
        return unknown("JavaScript that does not parse")
    return worst_of([*parts, judge_rest(calls, parts)])


def _aws_command(node: Node, source: str) -> Iterator[Judgement]:
    """Judge a command object of AWS's SDK: `new DeleteBucketCommand({...})`."""
    name = _said(node.child_by_field_name("constructor"))
    client = re.search(r"@aws-sdk/(?:client|lib)-([\w-]+)", source)
    if client and name.endswith("Command") and len(name) > len("Command"):
        yield judge_aws(client[1], name.removesuffix("Command"), _said(node))


def _said(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def _called(node: Node) -> str:
    said = _said(node.child_by_field_name("function"))
    name = re.sub(r"require\(['\"](?:node:)?([\w/.@-]+)['\"]\)", r"\1", said)
    return re.sub(r"\s+|\?", "", name)


def _bind(node: Node, names: dict[str, str]) -> None:
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is not None and value is not None and value.type in {"string", "template_string"}:
        names[_said(name)] = _said(value)[1:-1]


def _javascript_call(
    node: Node, names: dict[str, str], place: Place, shell: Shell
) -> Iterator[Judgement]:
    given = node.child_by_field_name("arguments")
    name = _called(node)
    texts: list[str | None] = []
    for argument in given.named_children if given is not None else ():
        if argument.type in {"string", "template_string"}:
            texts.append(_said(argument)[1:-1])
        elif argument.type == "array":
            texts.append(" ".join(_said(i).strip("'\"`") for i in argument.named_children))
        else:
            texts.append(names.get(_said(argument)))
    last = name.rpartition(".")[2]
    first = texts[0] if texts else None
    if last in {"eval", "Function"}:
        yield (
            judge_javascript(first, place, shell)
            if first
            else unknown("eval of what is made when it runs")
        )
    elif last in RUNS_SHELL and (last.startswith(("exec", "spawn")) or "child_process" in name):
        command = (
            " ".join(t for t in texts[:2] if t) if last.startswith(("spawn", "execFile")) else first
        )
        yield (
            shell(command) if command else unknown(f"{name} of a command that is made when it runs")
        )
    elif last in RUNS_SQL and first and looks_like_sql(first):
        yield judge_sql(first)
    elif last == "fetch" or re.match(r"(?:axios|got|fetch|ky|superagent)\b", name):
        yield from _fetch(name, first, _said(given))
    else:
        found = judge_call(name, texts, place)
        if found is not None:
            yield found


def _fetch(name: str, url: str | None, arguments: str) -> Iterator[Judgement]:
    method = re.search(r"method\s*:\s*['\"](\w+)", arguments)
    verb = method[1].upper() if method else name.rpartition(".")[2].upper()
    if verb not in {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}:
        verb = "GET"
    body = re.search(r"body\s*:\s*(.+)", arguments, re.DOTALL)
    yield judge_http(verb, url or "", {}, body[1].strip(" )}") if body else "")
