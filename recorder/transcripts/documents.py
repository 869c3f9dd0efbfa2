"""Transcripts that are one JSON document: read as a whole, within a limit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from recorder.model import Record
from recorder.transcripts.entry_keys import EntryKeys
from recorder.transcripts.format import Damage, Entry, Item
from recorder.transcripts.lines import json_lines
from recorder.transcripts.one_by_one import ODD, Told, placed
from recorder.transcripts.source import Source

__all__ = ["items_of", "read_document", "read_values"]

GROUP = 200
"""Records of a document that are handed on together."""


def read_document(source: Source, tell: Callable[[Any], Iterable[Told]]) -> Iterator[Item]:
    """Yield the entries of a source that is one document; `tell` yields the document's."""
    if source.is_laid_out:
        yield from _each_line(source, lambda document, _key: tell(document))
        return
    document = source.document
    if source.damage:
        yield Damage(source.damage)
    if document is None:
        return
    source.forget()
    yield from items_of(tell(document))


def read_values(source: Source, tell: Callable[[Any, str], Iterable[Told]]) -> Iterator[Item]:
    """Yield the entries of a source that is one document, or has one on each line.

    Args:
        source: what to read.
        tell: yields what a document tells; its second argument is the key of the line that it
            stands on, empty for the whole source.
    """
    is_one = len(source.sample) == 1 and not source.is_several()
    if is_one and source.document is not None:
        yield from read_document(source, lambda document: tell(document, ""))
        return
    yield from _each_line(source, tell)


def _each_line(source: Source, tell: Callable[[Any, str], Iterable[Told]]) -> Iterator[Item]:
    source.forget()
    keys = EntryKeys()
    for found in json_lines(source):
        if isinstance(found, Damage):
            yield found
            continue
        line, value = found
        yield from items_of(tell(value, keys.of(line.data)), line.number, line.offset, line.text)


def items_of(
    told: Iterable[Told], line: int = 0, offset: int = 0, text: str = ""
) -> Iterator[Item]:
    """Yield what was told, in groups; what cannot be told on is damage."""
    group: list[Record] = []
    damage: list[Damage] = []
    try:
        for one in told:
            if isinstance(one, Record):
                group.append(one)
                if len(group) < GROUP:
                    continue
            if group:
                yield Entry(group, line, offset)
                group = []
            if isinstance(one, Damage):
                yield placed(one, line, offset)
    except ODD as error:
        reason = f"an entry of an unknown shape ({type(error).__name__})"
        damage.append(Damage(reason, line, offset, text))
    if group:
        yield Entry(group, line, offset)
    yield from damage
