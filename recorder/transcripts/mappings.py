"""The objects in a list of a document, gone through as often as is asked and never copied.

The list of a large document is parsed while it is gone through (`recorder.transcripts.long_json`);
a copy of it would be all of it in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

__all__ = ["Mappings"]


class Mappings:
    """The objects that stand in a list, in its order; none where it is no list."""

    def __init__(self, value: Any) -> None:
        """Look at a value of a document."""
        self._values: list[Any] = value if isinstance(value, list) else []

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return (value for value in self._values if isinstance(value, Mapping))

    def first(self, count: int) -> list[Mapping[str, Any]]:
        """Return the first few."""
        return list(islice(self, count))
