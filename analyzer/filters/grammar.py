"""How a filter is written: words, `name:value`, `@` and `#` ranges, `or`, `-`, parentheses.

The grammar knows no operator by name; `operators` does. Every mistake names its column.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from recorder.errors import FlightlogError

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

__all__ = ["FilterError", "Leaf", "LeafKind", "Node", "Tie", "as_pattern", "parse_tree", "quoted"]

MAX_LENGTH = 2_000
MAX_DEPTH = 40
MAX_PATTERN = 60
GRAMMAR = r"""
start: any?
any: all (OR all)*
all: negated (AND? negated)*
negated: NOT* atom
?atom: "(" any ")" -> group
    | COMPARISON | TIMES | NUMBERS | QUOTED | WORD

OR.9: /or(?=[\s()]|$)/i
AND.9: /and(?=[\s()]|$)/i
NOT.9: /-|not(?=[\s(]|$)/i
COMPARISON.5: /[A-Za-z]+(>=|<=|:|=|>|<)("(\\.|[^"\\])*"|[^\s()"]*)/
TIMES.5: /@[^\s()"]*/
NUMBERS.5: /\#[^\s()"]*/
QUOTED.5: /"(\\.|[^"\\])*"/
WORD.1: /[^\s()"#@-][^\s()"]*/
%ignore /\s+/
"""


class FilterError(FlightlogError):
    """A filter that cannot be read: where, and what was expected there."""

    def __init__(self, column: int, problem: str, expected: str) -> None:
        super().__init__(f"filter, column {column}: {problem}; expected {expected}")
        self.column = column
        """Where it is, from 1."""
        self.problem = problem
        self.expected = expected


class LeafKind(StrEnum):
    """What sort of thing stands at a place of a filter."""

    COMPARISON = "COMPARISON"
    TIMES = "TIMES"
    NUMBERS = "NUMBERS"
    QUOTED = "QUOTED"
    WORD = "WORD"


class Tie(StrEnum):
    """What ties parts together."""

    ALL = "and"
    ANY = "or"


@dataclass(frozen=True, slots=True)
class Leaf:
    """The smallest part: `sev>=high`, `failed`, `@1:00..2:00`."""

    kind: LeafKind
    text: str
    column: int
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """Parts that are tied together."""

    tie: Tie
    parts: tuple[Node | Leaf, ...]
    negated: bool = False


@cache
def _parser() -> Lark:
    # Loaded where it is needed: most commands are called without a filter.
    from lark import Lark  # noqa: PLC0415

    return Lark(GRAMMAR, parser="lalr", lexer="basic")


def parse_tree(text: str) -> Node | Leaf | None:
    """Return what a filter's text consists of; None for an empty one.

    Raises:
        FilterError: it is not written as a filter is.
    """
    from lark.exceptions import (  # noqa: PLC0415
        UnexpectedCharacters,
        UnexpectedEOF,
        UnexpectedToken,
    )

    _check_size(text)
    try:
        tree = _parser().parse(text)
    except UnexpectedToken as error:
        raise _misplaced(text, error.token, error.pos_in_stream) from None
    except UnexpectedEOF:
        raise FilterError(len(text) + 1, "it ends too early", "a condition") from None
    except UnexpectedCharacters as error:
        column = (error.pos_in_stream or 0) + 1
        problem = "the quote is never closed"
        raise FilterError(column, problem, 'a second " after the text') from None
    return _node(tree.children[0]) if tree.children else None


def _check_size(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise FilterError(MAX_LENGTH + 1, "it is too long", f"at most {MAX_LENGTH:,} characters")
    depth = 0
    for column, sign in enumerate(text, 1):
        depth += (sign == "(") - (sign == ")")
        if depth > MAX_DEPTH:
            raise FilterError(column, "too deep", f"at most {MAX_DEPTH} parentheses in each other")


def _misplaced(text: str, token: Token, position: int | None) -> FilterError:
    at_end = token.type == "$END"
    column = len(text) + 1 if at_end else (position or 0) + 1
    if at_end:
        is_open = text.count("(") > text.count(")")
        expected = ") or a condition" if is_open else "a condition such as failed or lane:api"
        return FilterError(column, "it ends too early", expected)
    shown = str(token)
    if shown == ")":
        return FilterError(column, "there is no ( for this )", "a condition")
    return FilterError(column, f"{shown!r} stands where it cannot", "a condition, - or (")


def _node(tree: Tree[Token] | Any) -> Node | Leaf:
    return _MAKERS[tree.data](tree)


def _tied(tie: Tie) -> Callable[[Tree[Token]], Node | Leaf]:
    def tied(tree: Tree[Token]) -> Node | Leaf:
        from lark import Tree as Branch  # noqa: PLC0415

        parts = tuple(_node(part) for part in tree.children if isinstance(part, Branch))
        return parts[0] if len(parts) == 1 else Node(tie, parts)

    return tied


def _negated(tree: Tree[Token]) -> Node | Leaf:
    *nots, atom = tree.children
    is_negated = len(nots) % 2 == 1
    if isinstance(atom, str):
        kind, column = LeafKind(atom.type), (atom.start_pos or 0) + 1
        return Leaf(kind, str(atom), column, negated=is_negated)
    inner = _node(atom.children[0])
    negated = inner.negated != is_negated
    if isinstance(inner, Leaf):
        return Leaf(inner.kind, inner.text, inner.column, negated=negated)
    return Node(inner.tie, inner.parts, negated=negated)


_MAKERS: dict[str, Callable[[Tree[Token]], Node | Leaf]] = {
    "any": _tied(Tie.ANY),
    "all": _tied(Tie.ALL),
    "negated": _negated,
}


def as_pattern(text: str) -> str:
    """Return a value that fits a recorded text and holds nothing but harmless characters."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "*", text[:MAX_PATTERN]) + "*" * (len(text) > MAX_PATTERN)


def quoted(text: str) -> str:
    """Return text as a filter takes it in quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
