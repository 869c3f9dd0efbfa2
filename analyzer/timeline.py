"""Where things stand on a session's time line: columns, idle gaps, nesting, and times as text.

Pure functions of an `Analysis`; they know widths in columns but nothing of how a column is drawn.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import accumulate, pairwise

from analyzer.columns import few, numbers
from analyzer.model import Action, Analysis, Lane, Outcome
from analyzer.testimony import Certainty
from recorder.model import Kind

__all__ = [
    "NO_OFFSET",
    "Bucket",
    "Gap",
    "Mark",
    "Nest",
    "StartOf",
    "Stop",
    "Timeline",
    "buckets",
    "column_of",
    "format_length",
    "format_offset",
    "idle_before",
    "length_of",
    "marks",
    "nesting",
    "offset_of",
    "parse_moment",
    "parse_offset",
    "stop_columns",
    "time_of_column",
]

type StartOf = Callable[[int], int | None]
"""Action's number -> when it began (ns since the epoch); None where there is no such action."""
SECOND = 1_000_000_000
NO_OFFSET = "--:--.-"
"""Stands for session time where nothing of a session has a time."""
RULE = re.compile(r"[A-Za-z]+\d+")
FRAMES = frozenset({Kind.LIFECYCLE})
IDLE_NS = 2 * SECOND
"""A stretch in which no action runs, and nothing is found, for longer than this is idle."""


class Mark(IntEnum):
    """The worst thing that is known of an action; ordered like `Severity` above `FAILED`."""

    NONE = -1
    FAILED = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def letter(self) -> str:
        """Return what stands in the mark column: C H M L, `x` for failed, or a blank."""
        if self is Mark.NONE:
            return " "
        return "x" if self is Mark.FAILED else self.name[0]


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of the session in which no action was running and nothing was found."""

    start_ns: int
    end_ns: int

    @property
    def length_ns(self) -> int:
        """How long it is in ns."""
        return self.end_ns - self.start_ns


@dataclass(frozen=True, slots=True, order=True)
class Stop:
    """A finding's place: its moment and the row of its decisive action."""

    t_ns: int
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A session as a clock needs it: its moments in order, nothing of what they mean."""

    start_ns: int
    end_ns: int
    starts: Sequence[int]
    """Start of each action (ns since the epoch), in order."""
    lanes: Sequence[Lane]
    """Lane of each action."""
    stops: tuple[Stop, ...]
    gaps: tuple[Gap, ...]
    longest_ns: int
    """Length of the longest action: how far back one has to look for what is still going on."""
    unended: Sequence[int]
    """Rows of the actions without a recorded end; they reach to the end of the session."""
    ends: Sequence[int]
    """Every recorded end of an action (ns since the epoch), in order."""
    skipped: tuple[int, ...]
    """What a replay leaves out (ns) up to the end of each gap."""

    @classmethod
    def of(cls, analysis: Analysis) -> Timeline:
        """Build the time line of a session."""
        actions = analysis.actions
        rows = {action.id: index for index, action in enumerate(actions)}
        stops = {Stop(f.t_ns, rows[f.action]) for f in analysis.findings if f.action in rows}
        gaps = _gaps(analysis)
        return cls(
            start_ns=analysis.start_ns,
            end_ns=analysis.end_ns,
            starts=numbers(action.start_ns for action in actions),
            lanes=few(action.lane for action in actions),
            stops=tuple(sorted(stops)),
            gaps=gaps,
            longest_ns=max(((a.end_ns or a.start_ns) - a.start_ns for a in actions), default=0),
            unended=numbers(row for row, action in enumerate(actions) if action.until_ns is None),
            ends=numbers(sorted(a.end_ns for a in actions if a.end_ns is not None)),
            skipped=tuple(accumulate(gap.length_ns - IDLE_NS for gap in gaps)),
        )

    @property
    def length_ns(self) -> int:
        """Length of the session in ns, as it really was."""
        return self.end_ns - self.start_ns

    @property
    def skipped_ns(self) -> int:
        """How much of it a replay that skips idle time leaves out, in ns."""
        return self.skipped[-1] if self.skipped else 0

    def index_at(self, t_ns: int) -> int:
        """Return the row of the newest action that has begun at a moment; -1 before the first."""
        return bisect_right(self.starts, t_ns) - 1


def _gaps(analysis: Analysis) -> tuple[Gap, ...]:
    """Return the stretches from the latest end of all that ran before to the next start."""
    points = {analysis.start_ns, analysis.end_ns, *(f.t_ns for f in analysis.findings)}
    busy = [(t_ns, t_ns) for t_ns in points]
    for action in analysis.actions:
        until = analysis.end_ns if action.until_ns is None else action.until_ns
        if action.kind in FRAMES:
            # It holds what runs; that it is there does not mean that anything does.
            busy += [(action.start_ns, action.start_ns), (until, until)]
        else:
            busy.append((action.start_ns, until))
    busy.sort()
    latest = accumulate((until for _, until in busy), max)
    ways = zip(latest, busy[1:], strict=False)
    return tuple(Gap(end, start) for end, (start, _) in ways if start - end > IDLE_NS)


def idle_before(timeline: Timeline) -> Mapping[int, int]:
    """Return how long (ns) it was idle between a row's action and the one before, where it was."""
    idle: dict[int, int] = {}
    for gap in timeline.gaps:
        row = bisect_left(timeline.starts, gap.end_ns)
        idle[row] = idle.get(row, 0) + gap.length_ns
    return idle


def marks(analysis: Analysis) -> Sequence[Mark]:
    """Return the mark of each action: its worst finding, else whether it failed."""
    worst: dict[int, Mark] = {}
    for finding in analysis.findings:
        mark = Mark(finding.severity)
        worst[finding.action] = max(mark, worst.get(finding.action, Mark.NONE))
    return few(worst.get(action.id, _own_mark(action)) for action in analysis.actions)


def _own_mark(action: Action) -> Mark:
    bad = action.outcome in {Outcome.FAILED, Outcome.REFUSED, Outcome.DENIED}
    return Mark.FAILED if bad else Mark.NONE


# --- the strip --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bucket:
    """What began in one column of the strip."""

    count: int
    worst: Mark


def column_of(t_ns: int, start_ns: int, end_ns: int, width: int) -> int:
    """Return the column, 0 to `width` - 1, that a moment stands in."""
    length = max(end_ns - start_ns, 1)
    return max(0, min(width - 1, (t_ns - start_ns) * width // length))


def time_of_column(column: int, start_ns: int, end_ns: int, width: int) -> int:
    """Return the first moment of a column (ns since the epoch)."""
    return start_ns + -(-column * (end_ns - start_ns) // max(width, 1))


def buckets(timeline: Timeline, of: Sequence[Mark], width: int) -> tuple[Bucket, ...]:
    """Return how many actions began in each of `width` equal parts, and the worst mark of each."""
    # Between the columns' first moments, not action by action: sessions are long.
    span = (timeline.start_ns, max(timeline.end_ns, timeline.start_ns + 1), width)
    firsts = [bisect_left(timeline.starts, time_of_column(c, *span)) for c in range(1, width)]
    edges = pairwise((0, *firsts, len(timeline.starts)))
    return tuple(Bucket(b - a, max(of[a:b], default=Mark.NONE)) for a, b in edges)


def stop_columns(analysis: Analysis, timeline: Timeline, width: int) -> Mapping[int, Mark]:
    """Return the columns in which findings stand, with the worst severity of each."""
    columns: dict[int, Mark] = {}
    for finding in analysis.findings:
        column = column_of(finding.t_ns, timeline.start_ns, timeline.end_ns, width)
        columns[column] = max(Mark(finding.severity), columns.get(column, Mark.NONE))
    return columns


# --- nesting ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Nest:
    """How far an action stands inside others."""

    depth: int
    parent: int | None
    """Id of the action that it stands in."""
    near: bool
    """True when the rows above it lead up to that action without a stranger in between."""
    certainty: Certainty


def nesting(actions: Sequence[Action]) -> Sequence[Nest]:
    """Return the nesting of each action in a list that stays in order of time.

    What holds the whole session (a `lifecycle` action) is no step of indentation.
    """
    frame = {action.id for action in actions if action.kind is Kind.LIFECYCLE}
    depths: dict[int, int] = {}
    path: list[int] = []
    nests = []
    same: dict[Nest, Nest] = {}
    for action in actions:
        join = action.join
        known = join is not None and join.parent in depths and join.parent not in frame
        parent = join.parent if join and known else None
        near = parent is None or parent in path
        while path and near and path[-1] != parent:
            path.pop()
        depths[action.id] = 0 if parent is None else depths[parent] + 1
        path = [*path, action.id] if near else [action.id]
        certainty = join.certainty if join else Certainty.OBSERVED
        nest = Nest(depths[action.id], parent, near, certainty)
        # Most stand in nothing: one of each is enough.
        nests.append(same.setdefault(nest, nest))
    return few(nests)


# --- times as text ----------------------------------------------------------------------------


def format_offset(ns: int) -> str:
    """Return session time as `mm:ss.d` (`h:mm:ss.d` from an hour on), cut, never rounded up."""
    sign, tenths = ("-", -ns // 100_000_000) if ns < 0 else ("", ns // 100_000_000)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02d}" if hours else f"{minutes:02d}"
    return f"{sign}{head}:{tenths // 10:02d}.{tenths % 10}"


def format_length(ns: int | None) -> str:
    """Return a duration in at most six columns: `12ms`, `0.8s`, `11.0s`, `3m05s`, `2h10m`."""
    if ns is None:
        return "open"
    millis = ns // 1_000_000
    if millis < 100:
        return f"{millis}ms"
    if millis < 100_000:
        return f"{millis // 100 / 10:.1f}s"
    minutes, seconds = divmod(millis // 1000, 60)
    if minutes < 60:
        return f"{minutes}m{seconds:02d}s"
    return f"{minutes // 60}h{minutes % 60:02d}m"


def length_of(action: Action) -> str:
    """Return how long an action took, as `format_length` does; `unknown` where nobody told."""
    is_over = action.end_ns is not None
    return (
        "unknown" if is_over and action.duration_ns is None else format_length(action.duration_ns)
    )


def offset_of(analysis: Analysis, t_ns: int) -> str:
    """Return a moment of a session (ns since the epoch) as session time, unless it has no times."""
    return format_offset(t_ns - analysis.start_ns) if analysis.session.timed else NO_OFFSET


def parse_offset(text: str) -> int:
    """Return session time in ns from `7.5`, `1:07.5` or `1:02:07`.

    Raises:
        ValueError: it is no time.
    """
    parts = text.split(":")
    whole_parts = all(part.isascii() and part.isdigit() for part in parts[:-1])
    if len(parts) > 3 or not whole_parts or not _is_number(parts[-1]):
        raise ValueError(f"{text!r} is no session time: write it as 7.5, 1:07.5 or 1:02:07")
    seconds = 0
    for part in parts[:-1]:
        seconds = (seconds + int(part)) * 60
    whole, _, fraction = parts[-1].partition(".")
    return (seconds + int(whole)) * SECOND + int(fraction[:9].ljust(9, "0"))


def _is_number(part: str) -> bool:
    whole, _, fraction = part.partition(".")
    return whole.isascii() and whole.isdigit() and (not fraction or fraction.isdigit())


def parse_moment(text: str, analysis: Analysis, start_of: StartOf | None = None) -> int:
    """Return the moment (ns since the epoch) that `7.5`, `50%`, `#31` or a rule's name stands for.

    Args:
        text: what was written.
        analysis: the session.
        start_of: tells when an action began, where that is known without looking through all.

    Raises:
        ValueError: it is none of these, or the session has no such action.
    """
    if text.startswith("#"):
        start = _start(text[1:], analysis, start_of)
        if start is None:
            raise ValueError(f"the session has no action {text}")
        return start
    for finding in analysis.findings:
        if text.upper() == finding.rule.upper():
            return finding.t_ns
    if RULE.fullmatch(text):
        rules = ", ".join(dict.fromkeys(f.rule for f in analysis.findings)) or "none"
        raise ValueError(f"the session has no finding of {text} (it has {rules})")
    length = analysis.end_ns - analysis.start_ns
    if text.endswith("%") and text[:-1].isdecimal() and int(text[:-1]) <= 100:
        return analysis.start_ns + length * int(text[:-1]) // 100
    try:
        offset = parse_offset(text)
    except ValueError:
        raise ValueError(
            "it is no moment of the session: write 7.5, 1:07.5, 50%, #31 or a rule such as R07"
        ) from None
    # What is shown is cut to tenths: the last tenth that is shown is still within.
    if offset >= length + SECOND // 10:
        raise ValueError(f"the session is {format_offset(length)} long")
    return analysis.start_ns + min(offset, length)


def _start(number: str, analysis: Analysis, start_of: StartOf | None) -> int | None:
    if start_of is None:
        return next((a.start_ns for a in analysis.actions if number == str(a.id)), None)
    is_number = number.removeprefix("-").isdecimal() and number.isascii()
    return start_of(int(number)) if is_number else None
