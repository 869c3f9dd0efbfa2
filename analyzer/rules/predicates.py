"""Sigma's conditions as functions over one event: what the live tempo runs.

Means the same as the SQL that pySigma's SQLite backend makes of them: text without regard to case
(ASCII), an absent field matches nothing but null, and NOT of it is true.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import re2  # type: ignore[import-untyped]  # it ships no types
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
)
from sigma.exceptions import SigmaFeatureNotSupportedByBackendError
from sigma.types import (
    SigmaBool,
    SigmaCasedString,
    SigmaCompareExpression,
    SigmaExists,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SpecialChars,
)

from analyzer.rules.events import Value

__all__ = ["Predicate", "compiled", "fields_in", "predicate_of"]

type Row = Mapping[str, Value]
type Predicate = Callable[[Row], bool]

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt, "lte": operator.le, "gt": operator.gt, "gte": operator.ge,
    "neq": operator.ne,
}  # fmt: skip
_LOWER = {ord(c): ord(c) + 32 for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def predicate_of(conditions: Sequence[Any]) -> Predicate:
    """Return a function that tells whether one of some conditions holds of an event.

    Raises:
        SigmaFeatureNotSupportedByBackendError: a condition asks for what no event can answer.
    """
    parts = [_of(condition) for condition in conditions]
    return parts[0] if len(parts) == 1 else lambda row: any(part(row) for part in parts)


def fields_in(conditions: Sequence[Any]) -> tuple[str, ...]:
    """Return the fields that some conditions name, in order, each once."""
    return tuple(dict.fromkeys(name for c in conditions for name in _fields(c)))


def compiled(pattern: str) -> Any:
    """Return a pattern as RE2 reads it: no rule can make it run away.

    Raises:
        re2.error: it is no pattern of RE2.
    """
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def _fields(condition: Any) -> Iterator[str]:
    if isinstance(condition, ConditionFieldEqualsValueExpression):
        yield condition.field
        if isinstance(condition.value, SigmaFieldReference):
            yield condition.value.field
        return
    for part in getattr(condition, "args", ()):
        yield from _fields(part)


def _of(condition: Any) -> Predicate:
    if isinstance(condition, ConditionAND):
        parts = [_of(part) for part in condition.args]
        return lambda row: all(part(row) for part in parts)
    if isinstance(condition, ConditionOR):
        parts = [_of(part) for part in condition.args]
        return lambda row: any(part(row) for part in parts)
    if isinstance(condition, ConditionNOT):
        inner = _of(condition.args[0])
        return lambda row: not inner(row)
    if isinstance(condition, ConditionFieldEqualsValueExpression):
        return _field(condition.field, condition.value)
    raise SigmaFeatureNotSupportedByBackendError("a value without a field: name the field")


def _field(name: str, value: Any) -> Predicate:
    for kind, make in _MAKERS:
        if isinstance(value, kind):
            return make(name, value)
    raise SigmaFeatureNotSupportedByBackendError(
        f"{name}: {type(value).__name__.removeprefix('Sigma')} is not supported here"
    )


def _absent(name: str, _value: SigmaNull) -> Predicate:
    return lambda row: name not in row


def _there(name: str, value: SigmaExists) -> Predicate:
    wanted = bool(value.exists)
    return lambda row: (name in row) is wanted


def _truth(name: str, value: SigmaBool) -> Predicate:
    truth = bool(value.boolean)
    return lambda row: row.get(name) is truth


def _equal(name: str, value: SigmaNumber) -> Predicate:
    number = value.number
    return lambda row: _is_number(row.get(name)) and row[name] == number


def _compared(name: str, value: SigmaCompareExpression) -> Predicate:
    test = _COMPARE[value.op.name.lower()]
    if not isinstance(value.number, SigmaNumber):
        raise SigmaFeatureNotSupportedByBackendError(f"{name}: compare with a number")
    limit = value.number.number
    return lambda row: _is_number(row.get(name)) and test(row[name], limit)


def _searched(name: str, value: SigmaRegularExpression) -> Predicate:
    if value.flags - {SigmaRegularExpressionFlag.IGNORECASE}:
        raise SigmaFeatureNotSupportedByBackendError(f"{name}: only the flag i is supported")
    text = str(value.regexp.to_plain() if hasattr(value.regexp, "to_plain") else value.regexp)
    flag = "(?i)" if SigmaRegularExpressionFlag.IGNORECASE in value.flags else ""
    try:
        pattern = compiled(flag + text)
    except re2.error as error:
        raise SigmaFeatureNotSupportedByBackendError(f"{name}: no pattern of RE2") from error
    return lambda row: (v := row.get(name)) is not None and pattern.search(_shown(v)) is not None


def _text(name: str, value: SigmaString) -> Predicate:
    is_cased = isinstance(value, SigmaCasedString)
    parts = value.s
    if not any(isinstance(part, SpecialChars) for part in parts):
        wanted = "".join(str(part) for part in parts)
        if is_cased:
            return lambda row: (v := row.get(name)) is not None and _shown(v) == wanted
        wanted = wanted.translate(_LOWER)
        return lambda row: isinstance(v := row.get(name), str) and v.translate(_LOWER) == wanted
    pattern = "".join(
        ".*" if part is SpecialChars.WILDCARD_MULTI
        else "." if part is SpecialChars.WILDCARD_SINGLE
        else re.escape(str(part))
        for part in parts
    )  # fmt: skip
    flags = re.DOTALL | re.ASCII | (0 if is_cased else re.IGNORECASE)
    whole = re.compile(pattern, flags)
    return lambda row: (v := row.get(name)) is not None and whole.fullmatch(_shown(v)) is not None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Value) -> str:
    """Return a value as SQLite's text of it."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return value if isinstance(value, str) else str(value)


_MAKERS: tuple[tuple[type[Any], Callable[[str, Any], Predicate]], ...] = (
    (SigmaNull, _absent),
    (SigmaExists, _there),
    (SigmaBool, _truth),
    (SigmaNumber, _equal),
    (SigmaCompareExpression, _compared),
    (SigmaRegularExpression, _searched),
    (SigmaString, _text),
)
