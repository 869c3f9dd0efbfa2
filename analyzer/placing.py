"""Requests whose place may still change, and which of them a new record may concern.

Looking at all of them again after each record would make a live view quadratic. A call's window
only concerns requests that are not older than it; a span only those that bear its trace context.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, field

from analyzer.drafts import Draft
from analyzer.joins import HOLDERS, traceparent_of
from recorder.model import StoredRecord

__all__ = ["Placing"]


@dataclass(slots=True)
class Placing:
    """The requests of no session, by time and by the trace context that they bear."""

    _by_time: list[tuple[int, int, Draft]] = field(default_factory=list)
    _by_span: dict[tuple[str, str], list[Draft]] = field(default_factory=dict)
    _by_trace: dict[str, list[Draft]] = field(default_factory=dict)
    _concerned: dict[Draft, None] = field(default_factory=dict)
    _since_ns: int | None = None
    """Requests from this moment on are to be looked at again."""

    def add(self, draft: Draft) -> None:
        """Take in a request's first record."""
        insort(self._by_time, (draft.start_ns, draft.first.seq, draft))
        context = traceparent_of(draft.attributes)
        if context is not None:
            self._by_span.setdefault(context, []).append(draft)
            self._by_trace.setdefault(context[0], []).append(draft)

    def learn(self, record: StoredRecord) -> None:
        """Take in that a record of a session has become known."""
        if record.trace_id:
            for found in (
                self._by_trace.pop(record.trace_id, ()),
                self._by_span.pop((record.trace_id, record.span_id), ()),
            ):
                self._concerned |= dict.fromkeys(found)
        if record.pid is not None and record.kind in HOLDERS:
            self.since(record.time_ns)

    def since(self, t_ns: int) -> None:
        """Have the requests from a moment on (ns since the epoch) looked at again."""
        self._since_ns = t_ns if self._since_ns is None else min(t_ns, self._since_ns)

    def concerned(self) -> Iterable[Draft]:
        """Return the requests that may have another place than when this was last called."""
        found, self._concerned = self._concerned, {}
        if self._since_ns is not None:
            place = bisect_left(self._by_time, (self._since_ns,))
            found |= {draft: None for _, _, draft in self._by_time[place:] if not draft.settled}
            self._since_ns = None
        return found
