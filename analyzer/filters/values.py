"""What may stand behind an operator's sign: choices, patterns, severities, durations, numbers.

Each turns the written value into a test of what the operator looks at, and into words. A value that
it cannot take raises a `ValueError` that says what was expected.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import translate
from typing import Protocol

from analyzer.filters.subject import Subject
from analyzer.model import Severity
from analyzer.timeline import SECOND, format_length

__all__ = ["Amount", "Choice", "Levels", "Pattern", "Test", "Value", "parse_duration"]

type Test = Callable[[Subject], bool]
IS = (":", "=")
ORDER = (":", "=", ">=", "<=", ">", "<")
COMPARE: Mapping[str, Callable[[int | float, int | float], bool]] = {
    ":": operator.eq,
    "=": operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
COMPARE_WORDS = {
    ":": "", "=": "", ">=": "at least ", "<=": "at most ", ">": "over ", "<": "under ",
}  # fmt: skip
UNITS = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(ms|s|min|m|h|d|w)", re.ASCII)


class Value(Protocol):
    """How an operator reads its value."""

    @property
    def signs(self) -> tuple[str, ...]:
        """What may stand between name and value."""
        ...

    def read(
        self, sign: str, values: tuple[str, ...], *, is_quoted: bool = False
    ) -> tuple[Test, str]:
        """Return the test that a sign and values mean, and its words; in quotes nothing is special.

        Raises:
            ValueError: it says what was expected.
        """
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few known words."""

    known: tuple[str, ...]
    of: Callable[[Subject], str]
    words: str = ""
    signs: tuple[str, ...] = IS

    def read(
        self, sign: str, values: tuple[str, ...], *, is_quoted: bool = False
    ) -> tuple[Test, str]:
        """Take words, in any case, `_`, `-` and blank being the same."""
        del sign, is_quoted
        plain = {_plain(word): word for word in self.known}
        for value in values:
            if _plain(value) not in plain:
                raise ValueError(f"one of {', '.join(self.known)}")
        wanted = {_plain(value) for value in values}
        shown = " or ".join(plain[_plain(value)] for value in values)
        return lambda subject: _plain(self.of(subject)) in wanted, f"{self.words}{shown}"


def _plain(word: str) -> str:
    return word.casefold().replace("_", "-").replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text: whole or contained; unless in quotes, `*` and `?` stand for anything."""

    of: Callable[[Subject], Iterable[str]]
    words: str
    is_whole: bool
    """Without `*` and `?` the value must be all of it; else it must stand in it."""
    has_wildcards: bool = True
    signs: tuple[str, ...] = IS

    def read(
        self, sign: str, values: tuple[str, ...], *, is_quoted: bool = False
    ) -> tuple[Test, str]:
        """Take any text."""
        del sign
        if not all(values):
            raise ValueError("some text")
        is_plain = is_quoted or not self.has_wildcards
        fits = [_matcher(v.casefold(), self.is_whole, is_plain=is_plain) for v in values]

        def test(subject: Subject) -> bool:
            return any(fit(text.casefold()) for text in self.of(subject) for fit in fits)

        return test, f"{self.words} {' or '.join(values)}"


def _matcher(value: str, is_whole: bool, *, is_plain: bool) -> Callable[[str], bool]:
    if not is_plain and ("*" in value or "?" in value):
        pattern = re.compile(translate(value.replace("[", "[[]"))).match
        # A pattern for a file's name need not name its folders.
        is_name = "/" not in value
        return lambda text: bool(
            pattern(text) or (is_name and "/" in text and pattern(text.rpartition("/")[2]))
        )
    return value.__eq__ if is_whole else (lambda text: value in text)


@dataclass(frozen=True, slots=True)
class Levels:
    """A severity: the worst of the action's findings is compared."""

    signs: tuple[str, ...] = ORDER

    def read(
        self, sign: str, values: tuple[str, ...], *, is_quoted: bool = False
    ) -> tuple[Test, str]:
        """Take a severity by name or letter."""
        del is_quoted
        named = {word.casefold(): s for s in Severity for word in (s.name, s.letter)}
        if any(value.casefold() not in named for value in values):
            raise ValueError("one of low, medium, high, critical")
        levels = [named[value.casefold()] for value in values]
        compare = COMPARE[sign]

        def test(subject: Subject) -> bool:
            return any(compare(f.severity, level) for f in subject.findings for level in levels)

        shown = " or ".join(level.name.casefold() for level in levels)
        return test, f"a finding of severity {COMPARE_WORDS[sign]}{shown}"


@dataclass(frozen=True, slots=True)
class Amount:
    """A length of time or a plain number."""

    of: Callable[[Subject], int | None]
    """None: it has none, and no comparison holds."""
    words: str
    is_time: bool = True
    signs: tuple[str, ...] = ORDER

    def read(
        self, sign: str, values: tuple[str, ...], *, is_quoted: bool = False
    ) -> tuple[Test, str]:
        """Take `5s`, `200ms`, `2m`; or a number."""
        del is_quoted
        wanted = [parse_duration(value) if self.is_time else _number(value) for value in values]
        compare = COMPARE[sign]

        def test(subject: Subject) -> bool:
            amount = self.of(subject)
            return amount is not None and any(compare(amount, value) for value in wanted)

        shown = " or ".join(format_length(v) if self.is_time else str(v) for v in wanted)
        return test, f"{self.words} {COMPARE_WORDS[sign]}{shown}"


def parse_duration(text: str) -> int:
    """Return a length of time in ns from `200ms`, `5s`, `2m`, `1.5h`, `7d`.

    Raises:
        ValueError: it is none.
    """
    found = _DURATION.fullmatch(text.casefold())
    if found is None:
        raise ValueError("a length of time such as 200ms, 5s, 2m, 1.5h or 7d")
    return round(float(found[1]) * UNITS[found[2]] * SECOND)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise ValueError("a whole number")
    return int(text)
