"""What a reader remembers of a file whose length nobody knows: the latest entries, and no more."""

from __future__ import annotations

from collections import OrderedDict

__all__ = ["MOST", "Latest"]

MOST = 20_000
"""Entries. A call is seldom more than a few lines from its result."""


class Latest[V](OrderedDict[str, V]):
    """A dictionary that lets go of what came first once it holds too much."""

    # Of a plain dictionary the first key is ever further from its beginning, the more were deleted.
    def __setitem__(self, key: str, value: V) -> None:
        super().__setitem__(key, value)
        if len(self) > MOST:
            self.popitem(last=False)
