"""When sessions began and ended by one clock, where two witnesses of them have clocks apart.

From the index of records alone, so that a list of sessions need not derive each: the same estimate
as `analyzer.clocks` makes of what was derived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from analyzer.clocks import LOOKED_AT, ON_THE_SPOT, clock_of, window
from analyzer.outside.fitting import Window
from analyzer.testimony import Clock
from recorder.model import SessionRow
from recorder.reader import Recording

__all__ = ["by_one_clock", "session_clocks"]

_SEEN = ", ".join(f"'{witness.value}'" for witness in sorted(ON_THE_SPOT))
SELECT_TWICE_TOLD = f"""
SELECT session_id FROM records WHERE session_id <> '' AND t_ns IS NOT NULL
GROUP BY session_id HAVING max(witness = 'transcript') AND max(witness IN ({_SEEN}))
"""  # noqa: S608  # names of witnesses only
SELECT_CALLS = f"""
SELECT max(CASE WHEN witness = 'transcript' THEN t_ns END),
       min(CASE WHEN witness = 'transcript' THEN t_ns END),
       max(CASE WHEN witness <> 'transcript' THEN t_ns END),
       min(CASE WHEN witness <> 'transcript' THEN t_ns END)
FROM records
WHERE session_id = ? AND kind = 'tool_call' AND ref <> '' AND t_ns IS NOT NULL
      AND witness IN ('transcript', {_SEEN})
GROUP BY ref ORDER BY min(seq) LIMIT {LOOKED_AT}
"""  # noqa: S608  # names of witnesses only
SELECT_SPAN = """
SELECT witness = 'transcript', min(t_ns), max(t_ns) FROM records
WHERE session_id = ? AND t_ns IS NOT NULL GROUP BY 1
"""


def session_clocks(recording: Recording) -> dict[str, Clock]:
    """Return, for each session whose transcript another clock wrote, how far that is off."""
    sessions = [str(row[0]) for row in recording.rows(SELECT_TWICE_TOLD)]
    return {one: clock for one in sessions if (clock := _clock(recording, one)) is not None}


def _clock(recording: Recording, session: str) -> Clock | None:
    found: list[Window] = []
    for number, (last, first, last_seen, first_seen) in enumerate(
        recording.rows(SELECT_CALLS, (session,))
    ):
        if None not in {last, first, last_seen, first_seen} and first != last:
            written = int(str(first)), int(str(last))
            seen = int(str(first_seen)), int(str(last_seen))
            if seen[0] != seen[1]:
                found += window(number, written, seen)
    return clock_of(found)


def by_one_clock(
    recording: Recording, rows: Iterable[SessionRow], clocks: Mapping[str, Clock]
) -> list[SessionRow]:
    """Return sessions with the times of their transcripts by the recorder's clock."""
    return [_moved(recording, row, clocks[row.id]) if row.id in clocks else row for row in rows]


def _moved(recording: Recording, row: SessionRow, clock: Clock) -> SessionRow:
    moments: list[int] = []
    for is_transcript, first, last in recording.rows(SELECT_SPAN, (row.id,)):
        ahead = clock.ahead_ns if is_transcript else 0
        moments += int(str(first)) - ahead, int(str(last)) - ahead
    return replace(row, start_ns=min(moments), last_ns=max(moments))
