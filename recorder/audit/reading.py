"""Read a cloud's log as it is exported: a document with a list in it, an array, or lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from recorder.audit.entry import Entry, record_of
from recorder.model import Record
from recorder.transcripts.documents import read_values
from recorder.transcripts.format import Format, Item
from recorder.transcripts.source import Source

__all__ = ["audit_format"]


def audit_format(
    name: str,
    title: str,
    tested: tuple[str, ...],
    *,
    is_entry: Callable[[Any], bool],
    entry_of: Callable[[Mapping[str, Any]], Entry],
    unwrapped: Callable[[Any], list[Any] | None],
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

    def entries(value: Any) -> list[Any] | None:
        if isinstance(value, list):
            inner = [one for item in value for one in entries(item) or [item]]
            return inner if any(is_entry(one) for one in inner) else None
        return [value] if is_entry(value) else unwrapped(value)

    def recognises(source: Source) -> bool:
        return any(entries(value) is not None for value in source.sample)

    def tell(value: Any, _place: str) -> Iterator[Record]:
        found = entries(value)
        if found is None:
            raise ValueError("no entry of this log")
        for event in found:
            if not is_entry(event):
                raise ValueError("no entry of this log")
            yield record_of(entry_of(event), time.time_ns())

    def read(source: Source) -> Iterator[Item]:
        return read_values(source, tell)

    return Format(name=name, title=title, tested=tested, recognises=recognises, read=read)
