"""Change JSON where it stands: comments, order, indentation and trailing commas stay as they are.

Many agents read settings with comments (JSONC). As JavaScript, of which that is a part, the text is
parsed by tree-sitter with the place of each value; what is no JSON value is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from recorder.utf8 import utf8

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

__all__ = ["NotJsonError", "edited", "read"]

_BEFORE, _BEHIND = b"(", b"\n)"
_BLANK = b" \t"
_INDENT = re.compile(rb"^[{\[]\s*\n([ \t]+)\S")
_WORDS = {"true", "false", "null", "number", "unary_expression", "string"}
DEFAULT_INDENT = "  "


class NotJsonError(ValueError):
    """A text is no JSON, not even with comments and trailing commas."""

    def __init__(self, line: int) -> None:
        """Note the line, from 1, where it ends to be JSON."""
        super().__init__(f"line {line}")
        self.line = line


def read(text: str) -> Any:
    """Return what a JSON text holds, comments and trailing commas left out.

    Raises:
        NotJsonError: it is something else.
    """
    root = _root(text)
    return {} if root is None else _value(root)


def edited(text: str, document: Any) -> str:
    """Return a JSON text that holds a document, changed only where it held something else.

    Raises:
        NotJsonError: the text is no JSON.
    """
    root = _root(text)
    if root is None:
        return text + json.dumps(document, indent=DEFAULT_INDENT, ensure_ascii=False)
    raw = _BEFORE + utf8(text) + _BEHIND
    edits = _Edits(raw, _indent_of(raw[root.start_byte :]))
    edits.change(root, document)
    return edits.applied()[len(_BEFORE) : -len(_BEHIND)].decode("utf-8", "surrogatepass")


@cache
def _parser() -> Parser:
    # Only who installs needs a parser.
    import tree_sitter_javascript  # noqa: PLC0415
    from tree_sitter import Language, Parser  # noqa: PLC0415

    return Parser(Language(tree_sitter_javascript.language()))


def _root(text: str) -> Node | None:
    """Return the node of the one value in a text; None where there is nothing but comments."""
    raw = _BEFORE + utf8(text) + _BEHIND
    tree = _parser().parse(raw)
    statements = [node for node in tree.root_node.named_children if node.type != "comment"]
    inside = (
        statements[0].named_children[0] if statements and statements[0].named_children else None
    )
    if tree.root_node.has_error or inside is None or inside.type != "parenthesized_expression":
        if _is_comments(text):
            return None
        raise NotJsonError(_error_line(tree.root_node, text))
    values = _without_comments(inside)
    if len(statements) != 1 or len(values) != 1:
        raise NotJsonError(inside.start_point.row + 1)
    return values[0]


def _without_comments(node: Node) -> list[Node]:
    return [child for child in node.named_children if child.type != "comment"]


def _is_comments(text: str) -> bool:
    tree = _parser().parse(utf8(text))
    return not tree.root_node.has_error and all(
        node.type == "comment" for node in tree.root_node.children
    )


def _error_line(node: Node, text: str) -> int:
    """Return the line, from 1 and at most the text's last, of the first error in it."""
    if "//" not in text and "/*" not in text:
        try:
            json.loads(text)
        except json.JSONDecodeError as error:
            return error.lineno
    while not (node.type == "ERROR" or node.is_missing):
        inner = next((child for child in node.children if child.has_error), None)
        if inner is None:
            break
        node = inner
    return min(node.start_point.row, text.count("\n")) + 1


def _value(node: Node) -> Any:
    """Return the value of a node.

    Raises:
        NotJsonError: it is JavaScript, not JSON.
    """
    if node.type == "object":
        return {_key(member): _value(_value_node(member)) for member in _elements(node, "pair")}
    if node.type == "array":
        return [_value(element) for element in _elements(node)]
    if node.type in _WORDS:
        try:
            return json.loads(node.text or b"")
        except ValueError:
            pass
    raise NotJsonError(node.start_point.row + 1)


def _key(pair: Node) -> str:
    key = pair.child_by_field_name("key")
    if key is None or key.type != "string":
        raise NotJsonError(pair.start_point.row + 1)
    return str(_value(key))


def _value_node(pair: Node) -> Node:
    value = pair.child_by_field_name("value")
    if value is None:
        raise NotJsonError(pair.start_point.row + 1)
    return value


def _elements(node: Node, kind: str = "") -> list[Node]:
    """Return the members or elements of a container.

    Raises:
        NotJsonError: one is of another kind, or missing between two commas.
    """
    found = []
    before = ","
    for child in node.children[1:-1]:
        if child.type == "comment":
            continue
        is_comma = child.type == ","
        if is_comma == (before == ",") or (kind and not is_comma and child.type != kind):
            raise NotJsonError(child.start_point.row + 1)
        if not is_comma:
            found.append(child)
        before = child.type
    return found


def _indent_of(raw: bytes) -> str:
    found = _INDENT.match(raw)
    return found[1].decode() if found else DEFAULT_INDENT


@dataclass(frozen=True, slots=True)
class _Edits:
    """Changes of a text, each of a place that no other one touches."""

    raw: bytes
    indent: str
    made: list[tuple[int, int, bytes]] = field(default_factory=list)
    """From byte, to byte, what comes there."""

    def applied(self) -> bytes:
        """Return the text with all of them made; of two at one place, the first stands first."""
        pieces: list[bytes] = []
        done = 0
        for start, end, new in sorted(self.made, key=lambda edit: edit[0]):
            pieces += [self.raw[done:start], new]
            done = end
        return b"".join([*pieces, self.raw[done:]])

    def change(self, node: Node, new: Any) -> None:
        """Make a node hold a value."""
        old = _value(node)
        if _same(old, new):
            return
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            self._change_object(node, old, new)
        elif isinstance(old, list) and isinstance(new, Sequence) and not isinstance(new, str):
            self._change_array(node, old, new)
        else:
            self._replace(node, new)

    def _change_object(self, node: Node, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        added = [(name, value) for name, value in new.items() if name not in old]
        if added and not self._takes_lines(node):
            self._replace(node, new)
            return
        pairs = _elements(node)
        kept = [pair for pair in pairs if _key(pair) in new]
        for pair in kept:
            self.change(_value_node(pair), new[_key(pair)])
        at = self._indent_inside(node)
        texts = [f"{json.dumps(n, ensure_ascii=False)}: {self._text(v, at)}" for n, v in added]
        self._change_elements(node, pairs, kept, texts)

    def _change_array(self, node: Node, old: Sequence[Any], new: Sequence[Any]) -> None:
        elements = _elements(node)
        if len(old) == len(new):
            for element, value in zip(elements, new, strict=True):
                self.change(element, value)
            return
        kept: list[Node] = []
        for element, value in zip(elements, old, strict=True):
            if len(kept) < len(new) and _same(value, new[len(kept)]):
                kept.append(element)
        added = new[len(kept) :]
        if added and not self._takes_lines(node):
            self._replace(node, new)
            return
        at = self._indent_inside(node)
        self._change_elements(node, elements, kept, [self._text(value, at) for value in added])

    def _replace(self, node: Node, new: Any) -> None:
        text = self._text(new, self._indent_at(node.start_byte))
        self.made.append((node.start_byte, node.end_byte, utf8(text)))

    def _change_elements(
        self, node: Node, elements: list[Node], kept: list[Node], added: list[str]
    ) -> None:
        """Take the elements out that are not kept, and put texts behind the last one."""
        whole = {element.id for element in kept}
        for element in elements:
            if element.id not in whole:
                self._remove(element)
        last = kept[-1] if kept else None
        comma = None if last is None else _comma_behind(last)
        if added:
            if last is not None and comma is None:
                self.made.append((last.end_byte, last.end_byte, b","))
            self._insert(node, added)
        elif comma is not None and last is not elements[-1] and not _comma_behind(elements[-1]):
            self.made.append((comma.start_byte, comma.end_byte, b""))

    def _remove(self, element: Node) -> None:
        comma = _comma_behind(element)
        start, end = element.start_byte, (comma or element).end_byte
        line = start
        while self.raw[line - 1 : line] in (b" ", b"\t"):
            line -= 1
        behind = self._behind_blanks(end)
        if self.raw[behind : behind + 1] not in {b"\n", b"\r"}:
            # Something follows in this line: what stands before it must not become its comment.
            at_end = self.raw[behind : behind + 1] in {b"}", b"]"}
            self.made.append((line, end, b"") if at_end else (start, behind, b""))
            return
        if self.raw[line - 1 : line] == b"\n":
            line -= 2 if self.raw[line - 2 : line] == b"\r\n" else 1
        self.made.append((line, end, b""))

    def _insert(self, node: Node, added: list[str]) -> None:
        last = node.children[-2]
        at = last.end_byte
        if self._is_in_lines(node):
            inside = self._indent_inside(node)
            text = ",".join(f"\n{inside}{one}" for one in added)
        else:
            text = ",".join(f" {one}" for one in added)
        self.made.append((at, at, utf8(text)))

    def _takes_lines(self, node: Node) -> bool:
        """Tell whether something can be put into a container without writing it anew: it stands in
        several lines, or holds a comment.
        """
        has_content = len(node.children) > 2
        holds_comment = any(child.type == "comment" for child in node.children)
        return has_content and (self._is_in_lines(node) or holds_comment)

    def _is_in_lines(self, node: Node) -> bool:
        return node.start_point.row != node.end_point.row

    def _behind_blanks(self, at: int) -> int:
        while self.raw[at : at + 1] in (b" ", b"\t"):
            at += 1
        return at

    def _indent_inside(self, node: Node) -> str:
        """Return the indentation of what stands in a container."""
        for child in node.children[1:-1]:
            start = self.raw.rfind(b"\n", 0, child.start_byte) + 1
            if start > node.start_byte and not self.raw[start : child.start_byte].strip(_BLANK):
                return self.raw[start : child.start_byte].decode()
        return self._indent_at(node.start_byte) + self.indent

    def _indent_at(self, at: int) -> str:
        """Return the indentation of the line that a byte stands in."""
        start = max(self.raw.rfind(b"\n", 0, at) + 1, len(_BEFORE))
        return self.raw[start : self._behind_blanks(start)].decode()

    def _text(self, value: Any, indent: str) -> str:
        """Return a value as text whose further lines begin with an indentation."""
        text = json.dumps(value, indent=self.indent, ensure_ascii=False)
        return text.replace("\n", f"\n{indent}")


def _comma_behind(element: Node) -> Node | None:
    follower = element.next_sibling
    while follower is not None and follower.type == "comment":
        follower = follower.next_sibling
    return follower if follower is not None and follower.type == "," else None


def _same(one: Any, other: Any) -> bool:
    return json.dumps(one) == json.dumps(other)
