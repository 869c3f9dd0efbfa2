"""Decide where a request on the wire belongs: which session, inside which of its actions, and why.

The wire knows no sessions. In order of strength: the trace context that stood in the environment of
the requesting process; the process's ancestors and the time; the launch (`run`) that both belong
to. A request that only the last one links is *undeclared*: in the session, inside nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from analyzer.identity import has_own_span
from analyzer.model import Join
from analyzer.testimony import Certainty
from recorder import semconv
from recorder.model import Json, Kind, Phase, StoredRecord

__all__ = [
    "HOLDERS",
    "NOT_OURS",
    "Belonging",
    "Containers",
    "belonging_of",
    "ended_ns",
    "lineage_of",
    "traceparent_of",
]

HOLDERS = frozenset({Kind.TOOL_CALL, Kind.MODEL_CALL, Kind.PROCESS})
"""Kinds of action that can make a request."""
_TRACEPARENT = re.compile(r"^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")

LOOK_BACK = 256
"""Calls of one process that are looked at for a request, newest first; so many are never open at
once, and without a bound a session full of unclaimed requests would take quadratic time."""


@dataclass(slots=True)
class _Window:
    start_ns: int
    action: int
    end_ns: int | None = None

    def holds(self, t_ns: int) -> bool:
        return self.start_ns <= t_ns and (self.end_ns is None or t_ns <= self.end_ns)


def _itself(seq: int) -> int:
    return seq


@dataclass(slots=True)
class Containers:
    """What requests can belong to, gathered from the records of one or several sessions."""

    action_of: Callable[[int], int] = _itself
    """The action that a record has turned out to speak of."""
    traces: set[str] = field(default_factory=set)
    spans: dict[tuple[str, str], int] = field(default_factory=dict)
    """(trace id, span id) -> the record that told of it first."""
    _windows: dict[int, list[_Window]] = field(default_factory=dict)
    """Process id -> its calls in order of start."""
    _by_ref: dict[tuple[str, str], _Window] = field(default_factory=dict)

    def note(self, record: StoredRecord, key: str = "") -> None:
        """Take in a record of a session.

        Args:
            record: the record.
            key: what its action's records have in common; without one, their reference.
        """
        call = (record.session, key or record.ref or f"#{record.seq}")
        if record.trace_id:
            self.traces.add(record.trace_id)
            if has_own_span(record):
                self.spans.setdefault((record.trace_id, record.span_id), record.seq)
        if record.pid is None:
            return
        windows = self._windows.setdefault(record.pid, [])
        if record.kind not in HOLDERS:
            return
        window = self._by_ref.get(call)
        if window is None:
            window = self._by_ref[call] = _Window(record.time_ns, record.seq)
            windows.insert(bisect_right(windows, window.start_ns, key=_start), window)
        if record.phase in {Phase.END, Phase.WHOLE}:
            window.end_ns = ended_ns(record)

    def knows_process(self, pid: int) -> bool:
        """Tell whether any record came from this process."""
        return pid in self._windows

    def open_at(self, pid: int, t_ns: int) -> list[_Window]:
        """Return the calls of a process that were open at a time, latest started first."""
        windows = self._windows.get(pid, [])
        place = bisect_right(windows, t_ns, key=_start)
        recent = windows[max(0, place - LOOK_BACK) : place]
        return [window for window in reversed(recent) if window.holds(t_ns)]


@dataclass(frozen=True, slots=True)
class Belonging:
    """Whether a request belongs to a session, and inside what it stands."""

    ours: bool
    join: Join | None = None


NOT_OURS = Belonging(ours=False)
UNDECLARED = Belonging(ours=True)


def ended_ns(record: StoredRecord) -> int:
    """Return when what a record reports had ended: a `whole` one says it in an attribute."""
    end_ns = record.attributes.get(semconv.END_NS)
    if record.phase is Phase.WHOLE and isinstance(end_ns, int):
        return max(record.time_ns, end_ns)
    return record.time_ns


def belonging_of(
    attributes: Mapping[str, Json],
    t_ns: int,
    ours: Containers,
    theirs: Containers,
    *,
    same_run: bool,
) -> Belonging:
    """Return where a request that started at `t_ns` belongs.

    Args:
        attributes: of the request's first record.
        t_ns: start of the request (ns since the epoch).
        ours: what the session's own records hold.
        theirs: what the records of other sessions hold.
        same_run: the request and the session come from the same launch, at the same time.
    """
    by_trace = _by_trace(traceparent_of(attributes), ours, theirs)
    if by_trace is not None and (not by_trace.ours or by_trace.join is not None):
        return by_trace
    by_process = _by_process(lineage_of(attributes), t_ns, ours, theirs)
    if by_trace is not None:
        return by_process if by_process is not None and by_process.ours else by_trace
    if by_process is not None:
        return by_process
    return UNDECLARED if same_run else NOT_OURS


def traceparent_of(attributes: Mapping[str, Json]) -> tuple[str, str] | None:
    """Return (trace id, span id) that stood in a request's process; None where nothing did."""
    value = attributes.get(semconv.PEER_TRACEPARENT)
    match = _TRACEPARENT.match(value) if isinstance(value, str) else None
    return None if match is None else (match[1], match[2])


def _by_trace(
    context: tuple[str, str] | None, ours: Containers, theirs: Containers
) -> Belonging | None:
    """Judge by trace context; a trace of ours whose span is not known stays without a parent."""
    if context is None:
        return None
    trace, span = context
    action = ours.spans.get((trace, span))
    if action is not None:
        return Belonging(
            ours=True, join=Join(ours.action_of(action), "trace context", Certainty.OBSERVED)
        )
    if trace in ours.traces:
        return UNDECLARED
    return NOT_OURS if trace in theirs.traces else None


def _by_process(
    lineage: Sequence[int], t_ns: int, ours: Containers, theirs: Containers
) -> Belonging | None:
    """Judge by the nearest ancestor that any session knows, and by what it was doing then."""
    for pid in lineage:
        if not ours.knows_process(pid) and not theirs.knows_process(pid):
            continue
        mine, other = ours.open_at(pid, t_ns), theirs.open_at(pid, t_ns)
        if mine and (not other or mine[0].start_ns >= other[0].start_ns):
            calls = list(dict.fromkeys(ours.action_of(window.action) for window in mine))
            return Belonging(ours=True, join=_inferred(calls, shared=bool(other)))
        if other or not ours.knows_process(pid):
            return NOT_OURS
        return UNDECLARED
    return None


def _inferred(calls: Sequence[int], *, shared: bool) -> Join:
    basis = "process and time"
    if len(calls) > 1:
        basis += f" (latest started of {len(calls)} calls)"
    if shared:
        basis += " (another session of the same process was at work too)"
    return Join(calls[0], basis, Certainty.INFERRED)


def lineage_of(attributes: Mapping[str, Json]) -> list[int]:
    """Return the process that something came from, and its ancestors, the nearest first."""
    pid = attributes.get(semconv.PEER_PID)
    ancestors = attributes.get(semconv.PEER_ANCESTORS)
    chain = [pid, *(ancestors if isinstance(ancestors, list) else [])]
    return [p for p in chain if isinstance(p, int)]


def _start(window: _Window) -> int:
    return window.start_ns
