"""Read a cloud's log as it is exported: a document with a list in it, an array, or lines.

Each may stand inside what carried it (`recorder.audit.carriers`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from recorder.audit.carriers import carried
from recorder.audit.entry import Entry, record_of
from recorder.transcripts.documents import read_values
from recorder.transcripts.format import Format, Item
from recorder.transcripts.one_by_one import Told, by_itself, odd
from recorder.transcripts.source import Source

__all__ = ["audit_format"]

MOST_LOOKED_AT = 1000
"""Items of a list of which one is an entry, where the list is of the log at all."""


def audit_format(
    name: str,
    title: str,
    tested: tuple[str, ...],
    *,
    is_entry: Callable[[Any], bool],
    entry_of: Callable[[Mapping[str, Any]], Entry],
    unwrapped: Callable[[Any], Iterable[Any] | None],
) -> Format:
    """Return the format of a log.

    Args:
        name: as on the command line.
        title: as people call it.
        tested: what the reader was tested on.
        is_entry: tells whether a value is an entry of the log.
        entry_of: reads an entry.
        unwrapped: returns the entries inside a document; None where it holds none.
    """

    def within(value: Any) -> Iterable[Any] | None:
        """Return the entries of a document, or what stands in a list as such; None for others."""
        if isinstance(value, list):
            # One after the other: the list of a large document is never in memory.
            return chain.from_iterable(within(item) or [item] for item in value)
        if is_entry(value):
            return [value]
        found = unwrapped(value)
        return found if found is not None else _carried(value)

    def _carried(value: Any) -> Iterable[Any] | None:
        """Return the entries that a carrier brings; None where the first is none of this log."""
        brought = carried(value)
        first = next(brought, None)
        inner = [first] if is_entry(first) else unwrapped(first)
        return None if inner is None else chain(inner, brought)

    def holds(value: Any) -> bool:
        found = within(value)
        if found is None or not isinstance(value, list):
            return found is not None
        return any(is_entry(one) for one in islice(found, MOST_LOOKED_AT))

    def recognises(source: Source) -> bool:
        return any(holds(value) for value in source.sample)

    def told(event: Mapping[str, Any], place: str) -> Iterator[Told]:
        if is_entry(event):
            yield record_of(entry_of(event), time.time_ns())
        else:
            yield odd(event, place, "no entry of this log")

    def tell(value: Any, _place: str) -> Iterator[Told]:
        found = within(value)
        if found is None or not holds(value):
            raise ValueError("no entry of this log")
        for number, event in enumerate(found, 1):
            yield from by_itself(event, f"entry {number}", told)

    def read(source: Source) -> Iterator[Item]:
        return read_values(source, tell)

    return Format(name=name, title=title, tested=tested, recognises=recognises, read=read)
