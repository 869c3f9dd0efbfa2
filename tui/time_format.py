"""The times in the list of actions: of the session, of a clock, or since something."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Sequence
from enum import Enum

from analyzer.timeline import NO_OFFSET, format_length, offset_of
from tui.scene import Scene

__all__ = ["TimeFormat", "shown_time"]

SECOND = 10**9
NOTHING = "-"


class TimeFormat(Enum):
    """What the time column shows: what people call it, and its width in cells."""

    SESSION = "session time", 7
    LOCAL = "this machine's clock", 8
    UTC = "UTC", 9
    PREVIOUS = "since the action before", 8
    BOOKMARK = "since the bookmark before", 8

    @property
    def words(self) -> str:
        """What people call it."""
        return self.value[0]

    @property
    def width(self) -> int:
        """Cells of the column."""
        return self.value[1]

    def following(self) -> TimeFormat:
        """Return the next one."""
        every = list(TimeFormat)
        return every[(every.index(self) + 1) % len(every)]


def shown_time(wanted: TimeFormat, scene: Scene, row: int, bookmarks: Sequence[int] = ()) -> str:
    """Return the time of a row's action.

    Args:
        wanted: which time.
        scene: the session.
        row: the action's row.
        bookmarks: rows with a bookmark, in order.
    """
    start = scene.timeline.starts[row]
    if not scene.analysis.session.timed:
        return NO_OFFSET
    if wanted is TimeFormat.SESSION:
        return offset_of(scene.analysis, start)
    if wanted is TimeFormat.LOCAL:
        return time.strftime("%H:%M:%S", time.localtime(start // SECOND))
    if wanted is TimeFormat.UTC:
        return time.strftime("%H:%M:%SZ", time.gmtime(start // SECOND))
    place = bisect_right(bookmarks, row) - 1
    since = row - 1 if wanted is TimeFormat.PREVIOUS else bookmarks[place] if place >= 0 else -1
    return f"+{format_length(start - scene.timeline.starts[since])}" if since >= 0 else NOTHING
