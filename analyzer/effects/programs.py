"""Judge inline programs: Python by its own parser, JavaScript by tree-sitter, others by their calls.

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
from collections.abc import Callable, Iterator
from functools import lru_cache

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

from analyzer.effects.calls import RUNS_SHELL, RUNS_SQL, judge_call, looks_like_sql
from analyzer.effects.clouds import judge_aws
from analyzer.effects.http import judge_http
from analyzer.effects.places import Place
from analyzer.effects.ranks import unknown, worst_of
from analyzer.effects.sql import judge_sql
from analyzer.model import Effect, Judgement

__all__ = ["judge_javascript", "judge_other", "judge_python"]

MAX_TEXT = 100_000
Shell = Callable[[str], Judgement]
_JAVASCRIPT = Language(tree_sitter_javascript.language())
_DYNAMIC = frozenset({"exec", "eval", "compile", "__import__", "getattr", "import_module"})


_CALM = re.compile(
    r"^(?:print|len|str|int|float|bool|list|dict|set|tuple|range|sorted|sum|min|max|enumerate|zip|map|filter"
    r"|repr|type|isinstance|any|all|abs|round|open|input|exit|quit|iter|next|hash|vars|dir|id|chr|ord|hex"
    r"|(?:json|sys|math|re|os\.path|os\.environ|datetime|collections|platform|string|random|itertools|base64"
    r"|hashlib|textwrap|time|statistics|decimal|fractions|pprint|urllib\.parse|ast|difflib|uuid|glob|csv"
    r"|importlib\.metadata|importlib\.util|sysconfig|struct|functools|operator|typing|inspect|console|JSON"
    r"|require|Math|Object|Array|String|Number|Boolean|Date|path|url|os\.(?:getcwd|listdir|getenv|walk|stat|scandir"
    r"|getpid|uname|cpu_count)|process\.(?:cwd|exit|memoryUsage|hrtime|uptime)|parseInt|parseFloat)"
    r"(?:\.|$).*)$"
)
_METHODS = frozenset(
    """
    read readline readlines strip lstrip rstrip split splitlines join lower upper title replace startswith
    endswith format get items keys values append extend index count find encode decode isdigit sort copy
    group groups match search sub findall close exists is_file is_dir read_text read_bytes iterdir glob
    map filter reduce forEach slice concat toString includes trim toFixed flat entries stdout_write
    isoformat strftime splice shift unshift pop insert total_seconds most_common toUpperCase toLowerCase split_lines log push charAt
    """.split()
)
"""Methods that compute or read, whatever they are called on."""


def _rest(calls: list[str], parts: list[Judgement]) -> Judgement:
    """Return what a program's other calls are: nothing, or unknown with the first that is."""
    if parts:
        return parts[0]
    for name in calls:
        if not _CALM.match(name) and name.rpartition(".")[2] not in _METHODS:
            return unknown(f"the program calls {name[:60]}, which is in no catalogue")
    return Judgement(Effect.READ, ("the program only computes",))


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
        return worst_of([*parts, _rest(calls, parts)])

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
    return worst_of([*parts, _rest(calls, parts)])


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


_QUOTED = re.compile(r"""(?s)(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`)""")
_SHELL_CALL = re.compile(
    r"""(?s)(?:\b(?:system|exec|shell_exec|passthru|popen|spawn|qx|IO\.popen|Open3\.\w+|os\.execute|proc_open)"""
    r"""\s*\(?\s*|%x[\[({]|qx[/{(])(?:"([^"]*)"|'([^']*)'|([^\])}/]*))"""
)
_NAMED_CALL = re.compile(
    r"([A-Za-z_][\w:.]*(?:->\w+)*)\s*[\s(]\s*(?:glob\s*\(\s*)?(?:\[\s*)?(?:\"([^\"]*)\"|'([^']*)')"
)


@lru_cache(maxsize=2_048)
def _bare(source: str) -> str:
    return re.sub(r"(?m)^\s*(?:#|//).*$", "", source)


_DELETES = re.compile(
    r"\b(?:[A-Z]\w*(?:\.|::)(?:delete|unlink|remove|remove_entry_secure)\b"
    r"|\w+[\])}]*(?:->|\.|::)(?:truncate|forceDelete|delete_all|destroy_all|destroy!?|drop|delete!|deleteAll)\b(?=\s*[(;}\n]|\s*$)"
    r"|[)](?:->)(?:delete|forceDelete|truncate|drop)\s*\()"
)
"""Calls of a class's or a query's own deleting method, whatever it is given."""


def judge_other(source: str, place: Place, shell: Shell, what: str) -> Judgement:
    """Return the effect of a program in a language that is read only by its calls."""
    text = _bare(source[:MAX_TEXT])
    parts: list[Judgement] = [shell(inner) for inner in re.findall(r"`([^`]+)`", text)]
    for match in _SHELL_CALL.finditer(text):
        command = match[1] or match[2] or match[3]
        parts.append(
            shell(command) if command else unknown(f"{what} runs what is made when it runs")
        )
    for match in _NAMED_CALL.finditer(text):
        name = match[1].replace("::", ".").replace("->", ".")
        first = match[2] if match[2] is not None else match[3]
        if first and looks_like_sql(first) and name.rpartition(".")[2] in {*RUNS_SQL, "do", "exec"}:
            parts.append(judge_sql(first))
        found = judge_call(name, [first], place)
        if found is not None:
            parts.append(found)
    if (
        re.search(
            r"\b(?:rm_rf|rmtree|remove_tree|unlink|rmdir|destroy_all|delete_all|drop_database)\b",
            text,
        )
        and not parts
    ):
        parts.append(Judgement(Effect.D1, (f"{what} deletes what is named when it runs",)))
    if not parts and (said := _DELETES.search(text)):
        parts.append(Judgement(Effect.D1, (f"{what} calls {said[0].strip('(: ')[:60]}",)))
    if not parts and re.match(r"\s*(?:print|puts|echo|say|p)\b[^;|`]*$", text):
        parts.append(Judgement(Effect.READ, (f"{what} prints",)))
    return worst_of(parts) if parts else unknown(f"{what} that says nothing known")
