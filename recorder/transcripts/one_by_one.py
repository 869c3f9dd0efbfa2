"""The entries of a list in a document, told one by one: an odd one costs itself alone.

It is named by its place and kept as it stands, and those before and behind it are told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from recorder.model import Record
from recorder.transcripts.entry_keys import shown_place
from recorder.transcripts.format import Damage
from recorder.transcripts.telling import as_text

__all__ = ["ODD", "Told", "by_itself", "objects", "odd", "one_by_one", "placed"]

type Told = Record | Damage
"""What an entry tells."""

ODD = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, RecursionError)
"""What telling of an entry may raise that is not shaped as its format has them, or holds a number
without end."""
NO_OBJECT, NO_LIST = "not a JSON object", "not a JSON list"
MOST_TOGETHER = 1000
"""Entries that are no objects and are told together."""


def one_by_one(
    values: Any, name: str, tell: Callable[[Mapping[str, Any], str], Iterable[Told]]
) -> Iterator[Told]:
    """Yield what each entry of a list tells.

    Args:
        values: the list; nothing where there is none.
        name: what an entry of it is called: with its number that is its place.
        tell: yields what an entry tells, given the entry and its place.
    """
    for number, value in objects(values, name):
        if isinstance(value, Damage):
            yield value
        else:
            yield from by_itself(value, f"{name} {number}", tell)


def by_itself(
    value: Any, place: str, tell: Callable[[Mapping[str, Any], str], Iterable[Told]]
) -> Iterator[Told]:
    """Yield what one entry tells, or that it is odd."""
    if not isinstance(value, Mapping):
        yield odd(value, place)
        return
    try:
        yield from tell(value, place)
    except ODD as error:
        yield odd(value, place, f"an entry of an unknown shape ({type(error).__name__})")


def objects(values: Any, name: str) -> Iterator[tuple[int, Mapping[str, Any] | Damage]]:
    """Yield the number of each entry of a list, and the entry; or what is odd there.

    What is no object is told together with what follows it: a list may hold millions of numbers.

    Args:
        values: the list; nothing where there is none.
        name: what an entry of it is called.
    """
    if values and not isinstance(values, list):
        yield 1, odd(values, name, NO_LIST)
        return
    others: list[Any] = []
    for number, value in enumerate(values or (), 1):
        is_object = isinstance(value, Mapping)
        if others and (is_object or len(others) == MOST_TOGETHER):
            yield number - 1, _others(others, name, number)
            others = []
        if is_object:
            yield number, value
        else:
            others.append(value)
    if others:
        yield number, _others(others, name, number + 1)


def _others(values: list[Any], name: str, end: int) -> Damage:
    """Return that the entries before a place are no objects."""
    if len(values) == 1:
        return odd(values[0], f"{name} {end - 1}")
    return odd(values, f"{name} {end - len(values)} to {end - 1}", "no JSON objects")


def odd(value: Any, place: str, reason: str = NO_OBJECT) -> Damage:
    """Return that an entry could not be told, with all of it."""
    try:
        kept = as_text(value)
    except RecursionError:
        kept = ""
    return Damage(f"{place}: {reason}", kept=kept)


def placed(damage: Damage, line: int, offset: int) -> Damage:
    """Return what is odd in a line, with the line."""
    return replace(damage, line=line, offset=offset, reason=shown_place(damage.reason, line))
