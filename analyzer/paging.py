"""The actions of a long session, kept in a file and fetched by the page: what is looked at is in
memory, a million others are not.

The file has no name, is this user's alone, and goes with whoever has it open. It holds what was
derived from sealed records, so no secret; and nobody else can write it, so it may be unpickled.
"""

from __future__ import annotations

import os
import pickle
import tempfile
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from threading import Lock
from typing import BinaryIO, overload
from weakref import finalize

import zstandard

from analyzer.model import Action, Analysis

__all__ = ["PagedActions", "PagedAnalysis", "page_file"]

PAGE = 256
KEPT = 48
"""Pages that stay in memory: several screens, and the lanes' minute around them."""
LEVEL = 1


def page_file() -> BinaryIO:
    """Return a file for pages."""
    return tempfile.TemporaryFile(prefix="flightlog-")


class PagedActions(Sequence[Action]):
    """A session's actions as a sequence; any thread may read it."""

    def __init__(self, actions: Iterable[Action], file: BinaryIO) -> None:
        """Write actions into a file, and keep the newest looked at.

        Args:
            actions: all of them, in order.
            file: where they are written, from where it stands.
        """
        self._offsets = array("q", [file.tell()])
        self._count = 0
        packer = zstandard.ZstdCompressor(level=LEVEL)
        for page in batched(actions, PAGE):
            file.write(packer.compress(pickle.dumps(page, pickle.HIGHEST_PROTOCOL)))
            self._offsets.append(file.tell())
            self._count += len(page)
        file.flush()
        self.open(file)

    def open(self, file: BinaryIO) -> None:
        """Read from a file; whoever gave it may close it."""
        self._descriptor = os.dup(file.fileno())
        # Closed with this, so that the file goes when nobody looks any more.
        finalize(self, os.close, self._descriptor)
        self._lock = Lock()
        self._pages: OrderedDict[int, tuple[Action, ...]] = OrderedDict()

    def __getstate__(self) -> tuple[array[int], int]:
        """Return where the pages are; the file is handed over by itself."""
        return self._offsets, self._count

    def __setstate__(self, state: tuple[array[int], int]) -> None:
        """Take where the pages are."""
        self._offsets, self._count = state

    def __len__(self) -> int:
        """Return the number of actions."""
        return self._count

    @overload
    def __getitem__(self, row: int) -> Action: ...
    @overload
    def __getitem__(self, row: slice) -> tuple[Action, ...]: ...
    def __getitem__(self, row: int | slice) -> Action | tuple[Action, ...]:
        """Return an action, or those of a slice.

        Raises:
            IndexError: there is no such row.
        """
        if isinstance(row, slice):
            return tuple(self[place] for place in range(*row.indices(self._count)))
        place = row + self._count if row < 0 else row
        if not 0 <= place < self._count:
            raise IndexError(row)
        page, within = divmod(place, PAGE)
        return self._page(page)[within]

    def __iter__(self) -> Iterator[Action]:
        """Yield all actions; leaves in memory what was there before."""
        for page in range(len(self._offsets) - 1):
            held = self._pages.get(page)
            yield from self._read(page) if held is None else held

    def _page(self, number: int) -> tuple[Action, ...]:
        with self._lock:
            held = self._pages.get(number)
            if held is not None:
                self._pages.move_to_end(number)
                return held
        read = self._read(number)
        with self._lock:
            self._pages[number] = read
            if len(self._pages) > KEPT:
                self._pages.popitem(last=False)
        return read

    def _read(self, number: int) -> tuple[Action, ...]:
        start, end = self._offsets[number], self._offsets[number + 1]
        packed = os.pread(self._descriptor, end - start, start)
        actions: tuple[Action, ...] = pickle.loads(  # noqa: S301 - the file is ours alone
            zstandard.ZstdDecompressor().decompress(packed)
        )
        return actions


@dataclass(frozen=True, slots=True, kw_only=True)
class PagedAnalysis(Analysis):
    """An analysis of which the actions are paged: what would need all of them is kept."""

    latest_ns: int

    @property
    def end_ns(self) -> int:
        """Latest moment that anything is known of (ns since the epoch)."""
        return self.latest_ns

    @classmethod
    def of(cls, analysis: Analysis, file: BinaryIO) -> PagedAnalysis:
        """Put an analysis' actions into a file."""
        return cls(
            session=analysis.session,
            actions=PagedActions(analysis.actions, file),
            credentials=analysis.credentials,
            findings=analysis.findings,
            reconstructed=analysis.reconstructed,
            verifier_key=analysis.verifier_key,
            clocks=analysis.clocks,
            latest_ns=analysis.end_ns,
        )
