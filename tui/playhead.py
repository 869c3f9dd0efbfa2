"""The replay's clock: a value that says where the playhead stands and what a step makes of it.

Pure: no screen, no wall clock, no widget. A caller tells it how much real time has gone by.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from typing import Self

from analyzer.timeline import IDLE_NS, Stop, Timeline

__all__ = ["SPEEDS", "Playhead"]

SPEEDS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 100.0)
NORMAL = SPEEDS.index(1.0)
QUARTERS = tuple(int(speed * 4) for speed in SPEEDS)
"""Speeds in quarters: whole numbers, so that playing in small steps adds up to the nanosecond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Playhead:
    """Where a replay stands. Every method returns a new one."""

    timeline: Timeline
    t_ns: int
    """Moment that is shown (ns since the epoch)."""
    cursor: int
    """Row of the action under the playhead; -1 before the first."""
    speed_step: int = NORMAL
    playing: bool = False
    skip_idle: bool = True
    stop_at_findings: bool = True
    owed: int = 0
    """Quarters of a nanosecond that were played but do not yet make a whole one."""

    @classmethod
    def at_start(cls, timeline: Timeline) -> Self:
        """Return a paused playhead at the start of a session."""
        start = timeline.start_ns
        return cls(timeline=timeline, t_ns=start, cursor=timeline.index_at(start))

    @property
    def speed(self) -> float:
        """Session seconds per real second."""
        return SPEEDS[self.speed_step]

    @property
    def offset_ns(self) -> int:
        """Session time in ns."""
        return self.t_ns - self.timeline.start_ns

    @property
    def at_end(self) -> bool:
        """True when nothing is left to play."""
        return self.t_ns >= self.timeline.end_ns

    @property
    def watch_ns(self) -> int:
        """Length of the replay in ns at speed 1: the session without what is skipped."""
        skipped = self.timeline.skipped_ns if self.skip_idle else 0
        return self.timeline.length_ns - skipped

    @property
    def watched_ns(self) -> int:
        """Where in the replay this moment is, in ns at speed 1, without what is skipped."""
        moment = self._watched(self.t_ns) if self.skip_idle else self.t_ns
        return moment - self.timeline.start_ns

    def advance(self, elapsed_ns: int) -> Self:
        """Play for a stretch of real time; stops at the end and, where asked, at a finding."""
        if not self.playing:
            return self
        budget, owed = divmod(elapsed_ns * QUARTERS[self.speed_step] + self.owed, 4)
        target = min(self._after(budget), self.timeline.end_ns)
        stop = self._stop_within(target) if self.stop_at_findings else None
        if stop is not None:
            return replace(self.seek(stop.t_ns).on_row(stop.index), playing=False)
        moved = self if target == self.t_ns else self.seek(target)
        ended = target >= self.timeline.end_ns
        return replace(moved, playing=not ended, owed=0 if ended else owed)

    def _after(self, budget: int) -> int:
        if not self.skip_idle:
            return self.t_ns + budget
        return max(self.t_ns, self._real(self._watched(self.t_ns) + budget))

    def _watched(self, t_ns: int) -> int:
        """Return how much of the replay lies before a moment when idle time is skipped."""
        gaps, skipped = self.timeline.gaps, self.timeline.skipped
        begun = bisect_left(gaps, t_ns, key=lambda gap: gap.start_ns + IDLE_NS)
        if not begun:
            return t_ns
        # Of the newest gap only what of it has gone by.
        return t_ns - skipped[begun - 1] + max(0, gaps[begun - 1].end_ns - t_ns)

    def _real(self, watched: int) -> int:
        """Return the moment that stands at a place of the shortened replay."""
        gaps, skipped = self.timeline.gaps, self.timeline.skipped
        passed = bisect_right(
            range(len(gaps)),
            watched,
            key=lambda n: gaps[n].start_ns + IDLE_NS - (skipped[n - 1] if n else 0),
        )
        return watched + (skipped[passed - 1] if passed else 0)

    def _stop_within(self, target: int) -> Stop | None:
        stops = self.timeline.stops
        index = bisect_right(stops, self.t_ns, key=lambda stop: stop.t_ns)
        return stops[index] if index < len(stops) and stops[index].t_ns <= target else None

    def seek(self, t_ns: int) -> Self:
        """Go to a moment (ns since the epoch), kept within the session."""
        t_ns = max(self.timeline.start_ns, min(t_ns, self.timeline.end_ns))
        return replace(self, t_ns=t_ns, cursor=self.timeline.index_at(t_ns), owed=0)

    def on_row(self, index: int) -> Self:
        """Keep the moment, but put an action under the playhead that has begun by then."""
        starts = self.timeline.starts
        has_begun = 0 <= index < len(starts) and starts[index] <= self.t_ns
        return replace(self, cursor=index) if has_begun else self

    def jump(self, by_ns: int) -> Self:
        """Go forward, or back, by some session time."""
        return self.seek(self.t_ns + by_ns)

    def to_fraction(self, tenths: int) -> Self:
        """Go to 0, 10, ... 100 % of the session."""
        return self.seek(self.timeline.start_ns + self.timeline.length_ns * tenths // 10)

    def to_row(self, index: int) -> Self:
        """Go to the start of an action, kept within the list."""
        if not self.timeline.starts:
            return self
        index = max(0, min(index, len(self.timeline.starts) - 1))
        return replace(self.seek(self.timeline.starts[index]), cursor=index)

    def step(self, by: int) -> Self | None:
        """Go to the next (1) or previous (-1) action; None where there is none."""
        index = self.cursor + by
        return self.to_row(index) if 0 <= index < len(self.timeline.starts) else None

    def step_in_lane(self, by: int) -> Self | None:
        """Go to the next or previous action in the same lane; None where there is none."""
        if self.cursor < 0:
            return self.step(by)
        lanes = self.timeline.lanes
        rows = range(self.cursor + 1, len(lanes)) if by > 0 else range(self.cursor - 1, -1, -1)
        found = next((row for row in rows if lanes[row] is lanes[self.cursor]), None)
        return None if found is None else self.to_row(found)

    def to_finding(self, by: int) -> Self | None:
        """Go to the next or previous finding; None where there is none."""
        here = Stop(self.t_ns, self.cursor)
        stops = self.timeline.stops
        index = bisect_right(stops, here) if by > 0 else bisect_left(stops, here) - 1
        if not 0 <= index < len(stops):
            return None
        stop = stops[index]
        return self.seek(stop.t_ns).on_row(stop.index)

    @property
    def next_stop(self) -> Stop | None:
        """The first finding after this moment."""
        stops = self.timeline.stops
        index = bisect_right(stops, self.t_ns, key=lambda stop: stop.t_ns)
        return stops[index] if index < len(stops) else None

    def with_settings(self, *, skip_idle: bool, stop_at_findings: bool) -> Self:
        """Return it with other settings, at the same place."""
        return replace(self, skip_idle=skip_idle, stop_at_findings=stop_at_findings)

    def toggled(self) -> Self:
        """Play or pause; playing from the end begins again."""
        if not self.playing and self.at_end:
            return replace(self.seek(self.timeline.start_ns), playing=True)
        return replace(self, playing=not self.playing)

    def paused(self) -> Self:
        """Return it standing still."""
        return replace(self, playing=False)

    def faster(self, by: int) -> Self:
        """Change the speed by one step up (1) or down (-1)."""
        step = max(0, min(self.speed_step + by, len(SPEEDS) - 1))
        return replace(self, speed_step=step, owed=0)

    def at_normal_speed(self) -> Self:
        """Return it at speed 1."""
        return replace(self, speed_step=NORMAL, owed=0)
