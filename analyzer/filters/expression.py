"""A filter that was read: what it tests, how it is said in words, what it needs to know."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

from analyzer.filters.grammar import FilterError, Leaf, LeafKind, Node, Tie, parse_tree
from analyzer.filters.operators import FLAGS, OPERATORS, Flag, Operator, Scope
from analyzer.filters.subject import Subject
from analyzer.filters.values import IS, Test, parse_duration
from analyzer.timeline import SECOND, parse_offset

__all__ = ["Filter", "parse_filter"]

SINCE = "since"
_COMPARISON = re.compile(r"([A-Za-z]+)(>=|<=|:|=|>|<)(.*)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
SHOWN_TENTH = SECOND // 10
"""What is shown is cut to tenths of a second: a range ends with the tenth that it names."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice of actions, findings or sessions; the empty one chooses all."""

    text: str = ""
    """As it was written."""
    words: str = "everything"
    """The same in words."""
    of_session: bool = True
    """True when the session alone decides: no action has to be derived."""
    test: Test = lambda _subject: True

    @property
    def is_empty(self) -> bool:
        """True when it chooses all."""
        return not self.text.strip()

    def fits(self, subject: Subject) -> bool:
        """Tell whether something is one of those asked for."""
        return self.test(subject)


@dataclass(frozen=True, slots=True)
class _Read:
    test: Test
    words: str
    of_session: bool


def parse_filter(text: str, scope: Scope = Scope.ACTIONS, *, now_ns: int | None = None) -> Filter:
    """Return the filter that a text means.

    Args:
        text: the filter as written.
        scope: where it is used.
        now_ns: what `since:` counts back from (ns since the epoch); default: the wall clock.

    Raises:
        FilterError: it cannot be read, or asks for what is not known there.
    """
    tree = parse_tree(text)
    if tree is None:
        return Filter(text=text)
    read = _Reader(scope, time.time_ns() if now_ns is None else now_ns).read(tree)
    return Filter(text.strip(), read.words, read.of_session, read.test)


@dataclass(frozen=True, slots=True)
class _Reader:
    scope: Scope
    now_ns: int

    def read(self, tree: Node | Leaf) -> _Read:
        return self._node(tree) if isinstance(tree, Node) else self._leaf(tree)

    def _node(self, node: Node) -> _Read:
        parts = [self.read(part) for part in node.parts]
        tests = tuple(part.test for part in parts)
        words = f" {node.tie.value} ".join(
            f"({part.words})" if isinstance(inner, Node) and not inner.negated else part.words
            for part, inner in zip(parts, node.parts, strict=True)
        )
        combine: Callable[[Subject], bool]
        if node.tie is Tie.ALL:
            combine = lambda subject: all(test(subject) for test in tests)  # noqa: E731
        else:
            combine = lambda subject: any(test(subject) for test in tests)  # noqa: E731
        of_session = all(part.of_session for part in parts)
        return _turned(_Read(combine, words, of_session), is_negated=node.negated, is_many=True)

    def _leaf(self, leaf: Leaf) -> _Read:
        readers = {
            LeafKind.COMPARISON: self._comparison,
            LeafKind.TIMES: self._times,
            LeafKind.NUMBERS: self._numbers,
            LeafKind.QUOTED: self._text,
            LeafKind.WORD: self._word,
        }
        return _turned(readers[leaf.kind](leaf), is_negated=leaf.negated)

    def _word(self, leaf: Leaf) -> _Read:
        flag = next((flag for flag in FLAGS if flag.name == leaf.text.casefold()), None)
        if flag is None:
            return self._text(leaf)
        self._check_scope(leaf, flag)
        return _Read(flag.test, flag.name, flag.of_session)

    def _text(self, leaf: Leaf) -> _Read:
        wanted = _unquoted(leaf.text).casefold()
        words = f"saying {leaf.text}"
        return _Read(lambda subject: wanted in subject.text, words, of_session=False)

    def _comparison(self, leaf: Leaf) -> _Read:
        found = _COMPARISON.fullmatch(leaf.text)
        assert found is not None  # noqa: S101 - the grammar has seen to it
        name, sign, value = found.groups()
        if name.casefold() == SINCE:
            return self._since(leaf, found)
        operator = next((o for o in OPERATORS if o.name == name.casefold()), None)
        if operator is None:
            raise FilterError(leaf.column, f"there is no {name!r} to filter by", _known(name))
        self._check_scope(leaf, operator)
        signs = operator.value.signs
        if sign not in signs:
            at = leaf.column + found.start(2)
            raise FilterError(at, f"{name} cannot be compared with {sign}", " or ".join(signs))
        at = leaf.column + found.start(3)
        if not value:
            raise FilterError(at, f"there is no value after {name}{sign}", _example(operator))
        is_quoted = value.startswith('"')
        values = (_unquoted(value),) if is_quoted else tuple(value.split(","))
        try:
            test, words = operator.value.read(sign, values, is_quoted=is_quoted)
        except ValueError as error:
            raise FilterError(at, f"{name} cannot be {value!r}", str(error)) from None
        return _Read(test, words, operator.of_session)

    def _check_scope(self, leaf: Leaf, asked: Operator | Flag) -> None:
        if self.scope not in asked.scopes:
            known = [o.name for o in (*OPERATORS, *FLAGS) if self.scope in o.scopes]
            problem = f"{asked.name!r} is not known while it happens, only afterwards"
            raise FilterError(leaf.column, problem, f"one of {', '.join(known)}")

    def _since(self, leaf: Leaf, found: re.Match[str]) -> _Read:
        at = leaf.column + found.start(3)
        if found[2] not in IS:
            raise FilterError(leaf.column + found.start(2), "since takes no order", " or ".join(IS))
        try:
            began = self.now_ns - parse_duration(found[3])
        except ValueError as error:
            raise FilterError(at, f"since cannot be {found[3]!r}", str(error)) from None
        words = f"a session begun in the last {found[3]}"
        return _Read(lambda subject: subject.session.start_ns >= began, words, of_session=True)

    def _times(self, leaf: Leaf) -> _Read:
        if self.scope is Scope.TAIL:
            raise FilterError(leaf.column, "session time is not known while it happens", "no @")
        first, last = _range(leaf, _moment)
        words = f"at {leaf.text[1:]}"
        end = last + SHOWN_TENTH

        def test(subject: Subject) -> bool:
            return subject.action is not None and first <= subject.offset_ns < end

        return _Read(test, words, of_session=False)

    def _numbers(self, leaf: Leaf) -> _Read:
        first, last = _range(leaf, _action_number)

        def test(subject: Subject) -> bool:
            return subject.action is not None and first <= abs(subject.action.id) <= last

        return _Read(test, leaf.text, of_session=False)


def _turned(read: _Read, *, is_negated: bool, is_many: bool = False) -> _Read:
    if not is_negated:
        return read
    test = read.test
    words = f"not ({read.words})" if is_many else f"not {read.words}"
    return _Read(lambda subject: not test(subject), words, read.of_session)


def _unquoted(text: str) -> str:
    return _ESCAPED.sub(r"\1", text[1:-1]) if text.startswith('"') else text


def _known(name: str) -> str:
    names = [*(operator.name for operator in OPERATORS), SINCE]
    near = get_close_matches(name.casefold(), names, 1)
    return f"{near[0]}, perhaps" if near else f"one of {', '.join(names)}"


def _example(operator: Operator) -> str:
    return f"a value as in {operator.example}"


FOREVER = 1 << 62


def _range(leaf: Leaf, read: Callable[[str], int]) -> tuple[int, int]:
    """Return both ends of `@a..b`, `@a..`, `@..b` or `@a`."""
    first, dots, last = leaf.text[1:].partition("..")
    if not first and not last:
        example = "a range such as @1:20..1:30" if leaf.text[0] == "@" else "#400 or #400..#420"
        raise FilterError(leaf.column + 1, f"nothing stands after {leaf.text}", example)
    ends: list[int] = []
    for text, at, otherwise in (
        (first, 1, 0),
        (last, 1 + len(first) + 2, FOREVER if dots else None),
    ):
        if not text:
            ends.append(ends[0] if otherwise is None else otherwise)
            continue
        try:
            ends.append(read(text))
        except ValueError as error:
            raise FilterError(leaf.column + at, f"{text!r} cannot be read", str(error)) from None
    if ends[0] > ends[1]:
        raise FilterError(
            leaf.column, f"{leaf.text} ends before it begins", "the earlier one first"
        )
    return ends[0], ends[1]


def _moment(text: str) -> int:
    try:
        return parse_offset(text)
    except ValueError:
        raise ValueError("session time such as 7.5, 1:07.5 or 1:02:07") from None


def _action_number(text: str) -> int:
    digits = text.removeprefix("#")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 18:
        raise ValueError("an action's number such as #408")
    return int(digits)
