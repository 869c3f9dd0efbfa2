"""Read a transcript as an import does, without a recording."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from recorder.model import Record
from recorder.transcripts.format import Damage
from recorder.transcripts.source import Source
from recorder.transcripts.table import detect


def source_of(path: Path) -> Source:
    """Return a file as a source."""
    return Source(str(path), lambda: path.open("rb"), path.stat().st_size, path)


def in_memory(content: bytes, name: str = "x") -> Source:
    """Return bytes as a source."""
    return Source(name, lambda: io.BytesIO(content), len(content))


def read(source: Source) -> tuple[str, list[Record], list[Damage]]:
    """Return the format that was detected, what it told, and what it could not read."""
    found = detect(source)
    assert found is not None, source.name
    records: list[Record] = []
    damage: list[Damage] = []
    for item in found.read(source):
        if isinstance(item, Damage):
            damage.append(item)
        else:
            records += item.records
    return found.name, records, damage


def told(path: Path) -> list[Record]:
    """Return what an undamaged file tells."""
    _, records, damage = read(source_of(path))
    assert damage == []
    return records


def records_of(what_is_told: Iterable[Record | Damage]) -> list[Record]:
    """Return what an undamaged document tells."""
    found = list(what_is_told)
    assert not [one for one in found if isinstance(one, Damage)]
    return [one for one in found if isinstance(one, Record)]


def jsonl(values: Iterable[Any]) -> bytes:
    """Return values as lines of JSON."""
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)
