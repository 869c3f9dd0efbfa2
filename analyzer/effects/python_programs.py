"""Judge Python programs by Python's own parser.

Follows names that are bound to constants, aliases of modules, and shell and SQL texts in calls.
What is made when it runs is unknown, and only that: a program that merely computes reads.
"""

from __future__ import annotations

import ast
import base64
import binascii
import json
import re
import warnings
from collections.abc import Iterator

from analyzer.effects.calls import RUNS_SHELL, RUNS_SQL, judge_call, looks_like_sql
from analyzer.effects.computing import MAX_TEXT, Shell, judge_rest
from analyzer.effects.http import judge_http
from analyzer.effects.other_programs import judge_other
from analyzer.effects.places import Place
from analyzer.effects.ranks import unknown, worst_of
from analyzer.effects.sql import judge_sql
from analyzer.model import Judgement

__all__ = ["judge_python"]


def judge_python(source: str, place: Place, shell: Shell) -> Judgement:
    """Return the effect of a Python program."""
    if len(source) > MAX_TEXT:
        return unknown("a Python program too long to read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(_dedented(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return judge_other(source, place, shell, "Python that does not parse")
    return _Python(place, shell).judge(tree)


def _dedented(source: str) -> str:
    lines = source.strip("\n").splitlines()
    margin = min((len(x) - len(x.lstrip()) for x in lines if x.strip()), default=0)
    return "\n".join(line[margin:] for line in lines)


class _Python:
    def __init__(self, place: Place, shell: Shell) -> None:
        self._place = place
        self._shell = shell
        self._names: dict[str, str] = {}
        self._aliases: dict[str, str] = {}

    def judge(self, tree: ast.AST) -> Judgement:
        parts: list[Judgement] = []
        calls: list[str] = []
        for node in ast.walk(tree):
            self._bind(node)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                parts += self._call(node)
                calls.append(self._name(node.func))
        return worst_of([*parts, judge_rest(calls, parts)])

    def _bind(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            prefix = f"{node.module}." if isinstance(node, ast.ImportFrom) and node.module else ""
            for alias in node.names:
                self._aliases[alias.asname or alias.name] = f"{prefix}{alias.name}"
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, text = node.targets[0], self._text(node.value)
            if isinstance(target, ast.Name):
                if text is not None:
                    self._names[target.id] = text
                elif isinstance(node.value, ast.Attribute | ast.Name):
                    self._aliases[target.id] = self._name(node.value)
                elif isinstance(node.value, ast.Call):
                    self._aliases[target.id] = self._name(node.value.func)

    def _text(self, node: ast.AST | None) -> str | None:
        """Return the text that an expression is, where it stands in the program."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            value = node.value
            return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        if isinstance(node, ast.Name):
            return self._names.get(node.id)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self._text(node.left), self._text(node.right)
            return left + right if left is not None and right is not None else None
        if isinstance(node, ast.JoinedStr):
            return "".join(self._text(part) or "{}" for part in node.values)
        if isinstance(node, ast.List | ast.Tuple):
            texts = [self._text(item) for item in node.elts]
            return " ".join(t if t is not None else "$x" for t in texts)
        if isinstance(node, ast.Call):
            return self._made(node)
        return None

    def _made(self, node: ast.Call) -> str | None:
        """Return what a call makes of texts: `b64decode`, `Path`, `join`, `decode`."""
        name = self._name(node.func).rpartition(".")[2]
        first = self._text(node.args[0]) if node.args else None
        if name in {"b64decode", "decodebytes"} and first is not None:
            try:
                return base64.b64decode(first).decode("utf-8", "replace")
            except (binascii.Error, ValueError):
                return None
        if name in {"fromhex", "unhexlify"} and first is not None:
            try:
                return bytes.fromhex(first).decode("utf-8", "replace")
            except ValueError:
                return None
        if name in {"Path", "PurePath", "expanduser", "abspath", "realpath", "text", "str"}:
            return first
        if name == "join" and isinstance(node.func, ast.Attribute):
            glue = self._text(node.func.value)
            if glue is not None and node.args:
                inner = node.args[0]
                items = (
                    [self._text(i) for i in inner.elts]
                    if isinstance(inner, ast.List | ast.Tuple)
                    else []
                )
                return glue.join(i for i in items if i is not None) if items else None
            return "/".join(self._text(a) or "{}" for a in node.args)
        if name in {"decode", "encode", "strip", "format", "resolve", "lower"} and isinstance(
            node.func, ast.Attribute
        ):  # fmt: skip
            return self._text(node.func.value)
        return None

    def _name(self, node: ast.AST) -> str:
        if isinstance(node, ast.Name):
            return self._aliases.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            return f"{self._name(node.value)}.{node.attr}"
        if isinstance(node, ast.Call):
            called = self._name(node.func)
            if called in {"getattr"} and len(node.args) > 1:
                return f"{self._name(node.args[0])}.{self._text(node.args[1]) or '?'}"
            if called.endswith(("__import__", "import_module")) and node.args:
                return self._text(node.args[0]) or "?"
            return called
        return "?"

    def _call(self, node: ast.Call) -> Iterator[Judgement]:
        name = self._name(node.func)
        last = name.rpartition(".")[2]
        texts = [self._text(argument) for argument in node.args]
        texts += [
            self._text(k.value) for k in node.keywords if k.arg in {"args", "path", "cmd", "sql"}
        ]
        first = texts[0] if texts else None
        if last in {"exec", "eval"} and "." not in name:
            yield (judge_python(first, self._place, self._shell) if first is not None
                   else unknown(f"{name} of a text that is made when it runs"))  # fmt: skip
            return
        if last in RUNS_SHELL and re.match(r"(?:os|subprocess|commands|asyncio|pty|sh|plumbum|invoke)\b|"
                                           r".*(?:exec_command|system|popen)$", name):  # fmt: skip
            yield (self._shell(first) if first is not None
                   else unknown(f"{name} of a command that is made when it runs"))  # fmt: skip
            return
        if last in RUNS_SQL and first is not None and looks_like_sql(first):
            yield judge_sql(first)
            return
        if re.match(r"(?:requests|httpx|session|client|http|aiohttp)\b", name):
            yield from self._http(last, node)
            return
        if last == "Request" and (used := {k.arg: k.value for k in node.keywords}.get("method")):
            yield judge_http((self._text(used) or "?").upper(), first or "", {}, "")
            return
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        place = self._text(owner) if owner is not None else None
        if place and last in {"unlink", "rmdir", "rmtree", "write_text", "write_bytes"}:
            texts = [place, *texts]
            name = f"pathlib.{last}"
        found = judge_call(name, texts, self._place)
        if found is not None:
            yield found

    def _http(self, method: str, node: ast.Call) -> Iterator[Judgement]:
        texts = [self._text(argument) for argument in node.args]
        keywords = {k.arg: k.value for k in node.keywords if k.arg}
        verb = method.upper()
        if verb == "REQUEST" and texts:
            verb, texts = (texts[0] or "?").upper(), texts[1:]
        if verb not in {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}:
            return
        url = (texts[0] if texts else None) or self._text(keywords.get("url")) or ""
        body = next(
            (self._body(keywords[k]) for k in ("json", "data", "content") if k in keywords), ""
        )
        yield judge_http(verb, url, {}, body)

    def _body(self, node: ast.AST) -> str:
        text = self._text(node)
        if text is not None:
            return text
        try:
            return json.dumps(ast.literal_eval(node))
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return ast.unparse(node)
