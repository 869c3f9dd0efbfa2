"""Read a shell text as a shell would: the simple commands that it starts, in order.

Parsed by tree-sitter-bash. Assignments, arrays, functions, loops over words, substitutions whose
output stands in the text, here documents and pipes are followed; nothing is run. What only the
running shell could know stays as it is written, and is marked so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from analyzer.effects.shell.expansion import (
    MAX_DEPTH,
    Expander,
    Reading,
    Scope,
    TooMuchError,
)
from analyzer.effects.shell.invocation import Invocation, Word, plain
from analyzer.effects.shell.output import output_of

__all__ = ["Reading", "read_shell"]

MAX_TEXT = 200_000
MAX_COMMANDS = 2_000
MAX_LOOP = 50
"""Words of a `for` that are gone through one by one."""
_BASH = Language(tree_sitter_bash.language())
_BRACED = re.compile(r"((?:^|[;&|(]|\bthen\b|\bdo\b)\s*)\{([^\s{},]+(?:,[^\s{},]*)+)\}")
"""A command made of braces, which the grammar does not know: `{rm,-rf,/}`."""
_EXTENDED = re.compile(r"(?<=[\s/\w.*-])([!@?*+])\(([^()\s'\"]*)\)(?=[\s/;&|*.\w-]|$)")
"""A pattern of bash's `extglob`, which the grammar does not know: `rm -rf !(.git)`."""
_QUIET = frozenset({"comment", "test_command", "file_descriptor", "heredoc_end", "heredoc_start"})


def read_shell(
    text: str, *, folder: str = "", variables: Mapping[str, str] | None = None
) -> Reading:
    """Return the commands of a shell text; `variables` are set before it runs."""
    if len(text) > MAX_TEXT:
        why = f"a shell text of {len(text)} characters is not read"
        return Reading(unreadable=[why], given_up=True)
    # A shell that reads a text leaves NULs out: they split no word, and hide none.
    text = text.replace("\r\n", "\n").replace("\0", "")
    text = _BRACED.sub(lambda m: f"{m[1]}{m[2].replace(',', ' ')}", text)
    source = text.encode("utf-8", "replace")
    tree = Parser(_BASH).parse(source)
    if tree.root_node.has_error and _EXTENDED.search(text):
        source = _EXTENDED.sub(_plain_glob, text).encode("utf-8", "replace")
        tree = Parser(_BASH).parse(source)
    reader = _Reader(source)
    known = {name: (Word(value),) for name, value in (variables or {}).items()}
    scope = Scope(dict(known), {}, {}, folder)
    try:
        reader.visit(tree.root_node, scope, 0)
    except (RecursionError, TooMuchError) as error:
        reader.reading.unreadable.append(str(error) or "the shell text is nested too deeply")
        reader.reading.given_up = True
    if tree.root_node.has_error:
        reader.reading.unreadable.append("a part of the shell text does not parse")
    return reader.reading


def _plain_glob(found: re.Match[str]) -> str:
    """Return a plain pattern that fits at least what an extended one does."""
    if found[1] != "@":
        return "*"
    return f"{{{found[2].replace('|', ',')}}}" if "|" in found[2] else found[2]


class _Reader(Expander):
    """Walks the tree of one text."""

    def visit(self, node: Node, scope: Scope, depth: int) -> None:
        """Read one node with all that is in it."""
        if depth > MAX_DEPTH:
            raise TooMuchError("the shell text is nested too deeply")
        method = _METHODS.get(node.type)
        if method is not None:
            method(self, node, scope, depth + 1)
        elif node.type not in _QUIET:
            for child in node.named_children:
                self.visit(child, scope, depth + 1)
        else:
            self._substitutions(node, scope, depth + 1)

    def run(self, node: Node, scope: Scope, depth: int) -> None:
        """Read the commands of a substitution, in a shell of their own."""
        self._subshell(node, scope, depth)

    def _emit(self, invocation: Invocation) -> None:
        if len(self.reading.commands) >= MAX_COMMANDS:
            raise TooMuchError(f"more than {MAX_COMMANDS} commands are not read")
        self.reading.commands.append(invocation)

    def _command(self, node: Node, scope: Scope, depth: int) -> None:
        self._simple(node, (), scope, depth)

    def _redirected(self, node: Node, scope: Scope, depth: int) -> None:
        body = node.child_by_field_name("body")
        redirects = [n for n in node.named_children if n.type.endswith("_redirect")]
        if body is not None and body.type == "command":
            self._simple(body, tuple(redirects), scope, depth)
            return
        stdin, truncates, appends, later = self._redirects(redirects, scope, depth)
        if body is not None:
            self.visit(body, replace(scope, stdin=stdin) if stdin is not None else scope, depth)
        if truncates or appends:
            self._emit(
                Invocation(
                    words=(),
                    truncates=truncates,
                    appends=appends,
                    is_block=body is not None,
                    folder=scope.folder,
                )
            )
        self._rest(later, scope, depth)

    def _rest(
        self, later: list[Node], scope: Scope, depth: int, *, given: str | None = None
    ) -> None:
        """Read what stands after a here document's mark on its line; `given` goes down a pipe."""
        for node in later:
            is_pipe = node.type == "pipeline"
            self.visit(node, replace(scope, piped=True, stdin=given) if is_pipe else scope, depth)

    def _simple(
        self, node: Node, outer: tuple[Node, ...], scope: Scope, depth: int
    ) -> Invocation | None:
        words: list[Word] = []
        own = dict(self._known(scope))
        redirects = list(outer)
        for child in node.named_children:
            if child.type == "variable_assignment":
                name, value = self._assigned(child, scope, depth)
                if value and all(w.known for w in value):
                    own[name] = " ".join(w.text for w in value)
            elif child.type.endswith("_redirect"):
                redirects.append(child)
            elif child.type == "command_name":
                for part in child.named_children:
                    words += self._words(part, scope, depth)
            else:
                words += self._words(child, scope, depth)
        stdin, truncates, appends, later = self._redirects(redirects, scope, depth)
        if words and words[0].known and words[0].text in scope.aliases:
            words = [*scope.aliases[words[0].text], *words[1:]]
        if words and words[0].known and words[0].text in scope.functions:
            self._call(words, scope, depth)
            return None
        found = Invocation(
            words=tuple(words),
            environment=own,
            stdin=stdin if stdin is not None else scope.stdin,
            piped=scope.piped,
            hints=scope.hints,
            reads=self._read_from(redirects, scope, depth),
            truncates=truncates,
            appends=appends,
            folder=scope.folder,
        )
        self._emit(found)
        self._builtin(found, scope)
        self._rest(later, scope, depth, given=output_of(found))
        return found

    def _builtin(self, found: Invocation, scope: Scope) -> None:
        """Follow what a command changes in the shell itself."""
        if found.name in {"cd", "pushd"} and found.arguments:
            place = next((a for a in found.arguments if not a.startswith("-")), "")
            scope.folder = _joined(scope.folder, place)
        elif found.name == "set" and found.arguments[:1] == ("--",):
            scope.variables.update({str(n): (w,) for n, w in enumerate(found.words[2:], 1)})
            scope.variables["@"] = scope.variables["*"] = found.words[2:]
        elif found.name in {"unset", "read"}:
            for name in found.arguments:
                scope.variables[name] = None
        elif found.name == "alias":
            for word in found.arguments:
                name, _, value = word.partition("=")
                if value:
                    scope.aliases[name] = plain(value.split())

    def _call(self, words: list[Word], scope: Scope, depth: int) -> None:
        name = words[0].text
        if name in scope.inside:
            return
        inner = replace(scope, inside=scope.inside | {name}, variables=dict(scope.variables))
        inner.variables.update({str(n): (word,) for n, word in enumerate(words)})
        inner.variables["@"] = inner.variables["*"] = tuple(words[1:])
        self.visit(scope.functions[name], inner, depth + 1)

    def _function(self, node: Node, scope: Scope, depth: int) -> None:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None:
            return
        scope.functions[self.text(name)] = body
        # Defined is not run; but what runs it may stand where nobody reads.
        called = self.text(name).encode()
        if self._source.count(called) == 1:
            self.visit(body, scope, depth)

    def _pipeline(self, node: Node, scope: Scope, depth: int) -> None:
        stdin, hints, piped = scope.stdin, scope.hints, scope.piped
        for stage in node.named_children:
            if stage.type == "comment":
                continue
            before = len(self.reading.commands)
            inner = replace(scope, stdin=stdin, hints=hints, piped=piped)
            self.visit(stage, inner, depth)
            made = self.reading.commands[before:]
            stdin = output_of(made[-1]) if made else None
            piped = True
            hints = f"{hints} {' '.join(w.text for m in made for w in m.words)}"[-2_000:]

    def _subshell(self, node: Node, scope: Scope, depth: int) -> None:
        inner = replace(scope, variables=dict(scope.variables))
        for child in node.named_children:
            self.visit(child, inner, depth)

    def _for(self, node: Node, scope: Scope, depth: int) -> None:
        variable = node.child_by_field_name("variable")
        body = node.child_by_field_name("body")
        values: list[Word] = []
        for value in node.children_by_field_name("value"):
            values += self._words(value, scope, depth)
        if body is None or variable is None:
            return
        name = self.text(variable)
        hints = f"{scope.hints} {' '.join(w.text for w in values)}"[-2_000:]
        if not values or len(values) > MAX_LOOP or any(w.glob or not w.known for w in values):
            scope.variables[name] = None
            self.visit(body, replace(scope, hints=hints), depth)
            return
        for word in values:
            scope.variables[name] = (word,)
            self.visit(body, scope, depth)

    def _while(self, node: Node, scope: Scope, depth: int) -> None:
        for child in node.named_children:
            self.visit(child, scope, depth)

    def _declaration(self, node: Node, scope: Scope, depth: int) -> None:
        for child in node.named_children:
            if child.type == "variable_assignment":
                self._assigned(child, scope, depth, keep=True)
            else:
                self._substitutions(child, scope, depth)

    def _unset(self, node: Node, scope: Scope, depth: int) -> None:
        named = [self.text(child) for child in node.named_children]
        scope.variables.update(dict.fromkeys(named))
        if lost := [name for name in named if name in _HISTORY]:
            self._emit(Invocation(words=plain(("unset", *lost)), folder=scope.folder))

    def _assignment(self, node: Node, scope: Scope, depth: int) -> None:
        self._assigned(node, scope, depth, keep=True)

    def _assigned(
        self, node: Node, scope: Scope, depth: int, *, keep: bool = False
    ) -> tuple[str, tuple[Word, ...]]:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        called = self.text(name) if name else ""
        words: list[Word] = []
        if value is None:
            words = [Word("")]
        elif value.type == "array":
            for item in value.named_children:
                words += self._words(item, scope, depth)
        else:
            words = [self._joined_word(value, scope, depth)]
        if keep:
            old = scope.variables.get(called)
            adds = b"+=" in self._source[node.start_byte : node.end_byte].split(b"'")[0][:80]
            if adds and old is not None and value is not None and value.type != "array":
                words = [replace(words[0], text="".join(w.text for w in old) + words[0].text)]
            scope.variables[called] = tuple(words)
            kept_not = {"/dev/null", "0", "" if called == "HISTFILE" else "0"}
            if called in _HISTORY and words[:1] and words[0].text in kept_not:
                self._emit(Invocation(words=plain(("unset", called)), folder=scope.folder))
        return called, tuple(words)

    def _known(self, scope: Scope) -> Iterator[tuple[str, str]]:
        for name, value in scope.variables.items():
            if value is not None and len(value) == 1 and value[0].known:
                yield name, value[0].text

    def _read_from(self, nodes: list[Node], scope: Scope, depth: int) -> tuple[Word, ...]:
        """Return the files that redirections put on the standard input."""
        return tuple(
            self._joined_word(goal, scope, depth)
            for node in nodes
            if node.type == "file_redirect" and any(c.type == "<" for c in node.children)
            for goal in node.children_by_field_name("destination")
        )

    def _redirects(
        self, nodes: list[Node], scope: Scope, depth: int
    ) -> tuple[str | None, tuple[Word, ...], tuple[Word, ...], list[Node]]:
        stdin: str | None = None
        truncates: list[Word] = []
        appends: list[Word] = []
        later: list[Node] = []
        for node in nodes:
            if node.type == "heredoc_redirect":
                stdin = self._heredoc(node, scope, depth)
                later += [
                    c for c in node.named_children
                    if not c.type.startswith("heredoc") and not c.type.endswith("_redirect")
                    and c.type not in {"file_descriptor", "word"}
                ]  # fmt: skip
                inner = [c for c in node.named_children if c.type == "file_redirect"]
                _, more, added, _ = self._redirects(inner, scope, depth)
                truncates += more
                appends += added
            elif node.type == "herestring_redirect":
                words = [self._joined_word(c, scope, depth) for c in node.named_children[-1:]]
                stdin = words[0].text if words and words[0].known else None
            else:
                operator = next(
                    (c.type for c in node.children if c.type.startswith((">", "&>", "<"))), ""
                )
                goals = [self._joined_word(c, scope, depth)
                         for c in node.children_by_field_name("destination")]  # fmt: skip
                if operator in {">", ">|", "&>"}:
                    truncates += goals[:1]
                elif operator in {">>", "&>>"}:
                    appends += goals[:1]
                elif operator == "<" and goals and goals[0].text == "/dev/null":
                    stdin = ""
        return stdin, tuple(truncates), tuple(appends), later

    def _heredoc(self, node: Node, scope: Scope, depth: int) -> str | None:
        start = next((c for c in node.children if c.type == "heredoc_start"), None)
        body = next((c for c in node.children if c.type == "heredoc_body"), None)
        if body is None:
            return ""
        quoted = start is not None and self.text(start)[:1] in {"'", '"', "\\"}
        if not quoted:
            self._substitutions(body, scope, depth)
        return self.text(body)

    def _command_substitution(self, node: Node, scope: Scope, depth: int) -> None:
        self._subshell(node, scope, depth)


def _joined(folder: str, place: str) -> str:
    if not place or place == "-":
        return folder
    if place.startswith(("/", "~")):
        return place
    return f"{folder.rstrip('/')}/{place}" if folder else place


_HISTORY = frozenset({"HISTFILE", "HISTSIZE", "HISTFILESIZE"})
"""Variables without which a shell keeps no record of its commands."""
_METHODS = {
    "command": _Reader._command,
    "redirected_statement": _Reader._redirected,
    "pipeline": _Reader._pipeline,
    "subshell": _Reader._subshell,
    "command_substitution": _Reader._command_substitution,
    "process_substitution": _Reader._command_substitution,
    "function_definition": _Reader._function,
    "for_statement": _Reader._for,
    "while_statement": _Reader._while,
    "declaration_command": _Reader._declaration,
    "variable_assignment": _Reader._assignment,
    "unset_command": _Reader._unset,
}
